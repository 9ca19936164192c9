"""Reads amounts of emissions and what stands around them out of one text, whatever field the text stood in."""

from __future__ import annotations

import math
import re

from openness.carbon.hardware import find_hardware
from openness.carbon.places import find_place
from openness.carbon.quantities import (
    MASS_G,
    MOST_G,
    RANGE,
    Quantity,
    durations,
    energies_kwh,
    intensities_g_per_kwh,
    masses,
    value_of,
    with_plain_co2,
)
from openness.carbon.report import Amount, Notes

TEXT_MOST = 2_000  # characters of one field or line that are read
PLACEHOLDER = re.compile(
    r"\W*(?:\[?(?:more\s)?information\sneeded[\].]*|\[?needs\smore\sinformation\]?|n/?a|none|null|unknown|tbd|todo|\?+|"
    r"not\s(?:available|applicable|reported|measured|specified|known|provided|recorded)|unspecified|\{\{.*)?\W*",
    re.IGNORECASE,
)
NOT_A_NUMBER = re.compile(r"\s*[+-]?\.?(?:nan|inf|infinity)\s*", re.IGNORECASE)
FIRST_NUMBER = re.compile(RANGE)
DATE_OR_FRACTION = re.compile(r"\d{4}-\d\d-\d\d|\d{1,3}/\d")
UNIT_BEFORE = re.compile(r"\b(kg|t)\s?(?:co2\w{0,3})?[\s:=]{1,3}$", re.IGNORECASE)  # kg 12.5
OTHER_UNIT = re.compile(  # letters that touch the number, or a unit that is not read
    r"(?!\s?(?:co2|eq?\b|carbon))(?:[a-z\u00b5\u03bc]{1,20}|\s(?:[mg]t|gigatons?|megatons?|tn|stones?|cwt|thousand|million|billion)\b)",
    re.IGNORECASE,
)
PUE = re.compile(r"\bPUE\b\D{0,20}?(?P<value>[1-4](?:[.,]\d{1,4})?)(?![\d%])")
PER_USE = {"query", "queries", "inference", "inferences", "prompt", "request", "token", "image", "prediction", "sample"}
RATES = PER_USE | {
    "kwh",
    "mwh",
    "wh",
    "h",
    "hr",
    "hour",
    "s",
    "sec",
    "second",
    "day",
    "daily",
    "hourly",
    "week",
    "weekly",
    "month",
    "monthly",
    "year",
    "yearly",
    "annually",
    "km",
    "mile",
    "gpu",
    "epoch",
}
VERSION = r"(?:[\s=v(]{1,3}(?P<version>\d+\.\d+(?:\.\d+)?))?"
PROVIDERS = (
    r"(?:google|gcp|aws|amazon|azure|microsoft)[\w\s]{0,30}(?:carbon\sfootprint|emissions\s(?:dashboard|impact))"
)
TOOLS = tuple(
    (re.compile(pattern, re.IGNORECASE), tool, method)
    for pattern, tool, method in (
        (r"code[\s-]?carbon" + VERSION, "codecarbon", "estimate"),
        (r"auto(?:train|nlp)\b", "AutoTrain", "estimate"),
        (r"carbon[\s-]?tracker" + VERSION, "carbontracker", "estimate"),
        (r"eco2ai" + VERSION, "eco2AI", "estimate"),
        (r"experiment[\s-]impact[\s-]tracker", "experiment-impact-tracker", "estimate"),
        (r"watt[\s-]?meter|power\smeter|energy\scounter|smart\splug|\b(?:rapl|nvml|ipmi)\b", "meter", "counters"),
        (r"ml\s?co2|machine\slearning\s(?:emissions?|impact)|impact\scalculator", "ML CO2 Impact", "calculator"),
        (r"lacoste|green[\s-]algorithms", "calculator", "calculator"),
        (PROVIDERS, "cloud provider", "provider"),
    )
)


def is_placeholder(text: str) -> bool:
    """Whether `text` says nothing.

    >>> [is_placeholder(t) for t in ("[More Information Needed]", "N/A", "", "unknown", "12 g")]
    [True, True, True, True, False]
    """
    return len(text) < 200 and bool(PLACEHOLDER.fullmatch(text))


