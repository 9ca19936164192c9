"""Everybody is told of a graph with hidden repositories what all are told of it without the ways out of these."""

import pytest
from django.contrib.auth.models import User
from django.db import connection
from django.test.utils import CaptureQueriesContext
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from lineage import reaches
from lineage.families import family
from lineage.models import Node, Trace
from lineage.queries import Question, seen, subgraph
from lineage.relatives import Scope, common_ancestors, impact, paths
from tests.mirrored import SEEN, mirrored
from tests.test_relatives import NODES, build, pairs

pytestmark = pytest.mark.django_db
unhurried = settings(deadline=None, max_examples=20, suppress_health_check=[HealthCheck.function_scoped_fixture])
hidden_sets = st.sets(st.integers(0, NODES - 1), max_size=3)
depths = st.sampled_from([1, 2, 3, 100])


def places():
    """The number of each node by its key."""
    return {key: place for place, key in enumerate(Node.objects.order_by("pk").values_list("pk", flat=True))}


def asked(node, question):
    """One page after another, each as numbers instead of keys and names."""
    number, pages = places(), []
    while True:
        found = subgraph(seen(node, None), question, None)
        pages.append(
            (
                [(number[placed.node.key], placed.side, placed.depth) for placed in found.nodes],
                sorted((number[edge.child_id], number[edge.parent_id]) for edge in found.edges),
                sorted(number[each.key] for each in found.frontier),
                found.total,
                found.is_partial,
            )
        )
        if found.next is None or len(pages) > 3 * NODES:
            return pages
        question = Question(question.direction, question.depth, limit=question.limit, cursor=found.next)


@pytest.fixture(params=["few", "many"])
def hidden_ones(request, monkeypatch):
    """The same answers where hidden nodes are looked for one by one, and where there are too many for that."""
    if request.param == "many":
        monkeypatch.setattr(reaches, "FEW_HIDDEN", 0)


def relatives_told(found):
    number = places()
    told = (
        [number[node.key] for node in found.nodes],
        sorted((number[edge.child_id], number[edge.parent_id]) for edge in found.edges),
        sorted(number[node.key] for node in found.frontier),
    )
    return told, found.total, found.is_partial


def both(edges, hidden, ask):
    """An answer to everybody with hidden repositories, and to everybody where they are public and lead nowhere."""
    told = ask(build(edges, hidden))
    return told, ask(build([(c, p) for c, p in edges if c not in hidden]))


@given(pairs, hidden_sets, st.integers(0, NODES - 1), st.sampled_from(["ancestors", "descendants", "both"]), depths,
       st.integers(1, 8))  # fmt: skip
@unhurried
def test_pages_of_a_graph_tell_nothing_behind_what_is_hidden(hidden_ones, edges, hidden, root, direction, depth, limit):
    question = Question(direction, depth, limit=limit)
    told, expected = both(edges, hidden, lambda nodes: asked(nodes[root], question))
    assert told == expected


@given(pairs, hidden_sets, depths)
@unhurried
def test_questions_about_two_tell_nothing_behind_what_is_hidden(edges, hidden, depth):
    scope = Scope(depth=depth)

    def ask(nodes):
        one, two = seen(nodes[0], None), seen(nodes[1], None)
        common = common_ancestors(one, two, scope, 50)
        names = {seen(node, None).id: place for place, node in enumerate(nodes)}
        marks = sorted((row["is_nearest"], row["depth"], row["depth_of_other"]) for row in common.told["common"])
        ways = paths(one, two, scope, 500)
        return relatives_told(common), marks, relatives_told(ways), len(ways.told["paths"]), len(names) > 0

    told, expected = both(edges, hidden, ask)
    assert told == expected


@given(pairs, hidden_sets, st.integers(0, NODES - 1), depths)
@unhurried
def test_families_and_impacts_tell_nothing_behind_what_is_hidden(edges, hidden, root, depth):
    scope = Scope(depth=depth)

    def ask(nodes):
        node = seen(nodes[root], None)
        said = impact(node, scope)
        numbers = (said["total"], said["is_partial"], said["by_depth"], len(said["frontier"]))
        found = family(node, scope, 50)
        return numbers, relatives_told(found), [each["descendants"] for each in found.told["roots"]]

    told, expected = both(edges, hidden, ask)
    assert told == expected


def test_a_hidden_child_just_beyond_the_depth_asked_for_opens_no_node():
    nodes = build([(1, 0), (2, 1)], {2})
    found = subgraph(seen(nodes[0], None), Question("descendants", 1), None)
    assert found.frontier == () and not found.is_partial and found.total == 2


def test_a_cycle_that_only_a_hidden_repository_closes_is_told_to_staff_alone(client):
    nodes = build([(0, 1), (1, 2), (2, 0)], {1})
    traces = [Trace(repo=node.repo, relation="merge", traced_at=SEEN) for node in nodes]
    Trace.objects.bulk_create(traces)
    page = client.get("/lineage/model/acme/m0").content.decode()
    passport = client.get("/api/v1/passport/model/acme/m0").content.decode()
    assert "on a cycle" not in page + passport and "acme/m1" not in page + passport
    client.force_login(User.objects.create_user("staff", is_staff=True))
    page = client.get("/lineage/model/acme/m0").content.decode()
    assert "on a cycle" in page and "acme/m1" in page


def test_hidden_repositories_elsewhere_cost_no_question_anything(client, monkeypatch):
    monkeypatch.setattr(reaches, "FEW_HIDDEN", 0)
    nodes = build([(1, 0), (2, 1), (3, 2)])
    Trace.objects.bulk_create(Trace(repo=node.repo, relation="merge", traced_at=SEEN) for node in nodes)
    name = "model/acme/m1"
    addresses = [f"/lineage/{name}", f"/carbon/{name}", f"/obligations/{name}", f"/api/v1/passport/{name}"]
    addresses += [f"/api/v1/lineage/{part}{name}" for part in ("", "impact/", "family/")]

    def asked_for(address):
        with CaptureQueriesContext(connection) as queries:
            assert client.get(address).status_code == 200
        return [query["sql"] for query in queries.captured_queries]

    Node.objects.create(kind="model", name="secret/first", repo=mirrored("secret/first", staff_only=True))
    before = {address: asked_for(address) for address in addresses}
    hidden = [mirrored(f"secret/m{n}", staff_only=True) for n in range(40)]
    Node.objects.bulk_create(Node(kind="model", name=repo.name, repo=repo) for repo in hidden)
    assert {address: asked_for(address) for address in addresses} == before
    assert all(before.values())
