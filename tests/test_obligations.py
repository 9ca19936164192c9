"""What licences further up ask of a repository: which clauses arrive, by which way, and whether they are kept."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lineage.obligations.kept import keeps
from lineage.obligations.paths import Arrived, Carried, arrived
from lineage.obligations.rules import FLAGS, bits_of, carried, own_bits, places
from lineage.obligations.verdict import Repository, judge
from lineage.obligations.whole import inherited
from registry.licences import read_licence
from registry.models import Repo
from registry.stated_licence import origin_of

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
    parents = [(Repository("meta/base", read_licence(of)), kind) for of, kind in direct]
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
    assert found == ["missing_obligation", "ok", "unknown"]


def test_a_copyleft_asks_for_its_text_besides():
    for licence, least in (("gpl-3.0", {"NOTICE", "COPYLEFT"}), ("mpl-2.0", {"NOTICE"})):
        reading = read_licence(licence)
        assert least <= {flag for _, flag in places(own_bits(reading.flags, reading.ids[0], reading.known))}


def test_one_open_licence_in_place_of_another_is_relabelled():
    assert verdict("acme/tiny", "mit", direct=[("apache-2.0", "finetune")]) == "relabelled"
    assert verdict("acme/tiny", "mit", direct=[("apache-2.0", "new_version")]) == "ok"


@pytest.mark.parametrize(
    ("above", "own", "flag", "kept"),
    [
        ("cc-by-sa-4.0", "cc-by-sa-4.0", "SA", True),
        ("cc-by-sa-4.0", "gpl-3.0", "SA", True),
        ("cc-by-nc-sa-4.0", "gpl-3.0", "NC", False),
        ("gpl-3.0", "cc-by-sa-4.0", "COPYLEFT", False),
        ("gpl-3.0", "agpl-3.0", "COPYLEFT", True),
        ("agpl-3.0", "gpl-3.0", "COPYLEFT", False),
        ("agpl-3.0", "lgpl-3.0", "COPYLEFT", False),
        ("lgpl-3.0", "gpl-3.0", "COPYLEFT", True),
        ("mpl-2.0", "mit", "COPYLEFT", False),
    ],
)
def test_one_licence_keeps_a_clause_of_another_where_that_lets_it(above, own, flag, kept):
    assert keeps(flag, read_licence(above), read_licence(own)) is kept


def test_a_list_of_licences_may_be_a_choice():
    dual = Repository("wiki/text", read_licence(["cc-by-sa-3.0", "gfdl"]))
    for own, expected in (("cc-by-sa-4.0", "unknown"), ("mit", "conflict")):
        reaching = Arrived((Carried("weights", "COPYLEFT", 2, (1, 2), ("derived_data",)),))
        assert judge(Repository("acme/text", read_licence(own)), reaching, [], {2: dual}).verdict == expected


def test_an_owner_is_not_bound_by_its_own_licence_and_others_stay_bound_by_it():
    licence = read_licence("cc-by-nc-4.0")
    here = Repository("acme/tiny", read_licence("apache-2.0"), has_licence_file=True)
    clauses = tuple(Carried("weights", "NC", source, (1, source), ("finetune",)) for source in (2, 3))
    own, other = Repository("Acme/base", licence), Repository("meta/base", licence)
    assert judge(here, Arrived(clauses[:1]), [(own, "finetune")], {2: own}).verdict == "relabelled"
    kept = Repository("acme/kept", licence, has_licence_file=False)
    assert judge(kept, Arrived(clauses[:1]), [(own, "finetune")], {2: own}).verdict == "ok"
    both = judge(here, Arrived(clauses), [], {2: own, 3: other})
    assert (both.verdict, [each.carried.source for each in both.clauses]) == ("conflict", [3])


def test_who_wrote_a_licence_is_told_by_the_habits_of_tools():
    mit, apache = read_licence("mit"), read_licence("apache-2.0")
    assert origin_of(Repo(licence="mit", tags=["generated_from_trainer"]), mit, [mit]) == "trainer"
    assert origin_of(Repo(licence="mit", tags=["generated_from_trainer"]), mit, [apache]) == "author"
    assert origin_of(Repo(licence="apache-2.0", tags=["unsloth"]), apache, []) == "template"
    assert origin_of(Repo(licence="", tags=[]), mit, []) == "file"
    assert origin_of(Repo(licence="", tags=[]), read_licence(None), []) is None


def test_the_licences_of_llama_ask_for_their_own_names():
    for licence, rule in (("llama3", "NAME_LLAMA_3"), ("llama3.2", "NAME_LLAMA"), ("llama2", None)):
        reading = read_licence(licence)
        names = [f for _, f in places(own_bits(reading.flags, reading.ids[0], True)) if f.startswith("NAME")]
        assert set(names) == ({rule} if rule else set())
