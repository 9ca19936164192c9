"""Whether two amounts of emissions are one figure, and when they are but for a unit, which."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence

from openness.carbon.quantities import MASS_G
from openness.carbon.report import Amount
from openness.carbon.verdict import Check, failed, grams_text, passed

OTHER_UNITS = ("kg", "t", "mg", "g")
SAME_RATIO, SAME_G = 1e-3, 5e-5  # AutoTrain rounds to four decimals of a gram in the text
NUMBER = re.compile(r"\d{1,30}(?:[.,]\d{1,30}){0,6}")
RAW_MOST = 2_000  # characters of a sentence in which the number is looked for
RATIO_DECADES = 0.02  # about 5 %: two roundings of one figure


def rounding_g(amount: Amount) -> float:
    """Half of the last digit that was written, in grams; 0 where the number is not found as it was written.

    >>> rounding_g(Amount("42 kg", 42_000.0, "kg"))
    500.0
    >>> rounding_g(Amount("Run 2. Training emitted 5.2 kg of CO2.", 5_200.0, "kg"))
    50.0
    """
    unit_g = MASS_G[amount.unit or "g"]
    for number in NUMBER.findall(amount.raw[:RAW_MOST]):
        for text in (number.replace(",", ""), number.replace(".", "").replace(",", ".")):
            if text.count(".") <= 1 and math.isclose(float(text) * unit_g, amount.grams, rel_tol=1e-9):
                return 0.5 * 10.0 ** -len(text.partition(".")[2]) * unit_g
    return 0.0


def agree(one: Amount, other: Amount) -> bool:
    """Whether two amounts are one figure, as far as it was rounded."""
    if other.low_g is not None and other.low_g <= one.grams <= other.high_g:
        return True
    tolerance = max(SAME_G, SAME_RATIO * max(one.grams, other.grams), min(rounding_g(other), 0.05 * other.grams))
    return abs(one.grams - other.grams) <= tolerance * (1 + 1e-9)


def compare_amounts(rule: str, header: Amount, others: Sequence[Amount], whose: str) -> Check:
    """Whether the header agrees with one of `others`; when it agrees but for a factor of units, which."""
    numbers = {"header_g": header.grams, "other_g": [other.grams for other in others[:5]]}
    if any(agree(header, other) for other in others):
        return passed(rule, f"The header and {whose} agree on {grams_text(header.grams)}.", **numbers)
    for other in others:
        if header.grams and other.grams and (unit := unit_slip(header, other)):
            reason = f"The header says {grams_text(header.grams)}, {whose} {grams_text(other.grams)}: a slip of units."
            return failed(rule, reason, suspected_unit=unit, right_g=other.grams, **numbers)
    other = others[0]
    reason = (
        f"The header says {grams_text(header.grams)}, {whose} {grams_text(other.grams)}.{devices_hint(header, other)}"
    )
    return failed(rule, reason, **numbers)


def unit_slip(header: Amount, other: Amount) -> str | None:
    """The unit that the header's number is in, when it is the other's number in that unit."""
    ratio = math.log10(other.grams / header.grams)
    for unit, grams in MASS_G.items():
        expected = math.log10(grams / MASS_G[header.unit or "g"])
        if unit in OTHER_UNITS and expected and abs(ratio - expected) < RATIO_DECADES:
            return unit
    return None


def devices_hint(header: Amount, other: Amount) -> str:
    """A whole small ratio is often one device's share of all of them."""
    if not header.grams or not other.grams:
        return ""
    ratio = max(header.grams, other.grams) / min(header.grams, other.grams)
    whole = round(ratio)
    is_whole = 2 <= whole <= 128 and abs(ratio - whole) / whole < 0.005
    return f" One is {whole} times the other: one device and all of them?" if is_whole else ""
