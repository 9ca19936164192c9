"""The closure table says what a walk over the relations would say, however edges come and go."""

import networkx as nx
import numpy as np
import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from lineage import closure, reach
from lineage.closure import change, graph_lock
from lineage.models import Closure, Node, Relation
from lineage.reach import cycles, distances, way_round
from lineage.rebuild import rebuild
from lineage.whole_graph import cycle_of, levels
from tests.mirrored import SEEN

pytestmark = pytest.mark.django_db
NODES = 7
pairs = st.tuples(st.integers(0, NODES - 1), st.integers(0, NODES - 1))
steps = st.lists(st.tuples(st.sets(pairs, max_size=4), st.sets(pairs, max_size=3)), min_size=1, max_size=5)
unhurried = settings(deadline=None, max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])


def graph_of(edges) -> nx.DiGraph:
    graph = nx.DiGraph()
    graph.add_nodes_from(range(NODES))
    graph.add_edges_from(edges)
    return graph


def walked(edges) -> dict[tuple[int, int], int]:
    """(descendant, ancestor) -> shortest distance, by networkx."""
    lengths = dict(nx.all_pairs_shortest_path_length(graph_of(edges)))
    return {(low, high): depth for low, found in lengths.items() for high, depth in found.items() if low != high}


def on_cycles(edges) -> dict[int, int]:
    graph = graph_of(edges)
    parts = [part for part in nx.strongly_connected_components(graph) if len(part) > 1]
    parts += [{node} for node in graph if graph.has_edge(node, node) and not any(node in part for part in parts)]
    return {node: min(part) for part in parts for node in part}


def make_nodes() -> list[Node]:
    Node.objects.all().delete()
    return Node.objects.bulk_create([Node(kind="model", name=f"acme/m{n}") for n in range(NODES)])


def relate(nodes, added, removed=()):
    """Change the relations and then the closure, as a trace does."""
    with transaction.atomic():
        graph_lock()
        for child, parent in removed:
            Relation.objects.filter(child=nodes[child], parent=nodes[parent]).delete()
        Relation.objects.bulk_create(
            Relation(child=nodes[c], parent=nodes[p], kind="finetune", first_seen_at=SEEN, last_seen_at=SEEN)
            for c, p in added
        )
        change(
            {(nodes[c].pk, nodes[p].pk) for c, p in added},
            {(nodes[c].pk, nodes[p].pk) for c, p in removed},
        )


def stored(nodes) -> tuple[dict, dict]:
    number = {node.pk: n for n, node in enumerate(nodes)}
    rows = Closure.objects.values_list("descendant_id", "ancestor_id", "depth")
    marked = Node.objects.exclude(cycle=None).values_list("pk", "cycle")
    return (
        {(number[low], number[high]): depth for low, high, depth in rows},
        {number[key]: number[cycle] for key, cycle in marked},
    )


@unhurried
@given(steps)
def test_after_any_changes_it_holds_what_a_walk_finds(changes):
    nodes, edges = make_nodes(), set()
    for added, removed in changes:
        removed &= edges
        added -= edges
        edges = (edges | added) - removed
        relate(nodes, added - removed, removed)
        assert stored(nodes) == (walked(edges), on_cycles(edges))


@unhurried
@given(st.sets(pairs, max_size=16))
def test_making_it_again_gives_the_same(edges):
    nodes = make_nodes()
    relate(nodes, edges)
    before = stored(nodes)
    Closure.objects.filter(depth=1).delete()
    Node.objects.filter(pk=nodes[0].pk).update(cycle=nodes[3].pk)
    assert rebuild() == len(before[0])
    assert stored(nodes) == before == (walked(edges), on_cycles(edges))


@given(st.sets(pairs, max_size=20))
def test_the_arrays_agree_with_networkx(edges):
    child, parent = np.array(sorted(edges), dtype=np.int64).reshape(-1, 2).T
    found = {
        (int(low), int(high)): depth
        for lows, highs, depth in levels(child, parent, NODES)
        for low, high in zip(lows, highs, strict=True)
    }
    assert found == walked(edges)
    members, smallest = cycle_of(child, parent, NODES)
    assert dict(zip(members.tolist(), smallest.tolist(), strict=True)) == on_cycles(edges)


@given(st.sets(pairs, max_size=20))
def test_the_pure_walk_agrees_with_networkx(edges):
    found = distances(range(NODES), edges)
    assert {(low, high): d for low, row in found.items() for high, d in row.items()} == walked(edges)
    assert cycles(edges) == on_cycles(edges)


