"""Makes a card's blocks a tree of sections: under headings, bold lines that stand for headings, and `**Label:**`s."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from functools import cached_property

from openness.cards.blocks import Block
from openness.cards.substance import Line, judge_line
from openness.cards.wording import title_of, without_comments

SECTIONS_MOST = 5_000
LEVELS = {"bold": 7, "label": 8}  # below the six levels of headings
TITLE_WORDS_MOST = 12
BOLD = re.compile(
    r"\s*(?:[-*+]\s+|\d{1,2}[.)]\s+)?(?:[^\w\s*<>\[\](){}`|#+.,:;!?\"'/\\$%&=~@^-]{1,4}\s*)?(?:<(b|strong)>(?P<html>[^<>\n]{1,120})</\1>|(?P<mark>\*\*|__)(?!\s)(?P<text>[^\n]{1,120}?)(?P=mark))(?P<rest>.*)"
)
PLAIN_LABEL = re.compile(
    r"\s*(?:[-*+•]\s+|\d{1,2}[.)]\s+)?(?:_|\*)?([A-Za-z][\w /()&'’.-]{1,48}?)(?:_|\*)?\s?[:：](?!//)(?:\*|_)?(.*)"
)
COLUMN_NAME = re.compile(r"\W*(?:values?|scores?|details?|descriptions?|results?|info(?:rmation)?|contents?)\W*", re.I)
COUNT = re.compile(r"\W*\d[\d.,\s]*\s?[kKmMbB%]?\W*")
NO_AMOUNT = re.compile(r"organi[sz]ation|person|author|creat|develop|owner|team|language|licen|\bdate", re.I)
FIGURE = re.compile(r"!\[|<img\b", re.I)


@dataclass
class Piece:
    """Part of a section's content: lines of text, or one block of code, a table, or HTML."""

    kind: str  # text, code, table, html
    text: str
    lines: tuple[int, int]
    block: Block

    @cached_property
    def judged(self) -> tuple[Line, ...]:
        """Each line of text, judged; of code and tables none."""
        if self.kind not in ("text", "html"):
            return ()
        text = without_comments(self.text)
        return tuple(judge_line(raw, self.lines[0] + n) for n, raw in enumerate(text.split("\n")) if raw.strip())

    @property
    def has_figure(self) -> bool:
        return self.kind in ("text", "html") and FIGURE.search(self.text) is not None


@dataclass
class Section:
    """What stands under one title. The root's title is empty and its line 0."""

    title: str
    level: int = 0
    line: int = 0
    source: str = "root"  # root, heading, bold, label
    item: int = 0  # the list item in which a label stands; 0 outside lists
    waits: bool = False  # a label whose answer is the list that follows
    pieces: list[Piece] = field(default_factory=list)
    children: list[Section] = field(default_factory=list)

    def walk(self) -> Iterator[Section]:
        """This section and all below it, in the order of the card."""
        yield self
        for child in self.children:
            yield from child.walk()


def read_sections(blocks: tuple[Block, ...], is_plain_label: Callable[[str], bool]) -> Section:
    """The root of the sections; `is_plain_label` says which words before a colon are a label without bold type.

    >>> from openness.cards.blocks import read_blocks
    >>> root = read_sections(read_blocks("# Tiny\\n\\n- **License:** MIT\\n")[0], lambda title: False)
    >>> [(section.title, [piece.text for piece in section.pieces]) for section in root.walk()]
    [('', []), ('tiny', []), ('license', ['MIT'])]
    """
    return _Builder(is_plain_label).build(blocks)


