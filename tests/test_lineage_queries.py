"""Questions to the graph: complete over all pages, bounded on each, and blind to what the viewer may not see."""

import networkx as nx
import pytest
from django.contrib.auth.models import User
from django.db import connection
from django.test.utils import CaptureQueriesContext
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from lineage.closure import change, derived_pairs
from lineage.models import Node, Relation
from lineage.queries import BadQuestion, Question, find, moved_to, subgraph
from lineage.trace import trace_due
from registry.models import Alias, Repo
from tests.mirrored import SEEN, mirrored

pytestmark = pytest.mark.django_db
WHOLE = {"config.json": 9, "model.safetensors": 999}
NODES = 7
pairs = st.tuples(st.integers(0, NODES - 1), st.integers(0, NODES - 1))
unhurried = settings(deadline=None, max_examples=30, suppress_health_check=[HealthCheck.function_scoped_fixture])


def model(name, *bases, kind="model", **fields):
    header = "".join(f"- {base}\n" for base in bases)
    card = f"---\nlicense: mit\n{'base_model:' if bases else ''}\n{header}---\n"
    return mirrored(name, kind=kind, card=card, files=WHOLE, **fields)


def ask(name, user=None, kind="model", **question):
    return subgraph(find(kind, name, user), Question(**question), user)


def ids(graph):
    return [placed.node.id for placed in graph.nodes]


def named_edges(graph, user=None):
    names = {node.pk: node.name for node in Node.objects.all()}
    return sorted((names[edge.child_id], edge.kind, names[edge.parent_id]) for edge in graph.edges)


def all_pages(name, user=None, **question):
    pages = [ask(name, user, **question)]
    while pages[-1].next:
        pages.append(ask(name, user, cursor=pages[-1].next, **question))
    return pages


def family():
    """base ← tuned ← (lora, quant); base ← merge → other."""
    model("acme/base")
    model("acme/tuned", "acme/base")
    model("acme/quant-GGUF", "acme/tuned")
    mirrored("acme/lora", card="---\nbase_model: acme/tuned\n---\n", files={"adapter_model.safetensors": 1})
    model("acme/merge", "acme/base", "acme/other")
    trace_due(99)


def build(edges):
    Node.objects.all().delete()
    nodes = Node.objects.bulk_create([Node(kind="model", name=f"acme/m{n}") for n in range(NODES)])
    Relation.objects.bulk_create(
        Relation(child=nodes[c], parent=nodes[p], kind="merge", first_seen_at=SEEN, last_seen_at=SEEN) for c, p in edges
    )
    change(derived_pairs(child__in=nodes), ())
    return nodes


@unhurried
@given(
    st.sets(pairs, max_size=14),
    st.sampled_from(["ancestors", "descendants", "both"]),
    st.integers(1, 4),
    st.integers(0, 3) | st.just(100),
    st.booleans(),
)
def test_all_pages_together_are_what_a_walk_finds(edges, direction, limit, depth, walks):
    build(edges)
    graph = nx.DiGraph([(f"acme/m{c}", f"acme/m{p}") for c, p in edges])
    graph.add_node("acme/m0")
    up = nx.single_source_shortest_path_length(graph, "acme/m0", depth)
    down = nx.single_source_shortest_path_length(graph.reverse(), "acme/m0", depth)
    sides = {"ancestors": [up], "descendants": [down], "both": [up, down]}[direction]
    expected = set().union(*sides)
    kinds = ("merge",) if walks else ()
    found = all_pages("acme/m0", direction=direction, limit=limit, depth=depth, relations=kinds)
    shown = [node for page in found for node in ids(page)]
    assert len(shown) == len(set(shown)) and set(shown) == expected
    assert all(len(page.nodes) <= limit and page.total == len(expected) for page in found)
    drawn = [edge for page in found for edge in named_edges(page)]
    inside = {(c, "merge", p) for c, p in graph.edges if c in expected and p in expected}
    assert len(drawn) == len(set(drawn)) and set(drawn) == inside


@unhurried
@given(st.sets(pairs, max_size=12), st.integers(0, 2), st.booleans())
def test_the_frontier_is_where_the_graph_goes_on(edges, depth, walks):
    build(edges)
    kinds = ("merge",) if walks else ()
    found = ask("acme/m0", direction="descendants", depth=depth, relations=kinds)
    shown = set(ids(found))
    going_on = {f"acme/m{p}" for c, p in edges if f"acme/m{p}" in shown and f"acme/m{c}" not in shown}
    assert {node.id for node in found.frontier} == going_on
    assert found.is_partial == bool(going_on)


def test_a_family_is_shown_with_sides_and_generations():
    family()
    found = ask("acme/tuned")
    assert [(p.side, p.depth, p.node.id) for p in found.nodes] == [
        ("root", 0, "acme/tuned"),
        ("above", 1, "acme/base"),
        ("below", 1, "acme/quant-GGUF"),
        ("below", 1, "acme/lora"),
    ]
    assert named_edges(found) == [
        ("acme/lora", "adapter", "acme/tuned"),
        ("acme/quant-GGUF", "quantized", "acme/tuned"),
        ("acme/tuned", "finetune", "acme/base"),
    ]
    assert (found.total, found.is_partial, found.as_of) == (4, False, SEEN)


def test_only_the_asked_kinds_of_relation_are_followed():
    family()
    found = ask("acme/base", direction="descendants", relations=("finetune", "adapter"))
    assert ids(found) == ["acme/base", "acme/tuned", "acme/merge", "acme/lora"]


