"""The header that a card should have had: ready to paste, in grams, without exponents."""

from __future__ import annotations

import json

from openness.carbon.report import Report
from openness.carbon.verdict import fixed_point

KEPT = (("source", "source"), ("stage", "training_type"), ("place_text", "geographical_location"),
        ("hardware_text", "hardware_used"))  # fmt: skip


def fixed_header(report: Report, emissions_g: float) -> str:
    """The mapping that the Hub documents, with what the report says and `emissions_g`.

    >>> print(fixed_header(Report(), 5600.0))
    co2_eq_emissions:
      emissions: 5600
    """
    lines = ["co2_eq_emissions:", f"  emissions: {fixed_point(emissions_g)}"]
    for name, key in KEPT:
        if statement := report.first(name):
            lines.append(f"  {key}: {json.dumps(' '.join(statement.raw.split()), ensure_ascii=False)}")
    return "\n".join(lines)
