"""Weighs a carbon report against physics and against itself: rules R1 to R9, each with the numbers it used."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from openness.carbon.agreement import OTHER_UNITS, compare_amounts, unit_slip
from openness.carbon.codecarbon_checks import check_runs
from openness.carbon.energy import (
    EnergyReading,
    energy_from_hardware,
    energy_stated,
    grid_range,
    least_energy_kwh,
)
from openness.carbon.quantities import MASS_G
from openness.carbon.report import Amount, Report
from openness.carbon.verdict import Check, failed, grams_text, not_possible, passed

PLACEHOLDERS_G = (1.0, 1.2345, 123.45)  # the first number anyone types, and those of the Hub's documentation
FAR_DECADES, NEAR_DECADES = 1.2, 0.7  # a unit is refuted beyond the first while another is within the second
CLOSE = 1.05  # energy times intensity gives the stated emissions, but for rounding
WITHIN = 2.0  # by which it may miss them before one of the three is wrong


@dataclass(frozen=True)
class Ancestor:
    """A repository that this one was made from, and what it reports (None: nothing)."""

    name: str
    emissions_g: float | None


@dataclass(frozen=True)
class Surroundings:
    """What is known beside the report itself. `ancestors` is None where nobody looked."""

    parameters: float | None = None
    ancestors: Sequence[Ancestor] | None = None
    copied_from: Sequence[str] = field(default=())  # unrelated repositories with the same uncommon value


def all_checks(report: Report, around: Surroundings) -> tuple[Check, ...]:
    """Every rule's answer, in their order."""
    amount = report.amount()
    return (
        check_amounts(report),
        check_unit(report, amount and amount.value),
        check_header_against_text(report),
        check_arithmetic(report, amount and amount.value),
        check_floor(report, amount and amount.value, around),
        check_ancestors(amount and amount.value, around),
        check_placeholders(report, amount and amount.value),
        check_runs(report),
        check_header_against_runs(report),
    )


def check_amounts(report: Report) -> Check:
    """R1: every amount that is given can be read as one."""
    if report.problems:
        return failed("R1", report.problems[0], problems=list(report.problems[:10]))
    amounts = [statement.value for statement in report.all("emissions")]
    if not amounts:
        return not_possible("R1", "No emissions are stated.")
    assumed = " Its unit is assumed." if amounts[0].unit_assumed else ""
    return passed("R1", f"{amounts[0].raw!r} reads as {grams_text(amounts[0].grams)}.{assumed}")


def decades_off(intensity: float, low: float, high: float) -> float:
    """How many powers of ten `intensity` lies outside of a range; 0 within.

    >>> decades_off(0.2, 20, 1000), decades_off(300, 20, 1000)
    (2.0, 0.0)
    """
    if intensity <= 0:
        return math.inf
    return max(0.0, math.log10(low / intensity), math.log10(intensity / high))


def hypotheses(
    amount: Amount, readings: Sequence[EnergyReading], low: float, high: float
) -> dict[str, tuple[float, float]]:
    """For each unit that the number could be in: the nearest distance in decades, and the intensity it means."""
    stated = MASS_G[amount.unit or "g"]
    found = {}
    for unit in dict.fromkeys((amount.unit or "g", *OTHER_UNITS)):
        implied = [amount.grams / stated * MASS_G[unit] / reading.kwh for reading in readings]
        top = [high * reading.most_times for reading in readings]
        found[unit] = min((decades_off(i, low, t), i) for i, t in zip(implied, top, strict=True))
    return found


