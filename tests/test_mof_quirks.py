"""Every oddity of the Model Openness Tool, alone and in any company, against the literal second implementation."""

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from openness.mof import parity, strict
from openness.mof.components import CLASSES, COMPONENTS
from openness.mof.record import read_record
from openness.record_files import mof_line
from tests import mof_slow

ALL = [component.name for component in COMPONENTS]


def entry(name, **fields):
    return lambda release: release["components"].append({"name": name, **fields})


def everywhere(level, name):
    return lambda release: release["license"].update({level: {"name": name}})


def without(*names):
    def drop(release):
        release["components"] = [row for row in release["components"] if row["name"] not in names]

    return drop


# oddity -> (what it does to a record of all components under MIT, class by the tool, class by the strict rules)
QUIRKS = {
    "an unknown name counts as Datasets": (entry("Training dataset", license="llama3"), 2, 0),
    "a name in another case is unknown": (entry("model card", license="llama3"), 2, 0),
    "an id in lower case is refused": (everywhere("distribution", "apache-2.0"), 0, 0),
    "unlicensed for the whole": (everywhere("distribution", "unlicensed"), 0, 0),
    "Unlicensed with a capital is another id": (everywhere("distribution", "Unlicensed"), 0, 0),
    "null for the whole": (everywhere("distribution", None), 0, 0),
    "blank for the whole": (everywhere("distribution", ""), 0, 0),
    "a zero for the whole": (everywhere("distribution", "0"), 0, 0),
    "a blank level falls back to the whole": (everywhere("data", ""), 1, 0),
    "null inherits": (entry("Model card", license=None), 1, 0),
    "a blank does not inherit": (entry("Model card", license=""), 0, 0),
    "a zero does not inherit": (entry("Model card", license="0"), 0, 0),
    "unlicensed does not inherit": (entry("Model card", license="unlicensed"), 0, 0),
    "the last of a repeated name wins": (entry("Model card", license="llama3"), 0, 0),
    "PDDL-1.0 is refused": (everywhere("data", "PDDL-1.0"), 0, 0),
    "ODC-PDDL-1.0 is open": (everywhere("data", "ODC-PDDL-1.0"), 1, 0),
    "CC0-1.0 is open for data": (everywhere("data", "CC0-1.0"), 1, 0),
    "the GPL is open for everything": (everywhere("distribution", "GPL-3.0-only"), 1, 0),
    "OpenMDW-1.0 is known": (everywhere("distribution", "OpenMDW-1.0"), 1, 0),
    "OpenMDW-1.1 is not": (everywhere("distribution", "OpenMDW-1.1"), 0, 0),
    "a choice is no id": (everywhere("distribution", "MIT OR Apache-2.0"), 0, 0),
    "a paper stands in for the report": (without("Technical report"), 1, 0),
    "a paper is asked for class I": (without("Research paper"), 2, 0),
    "neither report nor paper": (without("Technical report", "Research paper"), 0, 0),
    "optional ones are not asked for": (without("Model metadata", "Sample model outputs"), 1, 0),
    "no components": (lambda release: release.update(components=[]), 0, 0),
    "a spelling is refused": (everywhere("distribution", "Apache 2.0"), 0, 0),
}


def record(*quirks):
    release = {"name": "tiny", "license": {"distribution": {"name": "MIT"}}, "components": [{"name": n} for n in ALL]}
    for quirk in quirks:
        QUIRKS[quirk][0](release)
    return {"release": release}


@pytest.mark.parametrize("quirk", QUIRKS)
def test_each_oddity_has_its_class_in_the_file_and_in_both_implementations(quirk):
    raw, (_, by_tool, by_meaning) = record(quirk), QUIRKS[quirk]
    line = mof_line("tiny.yml", yaml.safe_dump(raw).encode())
    assert (line["class"], line["strict"]["class"]) == (by_tool, by_meaning)
    assert mof_slow.classify(raw)["class"] == by_tool


def test_the_strict_rules_reach_class_i_where_each_kind_has_its_licence():
    raw = record()
    raw["release"]["license"] |= {"data": {"name": "cdla permissive 2.0"}, "document": {"name": "CC BY 4.0"}}
    assert strict.classify(read_record(raw)).mof_class == 1
    assert parity.classify(read_record(raw)).mof_class == 0


@given(st.lists(st.sampled_from(sorted(QUIRKS)), max_size=6))
def test_any_company_of_oddities_is_classed_as_the_second_implementation_does(quirks):
    raw = record(*quirks)
    answer, slow = parity.classify(read_record(raw)), mof_slow.classify(raw)
    assert (answer.mof_class, answer.progress) == (slow["class"], slow["progress"])
    assert {v.component.id: v.licence for v in answer.verdicts} == slow["licences"]
    required = {c.id for c in COMPONENTS if c.required}
    for k in CLASSES:
        for name, ids in slow["buckets"][k].items():
            assert [i for i in answer.buckets[k][name] if i in required] == ids
    assert len(answer.warnings) == len(slow["wrong_type"])
