"""What a repository's stated emissions were, revision by revision, and what each change looks like."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True)
class Stated:
    """What one revision states; `grams` is None where it states nothing that can be read."""

    sha: str
    at: datetime | None
    grams: float | None
    raw: str = ""


@dataclass(frozen=True)
class Change:
    """A revision at which the amount became another, the first one included."""

    stated: Stated
    factor: float | None
    words: str


def changes(revisions: Sequence[Stated]) -> list[Change]:
    """The revisions, oldest first, at which the stated amount changed.

    >>> [c.words for c in changes([Stated("a", None, 41.1), Stated("b", None, 41.1), Stated("c", None, 411000.0)])]
    ['first stated', 'times 10000: no step between two units']
    """
    found: list[Change] = []
    before: Stated | None = None
    for one in revisions:
        if before is None and one.grams is None:
            continue
        if before is None or one.grams != before.grams:
            found.append(change(before, one))
        before = one
    return found


def change(before: Stated | None, after: Stated) -> Change:
    if before is None or before.grams is None:
        return Change(after, None, "stated again" if before else "first stated")
    if after.grams is None:
        return Change(after, None, "no longer stated")
    if not before.grams:
        return Change(after, None, "was zero")
    factor = after.grams / before.grams
    return Change(after, factor, words_of(factor))


def words_of(factor: float) -> str:
    """What a change by `factor` looks like.

    >>> words_of(1000.0), words_of(0.001), words_of(1.5)
    ('times 1000: kilograms made grams', 'divided by 1000: grams made kilograms', 'times 1.5')
    """
    power = math.log10(factor) if factor > 0 else math.nan
    if abs(power) > 0.5 and abs(power - round(power)) < 1e-9:
        step = 10 ** abs(round(power))
        words = f"times {step}" if power > 0 else f"divided by {step}"
        known = {1000.0: "kilograms made grams", 0.001: "grams made kilograms"}
        return f"{words}: {known.get(10.0 ** round(power), 'no step between two units')}"
    return f"times {factor:.3g}"
