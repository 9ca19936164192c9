"""What a rubric answers: findings with their evidence, and the points that follow from them."""

from __future__ import annotations

from dataclasses import dataclass, field
from decimal import ROUND_HALF_UP, Decimal

TIERS = ("metadata", "section", "prose", "pointer", "stock", "placeholder", "none", "na", "unknown")
NOT_ASSESSED = {"na", "unknown"}
LEAST_ASSESSED_SHARE = 0.5  # below half of the weight no total is shown


@dataclass(frozen=True)
class Evidence:
    """Where a claim stands: lines of the card (from 1, header included) or a field or a path, with the words."""

    lines: tuple[int, int] | None = None
    quote: str = ""
    field: str | None = None
    inherited: bool = False

    def as_dict(self) -> dict:
        lines = list(self.lines) if self.lines else None
        return {"lines": lines, "quote": self.quote, "field": self.field, "inherited": self.inherited}


@dataclass(frozen=True)
class Finding:
    """One criterion's answer. `value` is between 0 and 1; tiers `na` and `unknown` take no part in the score."""

    id: str
    name: str
    tier: str
    value: float
    weight: float
    evidence: tuple[Evidence, ...] = ()
    titled: str = ""  # what stands under titles of its own: "content", "bare" (a pointer, a placeholder) or "" for none

    def as_dict(self) -> dict:
        evidence = [e.as_dict() for e in self.evidence]
        return {
            "id": self.id,
            "name": self.name,
            "tier": self.tier,
            "value": self.value,
            "weight": self.weight,
            "evidence": evidence,
        }


@dataclass(frozen=True)
class Result:
    """A rubric's whole answer about one state: the same state gives the same bytes."""

    rubric: str  # name/version
    reader: str
    findings: tuple[Finding, ...] = ()
    score: float | None = None
    assessed_weight: float = 0.0
    label: str = ""
    problem: str = ""
    marks: str | None = None  # of a card: how it answers each criterion, in a letter
    extra: dict = field(default_factory=dict)


def total(findings: tuple[Finding, ...]) -> tuple[float | None, float]:
    """The score of 0 to 100, half up to 0.1, and the weight that was assessed.

    The score is None while less than half of all weight that applies could be assessed.

    >>> total((Finding("M01", "summary", "section", 1.0, 6), Finding("M02", "developer", "none", 0.0, 2)))
    (75.0, 8.0)
    >>> total((Finding("M01", "summary", "section", 1.0, 2), Finding("M02", "developer", "unknown", 0.0, 6)))
    (None, 2.0)
    """
    applies = [f for f in findings if f.tier != "na"]
    assessed = [f for f in applies if f.tier != "unknown"]
    weight, every = sum(Decimal(str(f.weight)) for f in assessed), sum(Decimal(str(f.weight)) for f in applies)
    if not weight or weight < every * Decimal(str(LEAST_ASSESSED_SHARE)):
        return None, float(weight)
    points = sum(Decimal(str(f.weight)) * Decimal(str(f.value)) for f in assessed)
    return float((100 * points / weight).quantize(Decimal("0.1"), ROUND_HALF_UP)), float(weight)
