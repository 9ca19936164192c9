"""Which lines of a text became which: difflib over lines, bounded in lines and in steps whatever the texts hold."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from os.path import commonprefix

from registry.yaml_reader import UNSTORABLE

BOM = "\ufeff"
TEXT_MOST = 2 << 20  # characters; as much as is read of a card
LINES_MOST = 2_000  # on either side, between the first line that differs and the last; hardly a real card has as many
STEPS_MOST = 2 * 10**7  # of difflib, which are less than half a second
CONTEXT = 3
POPULAR_FROM = 200  # lines, from which on difflib leaves out those that make up more than a hundredth
SHOWN_MOST = 500  # characters of one line


@dataclass(frozen=True)
class DiffLine:
    """A line that stayed (" "), went ("-") or came ("+"), with its numbers from 1 in the old and the new text."""

    sign: str
    old: int | None
    new: int | None
    text: str


@dataclass(frozen=True)
class LineDiff:
    """`hunks` are runs of lines with three unchanged ones around. `is_cut`: what lies behind was not compared."""

    hunks: tuple[tuple[DiffLine, ...], ...] = ()
    removed: int = 0
    added: int = 0
    is_cut: bool = False


def lines_of(text: str) -> list[str]:
    """The lines as evidence counts them: without a byte order mark, whatever ends them."""
    text = text[:TEXT_MOST].removeprefix(BOM).replace("\r\n", "\n").replace("\r", "\n")
    lines = UNSTORABLE.sub("\N{REPLACEMENT CHARACTER}", text).split("\n")
    return lines[:-1] if lines[-1] == "" else lines


def line_diff(old: str, new: str) -> LineDiff:
    """What changed from one text to the other, line by line.

    >>> [(line.sign, line.old, line.new, line.text) for line in line_diff("a\\nb\\n", "a\\nc\\n").hunks[0]]
    [(' ', 1, 1, 'a'), ('-', 2, None, 'b'), ('+', None, 2, 'c')]
    """
    before, after = lines_of(old), lines_of(new)
    same = max(len(commonprefix([before, after])) - CONTEXT, 0)
    tail = len(commonprefix([before[same:][::-1], after[same:][::-1]])) - CONTEXT
    ends = (len(before) - max(tail, 0), len(after) - max(tail, 0))
    most = room_for(before[same : ends[0]], after[same : ends[1]])
    a, b = before[same : ends[0]][:most], after[same : ends[1]][:most]
    matcher = SequenceMatcher(None, a, b)
    hunks = tuple(tuple(hunk_of(group, a, b, same)) for group in matcher.get_grouped_opcodes(CONTEXT))
    signs = Counter(line.sign for hunk in hunks for line in hunk)
    return LineDiff(hunks, signs["-"], signs["+"], max(ends) - same > most)


def room_for(a: Sequence[str], b: Sequence[str]) -> int:
    """How many lines of each side may be compared, so that difflib's worst case stays within its steps."""
    most = min(max(len(a), len(b), 1), LINES_MOST)
    while most > 1 and steps(a[:most], b[:most]) > STEPS_MOST:
        most //= 2
    return most


def steps(a: Sequence[str], b: Sequence[str]) -> int:
    """The most steps that difflib can take: pairs of equal lines, looked at anew for each block that it finds.

    >>> steps(["x"] * 10, ["x"] * 10), steps(["x", "y"], ["z"])
    (1100, 2)
    """
    there = Counter(b)
    if len(b) >= POPULAR_FROM:
        there = Counter({line: number for line, number in there.items() if number <= len(b) // 100 + 1})
    pairs = len(a) + sum(there[line] for line in a)
    return pairs * min(len(a), len(b)) if pairs > len(a) else pairs


def hunk_of(group, a: Sequence[str], b: Sequence[str], offset: int):
    """The lines of one group of difflib's operations; `offset` lines stand before both texts."""
    for name, a_from, a_to, b_from, b_to in group:
        if name == "equal":
            for n in range(a_to - a_from):
                yield DiffLine(" ", offset + a_from + n + 1, offset + b_from + n + 1, shown(a[a_from + n]))
            continue
        for n in range(a_from, a_to):
            yield DiffLine("-", offset + n + 1, None, shown(a[n]))
        for n in range(b_from, b_to):
            yield DiffLine("+", None, offset + n + 1, shown(b[n]))


def shown(line: str) -> str:
    return line if len(line) <= SHOWN_MOST else line[:SHOWN_MOST] + "…"
