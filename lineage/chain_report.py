"""The report on a chain of versions, from the outcomes that were kept when they were compared."""

from __future__ import annotations

from dataclasses import dataclass

from lineage.models import OutcomeSet
from lineage.outcome_files import load_outcomes
from lineage.outcomes import BadOutcomes
from lineage.upgrades import chain_of, recorded_outcomes
from lineage.version_tables import report_of, sheet_of
from registry.models import Repo

MAX_CHAIN_ITEMS = 2_000_000  # of all versions; more belong to the command
EPSILON = 0.01


@dataclass(frozen=True)
class ChainReport:
    """A chain, the suites that at least two of its versions were run on, and what one of these shows."""

    chain: list[Repo]
    suites: list[str]
    suite: str | None
    report: dict | None
    problem: str = ""


def chain_report(repo: Repo, suite: str | None = None, user=None) -> ChainReport:
    """What the versions around `repo` broke, on the given suite or on the one that most of them were run on."""
    chain = chain_of(repo, user)
    kept = {name: sets for name, sets in recorded_outcomes(chain, user).items() if len(sets) > 1}
    suites = sorted(kept, key=lambda name: (-len(kept[name]), name))
    chosen = suite if suite in kept else next(iter(suites), None) if suite is None else None
    if chosen is None:
        return ChainReport(chain, suites, None, None)
    named = [(one.name, kept[chosen][one.pk]) for one in chain if one.pk in kept[chosen]]
    try:
        return ChainReport(chain, suites, chosen, report_on(named))
    except BadOutcomes as problem:
        return ChainReport(chain, suites, chosen, None, str(problem))


def report_on(named: list[tuple[str, OutcomeSet]]) -> dict:
    """The report on kept outcomes. Raises BadOutcomes, also where a file is gone."""
    total = sum(row.items for _, row in named)
    if total > MAX_CHAIN_ITEMS:
        raise BadOutcomes(
            f"The versions have {total:,} outcomes, more than the {MAX_CHAIN_ITEMS:,} that a page compares."
        )
    try:
        tables = [(name, load_outcomes(row)) for name, row in named]
    except OSError:
        raise BadOutcomes("The outcomes of a version are not on the disk any more.") from None
    return report_of(sheet_of(tables), EPSILON)
