"""Nodes of a drawn family that a reader opened one by one: their parents or their children, drawn in place.

An address carries them as `open=up.KEY` and `open=down.KEY`, so that a page works by links alone.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from django.db.models import Exists, OuterRef

from lineage.layout import Opened
from lineage.models import Node, Relation
from lineage.queries import Subgraph
from lineage.reaches import counted
from lineage.sight import Seen, seen_in_bulk, sees_all, told

UP, DOWN = "up", "down"
OPEN = re.compile(r"(up|down)\.(\d{1,18})", re.ASCII)
OPENED_MOST = 8  # nodes at once
NEIGHBOURS_MOST = 40  # of one opened node


@dataclass(frozen=True)
class Expansion:
    """What opened nodes add to a family, and from which nodes more can be opened."""

    opened: tuple[Opened, ...]
    nodes: dict[int, Seen]
    edges: tuple[Relation, ...]
    more_up: frozenset[int]  # keys of drawn nodes with parents that are not drawn
    more_down: frozenset[int]
    wanted: tuple[tuple[str, int], ...]  # the openings that count, in their order


def wanted_in(texts: Iterable[str]) -> list[tuple[str, int]]:
    """The openings that an address asks for; what is none is passed over.

    >>> wanted_in(["up.3", "down.x", "up.3", "down.4"])
    [('up', 3), ('down', 4)]
    """
    found = (OPEN.fullmatch(text) for text in texts)
    return list(dict.fromkeys((each[1], int(each[2])) for each in found if each))[:OPENED_MOST]


def expand(graph: Subgraph, wanted: Sequence[tuple[str, int]], kinds: tuple[str, ...], user) -> Expansion:
    """The neighbours of opened nodes in order; a node is opened only where it is drawn and visible to `user`."""
    shown = {placed.node.key: placed.node for placed in graph.nodes} | {graph.root.key: graph.root}
    added: dict[int, Seen] = {}
    edges: dict[int, Relation] = {edge.pk: edge for edge in graph.edges}
    opened, used = [], []
    for side, key in wanted:
        anchor = (shown | added).get(key)
        if anchor is None or anchor.is_masked:
            continue
        rows = rows_of(key, side, kinds, user)
        edges |= {row.pk: row for row in rows}
        far = dict.fromkeys(row.parent_id if side == UP else row.child_id for row in rows)
        fresh = seen_in_bulk([node for node in far if node not in shown and node not in added], user)
        added |= fresh
        used.append((side, key))
        kind_of = {(row.parent_id if side == UP else row.child_id): row.kind for row in rows}
        opened.append(Opened(key, side, tuple((node, kind_of[node]) for node in far if node in fresh)))
    drawn = {key: node for key, node in (shown | added).items() if key is not None and not node.is_masked}
    more_up, more_down = further(drawn, shown.keys() | added.keys(), kinds, user)
    return Expansion(tuple(opened), added, tuple(edges.values()), more_up, more_down, tuple(used))


def rows_of(key: int, side: str, kinds: tuple[str, ...], user) -> list[Relation]:
    near, far = ("child_id", "parent_id") if side == UP else ("parent_id", "child_id")
    rows = told(counted(kinds), everything=sees_all(user)).filter(**{near: key})
    return list(rows.order_by(far)[:NEIGHBOURS_MOST])


def further(
    drawn: Iterable[int], shown: Iterable[int], kinds: tuple[str, ...], user
) -> tuple[frozenset[int], frozenset[int]]:
    """The drawn nodes from which a relation leads up, and down, to what is not shown; both sides in one query."""
    known = [key for key in shown if key is not None]
    rows = told(counted(kinds), everything=sees_all(user))
    up = rows.filter(child_id=OuterRef("pk")).exclude(parent_id__in=known)
    down = rows.filter(parent_id=OuterRef("pk")).exclude(child_id__in=known)
    nodes = Node.objects.filter(pk__in=list(drawn)).annotate(leads_up=Exists(up), leads_down=Exists(down))
    found = list(nodes.values_list("pk", "leads_up", "leads_down"))
    return frozenset(key for key, is_up, _ in found if is_up), frozenset(key for key, _, is_down in found if is_down)
