"""Reading what people write as a licence."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from registry.licence_expressions import MOST_DEPTH
from registry.licence_table import find_link, licences, plain, spdx_rows, spellings, table
from registry.licences import HUB_LICENCE_IDS, find, is_absence, read_declared, read_licence

SPELLINGS = {
    "Apache License, Version 2.0": "Apache-2.0",
    "apache-2.0": "Apache-2.0",
    "Apache 2.0": "Apache-2.0",
    "MIT License": "MIT",
    "The MIT License (MIT)": "MIT",
    "BSD-3": "BSD-3-Clause",
    "CC BY-SA 4.0": "CC-BY-SA-4.0",
    "cc-by-nc-4.0": "CC-BY-NC-4.0",
    "GPLv3": "GPL-3.0",
    "GPL v2 or later": "GPL-2.0-or-later",
    "gpl-3.0+": "GPL-3.0+",
    "Llama 3.1 Community License": "llama3.1",
    "gemma-terms-of-use": "gemma",
    "CreativeML OpenRAIL-M": "creativeml-openrail-m",
    "odbl": "ODbL-1.0",
    "ODC-PDDL-1.0": "PDDL-1.0",
    "Public Domain": "CC-PDDC",
}


@pytest.mark.parametrize(("written", "meant"), SPELLINGS.items())
def test_spellings_seen_in_the_wild_find_their_licence(written, meant):
    reading = read_licence(written)
    assert (reading.ids, reading.known, reading.problem) == ((meant,), True, "")


def test_every_id_of_the_hub_is_understood():
    assert len(HUB_LICENCE_IDS) == 83
    for hub_id, meant in table()["hub"].items():
        assert read_licence(hub_id).ids == (meant,)
        assert meant in licences()
        assert read_licence(hub_id).known is (hub_id not in {"unknown", "other"})


def test_the_ids_of_the_hub_fall_into_open_refused_and_unlisted_as_the_openness_tool_would_have_them():
    listed = [spdx_rows().get(meant) for meant in table()["hub"].values()]
    is_open = [row for row in listed if row and (row.osi or row.fsf or row.open_data or row.id == "OpenMDW-1.0")]
    assert (len(is_open), listed.count(None)) == (42, 28)
    assert len(listed) - len(is_open) - listed.count(None) == 13


def test_every_alias_means_the_licence_that_it_stands_under():
    for key, aliases in table()["aliases"].items():
        assert key in licences()
        for alias in aliases:
            assert find(alias) is not None, alias
            assert find(alias).id == key, alias


def test_unknown_refused_versionless_and_unstated_are_four_answers():
    assert [read_licence(text).verdict for text in ("my own terms", "llama3", "gpl", "mit", None)] == [
        "unknown",
        "refused",
        "versionless",
        "open",
        "unstated",
    ]
    assert [read_licence(text).open for text in ("my own terms", "llama3", "gpl", "mit", None)] == [
        None,
        False,
        None,
        True,
        None,
    ]
    assert read_licence("gpl").needs_review and not read_licence("my own terms").needs_review


def test_a_choice_is_open_when_one_is_and_a_conjunction_when_all_are():
    assert read_licence("llama3 OR MIT").open is True
    assert read_licence("llama3 AND MIT").open is False
    assert read_licence(["mit", "cc-by-nc-4.0"]).open is False
    assert read_licence("MIT/Apache-2.0").expression == "MIT OR Apache-2.0"
    assert read_licence("mit, apache-2.0").expression == "MIT AND Apache-2.0"
    assert read_licence("MIT AND nobody knows").open is None


def test_an_exception_keeps_the_licence_and_an_unknown_one_makes_it_unknown():
    assert read_licence("GPL-2.0-only WITH Classpath-exception-2.0").open is True
    restricted = read_licence("Apache-2.0 WITH Commons-Clause")
    assert (restricted.open, restricted.known) == (None, False)


def test_obligations_name_their_clause():
    assert read_licence("llama3").flags["NAME_PREFIX"].startswith("Llama 3 §1.b.i")
    assert read_licence("llama3.3").flags["NAME_PREFIX"].endswith("(section from memory)")
    assert read_licence("llama3").flags["NAME_PREFIX"] == "Llama 3 §1.b.i (name begins with “Llama 3”)"
    assert read_licence("cc-by-nc-4.0").flags["NC"].startswith("CC 4.0 §2(a)(1)")
    assert read_licence("cc-by-nc-3.0").flags["NC"].startswith("CC 3.0 §4(b)")
    assert {"NC", "SA", "ATTRIB"} <= set(read_licence("cc-by-nc-sa-4.0").flags)
    assert "NC" not in read_licence("cc-by-sa-4.0").flags
    assert "COPYLEFT" in read_licence("agpl-3.0").flags and "COPYLEFT" not in read_licence("mit").flags


def test_a_choice_carries_the_obligations_of_its_open_branch_and_a_conjunction_all():
    assert "NC" not in read_licence("CC-BY-NC-4.0 OR CC-BY-4.0").flags
    assert {"NC", "COPYLEFT"} <= set(read_licence("CC-BY-NC-4.0 AND GPL-3.0-only").flags)


def test_licences_suit_what_they_were_written_for():
    assert read_licence("GPL-3.0-only").suits("code") and not read_licence("GPL-3.0-only").suits("data")
    assert read_licence("CC0-1.0").suits("data") and read_licence("CC0-1.0").suits("document")
    assert read_licence("PDDL-1.0").suits("data")
    assert read_licence("C-UDA-1.0").open is False
    assert not read_licence("Apache-2.0").suits("data")
    assert read_licence("openmdw-1.1").suits("data")
    assert not read_licence("CC-BY-NC-4.0").suits("data")
    # the open branch is for code only, the branch for data is not open: no single choice is both
    assert not read_licence("MIT OR CC-BY-NC-4.0").suits("data")


def test_other_is_read_through_its_name_and_then_its_link():
    assert read_declared({"license": "other", "license_name": "exaone"}).ids == ("exaone",)
    link = "https://creativecommons.org/licenses/by-nc/4.0/"
    assert read_declared({"license": "other", "license_link": link}).ids == ("CC-BY-NC-4.0",)
    assert read_declared({"license": "other", "license_name": "nobody-knows-it"}).verdict == "unknown"
    assert read_declared({"license": "mit", "license_name": "exaone"}).ids == ("MIT",)
    assert read_declared(None).verdict == "unstated"


@pytest.mark.parametrize(
    ("url", "meant"),
    [
        ("https://opensource.org/licenses/MIT", "MIT"),
        ("https://www.apache.org/licenses/LICENSE-2.0", "Apache-2.0"),
        ("https://spdx.org/licenses/ODbL-1.0.html", "ODbL-1.0"),
        ("https://www.llama.com/llama3_2/LICENSE".lower(), "llama3.2"),
        ("https://www.gnu.org/licenses/gpl-3.0.en.html", "GPL-3.0"),
    ],
)
def test_well_known_addresses_name_their_licence(url, meant):
    assert find_link(url).id == meant


@pytest.mark.parametrize(
    "hostile",
    [
        "(" * 1000 + "MIT" + ")" * 1000,
        "(" * (MOST_DEPTH + 2) + "MIT AND ISC" + ")" * (MOST_DEPTH + 2),
        " OR ".join(["MIT"] * 1000),
        "MIT OR " * 120 + "MIT",
        "MIT AND",
        "OR MIT",
        "(MIT",
        "MIT)",
        "x" * 100_000,
        ["mit"] * 1000,
        {"name": "mit"},
        3.0,
    ],
    ids=lambda value: str(value)[:20],
)
def test_what_cannot_be_read_is_a_problem_and_never_open(hostile):
    reading = read_licence(hostile)
    assert reading.problem and reading.open is None and not reading.known


@given(st.one_of(st.text(), st.none(), st.integers(), st.lists(st.text(max_size=20), max_size=5)))
def test_any_statement_gets_an_answer(value):
    reading = read_licence(value)
    assert reading.verdict in {"open", "versionless", "refused", "unknown", "unstated"}
    assert reading.known <= bool(reading.ids)
    assert reading == read_licence(value)


@given(st.sampled_from(sorted(licences())), st.sampled_from([str.upper, str.lower, str.title]))
def test_case_and_separators_do_not_change_what_an_id_means(licence_id, recase):
    written = recase(licence_id).replace("-", " ")
    if spellings().get(plain(licence_id)) == licence_id:
        assert read_licence(written).ids == (licence_id,)


@given(st.recursive(st.sampled_from(["MIT", "llama3", "CC-BY-4.0", "gpl"]), lambda inner: st.tuples(
    st.sampled_from(["AND", "OR"]), inner, inner), max_leaves=8))  # fmt: skip
def test_an_expression_means_what_its_parts_mean(tree):
    def text(node):
        return node if isinstance(node, str) else f"({text(node[1])} {node[0]} {text(node[2])})"

    def is_open(node):
        if isinstance(node, str):
            return read_licence(node).open
        left, right = is_open(node[1]), is_open(node[2])
        decisive = node[0] == "OR"
        if decisive in (left, right):
            return decisive
        return None if None in (left, right) else not decisive

    assert read_licence(text(tree)).open is is_open(tree)
    assert read_licence(read_licence(text(tree)).expression).open is is_open(tree)


def test_a_field_that_says_the_component_is_absent_is_told_from_a_licence():
    assert is_absence("Component not included") and is_absence("undisclosed")
    assert not is_absence("MIT")


def test_the_two_licences_of_qwen_are_told_apart():
    new, old = read_licence("qwen"), read_licence("tongyi-qianwen-license-agreement")
    assert (new.ids, old.ids) == (("qwen",), ("tongyi-qianwen",))
    assert "NO_TRAIN_OTHER" in old.flags and "NO_TRAIN_OTHER" not in new.flags and "ATTRIB" in new.flags