def unit_verdict(rule: str, amount: Amount, readings: Sequence[EnergyReading], low: float, high: float) -> Check:
    """Whether the stated unit can be right, and which other would be."""
    stated = amount.unit or "g"
    by_unit = hypotheses(amount, readings, low, high)
    off, intensity = by_unit[stated]
    numbers = {
        "energy_kwh": [round(reading.kwh, 6) for reading in readings],
        "from": [reading.words for reading in readings],
        "intensity_g_per_kwh": float(f"{intensity:.4g}"),
        "grid_g_per_kwh": [low, high],
    }
    if off <= NEAR_DECADES and decades_off(intensity, low, high) > FAR_DECADES:
        reason = f"{numbers['intensity_g_per_kwh']} g/kWh is above any grid for what is stated. {WHY['above']}"
        return Check(rule, "unexplained", reason, numbers)
    if off <= NEAR_DECADES:
        fits = (
            "is what a grid can carry" if low <= intensity <= high else "is near enough to the grid, as far as is told"
        )
        return passed(rule, f"{numbers['intensity_g_per_kwh']} g/kWh {fits}.", **numbers)
    other, (other_off, _) = min(((u, v) for u, v in by_unit.items() if u != stated), key=lambda pair: pair[1])
    if off > FAR_DECADES and other_off < NEAR_DECADES:
        right_g = amount.grams / MASS_G[stated] * MASS_G[other]
        reason = (
            f"In {stated} the energy would have carried {numbers['intensity_g_per_kwh']} g/kWh, "
            f"{off:.1f} powers of ten outside of {low:g} to {high:g}; in {other} it fits."
        )
        return failed(rule, reason, suspected_unit=other, right_g=right_g, **numbers)
    side = "below" if intensity < low else "above"
    reason = f"{numbers['intensity_g_per_kwh']} g/kWh is {side} the grid, and no other unit fits better."
    return Check(rule, "unexplained", f"{reason} {WHY[side]}", numbers)


WHY = {
    "below": "Market-based accounting, or only a part of the devices, would explain it.",
    "above": "More devices or hours than stated would explain it.",
}


def check_unit(report: Report, amount: Amount | None) -> Check:
    """R2: of g, kg, t and mg, the stated unit gives an intensity that the place's grid can carry."""
    readings = [*energy_from_hardware(report), *energy_stated(report)]
    if amount is None or not amount.grams:
        return not_possible("R2", "No emissions above zero are stated.")
    if not readings:
        return not_possible("R2", "Neither an energy nor known hardware with hours is stated.")
    return unit_verdict("R2", amount, readings, *grid_range(report))


def check_header_against_text(report: Report) -> Check:
    """R3: header and text state one figure; a ratio of a thousand is a slip of units."""
    header, text = report.amount("metadata"), report.amount("body")
    if header is None or text is None:
        return not_possible("R3", "Header and text do not both state emissions.")
    texts = [statement.value for statement in report.all("emissions", "body") if statement.value.grams is not None]
    return compare_amounts("R3", header.value, texts, "the text")


def check_arithmetic(report: Report, amount: Amount | None) -> Check:
    """R4: the stated energy times the intensity, stated or of the place's grid, gives the stated emissions."""
    stated, intensity = energy_stated(report), report.value("intensity")
    if amount is None or not amount.grams or not stated:
        return not_possible("R4", "Emissions and energy are not both stated.")
    if intensity is None:
        if report.value("place") is None:
            return not_possible("R4", "Neither an intensity nor a known place is stated.")
        return within_twice(unit_verdict("R4", amount, stated, *grid_range(report)))
    kwh = stated[0].kwh
    expected_g = [kwh * intensity, kwh * intensity * (report.value("pue") or 1.0)]
    ratio = min((amount.grams / g for g in expected_g if g), key=lambda r: abs(math.log10(r)), default=None)
    numbers = {"energy_kwh": kwh, "intensity_g_per_kwh": intensity, "expected_g": expected_g, "ratio": ratio}
    if ratio is None:
        return not_possible("R4", "The stated energy or intensity is zero.")
    if 1 / CLOSE <= ratio <= CLOSE:
        return passed("R4", "Energy times intensity gives the stated emissions.", **numbers)
    if 1 / WITHIN <= ratio <= WITHIN:
        reason = (
            f"The stated emissions are {ratio:.2f} times what energy times intensity gives: overheads, or rounding?"
        )
        return Check("R4", "unexplained", reason, numbers)
    if unit := unit_slip(amount, Amount("", expected_g[0])):
        return failed("R4", "Energy times intensity is the stated number in another unit.", suspected_unit=unit,
                      right_g=expected_g[0], **numbers)  # fmt: skip
    return failed(
        "R4", f"Energy times intensity differs from the stated emissions by a factor of {ratio:.3g}.", **numbers
    )


def within_twice(check: Check) -> Check:
    """R4 of a place's grid: only what is within a factor of two of it closes."""
    low, high = check.numbers.get("grid_g_per_kwh", (0.0, math.inf))
    intensity = check.numbers.get("intensity_g_per_kwh", 0.0)
    if check.status != "passed" or low / WITHIN <= intensity <= high * WITHIN:
        return check
    reason = f"{intensity:g} g/kWh is more than twice off the place's grid, {low:g} to {high:g}."
    return Check("R4", "unexplained", reason, check.numbers)


