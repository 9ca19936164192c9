"""Reads amounts as people write them: decimal commas, exponents, ranges, and the units of mass, energy and time."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation

DIGITS = r"(?:\d{1,3}(?:\x20\d{3}){1,5}(?!\x20?\d)(?:[.,]\d+)?|\d+(?:[.,'\u2019\u00a0\u202f_]\d+)*)"
RAISED = "\u2070\u00b9\u00b2\u00b3\u2074\u2075\u2076\u2077\u2078\u2079\u207a\u207b"
LOWERED = str.maketrans(RAISED, "0123456789+-")
TEN = rf"10(?:(?:\^|\*\*)\{{?[+\u2212-]?\d{{1,3}}\}}?|[\u207a\u207b]?[{RAISED[:10]}]{{1,3}})"
TIMES_TEN = rf"\s?[x\u00d7\u00b7*]\s?(?:{TEN}|10[+\u2212-]\d{{1,2}})"
EXPONENT = rf"(?:[eE][+-]?\d{{1,4}}|{TIMES_TEN})"
AFTER_HOURS = r"(?<=\d[hH])"  # 1h30m
NUMBER = rf"(?:(?<![\w.,/])|{AFTER_HOURS})(?:{TEN}(?!\d)|(?:[-\u2212](?=\d)|\.(?=\d))?{DIGITS}{EXPONENT}?)"
TO = r"(?P<to>-|\u2013|\u2014|to|\.\.\.?|and)"
ERROR = rf"\s?(?:\u00b1|\+/-|\+-)\s?(?P<error>{DIGITS}{EXPONENT}?)"
RANGE = rf"(?P<low>{NUMBER})(?:\s?{TO}\s?(?P<high>{DIGITS}{EXPONENT}?)|{ERROR})?"
GROUPS = str.maketrans("", "", "'\u2019\u00a0\u202f_ ")
MAGNITUDES = {"k": 1e3, "thousand": 1e3, "m": 1e6, "million": 1e6, "billion": 1e9}
JOINT = re.compile(r"\s{0,3}(?:co2)?(?:eq?)?\s{0,3}(?:-|\u2013|\u2014|to|(?P<and>and))\s{0,3}", re.IGNORECASE)
BETWEEN = re.compile(r"\bbetween\s{0,3}$", re.IGNORECASE)

# Largest amount that is read as one: the world emits about 4e16 g in a year.
MOST_G = 1e17
MASS_G = {"ug": 1e-6, "mg": 1e-3, "g": 1.0, "kg": 1e3, "t": 1e6, "kt": 1e9,
          "lb": 453.59237, "oz": 28.349523125, "short_ton": 907_184.74, "long_ton": 1_016_046.9088}  # fmt: skip
MASS_WORDS = {
    r"[\u00b5\u03bcu]g|mcg|micrograms?": "ug",
    r"mg|milligrams?": "mg",
    r"g|gr|gms?|grams?|grammes?": "g",
    r"kgs?|kilos?|kilogram(?:me)?s?": "kg",
    r"t|tons?|tonnes?|metric[ -]tons?|metric[ -]tonnes?|mt(?=\s?co2)": "t",
    r"kt|kilotonn?e?s?": "kt",
    r"lbs?|pounds?": "lb",
    r"oz|ounces?": "oz",
    r"(?:short|us)[ -]tons?": "short_ton",
    r"(?:long|imperial)[ -]tons?": "long_ton",
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


POWER_OF_TEN = re.compile(
    rf"(?:^|[x\u00d7\u00b7*])10(?:(?:\^|\*\*)?\{{?([+-]\d{{1,3}}|(?<=[\^*{{])\d{{1,3}})\}}?|([{RAISED}]{{1,4}}))$"
)


def decimal_of(text: str) -> Decimal | None:
    """The number in `text`, with commas or dots as decimal signs or between thousands; None where it is no number.

    >>> [str(decimal_of(t)) for t in ("1,234.5", "0,38", "1.234,5", "12,5", "1,234", "8.5e-06", "3.3.2")]
    ['1234.5', '0.38', '1234.5', '12.5', '1234', '0.0000085', 'None']
    """
    text = text.translate(GROUPS).replace("\u2212", "-")
    power = 0
    if match := POWER_OF_TEN.search(text):
        text, power = text[: match.start()] or "1", int((match[1] or match[2]).translate(LOWERED))
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
    """The quantity of a RANGE match; None where its digits are no number.

    `5 \u00b1 1` reaches from 4 to 6; `2 and 3` is a range after `between`, else the second of two amounts.
    """
    low, high, error = (decimal_of(match[name]) if match[name] else None for name in ("low", "high", "error"))
    if low is None:
        return None
    ends = (match.start(), match.end())
    if match["to"] == "and" and high is not None and not BETWEEN.search(match.string, 0, match.start()):
        low, high, ends = high, None, (match.start("high"), match.end())
    if error is not None and 0 < error <= low:
        low, high = low - error, low + error
    first = float(low) * factor
    if high is None or high <= low or low < 0:
        return Quantity(first, match[0].strip(), unit, start=ends[0], end=ends[1])
    last = float(high) * factor
    return Quantity((first + last) / 2, match[0].strip(), unit, first, last, *ends)


def unit_pattern(words: dict[str, str]) -> str:
    return "|".join(f"(?P<{name}>{pattern})" for pattern, name in words.items())


CO2_AFTER = r"(?=co2|\s?co2|[\s.,;:!?)\]\u2014/$-]|$|[_*|<])"
MANY = r"(?:\s?(?P<many>thousand|million|billion))?"
MASS = re.compile(rf"{RANGE}{MANY}[\s\u00a0-]?[($\[]?(?:{unit_pattern(MASS_WORDS)}){CO2_AFTER}", re.IGNORECASE)
PER = re.compile(
    r"[\s.]?(?:co2)?[\s.-]?(?:eq?\b\.?|equivalents?)?\)?\s?(?:"
    r"(?:/|per\s|(?:an?|each|every)\s(?=day|hour|week|month|year|epoch|quer|request|prompt|token|inference))"
    r"\s?(?:\d[\d.,]{0,12}\s?(?:k|m|thousand|million)?\s)?(?P<what>[a-z]+)|(?P<often>daily|hourly|weekly|monthly|yearly|annually))",
    re.IGNORECASE,
)
ENERGY = re.compile(
    rf"{RANGE}[\s\u00a0]?(?:(?P<short>[kmg]?wh|[kmg]j)|(?P<long>kilo|mega|giga)?-?watt[ -]?hours?)\b", re.IGNORECASE
)
TIME = re.compile(
    rf"{RANGE}(?:\s?(?P<many>k|m|thousand|million|billion)(?=[\s-]))?"
    rf"[\s\u00a0-]?(?P<device>(?:a\d{{2,4}}|v100|h\d{{3}}|gpu|tpu|device|node|core)s?[ -]?)?"
    rf"(?:{unit_pattern(HOUR_WORDS)})(?:(?![a-z0-9/])|(?=\d{{1,2}}\s?m))",
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
    before: tuple[Quantity, str] | None = None
    for found in single_masses(text):
        if before and (whole := one_range(text, before[0], found[0])) and not before[1]:
            before = (whole, found[1])
            continue
        if before:
            yield before
        before = found
    if before:
        yield before


def one_range(text: str, low: Quantity, high: Quantity) -> Quantity | None:
    """The range that `10 kg - 20 kg` or `between 10 kg and 20 kg` spans; None where two masses stand for themselves."""
    joint = JOINT.fullmatch(text, low.end, high.start)
    if joint is None or low.low is not None or high.low is not None or not 0 < low.value < high.value:
        return None
    if joint["and"] and not BETWEEN.search(text, 0, low.start):
        return None
    middle, raw = (low.value + high.value) / 2, text[low.start : high.end].strip()
    return Quantity(middle, raw, high.unit, low.value, high.value, low.start, high.end)


def single_masses(text: str) -> Iterator[tuple[Quantity, str]]:
    """Each mass as it stands with its own unit."""
    for match in MASS.finditer(text):
        unit = named_group(match, {name: name for name in MASS_WORDS.values()})
        many = MAGNITUDES.get((match["many"] or "").lower(), 1.0)
        if match[unit] in ("G", "T") or (quantity := value_of(match, many * MASS_G[unit], unit)) is None:
            continue  # 16 G is memory and 3 T are tokens
        per = PER.match(text, match.end())
        yield quantity, (per["what"] or per["often"]).lower() if per else ""


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
        quantity = value_of(match, MAGNITUDES.get((match["many"] or "").lower(), 1.0) * HOURS[unit], unit)
        if quantity is None or quantity.value < 0 or (match[unit] in ("m", "M", "D") and start is None):
            continue  # 110M are parameters; only `2h 30m` are minutes
        if match["device"] and match[unit].lower() in ("s", "m", "d"):
            continue  # 4 GPUs are devices and no seconds of one
        goes_on = start is not None and HOURS[unit] < smallest and ONWARD.fullmatch(text, end, match.start())
        if start is not None and not goes_on:
            yield Duration(total, text[start:end], of_devices)
            total, start, of_devices = 0.0, None, False
        start = match.start() if start is None else start
        total, end, smallest = total + quantity.value, match.end(), HOURS[unit]
        of_devices = of_devices or bool(match["device"])
    if start is not None:
        yield Duration(total, text[start:end], of_devices)
