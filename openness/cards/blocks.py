"""Reads a card's Markdown as blocks with their lines: headings, text, code, tables, HTML. Nothing inline is parsed.

Block rules alone take time linear in the text, whatever it holds; emphasis and links are looked at later, and only
where a criterion asks. CommonMark by markdown-it-py, and tables as GitHub writes them.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from markdown_it import MarkdownIt
from markdown_it.token import Token

from openness.cards.wording import TAG

LINES_MOST = 8_000  # the longest of 1,826 real cards has 1,636
NESTING_MOST = 100
BLOCK_MOST = 64 << 10  # characters of one block that are looked at
CELLS_MOST = 20_000  # of one table
NESTED_MARKS_MOST = (
    4_000  # of lists and quotes that begin within others on one line; each costs a third of a millisecond
)

PARSER = MarkdownIt("commonmark", {"maxNesting": NESTING_MOST}).disable(["inline", "text_join", "reference"])
DELIMITER_ROW = re.compile(r"[ \t]*\|?[ \t]*:?-+:?[ \t]*(?:\|[ \t]*:?-+:?[ \t]*)*\|?[ \t]*")
NAVIGATION = re.compile(r"^[ \t]*[-*+] \[[^\]\n]{0,200}\]\(#[^)\n]{0,200}\)[ \t]*$", re.M)  # in a table of contents
MARK = r"(?:>|(?:[-*+]|\d{1,9}[.)])(?=[ \t]))"
MARKS = re.compile(MARK)
NESTED = re.compile(rf"^(?:[ \t]*{MARK}){{3,{NESTED_MARKS_MOST + 1}}}", re.M)  # without a bound it takes 100 MB
PROSE_WORDS_LEAST = 8  # of an indented block
CODE_SIGN = re.compile(
    r"[{}=;<>$\\|]|\w\(|^\s*(?:import|from|def|class|pip|python3?|git|npm|sudo|curl|wget)\s|^\s*[#>-]", re.M
)
HTML_ROW = re.compile(r"<tr\b[^<>]{0,500}>", re.I)
HTML_CELL = re.compile(r"<t[dh]\b[^<>]{0,500}>", re.I)
HTML_HEADING = re.compile(r"<h([1-6])\b[^<>]{0,500}>", re.I)


@dataclass(frozen=True, slots=True)
class Block:
    """One block. `lines`: first and last in the file, from 1."""

    kind: str  # heading, text, code, table, html
    text: str
    lines: tuple[int, int]
    level: int = 0  # of a heading: 1 to 6
    info: str = ""  # of code: its language
    items: tuple[int, ...] = ()  # the list items that it stands in, outermost first, numbered through the card
    rows: tuple[tuple[str, ...], ...] = ()  # of a table: the header first


def read_blocks(body: str, first_line: int = 1) -> tuple[tuple[Block, ...], bool]:
    """The blocks of `body`, which begins on `first_line` of its file, and whether all of it was read.

    >>> blocks, whole = read_blocks("# Tiny\\n\\nA model.\\n", first_line=5)
    >>> [(block.kind, block.text, block.lines) for block in blocks], whole
    ([('heading', 'Tiny', (5, 5)), ('text', 'A model.', (7, 7))], True)
    """
    body, whole = _within_limit(body)
    tokens = PARSER.parse(NAVIGATION.sub("", body))
    deep = any(token.level >= NESTING_MOST - 1 for token in tokens)
    return tuple(_blocks(tokens, first_line)), whole and not deep


def _is_prose(text: str) -> bool:
    """Is an indented block running text, as tools write that copy a docstring into a card, rather than code?"""
    return len(text.split()) >= PROSE_WORDS_LEAST and "@" not in text and CODE_SIGN.search(text) is None


def _within_limit(body: str) -> tuple[str, bool]:
    text = before_nests(body)
    if text.count("\n") > LINES_MOST:
        text = "\n".join(text.split("\n", LINES_MOST)[:LINES_MOST]) + "\n"
    return text, len(text) == len(body)


def before_nests(text: str) -> str:
    """`text` up to the line on which it has begun too many lists and quotes within others on a line.

    >>> before_nests("a\\n" + "- - - b\\n" * 3_000).count("- - - b")
    1333
    """
    left = NESTED_MARKS_MOST
    for match in NESTED.finditer(text):
        left -= len(MARKS.findall(match[0] + " "))
        if left < 0:
            return text[: match.start()]
    return text


def _blocks(tokens: list[Token], first_line: int) -> Iterator[Block]:
    heading, serial = 0, 0
    items: tuple[int, ...] = ()
    for token in tokens:
        kind = token.type
        if kind == "list_item_open":
            serial += 1
            items = (*items, serial)
        elif kind == "list_item_close":
            items = items[:-1]
        elif kind in ("heading_open", "heading_close"):
            heading = int(token.tag[1]) if kind == "heading_open" else 0
        elif token.map and token.content:
            yield from _block(token, first_line, heading, items)


def _block(token: Token, first_line: int, heading: int, items: tuple[int, ...]) -> Iterator[Block]:
    lines = (token.map[0] + first_line, max(token.map[0] + 1, token.map[1]) + first_line - 1)
    text = token.content[:BLOCK_MOST]
    if token.type == "inline" and heading:
        yield Block("heading", text, lines, level=heading)
    elif token.type == "inline":
        yield from _paragraph(text, lines[0], items)
    elif token.type == "code_block" and _is_prose(text):
        yield from _text(text.rstrip("\n"), lines[0], items)
    elif token.type in ("fence", "code_block"):
        yield Block("code", text, lines, info=token.info.strip()[:40], items=items)
    elif token.type == "html_block":
        yield from _html(text, lines[0])


def _paragraph(text: str, first: int, items: tuple[int, ...]) -> Iterator[Block]:
    """A paragraph as text, or as the table that it holds from its delimiter row's upper neighbour on."""
    rows = text.split("\n")
    for n in range(1, len(rows)):
        line = rows[n]
        if "-" in line and ("|" in line or "|" in rows[n - 1]) and DELIMITER_ROW.fullmatch(line):
            header = _cells(rows[n - 1])
            if len(header) == len(_cells(line)):
                yield from _text("\n".join(rows[: n - 1]), first, items)
                yield _table(rows[n - 1 :], first + n - 1, items)
                return
    yield from _text(text, first, items)


