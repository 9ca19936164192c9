"""The base models that a card's text names, by the reader that also makes claims of them for the graph."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from lineage.claims import MODEL
from lineage.readers.prose import read_prose
from openness.cards.header_fields import is_repo_id
from openness.cards.view import CardView
from openness.cards.wording import LINK

HUB_LINK = re.compile(
    r"huggingface\.co/(?!datasets/|spaces/|docs/|blog/|papers/|models\b)([\w.-]{1,100}/[\w.-]{1,100})"
)
SIBLINGS = re.compile(r"\brelated\b|\bother\b|\bderivative")  # in a title: what stands there is no parent


@dataclass(frozen=True)
class NamedParent:
    """A repository that the text names as a base, and the line that does."""

    name: str
    line: int
    text: str


def parents_in_text(view: CardView) -> Iterator[NamedParent]:
    """The repositories that sentences, labels and sections of the card name as what its model was made from."""
    for claim in read_prose(view.card.body, first=view.card.body_line).claims:
        if claim.parent_kind == MODEL and is_repo_id(claim.parent):
            yield NamedParent(claim.parent, claim.lines[0], claim.quote)
    for section in view.about("lineage"):
        if SIBLINGS.search(section.title):
            continue
        for piece in view.content(section):
            for number, raw in enumerate(piece.text.split("\n"), piece.lines[0]):
                if name := _name_alone(raw):
                    yield NamedParent(name, number, raw.strip())


def _name_alone(raw: str) -> str:
    """The repository that a line names and says nothing else of, or links to on the Hub; "" where it does neither.

    >>> [_name_alone(raw) for raw in ("- `acme/tiny`", "[T](https://huggingface.co/acme/tiny), cased", "and/or more")]
    ['acme/tiny', 'acme/tiny', '']
    """
    if link := HUB_LINK.search(raw):
        return link[1]
    words = LINK.sub(r"\1", raw).strip(" \t-*+`_|.:,\"'")
    return words if "/" in words and is_repo_id(words) else ""
