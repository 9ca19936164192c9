"""Finds where a card contradicts itself or was put together wrongly. It costs no points."""

from __future__ import annotations

import re
from dataclasses import dataclass
from itertools import islice

from openness.carbon.checks import check_header_against_text
from openness.carbon.header import KEY
from openness.carbon.reading import read_report
from openness.cards.header_fields import rows_of
from openness.cards.licence_in_text import licences_in_text
from openness.cards.parents_in_text import parents_in_text
from openness.cards.sections import Section
from openness.cards.view import CardView, quote_of
from openness.cards.vocabulary import find
from openness.findings import Evidence
from registry.licences import read_declared

LOOKED_AT = 20_000  # characters of a body in which a pasted header is sought
PUBLIC_DOMAIN = {"unlicense", "cc0-1.0", "cc-pddc", "pddl-1.0"}
CARD_TITLE = re.compile(r"(?:model|dataset|data) ?card (?:for|of)\b")
VERSION = re.compile(r"-?v?\d")
EVIDENCE_MOST = 5
REPEATED_LEAST = 3  # titles that stand twice make two cards


@dataclass(frozen=True)
class Contradiction:
    """What does not fit together in a card, by its id, and where."""

    id: str
    evidence: tuple[Evidence, ...]

    def as_dict(self) -> dict:
        return {"id": self.id, "evidence": [each.as_dict() for each in self.evidence]}


def _at(line: int, text: str) -> Evidence:
    return Evidence(lines=(line, line), quote=quote_of(text))


def _in_header(view: CardView, field: str, value: object) -> Evidence:
    return Evidence(view.field_lines(field), quote_of(f"{field}: {value}"), field)


def licence_conflict(view: CardView) -> tuple[Evidence, ...]:
    """The text states other licences than the header, none of them the same."""
    stated = read_declared(view.metadata)
    if not stated.known:
        return ()
    written = licences_in_text(view)
    if any(_may_be_one(a, b.id) for a in stated.ids for b in written):
        return ()
    said = (_in_header(view, "license", view.metadata.get("license")),)
    return (*said, *(_at(each.line, each.text) for each in written[:EVIDENCE_MOST])) if written else ()


def _may_be_one(a: str, b: str) -> bool:
    """Are two ids of one licence, or of one family of which either names no version?

    >>> _may_be_one("GPL-3.0-or-later", "GPL-3.0"), _may_be_one("cc-by", "CC-BY-4.0"), _may_be_one("cc", "CC-BY-4.0")
    (True, True, True)
    >>> _may_be_one("MIT", "Apache-2.0"), _may_be_one("CC-BY-3.0", "CC-BY-4.0"), _may_be_one("openrail", "x-openrail-m")
    (False, False, True)
    """
    a, b = (re.sub(r"-(?:or-later|only)$", "", each.casefold()) for each in (a, b))
    families = {VERSION.split(each)[0] for each in (a, b)}
    if a == b or "rail" in a and "rail" in b or {a, b} <= PUBLIC_DOMAIN:
        return True
    return (
        len(families) == 1 and bool(families & {a, b}) or "cc" in (a, b) and all(f.startswith("cc") for f in families)
    )


def base_only_in_text(view: CardView, name: str = "") -> tuple[Evidence, ...]:
    """The text names the base model's repository and the header names none; `name` is the card's own repository."""
    if view.kind != "model" or view.metadata.get("base_model"):
        return ()
    own = {name.casefold(), name.rpartition("/")[2].casefold()}
    named = (parent for parent in parents_in_text(view) if parent.name.casefold() not in own)
    return tuple(_at(parent.line, parent.text) for parent in islice(named, EVIDENCE_MOST))


def two_cards(view: CardView) -> tuple[Evidence, ...]:
    """A card was pasted below another: the same titles stand twice, or two titles say that they are a card's."""
    titles = [section for section in view.sections if section.source == "heading" and CARD_TITLE.match(section.title)]
    if len(titles) > 1:
        return tuple(_at(section.line, section.title) for section in titles[:EVIDENCE_MOST])
    seen: dict[str, list[Section]] = {}
    for section in view.sections:
        if section.source == "heading" and section.level <= 2 and view.topics(section):
            seen.setdefault(section.title, []).append(section)
    again = [sections[1] for sections in seen.values() if len(sections) > 1]
    return tuple(_at(s.line, s.title) for s in again[:EVIDENCE_MOST]) if len(again) >= REPEATED_LEAST else ()


def header_in_body(view: CardView) -> tuple[Evidence, ...]:
    """A header, or another one, stands in the text, where the Hub does not read it. One shown as code is no header."""
    text = view.card.body[:LOOKED_AT]
    if "---" not in text or find("pasted_header", text) is None:
        return ()
    lines = text.split("\n")
    for block in view.codes:
        first, last = (line - view.card.body_line for line in block.lines)
        lines[first : last + 1] = [""] * len(lines[first : last + 1])
    match = find("pasted_header", "\n".join(lines))
    if match is None:
        return ()
    begin = match.start() + len(match[0]) - len(match[0].lstrip())
    return (_at(view.card.body_line + "\n".join(lines).count("\n", 0, begin), match[0]),)


def emissions_against_text(view: CardView) -> tuple[Evidence, ...]:
    """The text states other emissions than the header; one device's share and a slip of units count as well."""
    if KEY not in view.metadata:
        return ()
    check = check_header_against_text(read_report(view.metadata, view.card.body))
    return (Evidence(view.field_lines(KEY), quote_of(check.reason), KEY),) if check.status == "failed" else ()


def template_title(view: CardView) -> tuple[Evidence, ...]:
    """The card still has the title of its template."""
    if view.title is None or find("template_title", view.title.title) is None:
        return ()
    return (_at(view.title.line, view.title.title),)


def model_index_name(view: CardView, name: str) -> tuple[Evidence, ...]:
    """The results of the header are those of a model of another name than `name`, the card's own repository."""
    stated = [row["name"] for row in rows_of(view.metadata.get("model-index")) if isinstance(row.get("name"), str)]
    if not name or not stated or any(_same_name(each, name) for each in stated):
        return ()
    return (_in_header(view, "model-index", ", ".join(stated[:EVIDENCE_MOST])),)


CHECKS = (licence_conflict, two_cards, header_in_body, template_title, emissions_against_text)
CHECKS_OF_NAME = (base_only_in_text, model_index_name)


def contradictions(view: CardView, name: str = "") -> tuple[Contradiction, ...]:
    """What does not fit together; `name` is the repository's, "" for a loose file."""
    found = {check.__name__: check(view) for check in CHECKS}
    found |= {check.__name__: check(view, name) for check in CHECKS_OF_NAME}
    return tuple(Contradiction(id, evidence) for id, evidence in sorted(found.items()) if evidence)


def _same_name(stated: str, name: str) -> bool:
    plain = [re.sub(r"[\W_]+", "", each.rpartition("/")[2].casefold()) for each in (stated, name)]
    return plain[0] == plain[1]