class _Builder:
    def __init__(self, is_plain_label: Callable[[str], bool]):
        self.is_plain_label = is_plain_label
        self.open = [Section("")]
        self.count = 0

    def build(self, blocks: tuple[Block, ...]) -> Section:
        for block in blocks:
            self.close_labels_before(block)
            if block.kind == "heading":
                self.begin(title_of(block.text), block.level, block.lines[0], "heading", 0)
            elif block.kind == "text":
                self.text(block)
            elif block.kind == "html":
                self.text(replace(block, text=without_comments(block.text)))
            elif block.kind == "table":
                self.table(block)
            else:
                self.add(Piece(block.kind, block.text, block.lines, block))
        return self.open[0]

    def add(self, piece: Piece) -> None:
        self.open[-1].pieces.append(piece)

    def begin(self, title: str, level: int, line: int, source: str, item: int) -> None:
        """Open a section under the nearest one of a lower level."""
        if self.count >= SECTIONS_MOST:
            return
        self.count += 1
        while self.open[-1].level >= level:
            self.open.pop()
        section = Section(title, level, line, source, item)
        self.open[-1].children.append(section)
        self.open.append(section)

    def close_labels_before(self, block: Block) -> None:
        """End the labels whose list item, or whose paragraph and the list after it, ended before `block`."""
        while (label := self.open[-1]).source == "label":
            if label.item in block.items or (not label.item and block.items and label.waits):
                return
            self.open.pop()

    def text(self, block: Block) -> None:
        rest, first, above = [], block.lines[0], self.open[-1]
        for n, line in enumerate(block.text.split("\n")):
            title = self.title_in(line, is_first=n == 0, in_list=bool(block.items))
            if title is None:
                rest.append(line)
                continue
            self.flush(rest, first, block)
            words, source, after = title
            item = block.items[-1] if block.items else 0
            self.begin(title_of(words), LEVELS[source], block.lines[0] + n, source, item)
            rest, first = [after], block.lines[0] + n
        self.flush(rest, first, block)
        if self.open[-1] is not above:
            self.open[-1].waits = not rest or not rest[-1].strip() or rest[-1].rstrip().endswith((":", "："))

    def flush(self, lines: list[str], first: int, block: Block) -> None:
        if any(line.strip() for line in lines):
            self.add(Piece(block.kind, "\n".join(lines), (first, first + len(lines) - 1), block))

    def title_in(self, line: str, *, is_first: bool, in_list: bool) -> tuple[str, str, str] | None:
        """(title, bold or label, what follows it) of a line that begins with one."""
        match = BOLD.match(line) if "**" in line or "__" in line or "<" in line else None
        if match:
            return self.bold_title(match, is_first=is_first, in_list=in_list)
        if ":" in line[:60] or "：" in line[:60]:
            match = PLAIN_LABEL.match(line)
            if match and self.is_plain_label(title_of(match[1])):
                return match[1], "label", match[2]
        return None

    def bold_title(self, match: re.Match, *, is_first: bool, in_list: bool) -> tuple[str, str, str] | None:
        """Bold words at the start of a line are a title when a colon follows, or nothing, or when they are known."""
        words, rest = (match["text"] or match["html"]).strip(), match["rest"].lstrip()
        if len(words.split()) > TITLE_WORDS_MOST:
            return None
        if words.startswith("(") and words.endswith(")"):
            return None  # an aside
        label, _, answer = words.partition(":")
        if answer.strip() and not rest and self.is_plain_label(title_of(label)):
            return label, "label", answer  # **Licence: MIT**
        has_colon = words.endswith((":", "：")) or rest.startswith((":", "：", "-", "–", "—"))
        rest = rest.lstrip(":：–—-") if has_colon else rest
        known = self.is_plain_label(title_of(words))
        if rest.strip():
            return (words, "label", rest) if has_colon or known else None
        if in_list:
            return (words, "label", "") if has_colon or known else None
        return (words, "bold", "") if has_colon or is_first and not words.endswith((".", "!")) else None

    def table(self, block: Block) -> None:
        """A table; one of two columns whose first names labels is read as labels too."""
        self.add(Piece("table", block.text, block.lines, block))
        if not block.rows or len(block.rows[0]) != 2:
            return
        values = [row[1] for row in block.rows[1:] if len(row) == 2]
        is_count = len(values) > 1 and all(map(COUNT.fullmatch, values))  # how many of each, no answers
        for n, row in enumerate(block.rows):
            line = block.lines[0] + (n + 1 if n else 0)
            if n == 0 and COLUMN_NAME.fullmatch(row[1]) or is_count and NO_AMOUNT.search(row[0]):
                continue
            if len(row) == 2 and row[1] and self.is_plain_label(title_of(row[0])):
                self.begin(title_of(row[0]), LEVELS["label"], line, "label", 0)
                self.add(Piece("text", row[1], (line, line), block))
        while self.open[-1].source == "label":
            self.open.pop()
