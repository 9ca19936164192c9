"""The header that a card should have had: ready to paste, in grams, without exponents."""

from __future__ import annotations

import json
from collections.abc import Sequence

from openness.carbon.checks import suspected
from openness.carbon.report import Report
from openness.carbon.verdict import Check, fixed_point

KEPT = (("source", "source"), ("stage", "training_type"), ("place_text", "geographical_location"),
        ("hardware_text", "hardware_used"))  # fmt: skip


def right_amount_g(report: Report, checks: Sequence[Check]) -> float | None:
    """What the header should say: the number in the unit that fits, or what only text or codecarbon say so far."""
    if slip := next(suspected(report, checks), None):
        return slip.numbers["right_g"]
    statement = report.amount()
    return statement.value.grams if statement and statement.source != "metadata" else None


def fixed_header(report: Report, emissions_g: float) -> str:
    """The mapping that the Hub documents, with what the report says and `emissions_g`; energy and hours beside it.

    >>> print(fixed_header(Report(), 5600.0))
    co2_eq_emissions:
      emissions: 5600
    """
    lines = ["co2_eq_emissions:", f"  emissions: {fixed_point(emissions_g)}"]
    for name, key in KEPT:
        if statement := report.first(name):
            lines.append(f"  {key}: {json.dumps(' '.join(statement.raw.split()), ensure_ascii=False)}")
    if (energy_kwh := report.value("energy")) is not None:
        lines.append(f"  energy_consumed: {fixed_point(energy_kwh)}")
    if (seconds := report.value("seconds")) is not None:
        lines.append(f"  hours_used: {fixed_point(round(seconds / 3600, 3))}")
    return "\n".join(lines)
