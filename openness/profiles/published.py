"""Rates that others published of how many cards say what, each with its source, its population and its definition.

A rate without its definition means nothing: of the same hundred data cards 86 % or 13 % "fill all sections".
"""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from functools import cache
from pathlib import Path

TABLE = Path(__file__).parent / "published.toml"
STANDINGS = {
    "source": "read in the source",
    "quoted": "as a third party quotes the source",
    "memory": "not checked against the source",
    "none": "the source gives none that we found",
}


@dataclass(frozen=True)
class PublishedRate:
    """One rate. `parts` name the criteria that answer it: each part by any of its criteria, all parts together."""

    item: str
    standing: str
    parts: tuple[tuple[str, ...], ...]
    measure: str  # of ours that comes nearest: own or titled; card for whether there is one
    kind: str
    source: str
    date: str  # of the population
    population: str
    definition: str
    differs: str  # how ours is defined otherwise
    percent: float | None = None

    def as_dict(self) -> dict:
        said = {name: getattr(self, name) for name in ("item", "percent", "measure", "source", "date", "population")}
        return said | {"standing": STANDINGS[self.standing], "definition": self.definition, "differs": self.differs}


@cache
def published_rates(kind: str) -> tuple[PublishedRate, ...]:
    """The published rates of cards of one kind of repository, in the order of the table."""
    found = []
    for study in tomllib.loads(TABLE.read_text("utf8"))["study"]:
        rates = study.pop("rates")
        found += [PublishedRate(**{**study, **rate, "parts": tuple(map(tuple, rate["parts"]))}) for rate in rates]
    return tuple(rate for rate in found if rate.kind == kind)