def _text(text: str, first: int, items: tuple[int, ...]) -> Iterator[Block]:
    if text.strip():
        yield Block("text", text, (first, first + text.count("\n")), items=items)


def _table(lines: list[str], first: int, items: tuple[int, ...]) -> Block:
    header = _cells(lines[0])
    most = max(1, CELLS_MOST // len(header))
    rows = tuple(tuple(_cells(line)[: len(header)]) for line in lines[2 : most + 2])
    return Block("table", "\n".join(lines), (first, first + len(lines) - 1), rows=(tuple(header), *rows), items=items)


def _cells(line: str) -> list[str]:
    """The cells of a table's row.

    >>> _cells("| a | b\\\\|c |")
    ['a', 'b|c']
    """
    line = line.strip().removeprefix("|")
    if line.endswith("|") and not line.endswith("\\|"):
        line = line[:-1]
    return [cell.strip().replace("\0", "|") for cell in line.replace("\\|", "\0").split("|")]


def _html(text: str, top: int) -> Iterator[Block]:
    """HTML as it is, but its headings apart."""
    at = 0
    for match in HTML_HEADING.finditer(text):
        end = text.lower().find("</h", match.end(), match.end() + 1_000)
        if match.start() < at or end < 0:
            continue
        yield from _html_between(text, at, match.start(), top)
        first = top + text.count("\n", 0, match.start())
        title = text[match.end() : end]
        yield Block("heading", title, (first, first + text.count("\n", match.start(), end)), level=int(match[1]))
        at = text.find(">", end) + 1 or len(text)
    yield from _html_between(text, at, len(text), top)


def _html_between(text: str, start: int, end: int, first: int) -> Iterator[Block]:
    part = text[start:end]
    if part.strip():
        begin = first + text.count("\n", 0, start)
        if HTML_ROW.search(part) and (table := _html_table(part, begin)):
            yield table
            return
        yield Block("html", part, (begin, begin + part.rstrip("\n").count("\n")))


def _html_table(text: str, first: int) -> Block | None:
    """The cells of an HTML table, tables in one block as one; None where no row holds two cells."""
    rows, cells = [], 0
    for row in HTML_ROW.split(text)[1:]:
        found = tuple(" ".join(TAG.sub(" ", cell).split()) for cell in HTML_CELL.split(row)[1:])
        cells += len(found)
        if cells > CELLS_MOST:
            break
        if found:
            rows.append(found)
    if not any(len(row) > 1 for row in rows):
        return None
    return Block("table", text, (first, first + text.rstrip("\n").count("\n")), rows=tuple(rows))
