"""Assesses repositories by every rubric that applies to them, and stores what is new."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from types import ModuleType

from django.db import transaction
from django.db.models import QuerySet
from django.utils.timezone import now

from openness import carbon, data_card, model_card, mof
from openness.distribution import classes_of
from openness.emissions import keep_emissions, settle
from openness.findings import Result
from openness.models import Assessment
from openness.models.assessment import due_for
from openness.reading import states_of
from openness.state import RepoState
from registry.energy import metered
from registry.models import Repo
from registry.storable import storable, storable_text

log = logging.getLogger(__name__)

METERED_LEAST = 100  # repositories; fewer take less time than the tracker needs to look at the machine
BATCH = 100  # repositories read and stored at once; their cards and file lists are in memory together
SETTLED_MOST = 5_000  # repositories a round that a relative's later report made doubtful
PROBLEM_MOST = 500  # characters


@dataclass(frozen=True)
class Scorer:
    """A rubric's module, which answers `assess(state) -> Result`, and the kinds of repository that it is about."""

    module: ModuleType
    kinds: frozenset[str]

    def answer(self, state: RepoState) -> Result:
        return self.module.assess(state)


SCORERS = {
    "model-card": Scorer(model_card, frozenset({"model"})),
    "data-card": Scorer(data_card, frozenset({"dataset"})),
    "mof": Scorer(mof, frozenset({"model"})),
    "carbon": Scorer(carbon, frozenset({"model"})),
}


def scorers_for(kind: str, names: Iterable[str] | None = None) -> dict[str, Scorer]:
    """The scorers of one kind of repository, or those of them that are named."""
    wanted = SCORERS.keys() if names is None else set(names)
    return {name: scorer for name, scorer in SCORERS.items() if name in wanted and kind in scorer.kinds}


@cache
def version_of(name: str) -> tuple[str, str]:
    """The rubric and the reader that `name` answers with now, as it says itself of a repository without anything."""
    scorer = SCORERS[name]
    empty = scorer.answer(RepoState(kind=min(scorer.kinds), name="stemma-examples/nothing"))
    return empty.rubric, empty.reader


def answer(name: str, state: RepoState) -> Result:
    """What a rubric says of one repository. A crash is that assessment's problem and never another's."""
    try:
        return SCORERS[name].answer(state)
    except Exception as error:
        log.exception("%s failed on %s", name, state.name)
        rubric, reader = version_of(name)
        problem = f"The rubric failed on this repository: {type(error).__name__}: {error}"
        return Result(rubric=rubric, reader=reader, problem=problem[:PROBLEM_MOST])


def row_of(repo: Repo, name: str, result: Result) -> Assessment:
    return Assessment(
        repo=repo,
        revision_id=repo.head_id,
        name=name,
        rubric=result.rubric,
        reader=result.reader,
        state_digest=repo.state_digest,
        score=result.score,
        assessed_weight=result.assessed_weight,
        label=storable_text(result.label),
        classes=classes_of(result.extra),
        marks=result.marks,
        findings=storable([finding.as_dict() for finding in result.findings]),
        result=storable(result.extra),
        problem=storable_text(result.problem),
        assessed_at=now(),
    )


IDENTITY = ("rubric", "reader", "state_digest")
CONTENT = ("score", "assessed_weight", "label", "classes", "marks", "findings", "result", "problem", "revision_id")


def says_the_same(old: Assessment | None, new: Assessment) -> bool:
    return old is not None and all(getattr(old, field) == getattr(new, field) for field in IDENTITY + CONTENT)


def current_rows(repos: Sequence[Repo]) -> dict[tuple[int, str], Assessment]:
    rows = Assessment.objects.current().filter(repo__in=[repo.pk for repo in repos])
    return {(row.repo_id, row.name): row for row in rows}


@transaction.atomic
def keep(rows: Sequence[Assessment], read_at: datetime) -> list[Assessment]:
    """Store `rows` as the current ones, each over the one it supersedes; one that says the same stays untouched.

    `read_at` is when the reading of their repositories and these' relatives began.
    """
    repos = list(Repo.objects.select_for_update().filter(pk__in={row.repo_id for row in rows}).order_by("pk"))
    current = current_rows(repos)
    changed = [row for row in rows if not says_the_same(current.get((row.repo_id, row.name)), row)]
    superseded = [current[key].pk for row in changed if (key := (row.repo_id, row.name)) in current]
    Assessment.objects.filter(pk__in=superseded).update(is_current=False)
    Assessment.objects.bulk_create(
        changed,
        update_conflicts=True,  # a repository that came back to an earlier state has its row already
        unique_fields=["repo", *IDENTITY],
        update_fields=["name", "revision", *CONTENT[:-1], "is_current", "assessed_at"],
    )
    keep_emissions(rows, read_at)
    kept = current_rows(repos)
    return [kept[row.repo_id, row.name] for row in rows]


def assess_batch(repos: Sequence[Repo], names: Iterable[str] | None = None, *, only_due=False) -> list[Assessment]:
    """Assess `repos` by the rubrics `names` that apply to each (all when None), or only by those that are behind."""
    read_at = now()
    done = current_rows(repos) if only_due else {}
    rows = []
    for repo, state in zip(repos, states_of(repos), strict=True):
        asked = [name for name in scorers_for(repo.kind, names) if not is_done(done.get((repo.pk, name)), repo, name)]
        rows += [row_of(repo, name, answer(name, state)) for name in asked]
    return keep(rows, read_at)


def is_done(row: Assessment | None, repo: Repo, name: str) -> bool:
    return row is not None and (row.rubric, row.reader, row.state_digest) == (*version_of(name), repo.state_digest)


def assess_repo(repo: Repo, rubrics: Iterable[str] | None = None) -> list[Assessment]:
    """Assess one repository, due or not, and return its current assessments by `rubrics`."""
    return assess_batch([repo], rubrics)


def due(kind: str, names: Iterable[str] | None = None) -> QuerySet[Repo]:
    """Repositories of one kind that some rubric has not assessed as they are now."""
    return due_for([version_of(name) for name in scorers_for(kind, names)], [kind])


def assess_due(limit: int, rubrics: Iterable[str] | None = None) -> int:
    """Assess up to `limit` repositories that are behind, a batch at a time; returns how many there were."""
    names = None if rubrics is None else list(rubrics)
    behind = sum(due(kind, names)[:METERED_LEAST].count() for kind in Repo.Kind.values)
    if min(behind, limit) < METERED_LEAST:
        return assess_all_due(limit, names)
    with metered("assessment", f"re-assessment by {', '.join(names or SCORERS)}"):
        return assess_all_due(limit, names)


def assess_all_due(limit: int, names: list[str] | None) -> int:
    assessed = 0
    for kind in Repo.Kind.values:
        last = 0  # each repository is met once, whatever its rubric answers
        while (room := min(BATCH, limit - assessed)) > 0:
            repos = list(due(kind, names).filter(pk__gt=last).order_by("pk")[:room])
            if not repos:
                break
            assess_batch(repos, names, only_due=True)
            assessed, last = assessed + len(repos), repos[-1].pk
    if names is None or "carbon" in names:
        settle(lambda repos: assess_batch(list(repos), ["carbon"]), SETTLED_MOST)
    return assessed
