"""Scores a carbon report: 60 points for what it says, 40 for whether that can be believed."""

from __future__ import annotations

import tomllib
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal
from functools import cache
from pathlib import Path

from openness.carbon.energy import energy_from_hardware, hardware_used
from openness.carbon.report import Report, Statement
from openness.carbon.verdict import Check
from openness.findings import Evidence, Finding

RUBRIC_FILE = Path(__file__).parent.parent / "rubrics" / "carbon-1.0.toml"
TIER_OF_SOURCE = {"metadata": "metadata", "body": "section", "csv": "metadata"}


@cache
def rubric() -> dict:
    return tomllib.loads(RUBRIC_FILE.read_text("utf8"))


def rubric_id() -> str:
    return f"{rubric()['name']}/{rubric()['version']}"


@dataclass(frozen=True)
class Score:
    """Points of 100, with the findings that gave them; `possible` of `total` plausibility checks could be made."""

    points: float
    grade: str
    findings: tuple[Finding, ...]
    possible: int
    total: int


def score_report(report: Report, checks: Sequence[Check]) -> Score:
    """The score of a report, its grade capped where a plausibility check failed."""
    by_rule = {check.id: check for check in checks}
    findings = tuple(finding_of(criterion, report, by_rule) for criterion in rubric()["criteria"])
    points = sum(Decimal(str(finding.weight)) * Decimal(str(finding.value)) for finding in findings)
    points = float(points.quantize(Decimal("0.1"), ROUND_HALF_UP))
    possible = [check for check in checks if check.status != "not_possible"]
    return Score(points, grade_of(points, checks), findings, len(possible), len(checks))


def grade_of(points: float, checks: Sequence[Check]) -> str:
    """A to E; no better than the cap where a check failed.

    >>> grade_of(85.0, [Check("R2", "failed", "")]), grade_of(85.0, []), grade_of(3.0, [])
    ('D', 'A', 'E')
    """
    least = {grade: least for grade, least in rubric()["grades"].items() if grade != "cap"}
    grade = next((grade for grade, points_least in least.items() if points >= points_least), "E")
    any_failed = any(check.status == "failed" for check in checks)
    return max(grade, rubric()["grades"]["cap"]) if any_failed else grade


def finding_of(criterion: dict, report: Report, checks: dict[str, Check]) -> Finding:
    if "check" in criterion:
        return credibility(criterion, report, checks)
    if "method" in criterion:
        return method(criterion, report)
    return completeness(criterion, report, checks)


def completeness(criterion: dict, report: Report, checks: dict[str, Check]) -> Finding:
    statement = stated(criterion["statement"], report)
    if statement is None:
        return Finding(criterion["id"], criterion["name"], "none", 0.0, criterion["weight"])
    refuted = criterion["statement"] == "emissions" and any(c.numbers.get("suspected_unit") for c in checks.values())
    value = 0.0 if refuted else 1.0  # a number whose unit is refuted is no amount
    return Finding(
        criterion["id"], criterion["name"], tier_of(statement), value, criterion["weight"], (seen(statement),)
    )


def tier_of(statement: Statement) -> str:
    return TIER_OF_SOURCE[statement.source]


def seen(statement: Statement) -> Evidence:
    return Evidence(statement.lines, statement.raw, statement.field)


def stated(name: str, report: Report) -> Statement | None:
    """The statement that answers a question of the rubric, in the report's own words."""
    if name == "emissions":
        return report.amount()
    if name == "count":
        counted = hardware_used(report) and all(use.count for use in hardware_used(report))
        return report.first("gpu_count") or (report.first("hardware") if counted else None)
    if name == "duration":
        return report.first("duration") or report.first("seconds")
    if name == "finer_place":
        return next((s for s in report.all("place") if s.value.finer), None)
    if name == "evidence":
        return evidence(report)
    if name == "tool":
        return report.first("tool") or report.first("source")
    if name == "hardware_text":
        return report.first("hardware_text") or report.first("hardware")
    return report.first(name)


def evidence(report: Report) -> Statement | None:
    """codecarbon's own file, or a paper: not the calculator's paper, which every user of it cites."""
    if report.runs:
        return next(report.all("emissions", "csv"))
    links = ("arxiv.org", "doi.org", "http://", "https://")
    sources = (s for s in report.all("source") if any(link in s.raw.lower() for link in links))
    return next((s for s in sources if "1910.09700" not in s.raw), None)


def credibility(criterion: dict, report: Report, checks: dict[str, Check]) -> Finding:
    """A check's points: all of them where it passed, none where it failed, was inherited or could not be made."""
    check = checks[criterion["check"]]
    status = check.status
    if check.id == "R2" and not energy_from_hardware(report):
        status = "not_possible"  # its energy was the stated one, which K01 answers for
    if check.id == "R4" and status == "unexplained" and "ratio" in check.numbers:
        status = "passed"  # within a factor of two closes the sum, as far as points go
    if check.id == "R6" and checks["R7"].status == "failed":
        status = "failed"  # a placeholder is nobody's own value
    tier = {"passed": "metadata", "not_possible": "unknown"}.get(status, "none")
    value = 1.0 if status == "passed" else 0.0
    quote = (Evidence(quote=check.reason),)
    return Finding(criterion["id"], criterion["name"], tier, value, criterion["weight"], quote)


def method(criterion: dict, report: Report) -> Finding:
    """Points by how the energy was measured; the best of the methods that are named."""
    points = criterion["method"]
    named = [s for s in report.all("method") if s.value in points]
    if not named:
        return Finding(criterion["id"], criterion["name"], "none", 0.0, criterion["weight"])
    best = max(named, key=lambda statement: points[statement.value])
    value = points[best.value] / criterion["weight"]
    return Finding(criterion["id"], criterion["name"], tier_of(best), value, criterion["weight"], (seen(best),))
