"""A sign: one thing seen or said that shows a component, with its grade, its evidence and whose licence it is under."""

from __future__ import annotations

from dataclasses import dataclass

from openness.findings import Evidence
from openness.mof.components import BY_SLUG, MOFComponent
from openness.mof.prose import Line
from openness.state import LinkedRepo, RepoState
from registry.cards import CardText

GRADES = "ABLC"  # best first: seen, resolved, supplied by another, only named
CONFIRMING = ("A", "B")
QUOTE_MOST = 200  # characters


@dataclass(frozen=True)
class View:
    """One repository as the finders look at it: the state, and its card already read."""

    state: RepoState
    card: CardText | None  # None: whether there is a card is not known, or it cannot be read
    lines: tuple[Line, ...]
    metadata: dict
    paths: tuple[str, ...] | None

    @property
    def library(self) -> str:
        named = self.state.info.get("library_name") or self.metadata.get("library_name") or ""
        return named.lower() if isinstance(named, str) else ""

    def linked(self, kind: str) -> list[LinkedRepo]:
        return [repo for repo in self.state.linked if repo.kind == kind and repo.name != self.state.name]


@dataclass(frozen=True)
class Sign:
    """`licence`: None for the repository's own, else the licence that comes with the sign ("" where none is stated)."""

    component: MOFComponent
    grade: str
    evidence: Evidence
    licence: str | None = None
    licence_from: str = ""
    note: str = ""


def sign(slug: str, grade: str, evidence: Evidence, **more) -> Sign:
    return Sign(BY_SLUG[slug], grade, evidence, **more)


def of_path(path: str, note: str = "") -> Evidence:
    return Evidence(field=path[:QUOTE_MOST], quote=note[:QUOTE_MOST])


def of_line(line: Line) -> Evidence:
    return Evidence(lines=(line.number, line.number), quote=line.text.strip()[:QUOTE_MOST])


def of_field(view: View, field: str, quote: object) -> Evidence:
    lines = view.card.field_lines.get(field) if view.card else None
    return Evidence(lines=lines, quote=str(quote)[:QUOTE_MOST], field=field)


def best(signs: list[Sign]) -> Sign | None:
    return min(signs, key=lambda s: GRADES.index(s.grade), default=None)
