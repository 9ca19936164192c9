"""Compares two tables of outcomes and keeps what was found: both tables, the report and the flipped items."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass

from django.db import IntegrityError, transaction
from django.utils.timezone import now

from lineage.comparison_requests import Asked
from lineage.flip_noise import Rerun
from lineage.flip_report import Analysis
from lineage.flipped import Flipped, flipped_items
from lineage.models import Comparison, FlippedItem, OutcomeSet
from lineage.outcome_files import keep_outcomes
from lineage.outcomes import OutcomeTable
from lineage.pairing import Allowances, pair
from registry.models import Repo
from registry.storable import storable, storable_text

ANALYSIS = "flips/2"  # raised whenever the same outcomes would give another report
BATCH = 2_000  # rows of one INSERT
TEXT_CHARACTERS = 4_000  # of an answer or input that a page shows


@dataclass(frozen=True)
class Version:
    """What a person calls one side of a comparison."""

    name: str
    repo: Repo | None = None
    sha: str = ""


@dataclass(frozen=True)
class Side:
    """One version and how it fared."""

    version: Version
    table: OutcomeTable


def compare(old: Side, new: Side, asked: Asked, *, rerun: OutcomeTable | None = None, requested_by=None) -> Comparison:
    """Analyse and keep; nothing is kept of outcomes that do not pair. `rerun` is the old version run again.

    The same outcomes under the same questions are the same comparison: it is found again, not made twice.
    Raises BadOutcomes.
    """
    digest = question_digest(old, new, asked, rerun)
    if known := asked_again(digest):
        return known
    row = Comparison(question_digest=digest, requested_by=requested_by, asked_at=now())
    describe(row, old.version, new.version, asked)
    try:
        return fill(row, old.table, new.table, asked, [("", rerun)] if rerun else [])
    except IntegrityError:  # somebody else asked the same at the same moment, and was first
        return asked_again(digest)


def fill(
    row: Comparison,
    old: OutcomeTable,
    new: OutcomeTable,
    asked: Asked,
    reruns: Sequence[tuple[str, OutcomeTable]] = (),
    *,
    runs: dict | None = None,
) -> Comparison:
    """Analyse, and keep everything that was found at once. Raises BadOutcomes.

    `reruns` is the old version run again, by how; `runs` says how all of them ran.
    """
    again = [Rerun(pair(old, table, Allowances(common_items=True)), name) for name, table in reruns]
    analysis = Analysis(pair(old, new, asked.allow), asked.questions, tuple(again))
    details = analysis.details() | ({"runs": runs} if runs else {})
    line, details = storable(analysis.line()), storable(details)
    with transaction.atomic():
        row.rerun = keep_outcomes(reruns[0][1]) if reruns else None
        record(row, (keep_outcomes(old), keep_outcomes(new)), line, details)
        row.save()
        keep_flipped(row, analysis)
    return row


def question_digest(old: Side, new: Side, asked: Asked, rerun: OutcomeTable | None) -> str:
    """What makes two comparisons one: outcomes, versions, questions and the analysis that answers them."""
    versions = [
        [side.version.name, side.version.repo and side.version.repo.pk, side.version.sha] for side in (old, new)
    ]
    tables = [old.table.digest, new.table.digest, rerun and rerun.digest]
    parts = [ANALYSIS, tables, versions, asdict(asked.questions), asdict(asked.allow)]
    return hashlib.sha256(json.dumps(parts, sort_keys=True).encode()).hexdigest()


def asked_again(digest: str) -> Comparison | None:
    """The comparison that has answered this question before, marked as asked just now."""
    Comparison.objects.filter(question_digest=digest).update(asked_at=now())
    return Comparison.objects.filter(question_digest=digest).first()


def describe(row: Comparison, old: Version, new: Version, asked: Asked) -> None:
    """Say who is compared, and what is asked."""
    row.old_name, row.new_name = (storable_text(version.name)[-200:] for version in (old, new))
    row.old_repo, row.new_repo, row.old_sha, row.new_sha = old.repo, new.repo, old.sha, new.sha
    row.asked, row.budget = storable(asked.as_json()), asked.questions.budget


def record(row: Comparison, sets: tuple[OutcomeSet, OutcomeSet], line: dict, details: dict) -> None:
    """Fill in what was found."""
    row.old, row.new = sets
    row.status, row.finished_at, row.problem = Comparison.Status.DONE, now(), ""
    row.suite = sets[0].suite or sets[1].suite
    row.report, row.details, row.items = line, details, line["n"]
    row.negative_flip_rate, row.verdict, row.reason = line["nfr"], line["verdict"], line["reason"]


def keep_flipped(row: Comparison, analysis: Analysis) -> None:
    """One row for each flipped item, worst first; beyond a bound the outcome files hold the rest."""
    row.flipped_items.all().delete()
    rows = (FlippedItem(comparison=row, **stored(item)) for item in flipped_items(analysis))
    FlippedItem.objects.bulk_create(rows, batch_size=BATCH)


def stored(item: Flipped) -> dict:
    """A flipped item as both databases store it: bounded texts, no NUL."""
    values = {
        name: storable_text(value)[:TEXT_CHARACTERS] if isinstance(value, str) else value
        for name, value in vars(item).items()
    }
    return values | {"item_id": values["item_id"][:300], "slice": (values["slice"] or "")[:200]}
