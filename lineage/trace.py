"""Reads where repositories come from and stores it: claims, relations, recipes, and the closure that follows.

A repository is due while its state, or the reader, is not the one that its trace names; so a new reader makes all of
them due, and a parent that is mirrored later takes its dangling node over when it is traced itself.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable, Sequence
from datetime import datetime

from django.db import transaction
from django.db.models import Exists, OuterRef, QuerySet
from django.utils.timezone import now

from lineage.binding import adopt
from lineage.claims import READER
from lineage.closure import change, chunks, graph_lock
from lineage.kinds import Verdict, decide
from lineage.models import Claim, Node, Relation, Trace
from lineage.readers.repository import ShownRepo, evidence_of
from lineage.reading import shown
from lineage.relating import Traced, bind_parents, current_claims, keep_claims, keep_recipes, keep_relations, pairs_of
from registry.models import Repo
from registry.reading import names_of
from registry.storable import storable, storable_text

log = logging.getLogger(__name__)

BATCH = 200  # repositories read and stored at once; their cards and file lists are in memory together
PROBLEM_MOST = 1_000  # characters


def due() -> QuerySet[Repo]:
    """Repositories that were never traced, or not as they are now, or not by the reader of now."""
    current = Trace.objects.filter(repo=OuterRef("pk"), state_digest=OuterRef("state_digest"), reader=READER)
    return Repo.objects.filter(~Exists(current))


def trace_due(limit: int) -> int:
    """Trace up to `limit` repositories that are behind, a batch at a time; how many there were."""
    traced = last = 0  # each is met once, whatever comes of it
    while (room := min(BATCH, limit - traced)) > 0:
        repos = list(due().filter(pk__gt=last).order_by("pk")[:room])
        if not repos:
            break
        trace_batch(repos)
        traced, last = traced + len(repos), repos[-1].pk
    return traced


def trace_repo(repo: Repo) -> Trace:
    """Trace one repository, due or not."""
    return trace_batch([repo])[0]


def trace_batch(repos: Sequence[Repo]) -> list[Trace]:
    """Trace `repos` in one transaction, in a number of queries that grows only with the edges that change."""
    batch = [read(repo, one) for repo, one in zip(repos, shown(repos), strict=True)]
    with transaction.atomic():
        return store(batch, now())


def read(repo: Repo, one: ShownRepo) -> Traced:
    """What is decided of one repository. A crash of a reader is its own problem and never another repository's."""
    try:
        evidence = evidence_of(one)
        return Traced(repo, decide(evidence), evidence.reading.recipes, evidence.reading.problem)
    except Exception as error:
        log.exception("the readers of claims failed on %s", repo.name)
        return Traced(repo, Verdict("unknown"), problem=f"The reader failed: {type(error).__name__}: {error}")


def store(batch: Sequence[Traced], at: datetime) -> list[Trace]:
    graph_lock()
    repos = [each.repo for each in batch]
    traces = {row.repo_id: row for row in Trace.objects.select_for_update().filter(repo__in=repos)}
    nodes, merges = adopt(repos, names_of(repos))
    came, went = join(merges)
    current = current_claims(repo.pk for repo in repos)
    for each in batch:
        each.node = nodes[each.repo.pk]
        known = traces.get(each.repo.pk)
        each.has_moved = known is None or known.state_digest != each.repo.state_digest
    remember_bindings(batch, current)
    relations, added, removed = keep_relations(batch, bind_parents(batch), at)
    keep_claims(batch, current, relations, at)
    keep_recipes(batch)
    change(came | added, went | removed)
    return keep_traces(batch, traces, at)


def remember_bindings(batch: Sequence[Traced], current: Iterable[Claim]) -> None:
    """A reference that a child's claim was bound to a mirrored repository by keeps meaning that repository."""
    parents = {row.relation.parent_id for row in current if row.relation}
    mirrored = {
        pk
        for some in chunks(parents)
        for pk in Node.objects.filter(pk__in=some, repo__isnull=False).values_list("pk", flat=True)
    }
    by_repo = {each.repo.pk: each for each in batch}
    for row in current:
        if row.relation and row.relation.parent_id in mirrored:
            by_repo[row.child_id].bound_before.setdefault(row.parent_ref, row.relation.parent_id)


def join(merges: Sequence[tuple[Node, Node]]) -> tuple[set, set]:
    """Give the relations of dangling nodes to the nodes that they turned out to be; the pairs that came and went."""
    came, went = set(), set()
    for dangling, own in merges:
        rows = list(Relation.objects.filter(parent=dangling))
        for row in rows:
            went |= pairs_of([row])
            same = Relation.objects.filter(child=row.child_id, parent=own, kind=row.kind, role=row.role).first()
            if same:
                Claim.objects.filter(relation=row).update(relation=same)
                Relation.objects.filter(pk=same.pk).update(is_current=same.is_current or row.is_current)
                same.is_current = same.is_current or row.is_current
                came |= pairs_of([same])
                row.delete()
            else:
                row.parent = own
                row.save(update_fields=["parent"])
                came |= pairs_of([row])
    change((), went)
    for dangling, _ in merges:
        dangling.delete()
    return came, set()


def keep_traces(batch: Sequence[Traced], known: dict[int, Trace], at: datetime) -> list[Trace]:
    """The traces' rows, written only where they say something else than before."""
    new, changed, kept = [], [], []
    for each in batch:
        row = known.get(each.repo.pk)
        said = says(each)
        if row is None:
            new.append(row := Trace(repo=each.repo, traced_at=at, **said))
        elif any(getattr(row, name) != value for name, value in said.items()):
            for name, value in said.items():
                setattr(row, name, value)
            row.traced_at = at
            changed.append(row)
        kept.append(row)
    Trace.objects.bulk_create(new)
    Trace.objects.bulk_update(changed, [*SAID, "traced_at"], batch_size=100)
    return kept


SAID = ("state_digest", "reader", "relation", "contradictions", "problem")


def says(each: Traced) -> dict:
    return {
        "state_digest": each.repo.state_digest,
        "reader": READER,
        "relation": each.verdict.relation,
        "contradictions": storable(list(each.verdict.contradictions)),
        "problem": storable_text(each.problem[:PROBLEM_MOST]),
    }
