"""Reads `co2_eq_emissions` of a card's header, in every form that people have given it."""

from __future__ import annotations

import re

from openness.carbon.quantities import Duration, durations, energies_kwh, with_plain_co2
from openness.carbon.report import Amount, Notes
from openness.carbon.wording import (
    TEXT_MOST,
    amount_in,
    amount_of_number,
    is_placeholder,
    note_place,
    note_surroundings,
)

KEY = "co2_eq_emissions"
KEYS_MOST = 100
EMISSIONS = (
    "emissions",
    "emission",
    "emissions_g",
    "emissions_kg",
    "co2_eq_emissions",
    "co2",
    "value",
    "total",
    "total_emissions",
    "carbon_emitted",
)
UNITS = {"g": "g", "gram": "g", "grams": "g", "kg": "kg", "kilogram": "kg", "kilograms": "kg", "t": "t",
         "tonnes": "t", "tons": "t", "mg": "mg", "lb": "lb", "lbs": "lb"}  # fmt: skip
Scalar = str | int | float


def read_header(metadata: dict | None) -> Notes:
    """What the header says of carbon, and what of it cannot be read."""
    notes = Notes("metadata")
    if isinstance(metadata, dict) and KEY in metadata:
        read_value(notes, metadata[KEY])
    return notes


def read_value(notes: Notes, value: object) -> None:
    if isinstance(value, list):
        value = one_mapping(value)
    if isinstance(value, dict):
        read_mapping(notes, {as_key(key): part for key, part in list(value.items())[:KEYS_MOST]})
    else:
        note_amount(notes, value, "", KEY)
        if isinstance(value, str):
            note_surroundings(notes, value, KEY)


def one_mapping(value: list) -> object:
    """The mapping that a list of one-key mappings means, or the one thing in a list of one; else the list itself."""
    parts = value[:KEYS_MOST]
    if parts and all(isinstance(part, dict) for part in parts):
        return {key: content for part in reversed(parts) for key, content in part.items()}  # of two alike the first
    return parts[0] if len(parts) == 1 and not isinstance(parts[0], list) else value


def as_key(key: object) -> str:
    """`Geographical Location` and `geographical-location` are one key."""
    return re.sub(r"[\s()\[\]-]+", "_", str(key)[:80].lower()).strip("_")


def read_mapping(notes: Notes, mapping: dict[str, object]) -> None:
    key = next((key for key in EMISSIONS if key in mapping), None)
    if key is None:
        notes.problems.append("The mapping of emissions has no key `emissions`; clients of the Hub fail on it.")
    else:
        said = mapping.get("unit", mapping.get("units", key.rpartition("_")[2]))
        note_amount(notes, *plain(mapping[key], said), f"{KEY}.{key}")
    for name, part in mapping.items():
        if isinstance(part, list) and part and all(map(is_scalar, part)):
            part = ", ".join(str(one)[:TEXT_MOST] for one in part[:KEYS_MOST])
        if name != key and is_scalar(part):
            read_part(notes, name, part)


def plain(value: object, unit: object) -> tuple[object, str]:
    """An amount that is a mapping of its own, such as `{value: 5, unit: kg}` or `{min: 5, max: 6}`, as one scalar."""
    if isinstance(value, dict):
        unit = value.get("unit", value.get("units", unit))
        low, high = value.get("min"), value.get("max")
        is_range = is_scalar(low) and is_scalar(high)
        value = f"{low} - {high}" if is_range else value.get("value", value.get("total", value))
    unit = re.sub(r"[\s_-]|(?:of)?co2.*|eq\b.*", "", with_plain_co2(str(unit)[:40]).lower())
    return value, UNITS.get(unit, "")


def is_scalar(value: object) -> bool:
    return isinstance(value, (str, int, float)) and not isinstance(value, bool)


def note_amount(notes: Notes, value: object, unit: str, field: str) -> None:
    amount = read_amount(value, unit)
    if amount is None:
        return
    if amount.problem:
        notes.problems.append(f"{field}: {amount.problem}")
    notes.add("emissions", amount, amount.raw, field)


def read_amount(value: object, unit: str = "") -> Amount | None:
    """The amount in one value of the header; None where it says nothing."""
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, (str, int, float)):
        return Amount(str(type(value).__name__), problem="The emissions are not an amount.")
    if isinstance(value, str):
        return amount_in(value, unit)
    return amount_in(repr(value), unit) if unit else amount_of_number(value)


def read_part(notes: Notes, name: str, part: Scalar) -> None:
    """One key of the mapping beside the emissions; its text may also hold what belongs elsewhere."""
    field, text = f"{KEY}.{name}", str(part)[:TEXT_MOST]
    if is_placeholder(text):
        return
    if name in ("energy_consumed", "energy", "energy_kwh"):
        note_number(notes, "energy", part, field)
    elif name in ("hours_used", "training_time", "hours"):
        note_hours(notes, part, field)
    elif name in ("duration", "duration_s"):  # codecarbon's own name for seconds
        note_hours(notes, part, field, 3_600)
    elif name in ("pue", "intensity", "carbon_intensity", "grid_intensity", "gpu_count"):
        note_number(notes, name.rpartition("_")[2] if "intensity" in name else name, part, field)
    elif name in ("geographical_location", "location", "country", "region", "country_name"):
        note_place(notes, text, field)
    elif name in ("training_type", "source", "scope"):
        notes.add({"training_type": "stage"}.get(name, name), text, text, field)
    elif name in ("hardware_used", "hardware", "gpu_model"):
        notes.add("hardware_text", text, text, field)
    if isinstance(part, str):
        note_surroundings(notes, part, field)


def note_number(notes: Notes, name: str, part: Scalar, field: str) -> None:
    if isinstance(part, str) and name == "energy" and any(True for _ in energies_kwh(part)):
        return  # it names its unit and is read with the rest of the text
    amount = read_amount(part)
    if amount is not None and amount.grams is not None:
        notes.add(name, amount.grams, amount.raw, field)


def note_hours(notes: Notes, part: Scalar, field: str, per_hour: int = 1) -> None:
    """A duration; a bare number counts units of which `per_hour` make an hour."""
    if isinstance(part, str) and any(True for _ in durations(part)):
        return
    amount = read_amount(part)
    if amount is not None and amount.grams is not None:
        notes.add("duration", Duration(amount.grams / per_hour, amount.raw, of_devices=False), amount.raw, field)
