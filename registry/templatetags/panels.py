"""Words and units for the panels of a repository."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal

from django import template
from django.utils.dateparse import parse_datetime

register = template.Library()

TONES = {
    "passed": "good",
    "pass": "good",
    "failed": "bad",
    "fail": "bad",
    "unknown": "unknown",
    "not_possible": "unknown",
    "metadata": "good",
    "section": "good",
    "prose": "warn",
    "pointer": "warn",
    "stock": "warn",
    "placeholder": "bad",
    "none": "bad",
    "included": "good",
    "missing": "bad",
    "unlicensed": "bad",
    "invalid": "bad",
    "contradicted": "bad",
    "same_files": "good",
    "derived": "good",
    "recomputed": "good",
    "consistent": "warn",
    "unverifiable": "unknown",
}
MASSES = ((1_000_000, "t"), (1_000, "kg"), (1, "g"))
COUNTS = ((10**12, "T"), (10**9, "B"), (10**6, "M"), (10**3, "k"))


@register.filter
def tone(word: str | None) -> str:
    """The tone in which a word of a verdict, a tier or a proof is shown; none for a neutral one.

    >>> tone("passed"), tone("declared"), tone(None)
    ('good', '', '')
    """
    return TONES.get(word or "", "")


@register.filter
def moment(said: str | datetime | None) -> datetime | None:
    """A moment from its ISO 8601 text."""
    return parse_datetime(said) if isinstance(said, str) else said


@register.filter
def mass(grams: float | None) -> str:
    """Grams in the unit that a reader expects, to three digits.

    >>> mass(27.94), mass(2530), mass(0.0279), mass(12_345_678), mass(0)
    ('27.9 g', '2.53 kg', '0.0279 g', '12.3 t', '0 g')
    """
    if grams is None:
        return ""
    size, unit = next(((size, unit) for size, unit in MASSES if abs(grams) >= size), (1, "g"))
    return f"{grams / size:.3g} {unit}"


@register.filter
def digits(number: float | None) -> str:
    """A figure to three digits, in fixed point; empty where there is none.

    >>> digits(0.0000311), digits(12.345), digits(149200.0), digits(None)
    ('0.0000311', '12.3', '149,000', '')
    """
    if number is None:
        return ""
    return f"{Decimal(f'{number:.3g}'):,f}"


@register.filter
def percent(share: float | None) -> str:
    """A share as a percentage to three digits.

    >>> percent(0.0123), percent(1.0), percent(None)
    ('1.23 %', '100 %', '')
    """
    return "" if share is None else f"{digits(100 * share)} %"


@register.filter
def percent_1(share: float | None) -> str:
    """A share as a percentage with one decimal place, so that those of a column can be compared.

    >>> percent_1(0.0123), percent_1(1.0), percent_1(None)
    ('1.2 %', '100.0 %', '–')
    """
    return "–" if share is None else f"{100 * share:.1f} %"


@register.filter
def hours(seconds: float | None) -> str:
    """Seconds as hours to three digits.

    >>> hours(5400)
    '1.5'
    """
    return "" if seconds is None else digits(seconds / 3600)


@register.filter
def compact(number: int | None) -> str:
    """A count to three digits, as people speak of parameters.

    >>> compact(7_241_732_096), compact(66_362_880), compact(950), compact(None)
    ('7.24B', '66.4M', '950', '')
    """
    if number is None:
        return ""
    for size, unit in COUNTS:
        if number >= size:
            return f"{number / size:.3g}{unit}"
    return str(number)


@register.filter
def words(name: str | None) -> str:
    """An identifier as words.

    >>> words("not_possible")
    'not possible'
    """
    return (name or "").replace("_", " ")


@register.filter
def points(finding: dict) -> str:
    """What a finding earned of its weight, such as `1.5 of 3`; empty where it takes no part.

    >>> points({"value": 0.5, "weight": 3, "tier": "prose"}), points({"value": 0.0, "weight": 3, "tier": "unknown"})
    ('1.5 of 3', '')
    """
    if finding["tier"] in ("unknown", "na"):
        return ""
    return f"{finding['value'] * finding['weight']:.3g} of {finding['weight']:g}"


@register.filter
def magnitude(number: float) -> float:
    """A number without its sign, which the page writes itself.

    >>> magnitude(-2.5)
    2.5
    """
    return abs(number)


@register.filter
def split(text: str) -> list[str]:
    """The words of a literal list in a template."""
    return text.split()


@register.filter
def at(mapping: dict | None, key: str):
    """The value under a key that is itself a variable; None where there is none."""
    return mapping.get(key) if isinstance(mapping, dict) else None


@register.filter
def sum_of(rows: list[dict], key: str) -> int:
    return sum(row[key] for row in rows)
