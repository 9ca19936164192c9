"""Keeps the closure table true to the current relations, by increments: edges come, edges go, cycles are marked.

All changes of the graph are made under `graph_lock`, since two transactions that each add an edge would not see each
other's and leave out the ancestors that only both edges together give.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence

from django.db import connection

from lineage.claims import NOT_DERIVED
from lineage.models import Closure, Node, Relation
from lineage.reach import Pair, cycles, distances

FEW_EDGES = 8  # that are added one by one above what has descendants; more are worked out together
REGION_MOST = 20_000  # nodes whose ancestors are worked out together
CHUNK = 300  # pairs or keys in one statement; SQLite takes 32,766 values, older ones 999
LOCK_KEY = 0x5354454D4D41  # any constant: "STEMMA"
PAIR_VALUES = "(%s, %s)"
ROW_VALUES = "(%s, %s, %s)"
INSERT_ROWS = "INSERT INTO lineage_closure (descendant_id, ancestor_id, depth) VALUES {values}"

# Both databases: every descendant of the child, itself included, against every ancestor of the parent.
LINK_ONE = """
INSERT INTO lineage_closure (descendant_id, ancestor_id, depth)
SELECT below.node, above.node, below.depth + above.depth + 1
FROM (SELECT CAST(%(child)s AS bigint) AS node, 0 AS depth
      UNION ALL SELECT descendant_id, depth FROM lineage_closure WHERE ancestor_id = %(child)s) AS below,
     (SELECT CAST(%(parent)s AS bigint) AS node, 0 AS depth
      UNION ALL SELECT ancestor_id, depth FROM lineage_closure WHERE descendant_id = %(parent)s) AS above
WHERE below.node <> above.node
ON CONFLICT (descendant_id, ancestor_id) DO UPDATE SET depth = excluded.depth
WHERE excluded.depth < lineage_closure.depth
"""

# Children without descendants of their own: their parents, and the ancestors of those.
LINK_LEAVES = """
WITH pair (child, parent) AS (VALUES {values})
INSERT INTO lineage_closure (descendant_id, ancestor_id, depth)
SELECT child, ancestor, MIN(depth) FROM (
    SELECT child, parent AS ancestor, 1 AS depth FROM pair
    UNION ALL
    SELECT pair.child, above.ancestor_id, above.depth + 1
    FROM pair JOIN lineage_closure AS above ON above.descendant_id = pair.parent
) AS way
WHERE child <> ancestor
GROUP BY child, ancestor
ON CONFLICT (descendant_id, ancestor_id) DO UPDATE SET depth = excluded.depth
WHERE excluded.depth < lineage_closure.depth
"""


def graph_lock() -> None:
    """Hold every other change of the graph off until this transaction ends. SQLite's writers take turns anyway."""
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock(%s)", [LOCK_KEY])


def chunks(keys: Iterable, size: int = CHUNK) -> Iterator[list]:
    found = list(keys)
    for start in range(0, len(found), size):
        yield found[start : start + size]


def derived_pairs(**chosen) -> Iterable[Pair]:
    """The current (child, parent) pairs that ancestors are counted through, among the relations chosen."""
    rows = Relation.objects.filter(is_current=True, **chosen).exclude(kind__in=NOT_DERIVED)
    return rows.values_list("child_id", "parent_id").distinct()


def change(added: Iterable[Pair], removed: Iterable[Pair]) -> None:
    """Bring the closure up to relations that are already stored: first what went, then what came."""
    gone = sorted(set(removed))
    if gone:
        unlink(gone)
    come = sorted(set(added))
    if come:
        link(come)
    if gone or come:
        mark_cycles(come, {child for child, _ in gone} | {parent for _, parent in gone})


def link(pairs: Sequence[Pair]) -> None:
    """Add the rows that new edges give. Leaves go in together, generation by generation; of the rest, a few one by one.

    Many edges among nodes that are below each other would each go over nearly all pairs of them, so the ancestors of
    all that is below such edges are computed once, unless that is a good part of a large graph.
    """
    left = [pair for pair in pairs if pair[0] != pair[1]]
    children = {child for child, _ in left}
    with_descendants = set()
    for some in chunks(children):
        with_descendants.update(
            Closure.objects.filter(ancestor__in=some).values_list("ancestor_id", flat=True).distinct()
        )
    with connection.cursor() as cursor:
        while left:
            waiting = {child for child, _ in left}
            held_up = {child for child, parent in left if parent in waiting} | with_descendants
            ready = [pair for pair in left if pair[0] not in held_up]
            if not ready:
                break
            for some in chunks(ready):
                values = ", ".join([PAIR_VALUES] * len(some))
                cursor.execute(LINK_LEAVES.format(values=values), [key for pair in some for key in pair])
            left = [pair for pair in left if pair[0] in held_up]
        if len(left) > FEW_EDGES:
            region = with_all_below({child for child, _ in left}, REGION_MOST)
            if region is not None:
                recompute(region)
                return
        for child, parent in left:
            cursor.execute(LINK_ONE, {"child": child, "parent": parent})


