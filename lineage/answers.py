"""What the commands, REST and the pages say of a traced repository, read in a bounded number of queries."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import timedelta

from django.db.models import Q

from lineage.candidates import candidates_of
from lineage.claims import NOT_DERIVED
from lineage.models import Claim, Node, Relation, Trace
from lineage.reach import way_round
from lineage.sight import told

EVIDENCE_MOST = 20  # claims of one relation that are shown
MEMBERS_MOST = 50  # of one cycle that are named
VERSIONS_MOST = 20  # newer versions that are followed
SEARCHED_MOST = 20  # parents whose candidates are looked for
CLOCK_SLACK = timedelta(days=1)  # between two dates of the Hub that count as the same time


def evidence_of(claim: Claim) -> dict:
    lines = [claim.first_line, claim.last_line] if claim.first_line else None
    return {
        "source": claim.source,
        "file": claim.file or None,
        "field": claim.field or None,
        "lines": lines,
        "quote": claim.quote,
    }


def claims_of(relations: Iterable[Relation]) -> dict[int, list[Claim]]:
    """The claims behind each relation as they were read, in order; of a present one only those that still stand."""
    found: dict[int, list[Claim]] = defaultdict(list)
    rows = Claim.objects.filter(relation__in=[row.pk for row in relations])
    rows = rows.filter(Q(is_current=True) | Q(relation__is_current=False))
    for claim in rows.order_by("relation_id", "pk").defer("state_digest", "reader"):
        found[claim.relation_id].append(claim)
    return found


def evidence_for(relations: Sequence[Relation]) -> dict[int, list[dict]]:
    return {key: [evidence_of(claim) for claim in rows[:EVIDENCE_MOST]] for key, rows in claims_of(relations).items()}


def parents_of(node: Node) -> list[Relation]:
    """The current relations to a node's parents, the oldest first."""
    return list(node.parents.filter(is_current=True).select_related("parent__repo").order_by("pk"))


def parent_answer(relation: Relation, evidence: list[dict]) -> dict:
    return {
        "id": relation.parent.label,
        "kind": relation.parent.kind,
        "relation": relation.kind,
        "role": relation.role or None,
        "declared_relation": relation.declared_kind or None,
        "hub_relation": relation.hub_kind or None,
        "resolved": relation.parent.repo_id is not None,
        "proof": relation.proof,
        "evidence": evidence,
    }


def trace_answer(trace: Trace) -> dict:
    """The line that `trace REPO_ID` prints."""
    node = Node.objects.get(repo=trace.repo_id)
    relations = parents_of(node)
    evidence = evidence_for(relations)
    return {
        "id": trace.repo.name,
        "kind": trace.repo.kind,
        "relation": trace.relation,
        "parents": [
            parent_answer(row, evidence.get(row.pk, [])) | {"candidates": candidate_names(row.parent, place)}
            for place, row in enumerate(relations)
        ],
        "contradictions": contradictions_of(trace, node, relations, everything=True),
        "problem": trace.problem or None,
    }


def candidate_names(parent: Node, place: int) -> list[str]:
    """Who a parent that is not mirrored may be; for the first of many, since each takes a search of its own."""
    return [name for name, _ in candidates_of(parent, None)] if place < SEARCHED_MOST else []


def contradictions_of(
    trace: Trace, node: Node, relations: Sequence[Relation], *, everything: bool, cycle: Sequence[str] | None = None
) -> list[str]:
    """What its own sources say against each other, then what the graph and the calendar say against them.

    Without `everything`, which is for staff, nothing is told of what a repository for staff only comes from, nor of a
    cycle that only closes through one. `cycle` is what `cycle_sentences` said, where it was asked already.
    """
    ring = cycle_sentences(node, everything=everything) if cycle is None else cycle
    said = [*trace.contradictions, *ring, *younger_parents(trace, relations)]
    return said + versions_in_a_ring(node, relations, everything=everything)


def cycle_sentences(node: Node, *, everything: bool) -> list[str]:
    """The cycle that a node is on, as a way round from itself; a self-reference is said where it was read."""
    if node.cycle is None:
        return []
    members = {each.pk: each for each in Node.objects.filter(cycle=node.cycle)[:MEMBERS_MOST]}
    edges = Relation.objects.filter(is_current=True, child__in=members, parent__in=members)
    edges = told(edges.exclude(kind__in=NOT_DERIVED), everything=everything)
    way = way_round(node.pk, edges.values_list("child_id", "parent_id"))
    if len(way) < 2:
        return []
    names = [members[key].label for key in (*way, way[0])]
    return [f"It is on a cycle: {' ← '.join(names)}."]


def versions_in_a_ring(node: Node, relations: Sequence[Relation], *, everything: bool) -> list[str]:
    """Newer versions that lead back to where they started; a repository that names itself is said where it was read."""
    way, following = [node], next((row.parent for row in relations if row.kind == "new_version"), None)
    while following is not None and following.pk != node.pk and len(way) < VERSIONS_MOST:
        way.append(following)
        rows = Relation.objects.filter(child=following, kind="new_version", is_current=True).select_related("parent")
        rows = told(rows, everything=everything)
        following = next((row.parent for row in rows.order_by("pk")[:1]), None)
        if following in way[1:]:
            return []  # the ring does not hold this one
    if following is None or following.pk != node.pk or len(way) < 2:
        return []
    names = " → ".join(each.label for each in (*way, node))
    return [f"Its newer versions lead back to itself: {names}."]


def younger_parents(trace: Trace, relations: Sequence[Relation]) -> list[str]:
    """Parents that the Hub says were created after their child."""
    born = trace.repo.hub_created_at
    younger = [row.parent for row in relations if row.kind not in NOT_DERIVED and is_younger(row.parent, born)]
    return [
        f"It was created on {born:%Y-%m-%d}, its parent {parent.label} later, on {parent.repo.hub_created_at:%Y-%m-%d}."
        for parent in younger
    ]


def is_younger(parent: Node, born) -> bool:
    created = parent.repo.hub_created_at if parent.repo_id else None
    return bool(born and created and created > born + CLOCK_SLACK)