@given(st.sets(pairs, max_size=20), st.integers(0, NODES - 1))
def test_a_way_round_is_a_shortest_cycle(edges, start):
    way = way_round(start, edges)
    steps_round = list(zip(way, [*way[1:], start], strict=True)) if way else []
    assert set(steps_round) <= edges and (not way or way[0] == start)
    assert bool(way) == (start in on_cycles(edges))


@given(st.sets(pairs, max_size=20), st.sets(st.integers(0, NODES - 1)))
def test_a_region_beside_what_is_known_gives_the_same_one_by_one_and_together(edges, chosen):
    whole = distances(range(NODES), edges)
    region = {low for low in range(NODES) if low in chosen or chosen & set(whole[low])}  # with all that is below
    inner = [pair for pair in edges if pair[0] in region]
    beyond = {node: whole[node] for node in range(NODES) if node not in region}
    with pytest.MonkeyPatch.context() as patch:
        for most in (0, reach.BITS_MOST):
            patch.setattr(reach, "BITS_MOST", most)
            assert distances(sorted(region), inner, beyond) == {node: whole[node] for node in region}


@unhurried
@given(st.lists(st.tuples(st.sets(pairs, max_size=30), st.sets(pairs, max_size=9)), min_size=1, max_size=3))
def test_dense_changes_hold_what_a_walk_finds(changes):
    nodes, edges = make_nodes(), set()
    for added, removed in changes:
        removed &= edges
        added -= edges
        edges = (edges | added) - removed
        relate(nodes, added - removed, removed)
        assert stored(nodes) == (walked(edges), on_cycles(edges))


def test_what_is_below_too_much_is_linked_one_by_one_all_the_same(monkeypatch):
    monkeypatch.setattr(closure, "REGION_MOST", 3)
    nodes, edges = make_nodes(), {(low, high) for low in range(5) for high in range(5) if low != high}
    relate(nodes, edges)
    assert stored(nodes) == (walked(edges), on_cycles(edges))


def test_a_cycle_of_all_with_all_comes_in_few_statements():
    """Edge by edge, each would go over all the pairs: thousands of statements, and minutes for 180 nodes."""
    nodes = Node.objects.bulk_create([Node(kind="model", name=f"acme/all-{n}") for n in range(60)])
    edges = {(low.pk, high.pk) for low in nodes for high in nodes if low != high}
    Relation.objects.bulk_create(
        Relation(child_id=low, parent_id=high, kind="finetune", first_seen_at=SEEN, last_seen_at=SEEN)
        for low, high in edges
    )
    with CaptureQueriesContext(connection) as queries:
        change(edges, ())
    assert Closure.objects.filter(depth=1).count() == Closure.objects.count() == len(edges)
    assert set(Node.objects.values_list("cycle", flat=True)) == {min(node.pk for node in nodes)}
    assert len(queries) < 40


def test_a_long_chain_needs_no_stack():
    chain = [(n, n + 1) for n in range(20_000)]
    assert cycles([*chain, (20_000, 0)])[0] == 0
    assert distances(range(1_000), chain[:1_000])[0][1_000] == 1_000


def test_many_leaves_take_few_statements():
    hub = Node.objects.create(kind="model", name="acme/hub")
    leaves = Node.objects.bulk_create([Node(kind="model", name=f"acme/leaf-{n}") for n in range(600)])
    Relation.objects.bulk_create(
        Relation(child=leaf, parent=hub, kind="finetune", first_seen_at=SEEN, last_seen_at=SEEN) for leaf in leaves
    )
    with CaptureQueriesContext(connection) as queries:
        change({(leaf.pk, hub.pk) for leaf in leaves}, ())
    assert Closure.objects.filter(ancestor=hub, depth=1).count() == 600
    assert len(queries) < 12


def test_a_parent_that_comes_late_is_above_all_that_is_below():
    nodes = make_nodes()
    relate(nodes, {(1, 0), (2, 1), (3, 1)})
    relate(nodes, {(0, 6)})
    assert stored(nodes)[0][(3, 6)] == 3


def test_a_newer_version_is_no_ancestor():
    from lineage.closure import derived_pairs

    nodes = make_nodes()
    Relation.objects.create(child=nodes[0], parent=nodes[1], kind="new_version", first_seen_at=SEEN, last_seen_at=SEEN)
    assert list(derived_pairs(child__in=[nodes[0].pk])) == []
