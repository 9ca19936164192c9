"""What licences further up ask of a repository: which clauses arrive, by which way, and whether they are kept."""

from collections import Counter

import numpy as np
import pytest
from django.contrib.auth import get_user_model
from django.utils.timezone import now
from hypothesis import given, settings
from hypothesis import strategies as st
from rest_framework.test import APIClient

from lineage.models import Node, Relation
from lineage.obligations.paths import Arrived, Carried, arrived
from lineage.obligations.rules import FLAGS, bits_of, carried, own_bits, places
from lineage.obligations.verdict import Repository, judge
from lineage.obligations.whole import inherited
from lineage.obligations_corpus import corpus_verdicts
from lineage.obligations_here import obligations_of
from lineage.rebuild import rebuild
from lineage.trace import trace_repo
from registry.licences import read_licence
from registry.models import Repo
from registry.stated_licence import origin_of
from tests.mirrored import mirrored

KINDS = ["finetune", "adapter", "merge", "quantized", "copied", "distilled", "tokenizer_source", "trained_on",
         "new_version", "unknown"]  # fmt: skip
edges = st.lists(st.tuples(st.integers(0, 6), st.integers(0, 6), st.sampled_from(KINDS)), max_size=12)
owns = st.lists(st.sampled_from(["NC", "ND", "NOTICE", "UNKNOWN", "NO_TRAIN_OTHER", ""]), min_size=7, max_size=7)


def own_of(flag: str) -> int:
    return bits_of([flag] if flag else []) | (bits_of([flag], "outputs") if flag == "NO_TRAIN_OTHER" else 0)


def literal(graph, own):
    """By hand: every clause of every node is pushed down every edge, one at a time, until nothing is new."""
    found = {node: set() for node in range(7)}
    while True:
        before = {node: set(some) for node, some in found.items()}
        for child, parent, kind in graph:
            for place in set(places(own[parent])) | before[parent]:
                lane, flag = place
                found[child] |= set(places(carried(kind, bits_of([flag], lane))))
        if found == before:
            return found


@given(edges, owns)
@settings(max_examples=150, deadline=None)
def test_the_fixpoint_over_arrays_agrees_with_pushing_each_clause_by_hand(graph, flags):
    own = [own_of(flag) for flag in flags]
    child, parent = (np.array([edge[end] for edge in graph], dtype=np.int64) for end in (0, 1))
    kind = np.array([KINDS.index(edge[2]) for edge in graph], dtype=np.int64)
    found = inherited(child, parent, kind, KINDS, np.array(own, dtype=np.int64))
    assert [set(places(int(bits))) for bits in found] == list(literal(graph, own).values())


@given(edges, owns)
@settings(max_examples=150, deadline=None)
def test_the_walk_upwards_finds_the_same_clauses_and_ways_that_are_there(graph, flags):
    own = [own_of(flag) for flag in flags]
    parents = {node: [(p, kind) for c, p, kind in graph if c == node and p != c] for node in range(7)}
    found = arrived(0, parents, dict(enumerate(own)))
    without_root = own.copy()
    without_root[0] = 0  # on a cycle its own clauses come back, and say nothing new
    straight = [edge for edge in graph if edge[0] != edge[1]]
    assert {(each.lane, each.flag) for each in found.clauses} == literal(straight, without_root)[0]
    for each in found.clauses:
        steps = zip(each.way, each.way[1:], each.kinds, strict=False)
        assert all((parent, kind) in parents[child] for child, parent, kind in steps)
        assert each.way[0] == 0 and each.way[-1] == each.source


def test_the_shortest_way_is_told():
    parents = {1: [(2, "finetune"), (3, "finetune")], 2: [(3, "finetune")]}
    (found,) = arrived(1, parents, {3: bits_of(["NC"])}).clauses
    assert (found.way, found.kinds) == ((1, 3), ("finetune",))


def test_two_ways_to_one_ancestor_that_let_different_clauses_pass_are_both_walked():
    parents = {1: [(2, "adapter"), (3, "finetune")], 3: [(2, "finetune")]}
    lanes = {each.lane for each in arrived(1, parents, {2: bits_of(["NC"])}).clauses}
    assert lanes == {"combined", "weights"}


def test_an_adapter_that_was_merged_carries_what_its_base_asks():
    parents = {1: [(2, "merge")], 2: [(3, "adapter")]}
    assert [each.lane for each in arrived(1, parents, {3: bits_of(["NC"])}).clauses] == ["weights"]