def amount_of_number(value: int | float) -> Amount:
    """A bare number: grams, as the Hub documents the field."""
    try:
        grams = float(value)
    except OverflowError:  # a whole number of hundreds of digits
        return checked(Amount("a number of hundreds of digits", math.inf))
    return checked(Amount(repr(value)[:60], grams, "", unit_assumed=True))


def checked(amount: Amount) -> Amount:
    """`amount`, or its problem when no emission can be so."""
    if not math.isfinite(amount.grams):
        return Amount(amount.raw, problem="The emissions are not a finite number.")
    if amount.grams < 0:
        return Amount(amount.raw, problem="The emissions are negative.")
    if amount.grams > MOST_G:
        return Amount(amount.raw, problem="The emissions are more than the world emits in a year.")
    return amount


def amount_in(text: str, default_unit: str = "") -> Amount | None:
    """The emissions that a short text states; None where it says nothing.

    >>> amount_in("149.2 kg eq. CO2").grams, amount_in("0,38").grams, amount_in("8.5e-06").grams
    (149200.0, 0.38, 8.5e-06)
    >>> amount_in("unknown")
    """
    text = with_plain_co2(text[:TEXT_MOST])
    if is_placeholder(text):
        return None
    raw = text.strip()[:120]
    if NOT_A_NUMBER.fullmatch(text):
        return Amount(raw, problem="The emissions are not a finite number.")
    found = list(masses(text))
    for quantity, per in found:
        if per not in RATES and per.removesuffix("s") not in RATES:
            return checked(amount_of(quantity, raw, quantity.unit, assumed=False))
    if found:
        return Amount(raw, problem="A rate stands where emissions are due.")
    if any(True for _ in energies_kwh(text)):
        return Amount(raw, problem="An energy stands where emissions are due.")
    match = FIRST_NUMBER.search(text)
    before = UNIT_BEFORE.search(text, 0, match.start()) if match else None
    default_unit = before[1].lower() if before else default_unit
    quantity = value_of(match, MASS_G[default_unit or "g"], default_unit) if match else None
    if quantity is None or DATE_OR_FRACTION.match(text, match.start()) or text.lstrip().startswith("="):
        return Amount(raw, problem="No amount can be read.")
    if unit := OTHER_UNIT.match(text, match.end()):
        return Amount(raw, problem=f"The unit {unit[0].strip()!r} is not known.")
    return checked(amount_of(quantity, raw, default_unit, assumed=not default_unit))


def amount_of(quantity: Quantity, raw: str, unit: str, *, assumed: bool) -> Amount:
    return Amount(raw, quantity.value, unit, assumed, quantity.low, quantity.high)


def note_surroundings(notes: Notes, text: str, field: str | None = None, line: int | None = None) -> None:
    """Note hardware, duration, energy, place, intensity, PUE and tool wherever `text` names them."""
    text = with_plain_co2(text[:TEXT_MOST])
    for use in find_hardware(text):
        notes.add("hardware", use, use.raw, field, line)
    for duration in durations(text):
        notes.add("duration", duration, duration.raw, field, line)
    for quantity in energies_kwh(text):
        notes.add("energy", quantity.value, quantity.raw, field, line)
    for quantity in intensities_g_per_kwh(text):
        notes.add("intensity", quantity.value, quantity.raw, field, line)
    for quantity, per in masses(text):
        if per in PER_USE or per.removesuffix("s") in PER_USE:
            notes.add("inference", quantity.value, quantity.raw, field, line)
    if match := PUE.search(text):
        notes.add("pue", float(match["value"].replace(",", ".")), match[0], field, line)
    note_tool(notes, text, field, line)


def note_tool(notes: Notes, text: str, field: str | None, line: int | None) -> None:
    for pattern, tool, method in TOOLS:
        if match := pattern.search(text):
            notes.add("tool", tool, match[0], field, line)
            notes.add("method", method, match[0], field, line)
            if version := match.groupdict().get("version"):
                notes.add("tool_version", version, match[0], field, line)


def note_place(notes: Notes, text: str, field: str | None = None, line: int | None = None) -> None:
    """Note the place a text names, known or not: any answer beats none."""
    if not is_placeholder(text):
        notes.add("place_text", text.strip()[:200], text, field, line)
        if place := find_place(text[:TEXT_MOST]):
            notes.add("place", place, place.raw, field, line)
