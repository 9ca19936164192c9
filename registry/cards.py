"""Splits a repository's README at its YAML header, whatever it holds: bounded, and every oddity said.

Absent, empty and unreadable headers are three things: `metadata` is None without a problem, `{}`, and None with one.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from registry.yaml_reader import SIZE_MOST as HEADER_MOST
from registry.yaml_reader import UNSTORABLE, YamlProblem, load_with_lines, load_yaml

__all__ = ["READER", "CardText", "YamlProblem", "load_yaml", "read_card"]

READER = "cards/1"
TEXT_MOST = 2 << 20  # characters that are looked at; the Hub's largest real card has 976,908 bytes
BODY_MOST = 512 << 10  # characters
BLOCK_END_WITHIN = 64 << 10  # how far back from the limit the end of a block is sought
BOM = "\ufeff"
FENCE = "---"


@dataclass(frozen=True)
class CardText:
    """A card as its header and its text. Line ends are `\\n`; lines count from 1 in the file, header included."""

    metadata: dict | None = None  # None: there is no header, or `problem` says why it cannot be read
    problem: str = ""
    body: str = ""
    body_line: int = 1  # the line of the file on which `body` begins
    flags: tuple[str, ...] = ()  # what is odd about the file, sorted
    field_lines: dict[str, tuple[int, int]] = field(default_factory=dict)  # first and last line of each header field


@dataclass(frozen=True)
class _Split:
    """Where the header stands: offsets into the text; the body begins at `body`."""

    start: int
    end: int
    body: int


def read_card(text: str) -> CardText:
    """Split `text` into header and body. No text raises; an unreadable header is `problem`, one sentence.

    >>> card = read_card("---\\nlicense: mit\\n---\\n# Tiny\\n")
    >>> card.metadata, card.body, card.body_line, card.field_lines
    ({'license': 'mit'}, '# Tiny\\n', 4, {'license': (2, 2)})
    """
    text, flags = _plain_text(text)
    opener = _opener_end(text)
    if opener is None:
        return _finish(CardText(), text, 0, flags | {"no_header"})
    flags |= _opener_flags(text, opener)
    split = _split(text, opener)
    if split is None:
        problem = "The header is opened with --- and never closed." if _looks_like_field(text, opener) else ""
        return _finish(CardText(problem=problem), text, 0, flags | {"header_never_closed"})
    card, more = _read_header(text, split)
    return _finish(card, text, split.body, flags | more)


def _plain_text(text: str) -> tuple[str, set[str]]:
    """`text` without a byte order mark, with `\\n` for every line end, and without what no database stores."""
    flags = set()
    if text.startswith(BOM):
        text, _ = text[1:], flags.add("bom")
    if len(text) > TEXT_MOST:
        text, _ = text[:TEXT_MOST], flags.add("truncated")
    if "\r" in text:
        text, _ = text.replace("\r\n", "\n").replace("\r", "\n"), flags.add("crlf")
    if UNSTORABLE.search(text):
        text, _ = UNSTORABLE.sub("\N{REPLACEMENT CHARACTER}", text), flags.add("unstorable_characters")
    return text, flags


def _line_end(text: str, start: int) -> int:
    end = text.find("\n", start)
    return len(text) if end < 0 else end


def _opener_end(text: str) -> int | None:
    """Where the line that opens the header ends: `---`, with nothing but blanks before it."""
    start = len(text) - len(text.lstrip())
    end = _line_end(text, start)
    return end if text.startswith(FENCE, start) and text[start:end].rstrip() == FENCE else None


def _opener_flags(text: str, opener: int) -> set[str]:
    flags = set()
    if not text.startswith(FENCE):
        flags.add("blank_before_header")
    if text[opener - 1] != "-":
        flags.add("blank_after_fence")
    return flags


def _split(text: str, opener: int) -> _Split | None:
    """The header between its opening line, which ends at `opener`, and the next line that is only `---`."""
    at = opener
    while (at := text.find("\n" + FENCE, at)) >= 0:
        end = _line_end(text, at + 1)
        if text[at + 1 : end].rstrip() == FENCE:
            return _Split(start=min(opener + 1, at + 1), end=at + 1, body=min(end + 1, len(text)))
        at = end
    return None


def _looks_like_field(text: str, opener: int) -> bool:
    """Does `name:` follow the opening line? Otherwise that line is a rule drawn across the page, not a header."""
    rest = text[opener : opener + 2_000].lstrip()
    name, colon, _ = rest[: _line_end(rest, 0)].partition(":")
    return bool(colon) and name.replace("_", "").replace("-", "").isalnum()


def _read_header(text: str, split: _Split) -> tuple[CardText, set[str]]:
    header = text[split.start : split.end]
    first_line = text.count("\n", 0, split.start) + 1
    if len(header) > HEADER_MOST:
        return CardText(problem=f"The header has {len(header):,} characters; at most {HEADER_MOST:,} are read."), set()
    try:
        value, key_lines = load_with_lines(header)
    except YamlProblem as problem:
        where = "" if problem.line is None else f" on line {problem.line + first_line - 1}"
        return CardText(problem=f"The header cannot be read{where}: {problem.reason}."), set()
    if value is None:
        return CardText(metadata={}), {"empty_header"}
    if not isinstance(value, dict):
        kind = "a list" if isinstance(value, list) else "text"
        return CardText(problem=f"The header is {kind}, not fields with values."), set()
    return CardText(metadata=value, field_lines=_field_lines(header, key_lines, first_line)), set()


def _field_lines(header: str, key_lines: dict[str, int], first_line: int) -> dict[str, tuple[int, int]]:
    """Each field's lines in the file: from its key to the last line before the next key that is not blank."""
    lines = header.split("\n")
    keys = list(key_lines)
    if not keys:  # `{}`: a header without fields
        return {}
    nexts = [*(key_lines[key] for key in keys[1:]), len(lines) + 1]
    found = {}
    for key, after in zip(keys, nexts, strict=True):
        first = key_lines[key]
        last = max(first, after - 1)
        while last > first and (not (line := lines[last - 1].strip()) or line.startswith("#")):
            last -= 1
        found[key] = (first + first_line - 1, last + first_line - 1)
    return found


def _finish(card: CardText, text: str, body_at: int, flags: set[str]) -> CardText:
    """`card` with its body, cut at the end of a block where it is too long."""
    body = text[body_at:]
    if len(body) > BODY_MOST:
        body = body[: _block_end(body)]
        flags = flags | {"truncated"}
    return CardText(
        metadata=card.metadata,
        problem=card.problem,
        body=body,
        body_line=text.count("\n", 0, body_at) + 1,
        flags=tuple(sorted(flags)),
        field_lines=card.field_lines,
    )


def _block_end(body: str) -> int:
    """Where to cut a body that is too long: after the last blank line, else the last line, else at the limit."""
    for end in ("\n\n", "\n"):
        at = body.rfind(end, BODY_MOST - BLOCK_END_WITHIN, BODY_MOST)
        if at >= 0:
            return at + len(end)
    return BODY_MOST
