"""The class that a record earns when its licences are read for what they mean."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from openness.mof import parity, strict
from openness.mof.components import COMPONENTS
from openness.mof.record import read_record
from tests import mof_slow

ALL = [component.name for component in COMPONENTS]
APPROPRIATE = {"code": "MIT", "data": "CDLA-Permissive-2.0", "document": "CC-BY-4.0"}


def record(components, **levels):
    rows = [{"name": c} if isinstance(c, str) else {"name": c[0], "license": c[1]} for c in components]
    return {"release": {"license": {level: {"name": name} for level, name in levels.items()}, "components": rows}}


def classified(components, **levels):
    return strict.classify(read_record(record(components, **levels)))


def status(answer, name):
    return next(v.status for v in answer.verdicts if v.component.name == name)


def test_each_kind_under_a_licence_written_for_it_makes_class_i():
    answer = classified([(c.name, APPROPRIATE[c.content_type]) for c in COMPONENTS])
    assert (answer.mof_class, answer.warnings) == (1, ())


def test_weights_under_apache_reach_no_class():
    answer = classified([(c.name, "Apache-2.0") for c in COMPONENTS])
    assert answer.mof_class == 0
    assert status(answer, "Model parameters (Final)") == "invalid"
    assert "Model parameters (Final): the licence Apache-2.0 is open but not written for data" in answer.warnings


def test_a_licence_of_the_whole_does_not_reach_other_peoples_work():
    answer = classified(ALL, distribution="OpenMDW-1.0")
    unlicensed = {v.component.name for v in answer.verdicts if v.status == "unlicensed"}
    assert unlicensed == {"Datasets", "Evaluation data", "Technical report", "Research paper"}
    assert parity.classify(read_record(record(ALL, distribution="OpenMDW-1.0"))).mof_class == 1


def test_a_licence_for_all_data_does_reach_the_datasets():
    assert status(classified(["Datasets"], data="CC-BY-4.0"), "Datasets") == "included"


@pytest.mark.parametrize(
    ("written", "name", "expected"),
    [
        ("apache license 2.0", "Training code", "included"),
        ("CC BY-SA 4.0", "Model card", "included"),
        ("MIT OR CC-BY-4.0", "Model card", "included"),
        ("MIT AND CC-BY-NC-4.0", "Training code", "invalid"),
        ("CC0-1.0", "Datasets", "included"),
        ("PDDL-1.0", "Datasets", "included"),
        ("openmdw-1.1", "Datasets", "included"),
        ("C-UDA-1.0", "Datasets", "invalid"),
        ("GPL-3.0-only", "Training code", "included"),
        ("BSD-3-Clause", "Training code", "included"),
        ("gpl", "Training code", "invalid"),
        ("CC-BY-NC-4.0", "Datasets", "invalid"),
        ("  ", "Datasets", "unlicensed"),
    ],
)
def test_licences_count_for_what_they_mean(written, name, expected):
    assert status(classified([(name, written)]), name) == expected


def test_the_licence_is_shown_as_it_was_understood_and_else_as_written():
    answer = classified([("Training code", "apache 2"), ("Model card", "my own")])
    shown = {v.component.name: v.licence for v in answer.verdicts if v.licence}
    assert shown == {"Training code": "Apache-2.0", "Model card": "my own"}


def test_an_unknown_family_and_a_refused_licence_are_warned_of_each_in_its_own_words():
    warnings = classified(
        [("Training code", "my own"), ("Inference code", "bsd"), ("Evaluation code", "llama3")]
    ).warnings
    assert warnings == (
        "Training code: the licence my own is not known",
        "Inference code: the licence bsd is a family; which of its versions applies is not stated",
        "Evaluation code: the licence llama3 is not open",
    )


def test_a_name_that_is_no_component_counts_as_nothing():
    answer = classified([("Training dataset", "CC-BY-4.0")])
    assert status(answer, "Datasets") == "missing"
    assert len(answer.warnings) == 1


def test_names_are_known_in_any_case_and_as_slugs():
    assert status(classified([("MODEL CARD", "CC-BY-4.0")]), "Model card") == "included"
    assert status(classified([("final-model-parameters", "CC-BY-4.0")]), "Model parameters (Final)") == "included"


def test_a_component_that_says_it_is_not_there_is_missing():
    assert status(classified([("Datasets", "Component not included")]), "Datasets") == "missing"


def test_progress_is_each_classs_own():
    answer = classified([("Training code", "MIT"), ("Datasets", "CC-BY-4.0")])
    assert answer.progress == {3: 0, 2: 10, 1: pytest.approx(200 / 14)}


def test_a_paper_stands_in_for_the_report():
    names = [c for c in COMPONENTS if c.name != "Technical report"]
    assert classified([(c.name, APPROPRIATE[c.content_type]) for c in names]).mof_class == 1


LICENCES = st.one_of(st.sampled_from(sorted(mof_slow.MEANING)), st.none())
LIKELY = st.sampled_from(["OpenMDW-1.1", "MIT OR CC-BY-4.0", "CC-BY-4.0"])
ENTRIES = st.one_of(
    st.lists(st.fixed_dictionaries({"name": st.sampled_from(ALL)}, optional={"license": LICENCES}), max_size=20),
    st.tuples(*(st.fixed_dictionaries({"name": st.just(name), "license": LIKELY}) for name in ALL)).map(list),
)
LEVELS = st.dictionaries(
    st.sampled_from(["distribution", "code", "data", "document"]), st.fixed_dictionaries({"name": LICENCES})
)
RECORDS = st.fixed_dictionaries({"release": st.fixed_dictionaries({"components": ENTRIES, "license": LEVELS})})


@given(RECORDS)
def test_a_slow_literal_second_implementation_agrees(raw):
    answer, slow = strict.classify(read_record(raw)), mof_slow.classify_strict(raw)
    assert (answer.mof_class, answer.progress) == (slow["class"], slow["progress"])
    for verdict in answer.verdicts:
        if verdict.component.required:
            assert verdict.status == slow["statuses"][verdict.component.id][0]


@given(RECORDS, st.sampled_from(COMPONENTS))
def test_one_more_component_under_a_fitting_licence_never_lowers_a_class(raw, component):
    more = {"name": component.name, "license": APPROPRIATE[component.content_type]}
    release = raw["release"]
    richer = {"release": {**release, "components": [*release["components"], more]}}
    before, after = (strict.classify(read_record(r)) for r in (raw, richer))
    assert before.mof_class == 0 or 0 < after.mof_class <= before.mof_class
