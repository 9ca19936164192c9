"""A card's body as lines with their section, so that code, tables, placeholders and boilerplate are told from prose."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

from openness.mof.rubric import word
from registry.cards import CardText

MOST_LINES = 20_000
BOLD_LEVEL = 7  # a line in bold alone is a heading below all others
FENCE = re.compile(r"^\s{0,3}(```+|~~~+)")
HEADING = re.compile(r"^\s{0,3}(#{1,6})\s+(.+?)\s*#*\s*$")
BOLD_HEADING = re.compile(r"^\s*\*\*([^*]{2,60})\*\*\s*:?\s*$")
HTML_HEADING = re.compile(r"^\s*<h([1-6])[^>]*>(.*?)(</h[1-6]>|$)", re.IGNORECASE)
TAGS = re.compile(r"<[^>]{0,500}>")
LINKS = re.compile(r"!?\[([^\]]{0,300})\]\([^)]{0,1000}\)")
TABLE_RULE = re.compile(r"^[\s|:+-]+$")


@dataclass(frozen=True)
class Line:
    """One line that says something. `kind`: heading, prose, code, table; `section`: the headings above it."""

    number: int  # in the file, from 1
    kind: str
    text: str
    section: str = ""


def lines_of(card: CardText) -> list[Line]:
    """The lines of a card's body with their kind; blank lines, comments and rules are left out."""
    found: list[Line] = []
    headings: dict[int, str] = {}
    fence, in_comment = "", False
    for number, text in enumerate(card.body.split("\n")[:MOST_LINES], card.body_line):
        section = " / ".join(headings[level] for level in sorted(headings))
        marker = FENCE.match(text)
        if fence:
            closes = marker and marker[1].startswith(fence)
            fence = "" if closes else fence
            if not closes and text.strip():
                found.append(Line(number, "code", text, section))
            continue
        if marker and not in_comment:
            fence = marker[1][:3]
            continue
        text, in_comment = _without_comments(text, in_comment)
        if heading := HEADING.match(text) or HTML_HEADING.match(text):
            level = len(heading[1]) if heading[1].startswith("#") else int(heading[1])
            headings = {k: v for k, v in headings.items() if k < level}
            headings[level] = plain(heading[2])
            found.append(Line(number, "heading", headings[level], section))
        elif bold := BOLD_HEADING.match(text):
            headings = {k: v for k, v in headings.items() if k < BOLD_LEVEL} | {BOLD_LEVEL: plain(bold[1])}
            found.append(Line(number, "heading", headings[BOLD_LEVEL], section))
        elif stripped := text.strip():
            is_table = stripped.startswith("|") or stripped.count("|") >= 2 or "<td" in stripped
            if not (is_table and TABLE_RULE.match(stripped)):
                found.append(Line(number, "table" if is_table else "prose", text, section))
    return found


def _without_comments(text: str, inside: bool) -> tuple[str, bool]:
    kept = []
    while text:
        if inside:
            end = text.find("-->")
            if end < 0:
                return "".join(kept), True
            text, inside = text[end + 3 :], False
        else:
            start = text.find("<!--")
            if start < 0:
                return "".join([*kept, text]), False
            kept.append(text[:start])
            text, inside = text[start + 4 :], True
    return "".join(kept), inside


def plain(text: str) -> str:
    """The words of a line, without links' addresses, tags and emphasis.

    >>> plain("**See** [the paper](https://example.org) <br>")
    'See the paper'
    """
    return re.sub(r"[*_`>#]+", "", TAGS.sub("", LINKS.sub(r"\1", text))).strip(" -\t")


def says_something(line: Line) -> bool:
    """Is a prose line neither a placeholder, nor boilerplate or the trainer's, nor a field with a word or two?"""
    words = plain(line.text)
    if line.kind != "prose" or word("placeholder").search(words) or word("boilerplate").search(words.casefold()):
        return False
    if word("trainer_heading").search(line.section):
        return False
    return not words.endswith(":") and (len(words.split()) >= 4 or (not words.isascii() and len(words) >= 8))


def substance(lines: list[Line]) -> int:
    """How many characters of prose that says something."""
    return sum(len(plain(line.text)) for line in lines if says_something(line))


def under(lines: Iterable[Line], pattern: re.Pattern, but: re.Pattern, *, anywhere: bool = False) -> list[Line]:
    """The lines whose nearest heading, or any heading above them, fits a pattern and not another."""

    def fits(line: Line) -> bool:
        heading = line.section if anywhere else line.section.rsplit(" / ", 1)[-1]
        return bool(pattern.search(heading)) and not but.search(heading)

    return [line for line in lines if line.section and fits(line)]
