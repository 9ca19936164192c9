"""Which mirrored models are older and newer versions of one another, and what their last comparison found.

A card's `new_version` names the newer one, so its child is the older version; a fine-tune's child is the newer.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from django.db.models import Q

from lineage.models import Comparison, OutcomeSet, Relation
from registry.models import Repo

MOST_SHOWN = 20
MOST_VERSIONS = 24
SUCCESSION, DESCENT = Relation.Kind.NEW_VERSION, Relation.Kind.FINETUNE


@dataclass(frozen=True)
class Upgrade:
    """A step from an older to a newer version; `comparison` is the last one asked for, None where there is none."""

    old: Repo
    new: Repo
    relation: str
    comparison: Comparison | None = None


def upgrades_of(repo: Repo, user=None) -> list[Upgrade]:
    """The steps into and out of a model that `user` may see, each with its last comparison."""
    either_end = Q(child__repo=repo) | Q(parent__repo=repo)
    rows = Relation.objects.filter(either_end, is_current=True, kind=SUCCESSION)
    rows |= Relation.objects.filter(child__repo=repo, is_current=True, kind=DESCENT)
    rows = rows.filter(child__repo__isnull=False, parent__repo__isnull=False)
    found = rows.select_related("child__repo", "parent__repo").order_by("pk")[:MOST_SHOWN]
    steps = [step_of(relation) for relation in found]
    may_see = {one.pk for one in Repo.objects.visible_to(user).filter(pk__in=[r.pk for s in steps for r in s[:2]])}
    steps = [step for step in steps if step[0].pk in may_see and step[1].pk in may_see]
    last = last_comparisons([(old, new) for old, new, _ in steps])
    return [Upgrade(old, new, kind, last.get((old.pk, new.pk))) for old, new, kind in steps]


def step_of(relation: Relation) -> tuple[Repo, Repo, str]:
    """The older version, the newer, and how they are related."""
    ends = relation.child.repo, relation.parent.repo
    return (*(ends if relation.kind == SUCCESSION else ends[::-1]), relation.kind)


def last_comparisons(pairs: Iterable[tuple[Repo, Repo]]) -> dict[tuple[int, int], Comparison]:
    """The last finished comparison of each (old, new) pair, by their keys."""
    wanted = {(old.pk, new.pk) for old, new in pairs}
    rows = Comparison.objects.done().filter(old_repo__in=[o for o, _ in wanted], new_repo__in=[n for _, n in wanted])
    found: dict[tuple[int, int], Comparison] = {}
    for row in rows.defer("details").order_by("asked_at", "pk"):
        if (row.old_repo_id, row.new_repo_id) in wanted:
            found[row.old_repo_id, row.new_repo_id] = row
    return found


def chain_of(repo: Repo, user=None) -> list[Repo]:
    """The versions before and after a model, oldest first, as far as each step is the only one that `user` sees."""
    older = walk(repo, {repo.pk}, user, is_forward=False)
    newer = walk(repo, {repo.pk, *(one.pk for one in older)}, user, is_forward=True)
    return [*older[::-1], repo, *newer][:MOST_VERSIONS]


def walk(repo: Repo, seen: set[int], user, *, is_forward: bool) -> list[Repo]:
    """The next versions in one direction; ends at a fork, at one seen before, and where nothing is known."""
    found: list[Repo] = []
    while len(found) < MOST_VERSIONS and (following := neighbour(repo, user, is_forward=is_forward)):
        if following.pk in seen:
            break
        seen.add(following.pk)
        found.append(following)
        repo = following
    return found


def neighbour(repo: Repo, user, *, is_forward: bool) -> Repo | None:
    """The next newer or older version by `new_version`; without one, backwards, what it was fine-tuned from."""
    here, there = ("child", "parent") if is_forward else ("parent", "child")
    only = only_end(repo, SUCCESSION, here, there, user)
    return only if only or is_forward else only_end(repo, DESCENT, "child", "parent", user)


def only_end(repo: Repo, kind: str, here: str, there: str, user) -> Repo | None:
    rows = Relation.objects.filter(is_current=True, kind=kind, **{f"{here}__repo": repo})
    ends = list(Repo.objects.visible_to(user).filter(pk__in=rows.values(f"{there}__repo")).order_by("pk")[:2])
    return ends[0] if len(ends) == 1 else None


def recorded_outcomes(repos: Iterable[Repo], user=None) -> dict[str, dict[int, OutcomeSet]]:
    """By suite, the last recorded outcomes of each model (by key) in any comparison that `user` may see."""
    repos = list(repos)
    found: dict[str, dict[int, OutcomeSet]] = {}
    rows = Comparison.objects.done().visible_to(user).filter(Q(old_repo__in=repos) | Q(new_repo__in=repos))
    keys = {repo.pk for repo in repos}
    for row in rows.select_related("old", "new").defer("report", "details").order_by("asked_at", "pk"):
        for key, outcomes in ((row.old_repo_id, row.old), (row.new_repo_id, row.new)):
            if key in keys:
                found.setdefault(outcomes.suite, {})[key] = outcomes
    return found
