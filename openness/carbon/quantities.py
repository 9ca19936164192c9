"""Reads amounts as people write them: decimal commas, exponents, ranges, and the units of mass, energy and time."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation

DIGITS = r"\d+(?:[.,'\u2019\u00a0\u202f_]\d+)*"
EXPONENT = r"(?:[eE][+-]?\d{1,4}|\s?[x\u00d7\u00b7*]\s?10(?:\^|\*\*)\{?[+\u2212-]?\d{1,3}\}?)"
NUMBER = rf"(?<![\w.,])(?:[-\u2212](?=\d)|\.(?=\d))?{DIGITS}{EXPONENT}?"
RANGE = rf"(?P<low>{NUMBER})(?:\s?(?:-|\u2013|\u2014|to|\.\.\.?)\s?(?P<high>{DIGITS}{EXPONENT}?))?"
GROUPS = str.maketrans("", "", "'\u2019\u00a0\u202f_")

# Largest amount that is read as one: the world emits about 4e16 g in a year.
MOST_G = 1e17
MASS_G = {"mg": 1e-3, "g": 1.0, "kg": 1e3, "t": 1e6, "kt": 1e9, "lb": 453.59237}
MASS_WORDS = {
    r"mg|milligrams?": "mg",
    r"g|gr|gms?|grams?|grammes?": "g",
    r"kgs?|kilos?|kilogram(?:me)?s?": "kg",
    r"t|tons?|tonnes?|metric[ -]tons?|metric[ -]tonnes?|mt(?=\s?co2)": "t",
    r"kt|kilotonn?e?s?": "kt",
    r"lbs?|pounds?": "lb",
}
ENERGY_KWH = {"wh": 1e-3, "kwh": 1.0, "mwh": 1e3, "gwh": 1e6, "mj": 1 / 3.6, "gj": 1e3 / 3.6, "kj": 1 / 3.6e3}
HOURS = {"s": 1 / 3600, "min": 1 / 60, "h": 1.0, "day": 24.0, "week": 168.0, "month": 730.5}
HOUR_WORDS = {
    r"s|secs?|seconds?": "s",
    r"m|mins?|minutes?": "min",
    r"h|hrs?|hours?|std|stunden": "h",
    r"d|days?": "day",
    r"weeks?": "week",
    r"months?": "month",
}


@dataclass(frozen=True)
class Quantity:
    """An amount in a base unit (g, kWh, h), with the words it was read from and the unit that stood there."""

    value: float
    raw: str
    unit: str = ""  # blank: none stood there
    low: float | None = None  # of a range; `value` is then its middle
    high: float | None = None
    start: int = 0
    end: int = 0


def decimal_of(text: str) -> Decimal | None:
    """The number in `text`, with commas or dots as decimal signs or between thousands; None where it is no number.

    >>> [str(decimal_of(t)) for t in ("1,234.5", "0,38", "1.234,5", "12,5", "1,234", "8.5e-06", "3.3.2")]
    ['1234.5', '0.38', '1234.5', '12.5', '1234', '0.0000085', 'None']
    """
    text = text.translate(GROUPS).replace("\u2212", "-")
    power = 0
    if match := re.search(r"\s?[x\u00d7\u00b7*]\s?10(?:\^|\*\*)\{?([+-]?\d{1,3})\}?$", text):
        text, power = text[: match.start()], int(match[1])
    mantissa, e, exponent = text.partition("e") if "e" in text else text.partition("E")
    mantissa = plain_digits(mantissa)
    if mantissa is None:
        return None
    try:
        number = Decimal(f"{mantissa}e{int(exponent or 0) + power}" if e or power else mantissa)
    except (InvalidOperation, ValueError):
        return None
    return Decimal(f"{number:f}") if abs(number.adjusted()) < 60 else number


def plain_digits(text: str) -> str | None:
    """`text` with a dot as its decimal sign and nothing between its thousands."""
    comma, dot = text.count(","), text.count(".")
    if comma and dot:
        point = max(",.", key=text.rfind)
        other = "." if point == "," else ","
        return text.replace(other, "").replace(point, ".") if text.count(point) == 1 else None
    if comma == 1:
        before, _, after = text.partition(",")
        thousands = len(after) == 3 and before.lstrip("-") not in ("", "0") and len(before.lstrip("-")) <= 3
        return text.replace(",", "" if thousands else ".")
    if comma > 1 or dot > 1:
        parts = re.split("[,.]", text)
        return "".join(parts) if all(len(part) == 3 for part in parts[1:]) else None
    return text


def value_of(match: re.Match, factor: float, unit: str) -> Quantity | None:
    """The quantity of a RANGE match; None where its digits are no number."""
    low, high = decimal_of(match["low"]), decimal_of(match["high"]) if match["high"] else None
    if low is None:
        return None
    ends = (match.start(), match.end())
    first = float(low) * factor
    if high is None or high <= low:
        return Quantity(first, match[0].strip(), unit, start=ends[0], end=ends[1])
    last = float(high) * factor
    return Quantity((first + last) / 2, match[0].strip(), unit, first, last, *ends)


def unit_pattern(words: dict[str, str]) -> str:
    return "|".join(f"(?P<{name}>{pattern})" for pattern, name in words.items())


CO2_AFTER = r"(?=co2|\s?co2|[\s.,;:!?)\]\u2014/-]|$|[_*|<])"
MASS = re.compile(rf"{RANGE}[\s\u00a0-]?\(?(?:{unit_pattern(MASS_WORDS)}){CO2_AFTER}", re.IGNORECASE)
PER = re.compile(r"[\s.]?(?:co2)?[\s.-]?(?:eq?\b\.?|equivalents?)?\)?\s?(?:/|per\s)\s?(?P<what>[a-z]+)", re.IGNORECASE)
ENERGY = re.compile(
    rf"{RANGE}[\s\u00a0]?(?:(?P<short>[kmg]?wh|[kmg]j)|(?P<long>kilo|mega|giga)?-?watt[ -]?hours?)\b", re.IGNORECASE
)
TIME = re.compile(
    rf"{RANGE}[\s\u00a0-]?(?P<device>(?:[avh]\d+|gpu|tpu|device|node|core)[ -]?)?"
    rf"(?:{unit_pattern(HOUR_WORDS)})(?![a-z0-9/])",
    re.IGNORECASE,
)
INTENSITY = re.compile(
    rf"{RANGE}[\s\u00a0]?(?P<unit>kg|g|grams?|lbs?|t)\s?(?:of\s)?(?:co2)?[\s-]?(?:eq?\b\.?)?\s?(?:/|per\s)\s?(?P<per>kwh|mwh)",
    re.IGNORECASE,
)
CO2_SPELLINGS = re.compile(
    r"CO(?:\u2082|\$_\{?2\}?\$|_\{?2\}?|~2~|<sub>2</sub>|\\textsubscript\{2\}|\s2\b)", re.IGNORECASE
)


def with_plain_co2(text: str) -> str:
    """`text` with every spelling of CO2 as `CO2`.

    >>> with_plain_co2("40 kg CO₂eq, 3 tCO<sub>2</sub>eq, 2 kgCO$_2$")
    '40 kg CO2eq, 3 tCO2eq, 2 kgCO2'
    """
    return CO2_SPELLINGS.sub("CO2", text)


def named_group(match: re.Match, names: dict[str, str]) -> str:
    return next(name for name in names.values() if match[name])


def masses(text: str) -> Iterator[tuple[Quantity, str]]:
    """Each mass in `text`, in grams, with what it is per (blank: it stands alone).

    >>> [(q.value, q.unit, per) for q, per in masses("149.2 kg eq. CO2, 432 gCO2/kWh")]
    [(149200.0, 'kg', ''), (432.0, 'g', 'kwh')]
    """
    for match in MASS.finditer(text):
        unit = named_group(match, {name: name for name in MASS_WORDS.values()})
        if match[unit] in ("G", "T") or (quantity := value_of(match, MASS_G[unit], unit)) is None:
            continue  # 16 G is memory and 3 T are tokens
        per = PER.match(text, match.end())
        yield quantity, per["what"].lower() if per else ""


def energies_kwh(text: str) -> Iterator[Quantity]:
    """Each energy in `text`, in kWh.

    >>> [round(q.value, 3) for q in energies_kwh("3.00 kWh, 1.2 MWh and 36 MJ")]
    [3.0, 1200.0, 10.0]
    """
    for match in ENERGY.finditer(text):
        short = {"": "wh", "kilo": "kwh", "mega": "mwh", "giga": "gwh"}[(match["long"] or "").lower()]
        unit = (match["short"] or short).lower()
        if quantity := value_of(match, ENERGY_KWH[unit], unit):
            yield quantity


def intensities_g_per_kwh(text: str) -> Iterator[Quantity]:
    """Each carbon intensity in `text`, in grams of CO2 per kWh.

    >>> [q.value for q in intensities_g_per_kwh("0.432 kgCO2eq/kWh, 500-600 gCO2eq/kWh")]
    [432.0, 550.0]
    """
    for match in INTENSITY.finditer(text):
        unit = match["unit"].lower()
        mass = MASS_G[{"gram": "g", "grams": "g", "lbs": "lb"}.get(unit, unit)]
        if quantity := value_of(match, mass / ENERGY_KWH[match["per"].lower()], unit):
            yield quantity


@dataclass(frozen=True)
class Duration:
    hours: float
    raw: str
    of_devices: bool  # GPU-hours: hours times devices already


CLOCK = re.compile(r"(?<![\d:])(\d{1,4}):([0-5]\d):([0-5]\d)(?![\d:])")
ONWARD = re.compile(r"[\s,]*(?:and|&)?\s*", re.IGNORECASE)


def durations(text: str) -> Iterator[Duration]:
    """Each duration in `text`: `4 days and 9.5 hours` is one, `180 hours or 7.5 days` two ways to say one.

    >>> [d.hours for d in durations("4 days and 9.5 hours; 1:30:00")]
    [1.5, 105.5]
    """
    for match in CLOCK.finditer(text):
        hours, minutes, seconds = (int(part) for part in match.groups())
        yield Duration(hours + minutes / 60 + seconds / 3600, match[0], of_devices=False)
    total, start, end, of_devices = 0.0, None, 0, False
    smallest = float("inf")
    for match in TIME.finditer(text):
        unit = named_group(match, {name: name for name in HOUR_WORDS.values()})
        quantity = value_of(match, HOURS[unit], unit)
        if quantity is None or quantity.value < 0 or (match[unit] in ("m", "M", "D") and start is None):
            continue  # 110M are parameters; only `2h 30m` are minutes
        goes_on = start is not None and HOURS[unit] < smallest and ONWARD.fullmatch(text, end, match.start())
        if start is not None and not goes_on:
            yield Duration(total, text[start:end], of_devices)
            total, start, of_devices = 0.0, None, False
        start = match.start() if start is None else start
        total, end, smallest = total + quantity.value, match.end(), HOURS[unit]
        of_devices = of_devices or bool(match["device"])
    if start is not None:
        yield Duration(total, text[start:end], of_devices)
