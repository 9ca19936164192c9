"""The class that the Model Openness Tool gives, its oddities included."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from openness.mof import parity
from openness.mof.components import BY_ID, CLASSES, COMPONENTS, needed_for
from openness.mof.record import RecordProblem, read_record
from registry.licences import spdx_rows
from tests import mof_slow

ALL = [component.name for component in COMPONENTS]
CLASS_III = [component.name for component in needed_for(3)]
CLASS_II = [component.name for component in needed_for(2)]


def record(components, licence="Apache-2.0", **levels):
    """A record whose components carry the licence of the whole, where no other is given beside their name."""
    rows = [{"name": c} if isinstance(c, str) else {"name": c[0], "license": c[1]} for c in components]
    everywhere = {level: {"name": name} for level, name in {"distribution": licence, **levels}.items()}
    return {"release": {"name": "acme/tiny", "license": everywhere, "components": rows}}


def classified(*args, **levels):
    return parity.classify(read_record(record(*args, **levels)))


def status(answer, name):
    return next(v.status for v in answer.verdicts if v.component.name == name)


def test_all_seventeen_under_one_open_licence_make_class_i():
    answer = classified(ALL)
    assert (answer.mof_class, answer.progress) == (1, {3: 100, 2: 100, 1: 100})


def test_the_table_of_licences_has_226_open_ids_of_660_and_one_that_is_none():
    assert sum(parity.is_open(licence) for licence in spdx_rows()) == 226
    assert len(spdx_rows()) == 661


def test_the_lists_of_appropriate_licences_are_those_of_the_tool():
    for content_type, listed in mof_slow.TYPED.items():
        found = {licence for licence in spdx_rows() if parity.is_type_appropriate(licence, content_type)}
        assert found == set(listed)


def test_nothing_listed_is_unclassified():
    answer = classified([])
    assert (answer.mof_class, answer.as_dict()["label"]) == (0, "Unclassified")
    assert {v.status for v in answer.verdicts if v.component.required} == {"missing"}
    assert parity.classify(read_record({"release": {}})).mof_class == 0


def test_a_higher_class_shows_nothing_before_the_lower_is_complete():
    answer = classified([name for name in CLASS_II if name != "Model card"])
    assert answer.progress == {3: pytest.approx(500 / 6), 2: 0, 1: 0}
    assert answer.as_dict()["badges"] == {"1": "Not met", "2": "Not met", "3": "In progress (83%)"}
    complete = classified([*CLASS_III, "Training code"])
    assert (complete.mof_class, complete.progress) == (3, {3: 100, 2: 70, 1: 0})


def test_a_name_that_the_tool_does_not_know_counts_as_datasets():
    without = [name for name in ALL if name != "Datasets"]
    assert classified(without).mof_class == 2
    assert classified([*without, "Training dataset"]).mof_class == 1


def test_an_id_in_lower_case_is_refused():
    answer = classified(ALL, "apache-2.0")
    assert answer.mof_class == 0
    assert {v.status for v in answer.verdicts} == {"invalid"}


def test_a_licence_of_the_whole_that_says_unlicensed_licenses_nothing():
    assert {v.status for v in classified(ALL, "unlicensed").verdicts} == {"unlicensed"}


@pytest.mark.parametrize("blank", [None, "", "0", 0, False])
def test_a_blank_licence_of_the_whole_is_none(blank):
    assert {v.status for v in classified(ALL, blank).verdicts} == {"unlicensed"}


def test_a_content_types_own_licence_goes_before_that_of_the_whole_unless_it_is_blank():
    assert status(classified(ALL, data="llama3"), "Datasets") == "invalid"
    assert status(classified(ALL, data="llama3"), "Training code") == "included"
    assert status(classified(ALL, data=""), "Datasets") == "included"


@pytest.mark.parametrize("blank", ["", "0", "unlicensed"])
def test_a_licence_stated_as_blank_inherits_nothing(blank):
    assert status(classified([("Model card", blank)]), "Model card") == "unlicensed"


def test_a_licence_stated_as_null_inherits():
    assert status(classified([("Model card", None)]), "Model card") == "included"


def test_of_a_component_listed_twice_the_last_counts_and_starts_afresh():
    assert status(classified([("Model card", "MIT"), ("Model card", "llama3")]), "Model card") == "invalid"
    assert status(classified([("Model card", ""), ("Model card", None)]), "Model card") == "included"


@pytest.mark.parametrize(
    ("licence", "expected"),
    [
        ("PDDL-1.0", "invalid"),
        ("ODC-PDDL-1.0", "included"),
        ("CC0-1.0", "included"),
        ("OpenMDW-1.0", "included"),
        ("OpenMDW-1.1", "invalid"),
        ("Apache-2.0 OR MIT", "invalid"),
        ("C-UDA-1.0", "invalid"),
        ("Unlicensed", "invalid"),
        ("GPL-3.0-only", "included"),
    ],
)
def test_licence_ids_are_compared_exactly(licence, expected):
    assert status(classified([("Datasets", licence)]), "Datasets") == expected


def test_cc0_is_open_for_data_but_warned_of():
    assert classified([("Datasets", "CC0-1.0")]).warnings == ("Datasets of type data",)
    assert classified([("Model card", "CC0-1.0")]).warnings == ()


def test_the_gpl_everywhere_makes_class_i_with_seventeen_warnings():
    answer = classified(ALL, "GPL-3.0-only")
    assert (answer.mof_class, len(answer.warnings)) == (1, 17)
    assert answer.warnings[0] == "Model architecture of type code"


def test_a_paper_stands_in_for_the_report_in_every_class():
    without_report = [name for name in ALL if name != "Technical report"]
    answer = classified(without_report)
    assert (answer.mof_class, answer.progress[1]) == (1, 100)
    assert BY_ID[21].id in answer.buckets[3]["included"]
    assert answer.buckets[1]["missing"] == []


def test_a_paper_under_a_refused_licence_still_takes_the_report_off_the_missing():
    answer = classified([("Research paper", "llama3")])
    assert 11 not in answer.buckets[3]["missing"] and 21 in answer.buckets[3]["invalid"]
    assert answer.mof_class == 0


def test_a_report_under_a_refused_licence_stays_refused_beside_a_paper():
    names = [name for name in CLASS_III if name != "Technical report"]
    answer = classified([*names, ("Technical report", "llama3"), "Research paper"])
    assert 11 in answer.buckets[3]["invalid"] and 21 in answer.buckets[3]["included"]
    assert answer.mof_class == 3


def test_optional_components_are_told_apart_and_never_missing():
    answer = classified(["Sample model outputs"])
    assert answer.buckets[3]["optional"] == [20]
    assert 17 not in answer.buckets[1]["missing"]
    assert all(status(answer, c.name) == "optional" for c in COMPONENTS if not c.required)


def test_the_components_come_in_the_tools_order():
    assert [row["name"] for row in classified([]).as_dict()["components"]] == mof_slow.NAMES


@pytest.mark.parametrize(
    "broken",
    [
        None,
        [],
        {"release": []},
        {"release": {"components": {}}},
        {"release": {"components": [{"name": "Datasets"}] * 10_000}},
        {"release": {"components": ["Datasets"]}},
        {"release": {"components": [{"name": 3}]}},
        {"release": {"components": [{"name": "Datasets", "license": ["MIT"]}]}},
        {"release": {"components": [{"name": "Datasets", "license": "(" * 1000 + "MIT" + ")" * 1000}]}},
        {"release": {"license": "MIT"}},
        {"release": {"license": {"distribution": "MIT"}}},
        {"release": {"license": {"distribution": {"name": 3.5}}}},
    ],
    ids=lambda value: str(value)[:60],
)
def test_what_the_tools_importer_would_choke_on_is_a_problem(broken):
    with pytest.raises(RecordProblem):
        read_record(broken)


LICENCES = st.one_of(
    st.sampled_from(
        ["MIT", "Apache-2.0", "apache-2.0", "CC0-1.0", "PDDL-1.0", "ODC-PDDL-1.0", "OpenMDW-1.1", "unlicensed", "0", ""]
    ),
    st.sampled_from(sorted(spdx_rows())),
    st.none(),
)
ENTRIES = st.lists(
    st.fixed_dictionaries({"name": st.sampled_from([*ALL, "Training dataset"])}, optional={"license": LICENCES}),
    max_size=25,
)
MOSTLY_COMPLETE = st.tuples(st.lists(st.sampled_from(ALL), max_size=3), ENTRIES).map(
    lambda drawn: [*({"name": n} for n in ALL if n not in drawn[0]), *drawn[1][:3]]
)
LEVELS = st.dictionaries(
    st.sampled_from(["distribution", "code", "data", "document"]),
    st.one_of(st.none(), st.fixed_dictionaries({"name": LICENCES})),
)
RECORDS = st.fixed_dictionaries(
    {"release": st.fixed_dictionaries({"components": st.one_of(ENTRIES, MOSTLY_COMPLETE), "license": LEVELS})}
)


@given(RECORDS)
def test_a_slow_literal_second_implementation_agrees(raw):
    answer, slow = parity.classify(read_record(raw)), mof_slow.classify(raw)
    assert (answer.mof_class, answer.progress) == (slow["class"], slow["progress"])
    assert {v.component.id: v.licence for v in answer.verdicts} == slow["licences"]
    required = {c.id for c in COMPONENTS if c.required}
    for k in CLASSES:
        for name, ids in slow["buckets"][k].items():
            assert [i for i in answer.buckets[k][name] if i in required] == ids
    assert len(answer.warnings) == len(slow["wrong_type"])
    assert answer == parity.classify(read_record(raw))