def test_all_bits_fit_a_number_of_the_database_and_of_numpy():
    assert int(np.int64(sum(bits_of(FLAGS, lane) for lane in ("weights", "combined", "data")))) > 0


def verdict(name, licence, *above, direct=(), has_file=True):
    clauses = tuple(Carried(lane, flag, 9, (1, 9), ("finetune",)) for lane, flag in above)
    repo = Repository(name, read_licence(licence), has_file)
    parents = [(Repository("acme/base", read_licence(of)), kind) for of, kind in direct]
    return judge(repo, Arrived(clauses), parents).verdict


@pytest.mark.parametrize(
    ("licence", "above", "expected"),
    [
        ("apache-2.0", [("weights", "NC")], "conflict"),
        ("cc-by-nc-4.0", [("weights", "NC")], "ok"),
        ("cc-by-nd-4.0", [("weights", "ND")], "ok"),
        ("cc-by-nd-4.0", [("weights", "ND_CHANGED")], "conflict"),
        ("mit", [("weights", "COPYLEFT")], "conflict"),
        ("gpl-3.0", [("weights", "COPYLEFT")], "ok"),
        ("apache-2.0", [("combined", "NC")], "unknown"),
        ("cc-by-nc-4.0", [("combined", "NC")], "ok"),
        ("apache-2.0", [("data", "NC")], "ok"),
        ("apache-2.0", [("weights", "UNKNOWN")], "unknown"),
        ("apache-2.0", [("trained", "NO_TRAIN_OTHER")], "conflict"),
        ("llama2", [("trained", "NO_TRAIN_OTHER"), ("weights", "NO_TRAIN_OTHER")], "ok"),
        (None, [("weights", "NC")], "unknown"),
        ("apache-2.0", [("weights", "NC"), ("weights", "UNKNOWN")], "conflict"),
        ("apache-2.0", [], "ok"),
    ],
)
def test_a_clause_is_held_against_the_licence_below(licence, above, expected):
    assert verdict("acme/tiny", licence, *above) == expected


@pytest.mark.parametrize(
    ("name", "rule", "expected"),
    [
        ("acme/Llama-3-Tiny", "NAME_LLAMA_3", "ok"),
        ("acme/Llama-Tiny", "NAME_LLAMA_3", "missing_obligation"),
        ("acme/llama_tiny", "NAME_LLAMA", "ok"),
        ("Llama/tiny", "NAME_LLAMA", "missing_obligation"),
        ("acme/EXAONE-tiny", "NAME_EXAONE", "ok"),
    ],
)
def test_a_rule_about_names_is_read_off_the_name(name, rule, expected):
    assert verdict(name, "llama3", ("weights", rule)) == expected


def test_a_notice_is_missing_only_where_the_files_are_known():
    notice = ("weights", "NOTICE")
    found = [verdict("acme/tiny", "mit", notice, has_file=has_file) for has_file in (False, True, None)]
    assert found == ["missing_obligation", "ok", "ok"]


def test_one_open_licence_in_place_of_another_is_relabelled():
    assert verdict("acme/tiny", "mit", direct=[("apache-2.0", "finetune")]) == "relabelled"
    assert verdict("acme/tiny", "mit", direct=[("apache-2.0", "new_version")]) == "ok"


def test_the_licences_of_llama_ask_for_their_own_names():
    for licence, rule in (("llama3", "NAME_LLAMA_3"), ("llama3.2", "NAME_LLAMA"), ("llama2", None)):
        reading = read_licence(licence)
        names = [f for _, f in places(own_bits(reading.flags, reading.ids[0], True)) if f.startswith("NAME")]
        assert set(names) == ({rule} if rule else set())


CARD = "---\nlicense: {}\nbase_model: {}\n---\n# A model\n"


@pytest.fixture
def chain(db):
    base = mirrored("meta/base", licence="llama3.1", card="", files={"LICENSE": 10})
    middle = mirrored("acme/middle", licence="apache-2.0", card=CARD.format("apache-2.0", "meta/base"), files={})
    leaf = mirrored("acme/leaf-gguf", licence="mit", card=CARD.format("mit", "acme/middle"), files={"a.gguf": 10})
    for repo in (base, middle, leaf):
        trace_repo(repo)
    return base, middle, leaf


