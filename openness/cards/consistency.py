"""Finds where a card contradicts itself or was put together wrongly. It costs no points."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable

from openness.carbon.checks import check_header_against_text
from openness.carbon.header import KEY
from openness.carbon.reading import read_report
from openness.cards.header_fields import rows_of, texts_of
from openness.cards.substance import CONTENT
from openness.cards.view import CardView
from openness.cards.vocabulary import find, patterns
from registry.licences import read_licence

LOOKED_AT = 20_000  # characters of a body in which a pasted header is sought
NAMES_MOST = 20  # of licences
REPEATED_LEAST = 3  # titles that stand twice make two cards


def licence_conflict(view: CardView) -> bool:
    """The text names other licences than the header, none of them the same."""
    said = {licence for text in texts_of(view.metadata.get("license")) for licence in read_licence(text).ids}
    if not said or not read_licence(list(texts_of(view.metadata["license"]))[:NAMES_MOST]).known:
        return False
    lines = [line for section in view.about("licence") for piece in view.content(section) for line in piece.judged]
    named = [
        match[0] for line in lines if line.kind == CONTENT for match in patterns()["named_licence"].finditer(line.text)
    ]
    readings = [read_licence(name) for name in named[:20]]
    written = {licence for reading in readings if reading.known for licence in reading.ids}
    return bool(written) and not written & said


def base_only_in_text(view: CardView) -> bool:
    """The text names the base model's repository and the header names none."""
    if view.metadata.get("base_model") or "lineage" not in view.vocabulary.topics:
        return False
    sections = [section for section in view.about("lineage") if "related" not in section.title]  # are its siblings too
    raw = "\n".join(piece.text for section in sections for piece in section.pieces)
    texts = (block.text for block in view.blocks if block.kind == "text" and "/" in block.text)
    return find("repo_in_text", raw) is not None or any(find("base_in_text", text) for text in texts)


def two_cards(view: CardView) -> bool:
    """The same titles stand twice: a card was pasted below another."""
    titles = Counter(s.title for s in view.sections if s.source == "heading" and s.level <= 2 and view.topics(s))
    return sum(count > 1 for count in titles.values()) >= REPEATED_LEAST


def header_in_body(view: CardView) -> bool:
    """A header, or another one, stands in the text, where the Hub does not read it."""
    text = view.card.body[:LOOKED_AT]
    return "---" in text and find("pasted_header", text) is not None


def emissions_against_text(view: CardView) -> bool:
    """The text states other emissions than the header; one device's share and a slip of units count as well."""
    return (
        KEY in view.metadata
        and check_header_against_text(read_report(view.metadata, view.card.body)).status == "failed"
    )


def template_title(view: CardView) -> bool:
    """The card still has the title of its template."""
    return view.title is not None and find("template_title", view.title.title) is not None


CHECKS: tuple[Callable[[CardView], bool], ...] = (
    *(licence_conflict, base_only_in_text, two_cards, header_in_body, template_title, emissions_against_text),
)


def contradictions(view: CardView, name: str = "") -> set[str]:
    """The names of what does not fit together; `name` is the repository's, "" for a loose file."""
    found = {check.__name__ for check in CHECKS if check(view)}
    stated = [row["name"] for row in rows_of(view.metadata.get("model-index")) if isinstance(row.get("name"), str)]
    if name and stated and not any(_same_name(each, name) for each in stated):
        found.add("model_index_name")
    return found


def _same_name(stated: str, name: str) -> bool:
    plain = [re.sub(r"[\W_]+", "", each.rpartition("/")[2].casefold()) for each in (stated, name)]
    return plain[0] == plain[1]
