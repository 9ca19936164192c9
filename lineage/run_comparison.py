"""Compares two versions by running both: the cache is asked first, then each runs, then the older one again for noise.

A comparison is a row from the moment it is asked for. Whatever goes wrong becomes the sentence on that row.
"""

from __future__ import annotations

import hashlib
import json
import time
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, field, replace
from functools import partial
from pathlib import Path

from django.db import IntegrityError
from django.utils.timezone import now

from lineage.comparing import ANALYSIS, Version, asked_again, describe, fill
from lineage.comparison_intake import give_up
from lineage.comparison_requests import Asked
from lineage.label_spaces import BadLabels, label_notes
from lineage.models import Comparison, Run
from lineage.outcome_files import keep_outcomes, load_outcomes
from lineage.outcomes import BadOutcomes, OutcomeColumns, OutcomeTable
from lineage.rerunning import noise_ids, reruns_wanted, time_for_reruns_s, ways
from lineage.run_child import Ahead
from lineage.run_places import Named, datasets_root, find_files, find_suite
from lineage.running import How, Ran, code_version, device_kind, run_version
from lineage.runs.batches import Plan
from lineage.runs.problems import BadRun
from lineage.suite_rows import BadSuite
from lineage.suites import CHOICE, CLASSIFICATION, GENERATION, IMAGES, Item, Suite
from lineage.version_files import BadVersion, VersionFiles, files_digest, label_names
from registry.models import Repo
from registry.storable import storable, storable_text

REFUSED = (BadRun, BadSuite, BadVersion, BadLabels, BadOutcomes)
Tell = Callable[[dict], None]


@dataclass(frozen=True)
class Execution:
    """What is to be run, as a row keeps it."""

    old: Named
    new: Named
    suite: str
    """path of the suite's definition"""
    how: How = field(default_factory=How)

    def as_json(self) -> dict:
        return asdict(self)

    @classmethod
    def from_json(cls, kept: dict) -> Execution:
        """What `as_json` wrote."""
        plan = kept["how"]["plan"]
        how = How(**kept["how"] | {"plan": plan and Plan(**plan)})
        return cls(Named(**kept["old"]), Named(**kept["new"]), kept["suite"], how)


@dataclass(frozen=True)
class Found:
    """A version with its files, ready to be run on a suite."""

    which: str
    named: Named
    repo: Repo | None
    files: VersionFiles
    digest: str
    suite: Suite


def ask(execution: Execution, asked: Asked, repos: tuple[Repo | None, Repo | None], *, requested_by=None) -> Comparison:
    """The row of a comparison by running; one that waits or runs already with the same request is found again."""
    kept, questions = execution.as_json(), asked.as_json()
    waiting = Comparison.objects.runs().filter(status__in=[Comparison.Status.QUEUED, Comparison.Status.RUNNING])
    for row in waiting.order_by("pk")[:1_000]:
        if row.execution == json.loads(json.dumps(kept)) and row.asked == json.loads(json.dumps(questions)):
            return row
    versions = [
        Version(one.name, repo, one.sha) for one, repo in zip((execution.old, execution.new), repos, strict=True)
    ]
    row = Comparison(requested_by=requested_by, asked_at=now(), execution=kept)
    describe(row, *versions, asked)
    row.suite = storable_text(Path(execution.suite).stem)[:200]  # until the suite is read, which may name itself
    row.save()
    return row


