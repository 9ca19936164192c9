"""The graph at any size: `python -m tests.bench.graph [NODES]`; on PostgreSQL under `python -m tests.postgres …`.

A seeded forest, skewed like the Hub: the first half per cent and 5 % of the rest are roots; of the others 74 % copy the
parent of an earlier node, 16 % take any earlier node, 10 % a very recent one; 2 % are merges with one to three further
parents. Prints JSON lines with units: the closure table beside a recursive query and networkx, over the same edges.
"""

from __future__ import annotations

import json
import os
import random
import statistics
import sys
import time
from collections.abc import Callable

import numpy as np

from lineage.obligations.rules import bits_of, own_bits
from lineage.obligations.whole import inherited

os.environ |= {"DJANGO_SETTINGS_MODULE": "tests.settings", "LOG_LEVEL": "ERROR"}

RUNS = 5
RECENT = 50  # nodes back that count as very recent
BELOW_CTE = """WITH RECURSIVE below (node) AS (
    SELECT child_id FROM lineage_relation WHERE parent_id = %s AND is_current
    UNION SELECT r.child_id FROM lineage_relation r JOIN below b ON r.parent_id = b.node WHERE r.is_current
) SELECT COUNT(*) FROM below"""
ABOVE_CTE = BELOW_CTE.replace("child_id", "?").replace("parent_id", "child_id").replace("?", "parent_id")
LCA = """SELECT a.ancestor_id FROM lineage_closure a JOIN lineage_closure b ON a.ancestor_id = b.ancestor_id
WHERE a.descendant_id = %s AND b.descendant_id = %s ORDER BY a.depth + b.depth, a.ancestor_id LIMIT 1"""


