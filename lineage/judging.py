"""Holds many repositories at once against the licences above them, and keeps the verdicts.

A graph in memory: which nodes anything reaches at all is found for all of them by the fixpoint of
`lineage.obligations.whole`; only those are walked one by one, for the sources and ways that a verdict names. It is the
view of everybody: nothing passes through a repository for staff only.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime

import numpy as np
from django.db import transaction
from django.db.models import Count
from django.utils.timezone import now

from lineage.closure import chunks
from lineage.licences_above import UNSEEN, read_repositories
from lineage.models import Closure, Node, ObligationVerdict, Relation, Trace
from lineage.obligations.paths import Arrived, arrived
from lineage.obligations.rules import own_bits
from lineage.obligations.verdict import Repository, Verdict, judge
from lineage.obligations.whole import inherited
from lineage.obligations_here import RULES, Groups
from lineage.sight import told

CHANGED_MOST = 300  # nodes; after more changes than that, everything is judged again
BELOW_MOST, AROUND_MOST = 1_000, 20_000  # nodes that are judged, and looked at, after few changes
ROWS = 500  # in one statement


@dataclass(frozen=True)
class Graph:
    """Nodes 0 … n−1 with what is public of them, and the relations upwards of node i in start[i] … start[i + 1] − 1."""

    repos: list[int | None]  # key of the repository of each node
    known: list[Repository]
    child: np.ndarray
    parent: np.ndarray
    kind: np.ndarray  # numbers into `kinds`
    kinds: list[str]
    start: np.ndarray

    def get(self, node: int, default=()) -> list[tuple[int, str]]:
        """The (parent, kind) pairs of a node."""
        some = slice(self.start[node], self.start[node + 1])
        return [(int(p), self.kinds[k]) for p, k in zip(self.parent[some], self.kind[some], strict=True)]


def judge_all() -> dict[str, int]:
    """Judge every public repository with a parent, keep the verdicts, forget those of others; the count of each."""
    at = now()
    keep(verdicts(read_graph()), at)
    ObligationVerdict.objects.filter(judged_at__lt=at).delete()
    return counts()


def counts() -> dict[str, int]:
    """How many public repositories stand how."""
    rows = ObligationVerdict.objects.values("verdict").order_by("verdict").annotate(number=Count("pk"))
    return {row["verdict"]: row["number"] for row in rows.filter(repo__staff_only=False)}


def judge_since(start: datetime) -> int:
    """Judge what was traced anew since `start` and what comes from it; how many.

    Everything is judged where that is much, or where nothing was judged by the rules of now yet.
    """
    if not ObligationVerdict.objects.filter(rules=RULES).exists():
        return sum(judge_all().values())
    traced = Trace.objects.filter(traced_at__gte=start)
    nodes = list(Node.objects.filter(repo__trace__in=traced).values_list("pk", flat=True)[: CHANGED_MOST + 1])
    return judge_below(nodes) if len(nodes) <= CHANGED_MOST else sum(judge_all().values())


def judge_below(changed: Collection[int]) -> int:
    """Judge the repositories of the nodes `changed`, and up to 1,000 of the nearest that come from them; how many."""
    at = now()
    below = set(changed)
    for some in chunks(changed):
        under = Closure.objects.filter(ancestor__in=some).order_by("depth", "descendant_id")
        below.update(under.values_list("descendant_id", flat=True)[:BELOW_MOST])
    around = set(below)
    for some in chunks(below):
        over = Closure.objects.filter(descendant__in=some).order_by("depth").values_list("ancestor_id", flat=True)
        around.update(over[: AROUND_MOST - len(around)] if len(around) < AROUND_MOST else ())
    repos: set[int] = set()
    for some in chunks(below):
        repos.update(Node.objects.filter(pk__in=some, repo__isnull=False).values_list("repo_id", flat=True))
    found = keep(verdicts(read_graph(around), repos), at)
    for some in chunks(repos):
        ObligationVerdict.objects.filter(repo__in=some, judged_at__lt=at).delete()
    return found


def read_graph(keys: Collection[int] | None = None) -> Graph:
    """The public graph, or what of it lies among the nodes `keys`."""
    rows = list(nodes_among(keys))
    place = {key: number for number, (key, _) in enumerate(rows)}
    repositories = read_repositories([repo for _, repo in rows if repo])
    unknown = Repository("", UNSEEN)
    kinds: dict[str, int] = {}
    ends: list[tuple[int, int, int]] = []
    for child, parent, kind in relations_among(keys):
        if child != parent and child in place and parent in place:
            ends.append((place[child], place[parent], kinds.setdefault(kind, len(kinds))))
    ends.sort(key=lambda end: end[0])
    child, parent, kind = np.array(ends, dtype=np.int64).reshape(-1, 3).T
    start = np.zeros(len(rows) + 1, dtype=np.int64)
    np.cumsum(np.bincount(child, minlength=len(rows)), out=start[1:])
    known = [repositories.get(repo, unknown) for _, repo in rows]
    return Graph([repo for _, repo in rows], known, child, parent, kind, list(kinds), start)


def nodes_among(keys: Collection[int] | None) -> Iterator[tuple[int, int | None]]:
    rows = Node.objects.order_by("pk").values_list("pk", "repo_id")
    if keys is None:
        yield from rows.iterator(chunk_size=10_000)
        return
    for some in chunks(sorted(keys)):
        yield from rows.filter(pk__in=some)


def relations_among(keys: Collection[int] | None) -> Iterator[tuple[int, int, str]]:
    rows = told(Relation.objects.filter(is_current=True)).order_by("pk").values_list("child_id", "parent_id", "kind")
    if keys is None:
        yield from rows.iterator(chunk_size=10_000)
        return
    for some in chunks(sorted(keys)):
        yield from rows.filter(child__in=some)


def verdicts(graph: Graph, repos: Collection[int] | None = None) -> Iterator[tuple[int, Verdict]]:
    """(repository, verdict) of each public one with a parent, or of those among `repos`."""
    own = [own_bits(r.licence.flags, "".join(r.licence.ids[:1]), r.licence.known) for r in graph.known]
    bits = inherited(graph.child, graph.parent, graph.kind, graph.kinds, np.array(own, dtype=np.int64))
    bits_of, known = dict(enumerate(own)), dict(enumerate(graph.known))
    for node, (repo, here) in enumerate(zip(graph.repos, graph.known, strict=True)):
        if not here.name or graph.start[node] == graph.start[node + 1] or (repos is not None and repo not in repos):
            continue
        reaching = arrived(node, graph, bits_of, Groups(here, known)) if bits[node] else Arrived(())
        direct = [(graph.known[parent], kind) for parent, kind in graph.get(node)]
        yield repo, judge(here, reaching, direct, known)


def keep(found: Iterable[tuple[int, Verdict]], at: datetime) -> int:
    """Store verdicts a few hundred at a time; how many there were."""
    rows = [
        ObligationVerdict(
            repo_id=repo, verdict=said.verdict, reason=said.why[:600], is_partial=said.is_cut, rules=RULES, judged_at=at
        )
        for repo, said in found
    ]
    fields = ["verdict", "reason", "is_partial", "rules", "judged_at"]
    for some in chunks(rows, ROWS):
        with transaction.atomic():
            ObligationVerdict.objects.bulk_create(
                some, update_conflicts=True, unique_fields=["repo"], update_fields=fields
            )
    return len(rows)
