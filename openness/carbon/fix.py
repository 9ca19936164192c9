"""The header that a card should have had: ready to paste, in grams, without exponents."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence

from openness.carbon.checks import suspected
from openness.carbon.report import Report
from openness.carbon.verdict import Check, fixed_point

KEPT = (("source", "source"), ("stage", "training_type"), ("place_text", "geographical_location"),
        ("hardware_text", "hardware_used"))  # fmt: skip
KEYS_MOST, VALUE_MOST, NUMBER_MOST = 50, 300, 1e15  # keys, characters of a value
NO_KEY = re.compile(r"(?i)emission|co2|carbon|[^\w -]")


def right_amount_g(report: Report, checks: Sequence[Check]) -> float | None:
    """What the header should say: the number in the unit that fits, or what only text or codecarbon say so far."""
    if slip := next(suspected(report, checks), None):
        return slip.numbers["right_g"]
    statement = report.amount()
    return statement.value.grams if statement and statement.source != "metadata" else None


def fixed_header(report: Report, emissions_g: float, stated: object = None) -> str:
    """The mapping that the Hub documents, with what the report says and `emissions_g`; energy and hours beside it.

    Of a mapping `stated` until now, what else it says in plain values is kept.

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
    return "\n".join([*lines, *further(stated, {line.partition(":")[0].strip() for line in lines})])


def further(stated: object, written: set[str]) -> Iterator[str]:
    """Lines for the keys of a header that are none of `written` and no emissions under another name."""
    pairs = list(stated.items())[:KEYS_MOST] if isinstance(stated, Mapping) else []
    for key, value in pairs:
        if not isinstance(key, str) or key in written or NO_KEY.search(key):
            continue
        if isinstance(value, int | float) and not isinstance(value, bool):
            if abs(value) < NUMBER_MOST:  # which NaN is not
                yield f"  {key}: {fixed_point(value)}"
        elif isinstance(value, bool | str) and len(text := json.dumps(value, ensure_ascii=False)) <= VALUE_MOST:
            yield f"  {key}: {text}"