def edges_of(nodes: int, seed: int = 7) -> tuple[list[int], list[int]]:
    """(children, parents) of the synthetic forest; a parent always has the smaller number."""
    rng = random.Random(seed)
    child, parent = [], []
    for node in range(max(nodes // 200, 1), nodes):
        if rng.random() < 0.05:
            continue
        draw = rng.random()
        if draw < 0.74 and parent:
            first = parent[rng.randrange(len(parent))]
        elif draw < 0.90:
            first = rng.randrange(node)
        else:
            first = max(0, node - 1 - rng.randrange(RECENT))
        own = {first}
        if rng.random() < 0.02:
            own |= {rng.randrange(node) for _ in range(rng.randint(1, 3))}
        child += [node] * len(own)
        parent += sorted(own)
    return child, parent


def timed_ms(work: Callable, runs: int = RUNS) -> tuple[float, object]:
    """The median of several runs in milliseconds, and the last answer."""
    took = []
    for _ in range(runs):
        start = time.perf_counter()
        answer = work()
        took.append((time.perf_counter() - start) * 1_000)
    return round(statistics.median(took), 3), answer


def put(phase: str, **figures) -> None:
    print(json.dumps({"phase": phase, **figures}), flush=True)


def load(nodes: int, child: list[int], parent: list[int]) -> None:
    """Insert nodes and relations; keys are the numbers plus one."""
    from django.db import connection, transaction
    from django.utils.timezone import now

    from lineage.rebuild import insert

    at = (
        now().isoformat(sep=" ") if connection.vendor == "postgresql" else now().replace(tzinfo=None).isoformat(sep=" ")
    )
    names = np.array([f"account-{n % 9973}/model-{n}" for n in range(nodes)], dtype=object)
    many = len(child)
    with transaction.atomic():
        insert("lineage_node", ("id", "kind", "name"), (np.arange(1, nodes + 1), np.full(nodes, "model"), names))
        columns = "id child_id parent_id kind role declared_kind hub_kind proof is_current first_seen_at last_seen_at"
        blank = np.full(many, "")
        rows = (
            *(np.arange(1, many + 1), np.array(child) + 1, np.array(parent) + 1, np.full(many, "finetune")),
            *(
                blank,
                blank,
                blank,
                np.full(many, "declared"),
                np.full(many, True),
                np.full(many, at),
                np.full(many, at),
            ),
        )
        insert("lineage_relation", columns.split(), rows)
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            for table, last in (("lineage_node", nodes), ("lineage_relation", many)):
                cursor.execute(f"SELECT setval(pg_get_serial_sequence('{table}', 'id'), {last})")
            cursor.execute("ANALYZE lineage_node")
            cursor.execute("ANALYZE lineage_relation")


def answer_of(sql: str, *keys: int) -> Callable:
    from django.db import connection

    def run():
        with connection.cursor() as cursor:
            cursor.execute(sql, keys)
            return cursor.fetchone()[0]

    return run


def reading(hub: int, deep: int, other: int) -> None:
    """What pages and REST ask, of the hub with the most descendants and of the node with the most ancestors."""
    from django.core.cache import cache
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    from lineage.models import Closure, Node
    from lineage.queries import Question, subgraph
    from lineage.sight import seen

    count_ms, below = timed_ms(Closure.objects.filter(ancestor=hub).count)
    cte_ms, cte = timed_ms(answer_of(BELOW_CTE, hub), runs=3)
    assert below == cte
    put("descendants of the largest hub", descendants=below, closure_ms=count_ms, recursive_query_ms=cte_ms)
    first = Question(direction="descendants", limit=100)
    root = seen(Node.objects.get(pk=hub), None)
    rows_ms, _ = timed_ms(
        lambda: list(Closure.objects.filter(ancestor=hub).order_by("depth", "descendant_id").values_list("pk")[:100])
    )
    fresh_ms, _ = timed_ms(lambda: cache.clear() or subgraph(root, first))
    page_ms, page = timed_ms(lambda: subgraph(root, first))
    put(
        "first page of them",
        nodes=len(page.nodes),
        rows_ms=rows_ms,
        whole_answer_counting_all_ms=fresh_ms,
        whole_answer_ms=page_ms,
    )
    with CaptureQueriesContext(connection) as queries:
        subgraph(root, first)
    for query in queries:
        if float(query["time"]) > 0.004:
            put("slow part of it", ms=round(1000 * float(query["time"])), sql=query["sql"][:600])
    above_ms, above = timed_ms(lambda: list(Closure.objects.filter(descendant=deep).values_list("ancestor", "depth")))
    cte_ms, cte = timed_ms(answer_of(ABOVE_CTE, deep))
    assert len(above) == cte
    put("ancestors of the deepest", ancestors=len(above), closure_ms=above_ms, recursive_query_ms=cte_ms)
    lca_ms, _ = timed_ms(answer_of(LCA, deep, other))
    put("nearest common ancestor", closure_ms=lca_ms)


def writing(nodes: int, hub: int) -> None:
    """A thousand new leaves, and a parent that comes late above the largest hub; under the lock, as a trace does."""
    from django.db import transaction
    from django.utils.timezone import now

    from lineage.closure import change, graph_lock
    from lineage.models import Closure, Node, Relation

    rng, at = random.Random(3), now()

    def relate(children: list[Node], parents: list[int]) -> tuple[float, float]:
        start = time.perf_counter()
        with transaction.atomic():
            graph_lock()
            pairs = list(zip([node.pk for node in children], parents, strict=True))
            Relation.objects.bulk_create(
                Relation(child_id=c, parent_id=p, kind="finetune", first_seen_at=at, last_seen_at=at) for c, p in pairs
            )
            related = time.perf_counter()
            change(pairs, ())
        return round((time.perf_counter() - related) * 1_000, 1), round((time.perf_counter() - start) * 1_000, 1)

    leaves = Node.objects.bulk_create([Node(kind="model", name=f"late/leaf-{n}") for n in range(1_000)])
    closure_ms, all_ms = relate(leaves, [rng.randrange(1, nodes) for _ in leaves])
    put("1,000 leaves added", closure_ms=closure_ms, with_relations_ms=all_ms)
    late = Node.objects.create(kind="model", name="late/parent")
    closure_ms, _ = relate([Node.objects.get(pk=hub)], [late.pk])
    put("late parent above the largest hub", rows=Closure.objects.filter(ancestor=late).count(), closure_ms=closure_ms)


def beside_networkx(child: list[int], parent: list[int], hub: int, deep: int) -> None:
    """The same questions to a graph in memory."""
    import networkx as nx

    start = time.perf_counter()
    graph = nx.DiGraph(zip(parent, child, strict=True))  # from parent to child
    built_s = round(time.perf_counter() - start, 2)
    below_ms, below = timed_ms(lambda: nx.descendants(graph, hub - 1), runs=3)
    above_ms, above = timed_ms(lambda: nx.ancestors(graph, deep - 1))
    put("networkx", built_s=built_s, descendants=len(below), descendants_ms=below_ms, ancestors_ms=above_ms)


def obligations(nodes: int, child: list[int], parent: list[int]) -> None:
    """What every licence asks of all that is below it, over arrays; one in three is restricted."""
    kinds = ["finetune", "quantized", "adapter", "merge", "converted"]
    draw = np.random.default_rng(7)
    kind = draw.integers(0, len(kinds), len(child))
    restricted = own_bits({"USE_RESTRICT": "", "NOTICE": "", "NAME_PREFIX": ""}, "llama3.1", True)
    own = np.where(draw.random(nodes) < 1 / 3, restricted, bits_of(["NOTICE"])).astype(np.int64)
    edges = np.array(child), np.array(parent)
    fixpoint_ms, found = timed_ms(lambda: inherited(*edges, kind, kinds, own))
    put("obligations fixpoint", bound_nodes=int((found != 0).sum()), fixpoint_ms=fixpoint_ms)


def run(nodes: int) -> None:
    from django.db import connection
    from django.db.models import Count

    from lineage.models import Closure, Relation
    from lineage.rebuild import rebuild

    start = time.perf_counter()
    child, parent = edges_of(nodes)
    put("made", nodes=nodes, edges=len(child), seconds=round(time.perf_counter() - start, 2))
    start = time.perf_counter()
    load(nodes, child, parent)
    put("loaded", database=connection.vendor, seconds=round(time.perf_counter() - start, 2))
    start = time.perf_counter()
    rows = rebuild()
    put("closure built", rows=rows, rows_per_node=round(rows / nodes, 2), seconds=round(time.perf_counter() - start, 2))
    if connection.vendor == "postgresql":  # what its autovacuum does of itself soon after so many rows came
        with connection.cursor() as cursor:
            cursor.execute("VACUUM ANALYZE lineage_closure, lineage_relation, lineage_node")
    most = Closure.objects.values_list("ancestor").annotate(n=Count("descendant")).order_by("-n")
    hub = most[0][0]
    deepest = Closure.objects.values_list("descendant").annotate(n=Count("ancestor")).order_by("-n")[:2]
    deep, other = deepest[0][0], deepest[1][0]
    put(
        "largest hub",
        children=Relation.objects.filter(parent=hub).count(),
        depth=Closure.objects.filter(ancestor=hub).order_by("-depth")[0].depth,
    )
    reading(hub, deep, other)
    writing(nodes, hub)
    obligations(nodes, child, parent)
    beside_networkx(child, parent, hub, deep)


def main(nodes: int) -> None:
    import django

    django.setup()
    from django.test.runner import DiscoverRunner
    from django.test.utils import setup_test_environment, teardown_test_environment

    setup_test_environment()
    runner = DiscoverRunner(verbosity=0, interactive=False)
    made = runner.setup_databases()
    try:
        run(nodes)
    finally:
        runner.teardown_databases(made)
        teardown_test_environment()


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 100_000)