def test_a_page_that_is_cut_says_what_is_left():
    family()
    found = ask("acme/base", direction="descendants", limit=2)
    assert ids(found) == ["acme/base", "acme/tuned"]
    assert found.total == 5 and found.is_partial and found.next
    assert [node.id for node in found.frontier] == ["acme/base", "acme/tuned"]


def test_a_parent_that_is_only_named_is_found_and_dangles():
    family()
    found = ask("acme/other")
    assert [(p.node.id, p.node.state) for p in found.nodes] == [("acme/other", "dangling"), ("acme/merge", "mirrored")]
    assert found.as_of is not None


def test_a_repository_that_was_never_traced_stands_alone():
    model("acme/base")
    found = ask("acme/base")
    assert ids(found) == ["acme/base"] and (found.total, found.is_partial) == (1, False)


def test_newer_versions_are_shown_and_are_no_ancestors():
    mirrored("acme/v1", card="---\nnew_version: acme/v2\n---\n", files=WHOLE)
    model("acme/v2", "acme/v1")
    trace_due(9)
    found = ask("acme/v1")
    assert [(p.side, p.node.id) for p in found.nodes] == [("root", "acme/v1"), ("below", "acme/v2")]
    assert named_edges(found) == [("acme/v2", "finetune", "acme/v1")]
    mirrored("acme/old", card="---\nnew_version: acme/v1\n---\n", files=WHOLE)
    trace_due(9)
    found = ask("acme/old")
    assert [(p.side, p.node.id) for p in found.nodes] == [("root", "acme/old"), ("newer", "acme/v1")]
    assert named_edges(found) == [("acme/old", "new_version", "acme/v1")]
    assert not Node.objects.exclude(cycle=None).exists()
    assert ids(ask("acme/old", direction="descendants")) == ["acme/old"]
    assert ids(ask("acme/old", relations=("new_version",))) == ["acme/old", "acme/v1", "acme/v2"]


def test_names_of_any_case_and_former_names_are_found():
    repo = model("acme/base")
    Alias.objects.create(repo=repo, kind="model", name="acme/before", valid_from=SEEN, valid_to=SEEN)
    assert find("model", "ACME/Base", None).id == "acme/base"
    assert find("model", "acme/before", None) is None
    assert moved_to("model", "ACME/Before", None) == repo
    assert find("model", "acme/nobody", None) is None and moved_to("model", "acme/nobody", None) is None


@pytest.mark.parametrize(
    "question",
    [
        {"direction": "up"},
        {"depth": -1},
        {"depth": 101},
        {"limit": 0},
        {"limit": 1_001},
        {"relations": ("cousin",)},
        {"cursor": "above.1"},
        {"cursor": "below.1.x"},
    ],
)
def test_a_bad_question_is_one_sentence(question):
    with pytest.raises(BadQuestion, match=r"\.$"):
        Question(**question)


def test_a_page_of_a_hub_takes_few_queries():
    hub = Node.objects.create(kind="model", name="acme/hub")
    nodes = Node.objects.bulk_create([Node(kind="model", name=f"acme/leaf-{n:04}") for n in range(2_000)])
    Relation.objects.bulk_create(
        Relation(child=node, parent=hub, kind="finetune", first_seen_at=SEEN, last_seen_at=SEEN) for node in nodes
    )
    change(derived_pairs(parent=hub), ())
    with CaptureQueriesContext(connection) as queries:
        found = ask("acme/hub", limit=100)
    assert (len(found.nodes), found.total) == (100, 2_001)
    assert len(queries) < 20


def hidden_family():
    """public base ← hidden middle ← public child, and a hidden leaf of the base."""
    model("acme/base")
    model("acme/middle", "acme/base", staff_only=True)
    model("acme/child", "Acme/Middle")
    model("acme/leaf", "acme/base", staff_only=True)
    trace_due(9)
    return User(username="staff", is_staff=True)


def test_what_only_staff_may_see_is_not_there_for_others():
    staff = hidden_family()
    assert ids(ask("acme/base")) == ["acme/base"]
    assert ask("acme/base").total == 1
    assert set(ids(ask("acme/base", staff))) == {"acme/base", "acme/middle", "acme/leaf", "acme/child"}


def test_a_hidden_parent_looks_like_one_that_is_not_mirrored():
    staff = hidden_family()
    found = ask("acme/child")
    assert [(p.node.id, p.node.state) for p in found.nodes] == [("acme/child", "mirrored"), ("Acme/Middle", "dangling")]
    assert len(found.edges) == 1 and not found.frontier and found.total == 2
    assert ask("acme/child", staff).total == 3


def test_a_hidden_repository_is_found_by_its_public_name_and_shows_public_children_only():
    hidden_family()
    found = ask("acme/middle")
    assert [(p.node.id, p.node.state) for p in found.nodes] == [("Acme/Middle", "dangling"), ("acme/child", "mirrored")]
    assert len(found.edges) == 1 and found.as_of is not None
    assert find("model", "acme/leaf", None) is None
    assert find("model", "acme/leaf", User(is_staff=True)).state == "mirrored"


def test_a_repository_that_is_gone_keeps_its_place():
    family()
    Repo.objects.filter(name="acme/base").update(gone_at=SEEN)
    assert {p.node.id: p.node.state for p in ask("acme/tuned").nodes}["acme/base"] == "gone"
