"""Questions about more than one node: what two have in common, the ways between them, what hangs on one.

Each answer is bounded, says what it leaves out, and follows the sight of one viewer: nothing is told of what lies
behind a repository for staff only.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime

from django.db.models import Count, QuerySet

from lineage.closure import chunks
from lineage.models import Relation
from lineage.queries import seen_at
from lineage.reach import components
from lineage.reaches import ABOVE, BELOW, DEPTH_MOST, ClosureReach, Reach, counted, reach
from lineage.sight import Seen, seen_in_bulk, sees_all, told
from lineage.ways import ways_between

ANCESTORS_MOST = 2_000  # of one node that are looked at
RELATIONS_MOST = 20_000  # among them
FRONTIER_MOST = 100  # nodes that an answer without a list names


@dataclass(frozen=True)
class Scope:
    """Which relations count: some kinds or all, as the mirror knows them now or knew them at a time."""

    relations: tuple[str, ...] = ()
    as_of: datetime | None = None
    depth: int = DEPTH_MOST  # generations, up or down

    def reach(self, root: int, side: str, user, hidden: frozenset[int] | None = None) -> Reach:
        return reach(
            root,
            side,
            depth=self.depth,
            kinds=self.relations,
            everything=sees_all(user),
            as_of=self.as_of,
            hidden=hidden,
        )

    def rows(self, user) -> QuerySet[Relation]:
        return told(counted(self.relations, self.as_of), everything=sees_all(user))


@dataclass(frozen=True)
class Relatives:
    """An answer: nodes, the relations that hold them together, and what was left out."""

    root: Seen
    nodes: tuple[Seen, ...]
    edges: tuple[Relation, ...]
    total: int | None  # of what was asked for; None where it could not be counted
    is_partial: bool
    frontier: tuple[Seen, ...]
    as_of: datetime | None
    told: dict  # what only this question answers
    next: str | None = None


@dataclass(frozen=True)
class Upwards:
    """The ancestors of a node that a viewer sees, and every relation among them."""

    depths: dict[int, int]  # of the node itself 0
    edges: list[Relation]
    is_cut: bool

    @property
    def parents(self) -> dict[int, list[int]]:
        found: dict[int, list[int]] = defaultdict(list)
        for edge in self.edges:
            found[edge.child_id].append(edge.parent_id)
        return found

    def open_nodes(self) -> set[int]:
        return {edge.child_id for edge in self.edges if edge.parent_id not in self.depths}


def upwards(root: int, scope: Scope, user) -> Upwards:
    """At most 2,000 ancestors, the nearest, and 20,000 relations upwards from them."""
    above = scope.reach(root, ABOVE, user)
    nearest = above.after(None, ANCESTORS_MOST + 1)
    depths = {root: 0} | {node: depth for depth, node in nearest[:ANCESTORS_MOST] if node != root}
    edges: list[Relation] = []
    is_cut = above.is_cut or len(nearest) > ANCESTORS_MOST
    for some in chunks(depths):
        rows = scope.rows(user).filter(child_id__in=some).order_by("pk")
        edges += rows[: RELATIONS_MOST + 1 - len(edges)]
        if len(edges) > RELATIONS_MOST:
            return Upwards(depths, edges[:RELATIONS_MOST], is_cut=True)
    return Upwards(depths, edges, is_cut)


def common_ancestors(root: Seen, other: Seen, scope: Scope, limit: int, user=None) -> Relatives:
    """The nodes that both come from, either of the two itself included; the nearest marked and first.

    Nearest is what no other common ancestor comes from, its own cycle aside. The relations told are those on a shortest
    way from each of the two up to each nearest.
    """
    one, two = upwards(root.key, scope, user), upwards(other.key, scope, user)
    common = one.depths.keys() & two.depths.keys()
    known = seen_in_bulk(common, user)
    rings = rings_of([*one.edges, *two.edges])
    lower = {edge.parent_id for edge in [*one.edges, *two.edges] if is_lower(edge, common, rings)}
    nearest = common - lower
    rows = sorted(common, key=lambda key: (key in lower, one.depths[key] + two.depths[key], key))
    shown = rows[:limit]
    ways = [
        way.found[0]
        for key in shown
        if key in nearest
        for start, side in ((root.key, one), (other.key, two))
        if (way := ways_between(start, key, side.parents, 1)).found
    ]
    edges = edges_on(ways, [*one.edges, *two.edges])
    touched = {key for edge in edges for key in (edge.child_id, edge.parent_id)} | set(shown)
    return Relatives(
        root=root,
        nodes=tuple(seen_in_bulk(sorted(touched), user).values()),
        edges=edges,
        total=None if one.is_cut or two.is_cut else len(common),
        is_partial=one.is_cut or two.is_cut or len(rows) > limit,
        frontier=tuple(seen_in_bulk(sorted(one.open_nodes() | two.open_nodes()), user).values()),
        as_of=scope.as_of or seen_at(root, edges),
        told={"other": other.id, "common": [common_answer(known[key], key in nearest, one, two) for key in shown]},
    )


def common_answer(node: Seen, is_nearest: bool, one: Upwards, two: Upwards) -> dict:
    return {
        "id": node.id,
        "kind": node.kind,
        "is_nearest": is_nearest,
        "depth": one.depths[node.key],
        "depth_of_other": two.depths[node.key],
    }


def rings_of(edges: Iterable[Relation]) -> dict[int, int]:
    """The cycle of each node that is on one by these relations: a number of our own, told from what a viewer sees."""
    parents: dict[int, list[int]] = defaultdict(list)
    for edge in edges:
        parents[edge.child_id].append(edge.parent_id)
    found = (members for members in components(parents) if len(members) > 1)
    return {node: number for number, members in enumerate(found) for node in members}


def is_lower(edge: Relation, common: Collection[int], rings: dict[int, int]) -> bool:
    """Does another common ancestor come from the parent of this relation, on no cycle with it?"""
    if edge.child_id not in common or edge.parent_id not in common or edge.child_id == edge.parent_id:
        return False
    ring = rings.get(edge.child_id)
    return ring is None or ring != rings.get(edge.parent_id)


def edges_on(ways: Iterable[tuple[int, ...]], edges: Iterable[Relation]) -> tuple[Relation, ...]:
    steps = {pair for way in ways for pair in zip(way, way[1:], strict=False)}
    found = {edge.pk: edge for edge in edges if (edge.child_id, edge.parent_id) in steps}
    return tuple(found[key] for key in sorted(found))


def paths(root: Seen, other: Seen, scope: Scope, limit: int, user=None) -> Relatives:
    """Every way along relations from `root` up to `other`, or from `other` up to `root`; the shortest first.

    A way meets no node twice. Nodes of ways that are not among the first `limit` are left out.
    """
    side = first = upwards(root.key, scope, user)
    is_up = other.key in side.depths
    low, high = (root.key, other.key) if is_up else (other.key, root.key)
    side = side if is_up else upwards(other.key, scope, user)
    is_cut = side.is_cut or first.is_cut  # a way up may also lie where the first look ended
    ways = ways_between(low, high, side.parents, limit)
    edges = edges_on(ways.found, side.edges)
    names = seen_in_bulk({key for way in ways.found for key in way} | {root.key, other.key}, user)
    return Relatives(
        root=root,
        nodes=tuple(names[key] for key in sorted(names)),
        edges=edges,
        total=None if is_cut else ways.total,
        is_partial=is_cut or ways.is_cut,
        frontier=tuple(seen_in_bulk(sorted(side.open_nodes()), user).values()) if side.is_cut else (),
        as_of=scope.as_of or seen_at(root, edges),
        told={
            "other": other.id,
            "direction": ("ancestors" if is_up else "descendants") if ways.found else None,
            "paths": [[names[key].id for key in way] for way in ways.found],
        },
    )


def impact(root: Seen, scope: Scope, user=None) -> dict:
    """How many repositories come from `root`, by generations, by their state, and by how the first ones were made.

    What was walked and not counted to the end gives `total` None, and the numbers are those of the nearest.
    """
    below = scope.reach(root.key, BELOW, user)
    direct = scope.rows(user).filter(parent_id=root.key)
    direct = direct.exclude(child_id=root.key) if not root.is_masked else direct.none()
    by_kind = direct.values("kind").order_by("kind").annotate(number=Count("child_id", distinct=True))
    depths, farther = depths_of(below), beyond(below)
    return {
        "root": root.id,
        "total": None if below.is_cut else sum(depths.values()),
        "is_partial": below.is_cut or bool(farther),
        "by_depth": [{"depth": depth, "repositories": number} for depth, number in sorted(depths.items())],
        "by_relation": [{"relation": row["kind"], "repositories": row["number"]} for row in by_kind],
        "frontier": [node.id for node in seen_in_bulk(farther, user).values()],
        "as_of": scope.as_of or seen_at(root, ()),
    }


def beyond(below: Reach) -> list[int]:
    """Up to 100 of the farthest nodes that were counted, from which relations lead on to what was not."""
    if below.is_cut:
        last = sorted(below.positions)[-FRONTIER_MOST:]
    elif below.depth < DEPTH_MOST:
        last = below.after((below.depth - 1, 2**62), FRONTIER_MOST)
    else:
        return []
    return sorted(below.open_nodes({node for _, node in last}, None))


def depths_of(below: Reach) -> Counter[int]:
    if isinstance(below, ClosureReach):
        rows = below.rows.order_by("depth").values("depth").annotate(number=Count("descendant_id"))
        return Counter({row["depth"]: row["number"] for row in rows})
    return Counter(below.depths.values())
