"""Judges what stands under a title by a criterion's rules: which tier of evidence it is, and where."""

from __future__ import annotations

import re
from dataclasses import dataclass

from openness.cards.sections import Piece, Section
from openness.cards.substance import CONTENT, PLACEHOLDER, POINTER, POINTER_WORDS_MOST, STOCK, Line, judge_line
from openness.cards.view import CardView, quote_of
from openness.findings import Evidence
from openness.rubric import Criterion

BIBTEX = re.compile(r"@\w+\s*\{")
TEMPLATE_BIBTEX = re.compile(r"\{(?:dataset )?paper title\}|\{author list\}|\{publication venue\}|\byour_\w+", re.I)
COMMENT_LINE = re.compile(r"\s*(?:#|//|--|/\*|\*)")
CODE_PLACEHOLDER = re.compile(
    r"more information needed|\bexample_field\b"
    r"|\{\{|you can include sample code|^\W*(?:todo|tbd|coming soon|\.\.\.)\W*$|your code here",
    re.I,
)


@dataclass(frozen=True)
class Found:
    """One answer to a criterion. `value` None: what the rubric gives for the tier."""

    tier: str
    evidence: Evidence
    value: float | None = None


def found_line(tier: str, number: int, text: str, value: float | None = None) -> Found:
    return Found(tier, Evidence(lines=(number, number), quote=quote_of(text)), value)


def says_something(piece: Piece) -> bool:
    """Does a block of code or a table hold more than a placeholder?"""
    if piece.kind == "table":
        rows = piece.block.rows[1:]  # with several columns the first only names the rows
        return any(cell.strip(" -*.?…") for row in rows for cell in (row[1:] if len(row) > 1 else row))
    lines = [line for line in piece.text.split("\n") if line.strip()]
    own = [line for line in lines if not COMMENT_LINE.match(line) and not CODE_PLACEHOLDER.search(line)]
    return any(any(c.isalnum() for c in line) for line in own)


def is_bibtex(text: str) -> bool:
    """Does a block of code cite something, rather than show how a citation looks?"""
    return BIBTEX.search(text) is not None and TEMPLATE_BIBTEX.search(text) is None


def counts(piece: Piece, criterion: Criterion) -> bool:
    """Is a block of code or a table, as such, an answer to the criterion?"""
    if piece.kind == "code" and "bibtex" in criterion.accepts and is_bibtex(piece.text):
        return True
    return piece.kind in criterion.accepts and says_something(piece)


def judge(view: CardView, section: Section, criterion: Criterion) -> Found | None:
    """What stands under one title, as an answer to the criterion that the title asks for; None: nothing asked."""
    pieces = list(view.content(section))
    lines = [line for piece in pieces for line in piece.judged]
    content = [line for line in lines if line.kind == CONTENT]
    if _only_announces(pieces, content):
        content = []
    if content and (elsewhere := _points_elsewhere(pieces, content)):
        tier = "section" if criterion.link_is_content else "pointer"
        return _found(tier, section, pieces, elsewhere)
    topic = view.vocabulary.topics[criterion.topic]
    if content and not topic.answered_by(section.title, "\n".join(line.text for line in content).casefold()):
        return None
    if criterion.yes_no and (noes := [line for line in lines if line.is_no]):
        return _found("section", section, pieces, noes[0].text)
    if content and sum(line.words for line in content) >= criterion.least_words:
        return _found("section", section, pieces, content[0].text)
    blocks = [piece for piece in pieces if counts(piece, criterion)]
    if blocks := [piece for piece in blocks if topic.answered_by(section.title, _said_in(piece).casefold())]:
        return _found("section", section, pieces, blocks[0].text.strip().split("\n")[0])
    if points := [line for line in lines if line.kind == POINTER]:
        tier = "section" if criterion.link_is_content else "pointer"
        return _found(tier, section, pieces, points[0].text or points[0].kind)
    if stock := [line for line in lines if line.kind == STOCK]:
        return _found("stock", section, pieces, stock[0].text)
    if unanswered := [line for line in lines if line.kind == PLACEHOLDER]:
        return _found("placeholder", section, pieces, unanswered[0].text)
    if content:
        return _found("placeholder", section, pieces, content[0].text)
    return None if section.children or pieces else _found("placeholder", section, pieces, "")


def _said_in(piece: Piece) -> str:
    """The text of a block; of a table without the names of its columns."""
    return piece.text if piece.kind != "table" else "\n".join(" | ".join(row) for row in piece.block.rows[1:])


def _only_announces(pieces: list[Piece], content: list[Line]) -> bool:
    """Is all that stands there one line that ends in a colon, and what it announces is missing?"""
    is_alone = len(content) == 1 and all(piece.kind == "text" for piece in pieces)
    return is_alone and content[0].text.endswith((":", "：")) and not any(piece.has_figure for piece in pieces)


def _points_elsewhere(pieces: list[Piece], content: list[Line]) -> str:
    """The one sentence that stands there, when it only sends the reader elsewhere but is broken over lines; or ""."""
    if (
        len(pieces) != 1
        or "\n" not in pieces[0].text
        or pieces[0].kind != "text"
        or sum(line.words for line in content) > POINTER_WORDS_MOST
    ):
        return ""
    line = judge_line(" ".join(pieces[0].text.split("\n")), content[0].number)
    return line.text if line.kind == POINTER else ""


def _found(tier: str, section: Section, pieces: list[Piece], quote: str) -> Found:
    last = max([section.line, *(piece.lines[1] for piece in pieces)])
    return Found(tier, Evidence(lines=(section.line, last), quote=quote_of(quote or section.title)))
