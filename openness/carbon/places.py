"""Finds a place in free text and says how much carbon its electricity carries."""

from __future__ import annotations

import csv
import re
from dataclasses import dataclass
from functools import cache
from pathlib import Path

TABLES = Path(__file__).parent / "tables"
WORLD_G_PER_KWH = (20.0, 1000.0)  # where no place is known: from hydropower to coal
SPREAD = 2.0  # between hours of a year, years and ways to count, within one place


@dataclass(frozen=True)
class Place:
    """Where electricity came from. `finer` says whether more than the country is known."""

    country: str
    finer: bool
    low_g_per_kwh: float
    high_g_per_kwh: float
    raw: str


@cache
def countries() -> dict[str, tuple[str, float]]:
    """Country and carbon intensity by ISO 3166 code."""
    with (TABLES / "countries.csv").open(encoding="utf8") as file:
        return {r["iso3"]: (r["country"], float(r["intensity_g_per_kwh"])) for r in csv.DictReader(file)}


@cache
def names() -> dict[str, tuple[str, bool, float]]:
    """What a place may be called: its ISO code, whether that is finer than a country, and its intensity."""
    found: dict[str, tuple[str, bool, float]] = {}
    with (TABLES / "countries.csv").open(encoding="utf8") as file:
        for row in csv.DictReader(file):
            for name in [row["country"], *filter(None, row["also"].split(";")), row["iso3"]]:
                key = name if len(name) <= 3 else name.lower()
                found[key] = (row["iso3"], False, float(row["intensity_g_per_kwh"]))
    with (TABLES / "places.csv").open(encoding="utf8") as file:
        for row in csv.DictReader(file):
            own = row["intensity_g_per_kwh"]
            found[row["place"]] = (row["iso3"], True, float(own) if own else countries()[row["iso3"]][1])
    return found


@cache
def regions(iso3: str) -> tuple[float, ...]:
    """The intensities of all places within a country that are known of their own, such as provinces on hydropower."""
    return tuple(intensity for iso, finer, intensity in names().values() if finer and iso == iso3)


@cache
def pattern() -> re.Pattern:
    """Every name, the longest first; short ones only as they are written, `US` but not `us`."""
    long = sorted((n for n in names() if len(n) > 4 or n.islower()), key=len, reverse=True)
    short = sorted((n for n in names() if n not in long), key=len, reverse=True)
    either = [f"(?i:{'|'.join(map(re.escape, long))})", "|".join(map(re.escape, short))]
    return re.compile(rf"(?<![\w-])(?:{'|'.join(either)})(?![\w])")


def find_place(text: str) -> Place | None:
    """The place or places that `text` names; None where it names none that is known.

    >>> find_place("unavailable, assumed East US for calculations").country
    'United States'
    >>> find_place("somewhere")
    """
    said = [match[0] for match in pattern().finditer(text)]
    if not said:
        return None
    known = [names()[word] if word in names() else names()[word.lower()] for word in said]
    finest = [place for place in known if place[1]] or known
    intensities = [each for iso, finer, mean in finest for each in ((mean,) if finer else (mean, *regions(iso)))]
    country = countries()[finest[0][0]][0]
    low, high = min(intensities) / SPREAD, max(intensities) * SPREAD
    return Place(country, finest[0][1], low, high, ", ".join(dict.fromkeys(said)))