def check_floor(report: Report, amount: Amount | None, around: Surroundings) -> Check:
    """R5: training takes at least 6 operations a parameter and token at the hardware's peak (Kaplan et al. 2020)."""
    stage, tokens = str(report.value("stage") or "").lower(), report.value("tokens")
    parameters = around.parameters or report.value("parameters")
    if amount is None or not amount.grams or not parameters or not tokens:
        return not_possible("R5", "Emissions, parameters and training tokens are not all known.")
    if "fine" in stage or not any(word in stage for word in ("pre", "scratch")):
        return not_possible("R5", "The stage is not pre-training, so the tokens may be another model's.")
    floor = EnergyReading(least_energy_kwh(report, parameters, tokens), "6 x parameters x tokens at peak", 20.0)
    low, high = grid_range(report)
    return unit_verdict("R5", amount, [floor], low, high)


def check_ancestors(amount: Amount | None, around: Surroundings) -> Check:
    """R6: the value is the repository's own, not its ancestor's and not another card's."""
    if amount is None or amount.grams is None:
        return not_possible("R6", "No emissions are stated.")
    if around.copied_from:
        return failed("R6", f"The same uncommon value stands in {around.copied_from[0]}, which is unrelated.")
    if around.ancestors is None:
        return not_possible("R6", "What its ancestors report is not known.")
    for ancestor in around.ancestors:
        if ancestor.emissions_g is None or not ancestor.emissions_g or not amount.grams:
            continue
        numbers = {"ancestor": ancestor.name, "ancestor_g": ancestor.emissions_g}
        ratio = math.log10(ancestor.emissions_g / amount.grams)
        if abs(ratio) < 1e-9:
            return Check("R6", "inherited", f"The value is {ancestor.name}'s own.", numbers)
        if abs(ratio - round(ratio)) < 1e-9 and not is_round(amount.grams):
            unit = unit_slip(amount, Amount("", ancestor.emissions_g))
            reason = (
                f"{ancestor.name} reports the same digits times ten to the {round(ratio)}: one of the two is wrong."
            )
            more = {"suspected_unit": unit, "right_g": ancestor.emissions_g} if unit else {}
            return failed("R6", reason, **more, **numbers)
    return passed("R6", "No ancestor reports this value.")


def is_round(number: float) -> bool:
    """Whether two significant digits say it all: 40 and 0.0017 may meet by chance, 41.1 does not.

    >>> is_round(40.0), is_round(0.0017), is_round(41.1)
    (True, True, False)
    """
    return float(f"{number:.1e}") == number


def check_placeholders(report: Report, amount: Amount | None) -> Check:
    """R7: the value is no placeholder, and not zero where something was computed."""
    if amount is None:
        return not_possible("R7", "No emissions are stated.")
    if amount.grams in PLACEHOLDERS_G and amount.unit in ("", "g"):
        return failed("R7", f"{amount.raw} is a value that documentation and templates use.")
    computed = [name for name in ("hardware_text", "hardware", "duration", "energy") if report.first(name)]
    if amount.grams == 0 and computed:
        return failed("R7", "Zero emissions stand beside hardware, hours or energy that were used.")
    return passed("R7", "The value is no known placeholder.")


def check_header_against_runs(report: Report) -> Check:
    """R9: the header states what codecarbon's own file adds up to, in grams."""
    header, table = report.amount("metadata"), report.amount("csv")
    if header is None or table is None:
        return not_possible("R9", "There is no emissions.csv beside a header that states emissions.")
    return compare_amounts("R9", header.value, [table.value], "emissions.csv")


def suspected(report: Report, checks: Sequence[Check]) -> Iterator[Check]:
    """The checks that found a slip of units, the surest first; codecarbon's own unit is known and no slip."""
    amount = report.amount()
    if amount is None or amount.source == "csv":
        return iter(())
    order = ("R9", "R3", "R2", "R4", "R6", "R5")
    slips = [check for check in checks if check.numbers.get("suspected_unit")]
    return iter(sorted(slips, key=lambda check: order.index(check.id)))
