"""A card's lines of prose, without code, comments and marks, and whether they stand under a heading on emissions."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from openness.carbon.quantities import with_plain_co2

BODY_MOST = 512 * 1024  # characters
LINES_MOST = 8_000  # as of the card's other readers
LINE_MOST = 2_000
FENCE = re.compile(r"\s{0,3}(?:```|~~~)")
HEADING = re.compile(r"\s{0,3}(?P<marks>#{1,6})\s+(?P<title>.{1,200})")
TOPIC = re.compile(r"environment|carbon|co2|emission|energy|footprint|sustainab|green\b", re.IGNORECASE)
COMMENT = re.compile(r"<!--.*?(?:-->|$)", re.DOTALL)


@dataclass(frozen=True)
class Line:
    """A line of prose, without its Markdown marks."""

    number: int
    text: str
    in_topic: bool  # under a heading about energy or emissions


def without_comments(body: str) -> str:
    """A card's text, as much as is read of it. A comment's line breaks stay, so that lines keep their numbers."""
    body = body[:BODY_MOST]
    return COMMENT.sub(lambda match: "\n" * match[0].count("\n"), body) if "<!--" in body else body


def prose_lines(body: str, first_line: int) -> Iterator[Line]:
    """The lines outside code."""
    in_code, level = False, 7  # level of the heading that opened the topic; 7: none did
    for number, line in enumerate(body.split("\n", LINES_MOST)[:LINES_MOST], first_line):
        if FENCE.match(line):
            in_code = not in_code
        elif not in_code and (heading := HEADING.match(line)):
            depth = len(heading["marks"])
            if TOPIC.search(heading["title"]):
                level = min(level, depth)
            elif depth <= level:
                level = 7
        elif not in_code and line.strip():
            yield Line(number, plain(line[:LINE_MOST]), level < 7)


def plain(line: str) -> str:
    """`line` without emphasis, bullets and link targets.

    >>> plain("- **Hours used:** 168 ([source](https://example.org))")
    'Hours used: 168 (source)'
    """
    line = re.sub(r"\]\([^()]{0,300}\)", "]", with_plain_co2(line))
    return re.sub(r"^\s{0,20}(?:[-+>|\u2022]\s{0,5}){1,4}|[*`\[\]]|\|\s*$|\b_|_\b", "", line).strip()
