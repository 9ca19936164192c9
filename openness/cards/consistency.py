"""Finds where a card contradicts itself or was put together wrongly. It costs no points."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable

from openness.carbon.checks import check_header_against_text
from openness.carbon.header import KEY
from openness.carbon.reading import read_report
from openness.cards.header_fields import rows_of
from openness.cards.licence_in_text import licences_in_text
from openness.cards.parents_in_text import parents_in_text
from openness.cards.view import CardView
from openness.cards.vocabulary import find
from registry.licences import read_declared

LOOKED_AT = 20_000  # characters of a body in which a pasted header is sought
VERSION = re.compile(r"-?v?\d")
REPEATED_LEAST = 3  # titles that stand twice make two cards


def licence_conflict(view: CardView) -> bool:
    """The text states other licences than the header, none of them the same."""
    stated = read_declared(view.metadata)
    if not stated.known:
        return False
    written = licences_in_text(view)
    return bool(written) and not any(_may_be_one(a, b) for a in stated.ids for b in written)


def _may_be_one(a: str, b: str) -> bool:
    """Are two ids of one licence, or of one family of which either names no version?

    >>> _may_be_one("GPL-3.0-or-later", "GPL-3.0"), _may_be_one("cc-by", "CC-BY-4.0"), _may_be_one("cc", "CC-BY-4.0")
    (True, True, True)
    >>> _may_be_one("MIT", "Apache-2.0"), _may_be_one("CC-BY-3.0", "CC-BY-4.0"), _may_be_one("openrail", "x-openrail-m")
    (False, False, True)
    """
    a, b = (re.sub(r"-(?:or-later|only)$", "", each.casefold()) for each in (a, b))
    families = {VERSION.split(each)[0] for each in (a, b)}
    if a == b or "rail" in a and "rail" in b:
        return True
    return (
        len(families) == 1 and bool(families & {a, b}) or "cc" in (a, b) and all(f.startswith("cc") for f in families)
    )


def base_only_in_text(view: CardView, name: str = "") -> bool:
    """The text names the base model's repository and the header names none; `name` is the card's own repository."""
    if view.kind != "model" or view.metadata.get("base_model"):
        return False
    own = {name.casefold(), name.rpartition("/")[2].casefold()}
    return any(parent.name.casefold() not in own for parent in parents_in_text(view))


def two_cards(view: CardView) -> bool:
    """The same titles stand twice: a card was pasted below another."""
    titles = Counter(s.title for s in view.sections if s.source == "heading" and s.level <= 2 and view.topics(s))
    return sum(count > 1 for count in titles.values()) >= REPEATED_LEAST


def header_in_body(view: CardView) -> bool:
    """A header, or another one, stands in the text, where the Hub does not read it. One shown as code is no header."""
    text = view.card.body[:LOOKED_AT]
    if "---" not in text or find("pasted_header", text) is None:
        return False
    lines = text.split("\n")
    for block in view.codes:
        first, last = (line - view.card.body_line for line in block.lines)
        lines[first : last + 1] = [""] * len(lines[first : last + 1])
    return find("pasted_header", "\n".join(lines)) is not None


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
    *(licence_conflict, two_cards, header_in_body, template_title, emissions_against_text),
)


def contradictions(view: CardView, name: str = "") -> set[str]:
    """The names of what does not fit together; `name` is the repository's, "" for a loose file."""
    found = {check.__name__ for check in CHECKS if check(view)}
    if base_only_in_text(view, name):
        found.add(base_only_in_text.__name__)
    stated = [row["name"] for row in rows_of(view.metadata.get("model-index")) if isinstance(row.get("name"), str)]
    if name and stated and not any(_same_name(each, name) for each in stated):
        found.add("model_index_name")
    return found


def _same_name(stated: str, name: str) -> bool:
    plain = [re.sub(r"[\W_]+", "", each.rpartition("/")[2].casefold()) for each in (stated, name)]
    return plain[0] == plain[1]
