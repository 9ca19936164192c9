"""What a model's ancestors emitted before it: a lower bound, and how many of them say anything."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from openness.carbon.uncommon import uncommon


@dataclass(frozen=True)
class Member:
    """One model of a family. `least_g` is None where it states nothing; `is_own` is false for a repeated value."""

    name: str
    depth: int
    emissions_g: float | None = None
    least_g: float | None = None
    is_own: bool = True
    mirrored: bool = True


@dataclass(frozen=True)
class Cumulative:
    """Emissions of a model and everything it was made from, as far as anybody says.

    `least_g` is a lower bound: silent ancestors emitted too. It is None where nobody states a value of its own.
    """

    least_g: float | None
    counted: tuple[Member, ...]
    ancestors: int
    reporting: int

    @property
    def share(self) -> float | None:
        """Of the ancestors those that state a value of their own; None of a model without ancestors."""
        return self.reporting / self.ancestors if self.ancestors else None


def cumulative(own: Member, ancestors: Sequence[Member]) -> Cumulative:
    """Sum the values that are a model's own; an uncommon one once: whoever repeats it did not emit it again.

    A value of few digits is met by chance, so that each model that states it as its own counts.

    >>> base, copy = Member("a/base", 2, 41100.0, 41100.0), Member("a/quantized", 1, 41100.0, 41100.0, is_own=False)
    >>> found = cumulative(Member("a/child", 0, 17.0, 17.0), [copy, base, Member("a/silent", 1)])
    >>> found.least_g, found.ancestors, found.reporting
    (41117.0, 3, 1)
    """
    counted: dict[object, Member] = {}
    for member in sorted(ancestors, key=lambda m: (-m.depth, m.name)):
        if member.least_g is not None and member.is_own:
            counted.setdefault(identity(member), member)
    reporting = len(counted)
    if own.least_g is not None and own.is_own:
        counted.setdefault(identity(own), own)
    total = math.fsum(member.least_g for member in counted.values()) if counted else None
    return Cumulative(total, tuple(counted.values()), len(ancestors), reporting)


def identity(member: Member) -> object:
    """What is the same of two models that report one figure and not two."""
    return member.emissions_g if uncommon(member.emissions_g) else (member.emissions_g, member.depth, member.name)
