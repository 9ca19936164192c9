"""Rubrics as data: `rubrics/<name>-<version>.toml` says what is asked, what it weighs and how it may be answered."""

from __future__ import annotations

import re
import tomllib
from dataclasses import dataclass
from functools import cache
from pathlib import Path

FOLDER = Path(__file__).parent / "rubrics"


@dataclass(frozen=True)
class Criterion:
    """One question of a rubric."""

    id: str
    name: str
    weight: float
    group: str
    topic: str  # of the vocabulary, by which its headings and labels are known
    decided: bool = True  # false: this version asks but cannot judge yet, so the answer is "unknown"
    least_words: int = 1
    accepts: frozenset[str] = frozenset()  # what counts as content beside words: code, bibtex, table
    link_is_content: bool = False
    yes_no: bool = False  # "no" is an answer
    header: tuple[str, ...] = ()  # readers of header fields, by name
    text: tuple[str, ...] = ()  # readers of the whole text, by name
    section: str = ""  # a reader of its own for what stands under its titles; "" for the usual one
    not_applicable: str = ""  # the rule by which it is not asked of some cards
    prose: tuple[re.Pattern, ...] = ()  # what answers it anywhere in the text


@dataclass(frozen=True)
class Rubric:
    """What is asked of one kind of card, and what each tier of evidence is worth."""

    name: str
    version: str
    kind: str  # model or dataset
    values: dict[str, float]  # tier -> value
    criteria: tuple[Criterion, ...]

    @property
    def id(self) -> str:
        return f"{self.name}/{self.version}"


def versions(name: str) -> list[str]:
    """The versions of a rubric that are shipped, oldest first."""
    files = FOLDER.glob(f"{name}-*.toml")
    found = [match[1] for file in files if (match := re.fullmatch(rf"{re.escape(name)}-([0-9.]+)\.toml", file.name))]
    return sorted(found, key=lambda version: [int(part) for part in version.split(".")])


@cache
def load(name: str, version: str = "") -> Rubric:
    """A card rubric, the newest version unless one is given. Raises KeyError for a rubric that is not shipped."""
    shipped = versions(name)
    if not shipped or (version and version not in shipped):
        raise KeyError(f"there is no rubric {name}/{version}" if version else f"there is no rubric {name}")
    version = version or shipped[-1]
    return read(name, version, (FOLDER / f"{name}-{version}.toml").read_text("utf8"))


def read(name: str, version: str, text: str) -> Rubric:
    """A rubric from the text of its file."""
    rows = tomllib.loads(text)
    criteria = tuple(_criterion(row) for row in rows["criterion"])
    return Rubric(name, version, rows["kind"], rows["values"], criteria)


def _criterion(row: dict) -> Criterion:
    lists = {key: tuple(row[key]) for key in ("header", "text") if key in row}
    prose = tuple(re.compile(pattern, re.I) for pattern in row.get("prose", ()))
    return Criterion(**{**row, **lists, "accepts": frozenset(row.get("accepts", ())), "prose": prose})