def carry_out(row: Comparison, tell: Tell, *, may_replace: bool = False) -> Comparison:
    """Run what the row asks for, unless it was before, and fill it. What cannot be run is on the row, as a sentence.

    Where the question was answered before, and nobody knows of this row yet, the older answer takes its place.
    """
    execution, asked = Execution.from_json(row.execution), Asked.from_json(row.asked)
    try:
        suite = find_suite(execution.suite)
        repos = {"old": row.old_repo, "new": row.new_repo}
        found = [found_version(which, getattr(execution, which), repos[which], suite) for which in repos]
        notes = compared_labels(found, suite)
        with Ahead(runs_to_come(found, execution.how)) as ahead:
            runs = [outcomes_of(one, execution.how, tell, ahead=ahead) for one in found]
            runs = under_one_plan(found, runs, execution.how, tell)
            again, unknown = run_again(found[0], execution.how, runs, tell, ahead)
        tables = [load_outcomes(run.outcomes) for run in runs]
        tables[0] = replace(tables[0], notes=(*notes, *unknown, *tables[0].notes))
        reruns = [(name, load_outcomes(run.outcomes)) for name, run in again]
        about = {which: run.about for which, run in zip(("old", "new"), runs, strict=True)}
        about |= {f"noise_{number}" if number > 1 else "noise": run.about for number, (_, run) in enumerate(again, 1)}
        digest = question_digest(row, [one.digest for one in found], suite)
        keep = partial(fill, row, *tables, asked, reruns, runs=about)
        return keep_once(row, digest, keep, may_replace=may_replace)
    except REFUSED as problem:
        give_up(row, str(problem))
    except OSError as problem:  # its own words would name paths of this machine
        give_up(row, f"A file of the suite or of a version cannot be read: {problem.strerror or 'no reason is known'}.")
    return row


def keep_once(row: Comparison, digest: str, keep: Callable[[], object], *, may_replace: bool) -> Comparison:
    """Fill the row, as the one of its question where no other is; else the other takes its place, if it may."""
    if Comparison.objects.exclude(pk=row.pk).filter(question_digest=digest).exists():
        if may_replace:
            row.delete()
            return asked_again(digest)
        row.question_digest = None
    else:
        row.question_digest = digest
    try:
        keep()
    except IntegrityError:
        if row.question_digest is None:
            raise
        return keep_once(row, digest, keep, may_replace=may_replace)  # another was kept this very moment
    return row


def found_version(which: str, named: Named, repo: Repo | None, suite: Suite) -> Found:
    """A version's files, looked at and hashed. Raises BadVersion."""
    files = find_files(named)
    return Found(which, named, repo, files, files_digest(files), suite)


def compared_labels(found: list[Found], suite: Suite) -> list[str]:
    """What the label maps of both say of each other, before anything runs. Raises BadLabels."""
    if suite.task not in (CLASSIFICATION, IMAGES):
        return []
    return label_notes(*(label_names(one.files) for one in found), suite.answers, suite.labels)


def runs_to_come(found: list[Found], how: How) -> int:
    """How many runs a comparison takes at most: of versions whose run is not kept from before, and for noise."""
    keys = {run_key(one, how, None) for one in found}
    return len(keys) - Run.objects.filter(key__in=keys).count() + reruns_wanted(found[0].suite.task)


def outcomes_of(found: Found, how: How, tell: Tell, only: list[str] | None = None, ahead: Ahead | None = None) -> Run:
    """The run of a version: kept from before where nothing that decides its answers has changed."""
    key = run_key(found, how, only)
    if known := Run.objects.select_related("outcomes").filter(key=key).first():
        if known.outcomes.path.exists():
            return known
        known.delete()
    ran = run_version(
        found.files,
        found.suite,
        how,
        datasets=datasets_root(),
        only=only,
        tell=lambda said: tell({"step": found.which, **said}),
        ahead=ahead,
    )
    values = {
        "outcomes": keep_outcomes(table_of(found.suite, ran, how, only)),
        "name": found.named.name,
        "repo": found.repo,
        "sha": found.named.sha,
        "suite": found.suite.name,
        "files_digest": found.digest,
        "suite_digest": found.suite.digest,
        "about": storable(ran.about() | {"dtype": how.dtype, "code": code_version()}),
    }
    return Run.objects.get_or_create(key=key, defaults=values)[0]


def under_one_plan(found: list[Found], runs: list[Run], how: How, tell: Tell) -> list[Run]:
    """Both runs under the same batches: where memory halved those of one version, the other runs again under them.

    The shape of a batch moves the last bits of what it computes, so that a narrow flip may be its doing.
    """
    while True:
        plans = [Plan(**run.about["figures"]["plan"]) for run in runs]
        smaller = min(plans, key=lambda plan: (plan.tokens, plan.rows))
        if plans == [smaller] * len(plans):
            return runs
        halved = replace(how, plan=smaller)
        runs = [
            run if plan == smaller else outcomes_of(one, halved, tell)
            for one, run, plan in zip(found, runs, plans, strict=True)
        ]  # ends: whatever is halved once more is smaller than all plans before it