def test_a_conflict_names_the_clause_and_the_way(chain):
    _, _, leaf = chain
    said = APIClient().get("/api/v1/obligations/model/acme/leaf-gguf").json()
    assert (said["verdict"], said["licence_origin"], said["is_partial"]) == ("conflict", "author", False)
    first = said["obligations"][0]
    assert (first["obligation"], first["path"]) == ("USE_RESTRICT", ["acme/leaf-gguf", "acme/middle", "meta/base"])
    assert "Llama 3.1" in first["clause"]
    page = APIClient().get("/obligations/model/acme/leaf-gguf").content.decode()
    assert "conflict" in page and "meta/base" in page


def test_a_repository_for_staff_only_counts_as_one_whose_licence_is_not_known(chain):
    base, middle, _ = chain
    Repo.objects.filter(pk=base.pk).update(staff_only=True)
    found = obligations_of(middle)
    assert found.verdict.verdict == "unknown"
    assert {clause.carried.flag for clause in found.verdict.clauses} == {"UNKNOWN"}


def test_nothing_is_told_of_what_lies_behind_a_repository_for_staff_only(chain):
    _, middle, leaf = chain
    Repo.objects.filter(pk=middle.pk).update(staff_only=True)
    anonymous = APIClient()
    said = anonymous.get("/api/v1/obligations/model/acme/leaf-gguf")
    assert said.json()["verdict"] == "unknown"
    assert [(each["obligation"], each["path"]) for each in said.json()["obligations"]] == [
        ("UNKNOWN", ["acme/leaf-gguf", "acme/middle"])
    ]
    passport = anonymous.get("/api/v1/passport/model/acme/leaf-gguf")
    assert passport.json()["lineage"]["ancestors"] == 1
    page = anonymous.get("/obligations/model/acme/leaf-gguf")
    assert all(b"meta/base" not in answer.content for answer in (said, passport, page))
    assert corpus_verdicts() == {"unknown": 1}
    staff = get_user_model()(username="staff", is_staff=True)
    assert obligations_of(leaf, staff).verdict.verdict == "conflict"


def test_a_ladder_of_merges_is_looked_at_up_to_a_bound_and_says_so(db, monkeypatch):
    leaf = mirrored("acme/leaf", licence="mit", card="", files={})
    trace_repo(leaf)
    rows, level = [], [leaf.node]
    for step in range(6):
        upper = Node.objects.bulk_create(Node(kind="model", name=f"acme/{step}-{n}") for n in range(5))
        rows += [
            Relation(child=a, parent=b, kind="merge", first_seen_at=now(), last_seen_at=now())
            for a in level
            for b in upper
        ]
        level = upper
    Relation.objects.bulk_create(rows)
    rebuild()
    assert not obligations_of(leaf).verdict.is_cut
    monkeypatch.setattr("lineage.obligations_here.RELATIONS_MOST", len(rows) - 1)
    assert obligations_of(leaf).verdict.is_cut


def test_the_corpus_is_counted_as_its_repositories_stand_one_by_one(chain):
    ring = [
        mirrored(f"acme/ring-{end}", licence="mit", card=CARD.format("mit", f"acme/ring-{1 - end}")) for end in (0, 1)
    ]
    adapter = mirrored(
        "acme/lora", licence="mit", card=CARD.format("mit", "meta/base"), files={"adapter_config.json": 5}
    )
    for repo in (*ring, adapter):
        trace_repo(repo)
    made = [repo for repo in Repo.objects.all() if repo.node.parents.exists()]
    assert corpus_verdicts() == dict(Counter(obligations_of(repo).verdict.verdict for repo in made))


def test_what_was_never_traced_has_no_verdict(db):
    mirrored("acme/new")
    assert APIClient().get("/api/v1/obligations/model/acme/new").status_code == 404
    assert APIClient().get("/obligations/model/acme/new").status_code == 200


def test_obligations_take_few_queries(chain, django_assert_max_num_queries):
    with django_assert_max_num_queries(20):
        APIClient().get("/api/v1/obligations/model/acme/leaf-gguf")


def test_who_wrote_a_licence_is_told_by_the_habits_of_tools():
    mit, apache = read_licence("mit"), read_licence("apache-2.0")
    assert origin_of(Repo(licence="mit", tags=["generated_from_trainer"]), mit, [mit]) == "trainer"
    assert origin_of(Repo(licence="mit", tags=["generated_from_trainer"]), mit, [apache]) == "author"
    assert origin_of(Repo(licence="apache-2.0", tags=["unsloth"]), apache, []) == "template"
    assert origin_of(Repo(licence="", tags=[]), mit, []) == "file"
    assert origin_of(Repo(licence="", tags=[]), read_licence(None), []) is None
