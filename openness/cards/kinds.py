"""Names the tool or template that wrote a card, by its own signs. The kind is shown and never changes the score."""

from __future__ import annotations

import re
import tomllib
from dataclasses import dataclass
from functools import cache

from openness.cards.header_fields import texts_of
from openness.cards.substance import CONTENT, PLACEHOLDER
from openness.cards.view import CardView
from openness.cards.vocabulary import FOLDER
from registry.stems import can_match

LOOKED_AT = 64 << 10  # characters of a body in which signs are sought
PLACEHOLDERS_OF_A_TEMPLATE = 6  # lines; the Hub's templates hold 20 and more
BLANK_SHARE = 0.9  # of a template's answerable lines that are placeholders
WRITTEN, EMPTY, SPAM, PARTIAL = "written", "empty", "spam", "partial_template"


@dataclass(frozen=True)
class Kind:
    name: str
    text: re.Pattern | None
    all_text: tuple[re.Pattern, ...]
    tags: frozenset[str]
    fields: tuple[str, ...]

    def shows_in(self, body: str, tags: frozenset[str], metadata: dict) -> bool:
        if self.tags & tags or any(metadata.get(field) for field in self.fields):
            return True
        if self.all_text and all(can_match(each, body) and each.search(body) for each in self.all_text):
            return True
        return self.text is not None and can_match(self.text, body) and self.text.search(body) is not None


@cache
def kinds() -> tuple[Kind, ...]:
    """The shipped kinds, in the order in which they are tried."""
    rows = tomllib.loads((FOLDER / "card_kinds.toml").read_text("utf8"))["kind"]
    return tuple(
        Kind(
            row["name"],
            re.compile("|".join(f"(?:{p})" for p in row["text"]), re.M) if row.get("text") else None,
            tuple(re.compile(pattern) for pattern in row.get("all_text", ())),
            frozenset(row.get("tags", ())),
            tuple(row.get("fields", ())),
        )
        for row in rows
    )


def is_stock(kind: str) -> bool:
    """Did a tool write cards of this kind, or does its template still stand in them?

    >>> is_stock("trainer"), is_stock("partial_template"), is_stock("written")
    (True, True, False)
    """
    return kind not in (WRITTEN, EMPTY)


def kind_of(view: CardView) -> str:
    """The card's kind: one of the shipped ones, `blank_template`, `partial_template`, `peft`, `empty` or `written`."""
    body = view.card.body[:LOOKED_AT].casefold()
    if not body.strip():
        return EMPTY
    tags = frozenset(tag.lower() for tag in texts_of(view.metadata.get("tags")))
    for kind in kinds():
        if kind.shows_in(body, tags, view.metadata):
            return kind.name
    return _template_kind(view) or WRITTEN


def _template_kind(view: CardView) -> str:
    """How far a template was filled in; "" for a card that shows none."""
    lines = [line for section in view.sections for piece in section.pieces for line in piece.judged]
    blank = sum(line.kind == PLACEHOLDER for line in lines)
    if blank < PLACEHOLDERS_OF_A_TEMPLATE:
        return ""
    told = sum(line.kind == CONTENT for line in lines)
    if any(section.title.startswith("framework versions") and _names_peft(section) for section in view.sections):
        return "peft"
    return "blank_template" if blank >= BLANK_SHARE * (blank + told) else PARTIAL


def _names_peft(section) -> bool:
    return any("peft" in line.text.casefold() for piece in section.pieces for line in piece.judged)
