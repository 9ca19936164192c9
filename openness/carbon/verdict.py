"""One plausibility rule's answer, with the numbers that decided it."""

from __future__ import annotations

from dataclasses import dataclass, field

NAMES = {
    "R1": "amounts can be read",
    "R2": "unit against energy",
    "R3": "header against text",
    "R4": "energy times intensity",
    "R5": "least energy of training",
    "R6": "own value",
    "R7": "no placeholder",
    "R8": "codecarbon's own figures",
    "R9": "header against emissions.csv",
}


@dataclass(frozen=True)
class Check:
    """`status` is passed, failed, unexplained (odd, but explicable), inherited or not_possible."""

    id: str
    status: str
    reason: str
    numbers: dict = field(default_factory=dict)

    def as_dict(self) -> dict:
        return {
            "id": self.id,
            "name": NAMES[self.id],
            "status": self.status,
            "reason": self.reason,
            "numbers": self.numbers,
        }


def passed(rule: str, reason: str, **numbers) -> Check:
    return Check(rule, "passed", reason, numbers)


def failed(rule: str, reason: str, **numbers) -> Check:
    return Check(rule, "failed", reason, numbers)


def not_possible(rule: str, reason: str) -> Check:
    return Check(rule, "not_possible", reason)


def grams_text(grams: float | None) -> str:
    """`grams` in fixed point: clients of the Hub read `8.5e-06` as 8.5.

    >>> grams_text(8.5e-06), grams_text(149200.0)
    ('0.0000085 g', '149200 g')
    """
    if grams is None:
        return "no amount"
    return f"{fixed_point(grams)} g"


def fixed_point(number: float) -> str:
    """`number` without an exponent, in as many digits as tell it from its neighbours."""
    text = f"{number!r}"
    if "e" in text:
        mantissa, _, exponent = text.partition("e")
        digits = len(mantissa.replace("-", "").replace(".", "")) - 1
        text = f"{number:.{max(0, digits - int(exponent))}f}"
    return text.removesuffix(".0")
