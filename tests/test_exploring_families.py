"""A drawn family that is explored: nodes opened in place by links, and coloured by what one asks."""

import re

import pytest

from lineage.expansion import OPENED_MOST, wanted_in
from lineage.layout import BOX_HEIGHT, Opened, Person, Tie, arrange
from lineage.models import Node, Relation
from lineage.queries import Question, find, subgraph
from lineage.trace import trace_due
from tests.mirrored import mirrored

WHOLE = {"config.json": 9, "model.safetensors": 999}


def model(name, *bases, **fields):
    header = "".join(f"- '{base}'\n" for base in bases)
    card = f"---\nlicense: mit\n{'base_model:' if bases else ''}\n{header}---\n"
    return mirrored(name, card=card, files=WHOLE, **fields)


@pytest.fixture
def family(db):
    model("acme/base", licence="mit")
    model("acme/tuned", "acme/base", licence="cc-by-nc-4.0")
    model("acme/sister", "acme/base", "acme/aunt")
    model("acme/secret", "acme/base", staff_only=True)
    trace_due(9)
    return {node.name: node.pk for node in Node.objects.all()}


def drawn(client, query=""):
    text = client.get(f"/lineage/model/acme/tuned{query}").content.decode()
    return text, re.search(r"<svg class=\"family\".*?</svg>", text, re.S)[0]


def test_a_node_is_opened_and_closed_in_place(client, family):
    base, sister = family["acme/base"], family["acme/sister"]
    _, svg = drawn(client)
    assert "acme/sister" not in svg and f"open=down.{base}" in svg and "Show what is made from it: acme/base" in svg
    text, svg = drawn(client, f"?open=down.{base}")
    assert 'href="/lineage/model/acme/sister"' in svg and "Hide what is made from it: acme/base" in svg
    assert "acme/aunt" not in svg and f"open=down.{base}&amp;open=up.{sister}" in svg
    assert text.count('href="/lineage/relations/') == 2, "the table tells the opened relation too"
    _, svg = drawn(client, f"?open=down.{base}&open=up.{sister}")
    assert "acme/aunt" in svg


def test_what_only_staff_may_see_is_not_opened(client, family):
    text, _ = drawn(client, f"?open=down.{family['acme/base']}&open=down.{family['acme/secret']}")
    assert "acme/secret" not in text


@pytest.mark.parametrize("word", ["down.0", "down.999999999999999999", "sideways.1", "down.-1", "", "down.²"])
def test_an_opening_that_means_nothing_is_passed_over(client, family, word):
    assert client.get("/lineage/model/acme/tuned", {"open": [word] * 50}).status_code == 200
    assert len(wanted_in([f"up.{n}" for n in range(99)])) == OPENED_MOST


def test_boxes_are_coloured_by_licence_openness_and_proof_and_say_it_in_words(client, family):
    Relation.objects.update(proof="same_files")
    text, svg = drawn(client, "?colour=licence")
    assert "box is-mirrored kind-model c-bad is-root" in svg and "restricted licence" in svg and "open licence" in svg
    assert 'class="sample c-bad"' in text and "colour=licence" in svg
    assert "not assessed" in drawn(client, "?colour=openness")[1]
    text, svg = drawn(client, "?colour=proof")
    assert 'class="tie r-finetune c-good' in svg and "same files" in text
    assert "kind-model r-" not in svg, "the kind colours no box while proof colours the lines"
    classes = " ".join(re.findall(r"class=\"(box[^\"]*)\"", drawn(client, "?colour=x")[1]))
    assert " c-" not in classes and "r-finetune" in classes


def test_an_opened_branch_that_faces_the_root_stands_on_no_other_box():
    people = [Person("me", "root", 0), Person("mum", "above", 1), Person("gran", "above", 2), Person("kid", "below", 1)]
    ties = [Tie("me", "mum", "finetune"), Tie("mum", "gran", "finetune"), Tie("kid", "me", "finetune")]
    sisters = tuple((f"sister-{n}", "finetune") for n in range(9))
    opened = [
        Opened("mum", "down", sisters),
        Opened("sister-3", "down", (("niece", "adapter"),)),
        Opened("kid", "up", (("dad", "merge"),)),
    ]
    ties += [Tie(key, "mum", kind) for key, kind in sisters]
    ties += [Tie("niece", "sister-3", "adapter"), Tie("kid", "dad", "merge")]
    picture = arrange(people, ties, opened=opened)
    assert {box.key: box.column for box in picture.boxes}.items() >= {"sister-0": 0, "niece": 1, "dad": 0}.items()
    for column in picture.columns:
        tops = sorted(box.y for box in picture.boxes if box.column == column)
        assert all(low - high >= BOX_HEIGHT for high, low in zip(tops, tops[1:], strict=False))
    assert max(box.y for box in picture.boxes) + BOX_HEIGHT <= picture.height
    assert len(picture.lines) == len(ties)


def test_a_family_takes_few_queries_and_few_more_around_a_hidden_repository(client, db, django_assert_max_num_queries):
    model("acme/base")
    model("acme/tuned", "acme/base")
    trace_due(9)
    with django_assert_max_num_queries(15):
        drawn(client)
    model("acme/secret", "acme/tuned", staff_only=True)
    trace_due(9)
    with django_assert_max_num_queries(18):
        text, _ = drawn(client)
    assert "acme/base" in text and "acme/secret" not in text


def test_a_cycle_is_looked_up_once(client, db, django_assert_max_num_queries):
    model("acme/one", "acme/two")
    model("acme/two", "acme/one")
    trace_due(9)
    with django_assert_max_num_queries(20):
        text = client.get("/lineage/model/acme/one").content.decode()
    assert text.count("It is on a cycle") == 1


def test_only_nodes_on_the_rim_of_the_depth_lead_on(db):
    names = [model(f"acme/m{n}", *([f"acme/m{n - 1}"] if n else [])).name for n in range(5)]
    trace_due(9)
    root = find("model", names[4], None)
    ends = [
        [node.id for node in subgraph(root, Question(direction="ancestors", depth=depth)).frontier]
        for depth in range(5)
    ]
    assert ends == [["acme/m4"], ["acme/m3"], ["acme/m2"], ["acme/m1"], []]