def unlink(pairs: Sequence[Pair]) -> None:
    """Take away what only the removed edges gave: all that is below them is computed again from what remains."""
    recompute(with_all_below({child for child, _ in pairs}))


def with_all_below(nodes: set[int], most: int | None = None) -> set[int] | None:
    """The nodes and their stored descendants; None when these are more than `most`."""
    found = set(nodes)
    for some in chunks(nodes):
        rows = Closure.objects.filter(ancestor__in=some).values_list("descendant_id", flat=True)
        for descendant in rows.iterator(chunk_size=10_000):
            found.add(descendant)
            if most is not None and len(found) > most:
                return None
    return found


def recompute(affected: set[int]) -> None:
    """Make the rows of these nodes again from the relations; the rows of whatever is not among them must be true.

    No node outside may be below one of `affected`, so that the ancestors of a parent outside are outside too.
    """
    edges = [pair for some in chunks(affected) for pair in derived_pairs(child__in=some)]
    outside = {parent for _, parent in edges} - affected
    beyond = ancestor_rows(outside)
    rewrite(ancestor_rows(affected), distances(sorted(affected), edges, beyond))


def ancestor_rows(nodes: Iterable[int]) -> dict[int, dict[int, int]]:
    """The stored ancestors of each node that has any, with their depth."""
    found: dict[int, dict[int, int]] = defaultdict(dict)
    for some in chunks(nodes):
        rows = Closure.objects.filter(descendant__in=some).values_list("descendant_id", "ancestor_id", "depth")
        for descendant, ancestor, depth in rows.iterator(chunk_size=10_000):
            found[descendant][ancestor] = depth
    return found


def rewrite(old: dict[int, dict[int, int]], new: dict[int, dict[int, int]]) -> None:
    """Write the difference between what is stored of some nodes and what is true of them."""
    gone: dict[int, list[int]] = defaultdict(list)
    for descendant, ancestors in old.items():
        for ancestor, depth in ancestors.items():
            if new[descendant].get(ancestor) != depth:
                gone[ancestor].append(descendant)
    for ancestor, descendants in gone.items():
        for some in chunks(descendants):
            Closure.objects.filter(ancestor_id=ancestor, descendant__in=some).delete()
    come = (
        (descendant, ancestor, depth)
        for descendant, ancestors in new.items()
        for ancestor, depth in ancestors.items()
        if old.get(descendant, {}).get(ancestor) != depth
    )
    with connection.cursor() as cursor:  # a model's instance a row took nine tenths of the time of a large change
        for some in chunks(come):
            values = ", ".join([ROW_VALUES] * len(some))
            cursor.execute(INSERT_ROWS.format(values=values), [value for row in some for value in row])


def mark_cycles(added: Sequence[Pair], loosened: Iterable[int]) -> None:
    """Say of every node that a change may have put on a cycle, or taken off one, which cycle it is on."""
    suspects = {child for child, parent in added if child == parent} | on_new_cycle(added)
    for some in chunks(loosened):
        marked = Node.objects.filter(cycle__in=Node.objects.filter(pk__in=some).values("cycle"))
        suspects.update(marked.values_list("pk", flat=True))
    if not suspects:
        return
    members = set(suspects)
    for some in chunks(suspects):  # what is above a node and below it is on its cycle
        above = Closure.objects.filter(descendant__in=some).values_list("ancestor_id", flat=True)
        members.update(above.filter(ancestor__in=Closure.objects.filter(ancestor__in=some).values("descendant_id")))
    edges = [pair for some in chunks(members) for pair in derived_pairs(child__in=some) if pair[1] in members]
    cycle_of = cycles(edges)
    rows = {node.pk: node for some in chunks(members) for node in Node.objects.filter(pk__in=some)}
    changed = [node for key, node in rows.items() if node.cycle != cycle_of.get(key)]
    for node in changed:
        node.cycle = cycle_of.get(node.pk)
    Node.objects.bulk_update(changed, ["cycle"], batch_size=CHUNK)


def on_new_cycle(added: Sequence[Pair]) -> set[int]:
    """Children of new edges that are among the ancestors of their parent."""
    found = set()
    for some in chunks(added):
        rows = Closure.objects.filter(descendant__in={p for _, p in some}, ancestor__in={c for c, _ in some})
        back = set(rows.values_list("descendant_id", "ancestor_id"))
        found.update(child for child, parent in some if (parent, child) in back)
    return found
