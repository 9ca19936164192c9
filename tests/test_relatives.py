"""What two nodes share, the ways between them, what hangs on one, its family: beside networkx, as one sees it."""

from datetime import timedelta

import networkx as nx
import pytest
from django.contrib.auth.models import User
from django.utils.timezone import now
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from lineage import families, relatives
from lineage.closure import change, derived_pairs, mark_cycles
from lineage.families import family
from lineage.models import Node, Relation
from lineage.queries import Question, seen, subgraph
from lineage.relatives import Scope, common_ancestors, impact, paths
from lineage.trace import trace_due
from lineage.ways import ways_between
from registry.models import Repo
from tests.mirrored import SEEN, mirrored

pytestmark = pytest.mark.django_db
NODES = 7
pairs = st.lists(st.tuples(st.integers(0, NODES - 1), st.integers(0, NODES - 1)), max_size=14, unique=True)
unhurried = settings(deadline=None, max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
ALL = Scope()
URL = "/api/v1/lineage/"


def build(edges, hidden=()):
    """Nodes with repositories of their own, those in `hidden` for staff only."""
    Node.objects.all().delete()
    Repo.objects.all().delete()
    repos = [mirrored(f"acme/m{n}", staff_only=n in hidden) for n in range(NODES)]
    nodes = Node.objects.bulk_create([Node(kind="model", name=repo.name, repo=repo) for repo in repos])
    Relation.objects.bulk_create(
        Relation(child=nodes[c], parent=nodes[p], kind="merge", first_seen_at=SEEN, last_seen_at=SEEN) for c, p in edges
    )
    change(derived_pairs(child__in=nodes), ())
    mark_cycles(list(derived_pairs()), {node.pk for node in nodes})
    return list(Node.objects.select_related("repo").order_by("pk"))


def graph_of(edges, hidden=()):
    """What everybody may walk: from child to parent, without the ways out of a hidden child."""
    graph = nx.DiGraph()
    graph.add_nodes_from(range(NODES))
    graph.add_edges_from((c, p) for c, p in edges if c != p and c not in hidden)
    return graph


@given(pairs, st.sets(st.integers(2, NODES - 1), max_size=2))
@unhurried
def test_common_ancestors_and_paths_are_those_of_the_visible_graph(edges, hidden):
    nodes = build(edges, hidden)
    place, graph = {node.pk: number for number, node in enumerate(nodes)}, graph_of(edges, hidden)
    one, two = seen(nodes[0], None), seen(nodes[1], None)
    above = [set(nx.descendants(graph, n)) | {n} for n in (0, 1)]  # networkx' descendants are those that arrows lead to
    found = common_ancestors(one, two, ALL, 100)
    named = {each["id"]: each for each in found.told["common"]}
    ids = {n: seen(node, None).id for n, node in enumerate(nodes)}
    assert found.total == len(above[0] & above[1]) == len(found.told["common"])
    depths = nx.single_source_shortest_path_length(graph, 0)
    for n in above[0] & above[1]:
        if n not in hidden:
            assert named[ids[n]]["depth"] == depths[n]
            below = {other for other in above[0] & above[1] if n in nx.descendants(graph, other)}
            mates = {other for other in below if other in nx.descendants(graph, n)} | {n}
            if not hidden:  # which cycle a node is on is a mark of the whole graph
                assert named[ids[n]]["is_nearest"] == (not below - mates)
    ways = paths(one, two, ALL, 1_000)
    up, down = (sorted(nx.all_simple_paths(graph, a, b)) if a != b else [] for a, b in ((0, 1), (1, 0)))
    expected = up or down
    assert sorted(ways.told["paths"]) == sorted([ids[n] for n in way] for way in expected)
    assert [len(way) for way in ways.told["paths"]] == sorted(len(way) for way in expected)
    assert ways.total == len(expected) and not ways.is_partial
    assert {place[edge.child_id] for edge in ways.edges}.isdisjoint(hidden)


@given(pairs, st.sets(st.integers(1, NODES - 1), max_size=2))
@unhurried
def test_impact_and_family_are_those_of_the_visible_graph(edges, hidden):
    nodes, graph = build(edges, hidden), graph_of(edges, hidden)
    place = {node.pk: number for number, node in enumerate(nodes)}
    below = graph.reverse()
    below.remove_nodes_from(n for n in hidden)  # as a child, what is hidden is not there
    depths = nx.single_source_shortest_path_length(below, 0)
    said = impact(seen(nodes[0], None), ALL)
    assert said["total"] == len(depths) - 1
    assert {row["depth"]: row["repositories"] for row in said["by_depth"]} == {
        depth: sum(1 for other in depths.values() if other == depth) for depth in set(depths.values()) - {0}
    }
    if hidden:
        return
    found = family(seen(nodes[0], None), ALL, 100)
    above = nx.descendants(graph, 0) | {0}
    mates = {
        n: {m for m in above if m in nx.descendants(graph, n) and n in nx.descendants(graph, m)} | {n} for n in above
    }
    tops = {n for n in above if not set(graph.successors(n)) - mates[n] and not any(
        set(graph.successors(m)) - mates[n] for m in mates[n])}  # fmt: skip
    loose = {n for n in above if not set(graph.successors(n)) - mates[n]}
    members = loose | {m for n in loose for m in nx.descendants(graph.reverse(), n)}
    assert {place[node.key] for node in found.nodes} == members and found.total == len(members)
    assert tops <= loose


def test_a_family_is_told_in_pages_also_where_it_is_too_large_to_be_held(monkeypatch):
    build([(1, 0), (2, 0), (3, 1), (4, 2), (5, 4), (5, 6)])
    node = seen(Node.objects.get(name="acme/m5"), None)
    whole = family(node, ALL, 100)
    assert [root["id"] for root in whole.told["roots"]] == ["acme/m6", "acme/m0"] and whole.total == 7
    monkeypatch.setattr(families, "WALKED_MOST", 3)
    paged, after = [], 0
    while True:
        page = family(node, ALL, 2, after)
        paged += [each.id for each in page.nodes]
        assert page.total == 7 and len(page.nodes) <= 2 and page.is_partial == bool(page.next)
        if page.next is None:
            break
        after = int(page.next)
    assert paged == [each.id for each in whole.nodes]


def test_ways_through_a_ladder_are_counted_and_the_first_come_at_once():
    steps, width = 40, 6
    parents = {(s, n): [(s + 1, m) for m in range(width)] for s in range(steps) for n in range(width)}
    parents |= {(steps, n): [(steps + 1, 0)] for n in range(width)}
    found = ways_between((0, 0), (steps + 1, 0), parents, limit=5)
    assert len(found.found) == 5 and found.is_cut and found.total is None  # more than can be counted
    assert all(len(way) == steps + 2 for way in found.found)
    assert ways_between((37, 0), (steps + 1, 0), parents, limit=5).total == width**3


def test_work_is_bounded_and_said_to_be(monkeypatch):
    nodes = build([(n, n + 1) for n in range(NODES - 1)] + [(n, n + 2) for n in range(NODES - 2)])
    low, high = seen(nodes[0], None), seen(nodes[-1], None)
    assert paths(low, high, ALL, 3).is_partial and paths(low, high, ALL, 3).total == 13  # a Fibonacci number
    monkeypatch.setattr(relatives, "ANCESTORS_MOST", 3)
    assert paths(low, high, ALL, 100).total is None and paths(low, high, ALL, 100).is_partial
    assert common_ancestors(low, high, ALL, 100).is_partial


def test_what_lies_beyond_the_depth_asked_for_is_named_by_its_edge():
    nodes = build([(1, 0), (2, 1), (3, 2)])
    said = impact(seen(nodes[0], None), Scope(depth=2))
    assert (said["total"], said["frontier"], said["is_partial"]) == (2, ["acme/m2"], True)
    assert impact(seen(nodes[0], None), ALL)["frontier"] == []


def test_a_graph_is_told_as_the_mirror_knew_it_then():
    nodes = build([(0, 1), (0, 2), (3, 0)])
    then = SEEN + timedelta(days=30)
    Relation.objects.filter(parent=nodes[2]).update(is_current=False, last_seen_at=then)
    Relation.objects.filter(child=nodes[3]).update(first_seen_at=then, last_seen_at=then)
    change((), [(nodes[0].pk, nodes[2].pk)])
    root = seen(nodes[0], None)

    def told(at):
        return sorted(each.node.id for each in subgraph(root, Question(as_of=at)).nodes)

    assert told(None) == ["acme/m0", "acme/m1", "acme/m3"]
    assert told(SEEN + timedelta(days=1)) == ["acme/m0", "acme/m1", "acme/m2"]
    assert told(SEEN - timedelta(days=1)) == ["acme/m0"]
    assert told(now()) == ["acme/m0", "acme/m1", "acme/m3"]
    assert impact(root, Scope(as_of=SEEN))["total"] == 0 and impact(root, ALL)["total"] == 1


@pytest.fixture
def chain():
    """leaf ← secret ← base, and a second leaf of base; the secret for staff only."""
    for name, base in (
        ("acme/base", ""),
        ("acme/secret", "acme/base"),
        ("acme/leaf", "acme/secret"),
        ("acme/two", "acme/base"),
    ):
        mirrored(name, card=f"---\nlicense: mit\nbase_model: {base}\n---\n" if base else "", files={"config.json": 1})
    Repo.objects.filter(name="acme/secret").update(staff_only=True)
    trace_due(9)


def test_the_interface_answers_and_nobody_learns_what_lies_behind_what_staff_only_may_see(client, chain):
    def ask(question, name, **given):
        return client.get(f"{URL}{question}/model/{name}", given).json()

    assert ask("common-ancestors", "acme/leaf", **{"with": "acme/two"})["common"] == []
    assert ask("paths", "acme/leaf", **{"with": "acme/base"})["paths"] == []
    assert ask("impact", "acme/base")["total"] == 1
    assert [node["id"] for node in ask("family", "acme/leaf")["nodes"]] == ["acme/secret", "acme/leaf"]
    User.objects.create_superuser("staff", password="x")
    client.login(username="staff", password="x")
    common = ask("common-ancestors", "acme/leaf", **{"with": "acme/two"})
    assert common["common"] == [
        {"id": "acme/base", "kind": "model", "is_nearest": True, "depth": 2, "depth_of_other": 1}
    ]
    assert {(edge["child"], edge["parent"]) for edge in common["edges"]} == {
        ("acme/leaf", "acme/secret"), ("acme/secret", "acme/base"), ("acme/two", "acme/base"),
    }  # fmt: skip
    assert ask("paths", "acme/base", **{"with": "acme/leaf"})["paths"] == [["acme/leaf", "acme/secret", "acme/base"]]
    said = ask("impact", "acme/base")
    assert (said["total"], said["by_depth"][0]) == (3, {"depth": 1, "repositories": 2})
    assert said["by_relation"] == [{"relation": "finetune", "repositories": 2}]
    found = ask("family", "acme/leaf", limit=2)
    assert (found["total"], len(found["nodes"]), found["roots"][0]["descendants"]) == (4, 2, 3)
    assert len(ask("family", "acme/leaf", limit=2, cursor=found["next"])["nodes"]) == 2


@pytest.mark.parametrize(
    ("question", "given", "status"),
    [
        ("common-ancestors", {}, 400),
        ("common-ancestors", {"with": "acme/nowhere"}, 404),
        ("paths", {"with": "acme/base", "limit": "201"}, 400),
        ("paths", {"with": "acme/base", "with_kind": "paper"}, 400),
        ("impact", {"relation": "cousin"}, 400),
        ("impact", {"depth": "101"}, 400),
        ("impact", {"as_of": "yesterday"}, 400),
        ("impact", {"as_of": "0001-01-01T00:00:00+14:00"}, 400),
        ("family", {"cursor": "x"}, 400),
        ("family", {"colour": "x"}, 400),
    ],
)
def test_what_cannot_be_answered_is_refused_with_one_sentence(client, chain, question, given, status):
    answer = client.get(f"{URL}{question}/model/acme/two", given)
    assert answer.status_code == status and answer["Content-Type"] == "application/problem+json"


@pytest.mark.parametrize("question", ["common-ancestors", "paths", "impact", "family"])
def test_each_question_takes_few_queries(client, chain, question, django_assert_max_num_queries):
    given = {"with": "acme/base"} if question in ("common-ancestors", "paths") else {}
    with django_assert_max_num_queries(16):
        assert client.get(f"{URL}{question}/model/acme/two", given).status_code == 200