def run_again(
    found: Found, how: How, runs: list[Run], tell: Tell, ahead: Ahead
) -> tuple[list[tuple[str, Run]], list[str]]:
    """Runs of the older version again, by how; and one sentence on each that came to nothing.

    The floor stands beside the question: where it cannot be measured, the comparison stands without it.
    """
    wanted, only = reruns_wanted(found.suite.task), noise_ids(found.suite)
    until = time.monotonic() + time_for_reruns_s([run.about["figures"] for run in runs], how)
    again: list[tuple[str, Run]] = []
    problems, took_s = [], 0.0
    for way in ways(how, Plan(**runs[0].about["figures"]["plan"])):
        began = time.monotonic()
        if len(again) == wanted or until - began <= took_s:
            break
        told = {"rerun": len(again) + 1, "reruns": wanted}
        bounded = replace(way.how, time_s=max(1, int(until - began)))
        try:
            run = outcomes_of(
                replace(found, which="noise"), bounded, lambda said, told=told: tell(said | told), only, ahead
            )
        except BadRun as problem:
            problems.append(f"The older version did not run again in {way.name}: {problem}")
        else:
            again.append((way.name, run))
        took_s = time.monotonic() - began
    if len(again) < wanted and not problems:
        problems = [f"The older version ran again {len(again)} times and not {wanted}, for want of time."]
    return again, problems


def run_key(found: Found, how: How, only: list[str] | None) -> str:
    """Everything that decides the answers of a run, as one digest; memory and time do not."""
    suite = [found.suite.name, found.suite.digest, only]
    parts = [
        found.digest,
        suite,
        device_kind(how.device),
        how.dtype,
        asdict(how.batches(found.suite.task)),
        code_version(),
    ]
    return hashlib.sha256(json.dumps(parts, sort_keys=True).encode()).hexdigest()


def table_of(suite: Suite, ran: Ran, how: How, only: list[str] | None) -> OutcomeTable:
    """A run's answers as a table of outcomes, in the suite's order and by the suite's names of labels."""
    columns = OutcomeColumns()
    for item in suite.items:
        if item.id in ran.answers:
            columns.add(f"item {item.id[:80]!r}", outcome_of(suite, item, ran.answers[item.id]))
    about = {
        "tool": "stemma",
        "task_hash": suite.digest,
        "dtype": how.dtype,
        "device": ran.environment.get("environment", {}).get("device"),
        "metric": "exact match" if suite.task == GENERATION else "accuracy",
        "answers": "text" if suite.task == GENERATION else None,
    }
    if suite.task == CHOICE and any(item.choices for item in suite.items):
        about |= {"answers": "choices", "choices": max(len(suite.choices_of(item)) for item in suite.items)}
    return OutcomeTable(columns.table(), "run", suite.name, {key: value for key, value in about.items() if value})


def outcome_of(suite: Suite, item: Item, answer: Mapping) -> dict:
    """One row: the item's own columns, and what the version said."""
    said = suite.labels.get(answer["prediction"], answer["prediction"])
    right = answer.get("correct", said == item.label.strip() or said == item.label)
    asked = item.input or None
    return {
        "id": item.id,
        "label": item.label,
        "prediction": said,
        "correct": right,
        "margin": answer["margin"],
        "slice": item.slice,
        "cluster": item.cluster,
        "input": asked,
    }


def question_digest(row: Comparison, files: list[str], suite: Suite) -> str:
    """What makes two comparisons by running one: files, names, suite, how it ran, questions, and the code."""
    versions = [[row.old_name, row.old_sha], [row.new_name, row.new_sha]]
    parts = [ANALYSIS, code_version(), files, versions, suite.name, suite.digest, row.execution["how"], row.asked]
    return hashlib.sha256(json.dumps(parts, sort_keys=True).encode()).hexdigest()
