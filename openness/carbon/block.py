"""A card's carbon report in one dictionary, as the linter prints it and an assessment stores it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from openness.carbon.checks import Surroundings, all_checks, suspected
from openness.carbon.classes import reporting_class, reporting_class_as_coded
from openness.carbon.energy import energy_from_hardware, energy_stated
from openness.carbon.fix import fixed_header, right_amount_g
from openness.carbon.reading import read_report
from openness.carbon.report import Amount, Report, Statement
from openness.carbon.score import score_report

OF_CARBON = {"emissions", "energy", "inference", "intensity", "hardware_text", "duration"}
SHOWN = ("energy", "duration", "hardware_text", "count", "place", "intensity", "pue", "stage", "tool", "tokens",
         "parameters")  # fmt: skip


def carbon_block(
    metadata: dict | None,
    body: str,
    files: Mapping[str, str] | None = None,
    *,
    body_line: int = 1,
    tags: Iterable[str] | None = None,
    around: Surroundings | None = None,
) -> dict | None:
    """The carbon report of a card and the small files beside it; None where nothing is said of carbon.

    `around` is what is known beside the card: parameters, and what its ancestors report.
    """
    report = read_report(metadata, body, files, body_line)
    if not speaks_of_carbon(report):
        return None
    named = tags if tags is not None else tags_of(metadata)
    stated = metadata.get("co2_eq_emissions") if isinstance(metadata, dict) else None
    return block_of(report, named, around or loose_surroundings(metadata), stated)


def speaks_of_carbon(report: Report) -> bool:
    return report.has_key or bool(report.problems) or any(s.name in OF_CARBON for s in report.statements)


def tags_of(metadata: dict | None) -> list[str]:
    tags = metadata.get("tags") if isinstance(metadata, dict) else None
    return [tag for tag in tags if isinstance(tag, str)] if isinstance(tags, list) else []


def loose_surroundings(metadata: dict | None) -> Surroundings:
    """Of a loose card: without a parent its value is its own; with one, nobody looked."""
    has_parent = isinstance(metadata, dict) and bool(metadata.get("base_model"))
    return Surroundings(ancestors=None if has_parent else ())


def block_of(report: Report, tags: Iterable[str], around: Surroundings, stated: object = None) -> dict:
    """The report's numbers, class, score and checks; `stated` is what stands in the header now."""
    statement = report.amount()
    amount = statement.value if statement else None
    checks = all_checks(report, around)
    slip = next(suspected(report, checks), None)
    right_g = right_amount_g(report, checks)
    score = score_report(report, checks)
    said = amount or next((s.value for s in report.all("emissions")), None)
    return {
        "emissions_g": amount.grams if amount else None,
        "raw": said.raw if said else None,
        "unit": amount.unit or None if amount else None,
        "unit_assumed": bool(amount and amount.unit_assumed),
        "range_g": [amount.low_g, amount.high_g] if amount and amount.low_g is not None else None,
        "suspected_unit": slip.numbers["suspected_unit"] if slip else None,
        "suggested_emissions_g": slip.numbers["right_g"] if slip else None,
        "fix": fixed_header(report, right_g, stated) if right_g is not None else None,
        "source": statement.source if statement else None,
        "energy": energy_of(report, amount, right_g),
        "tool": report.value("tool"),
        "reporting_class": reporting_class(report, tags),
        "reporting_class_as_coded": reporting_class_as_coded(report),
        "score": score.points,
        "grade": score.grade,
        "checks_possible": [score.possible, score.total],
        "findings": [check.as_dict() for check in checks],
        "points": [finding.as_dict() for finding in score.findings],
        "said": [as_shown(s) for s in map(report.first, SHOWN) if s],
    }


def energy_of(report: Report, amount: Amount | None, right_g: float | None) -> dict | None:
    """The best figure of the energy in kWh, and where it is from; None where nothing leads to one."""
    if stated := energy_stated(report):
        return {"kwh": stated[0].kwh, "from": "stated"}
    grams = right_g if right_g is not None else amount.grams if amount else None
    if grams and (intensity := report.value("intensity")):
        return {"kwh": grams / (intensity * (report.value("pue") or 1.0)), "from": "intensity"}
    if of_hardware := energy_from_hardware(report):
        return {"kwh": of_hardware[0].kwh, "from": "hardware"}
    return None


def as_shown(statement: Statement) -> dict:
    """A statement for a page: its words and where they stand."""
    lines = list(statement.lines) if statement.lines else None
    return {
        "name": statement.name,
        "quote": statement.raw,
        "source": statement.source,
        "field": statement.field,
        "lines": lines,
    }
