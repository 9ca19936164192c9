"""Records that are written for the Model Openness Tool say what was confirmed, and nothing more."""

import json
from dataclasses import replace

from openness.mof import assess
from openness.record_export import record_of, to_yaml
from openness.record_files import mof_line
from openness.state import FileFact
from tests.test_mof_evidence import STATE, WEIGHTS

REPORT = FileFact("tiny_technical_report.pdf")


def exported(state):
    return record_of(state, assess(state))


def test_the_tool_would_give_the_confirmed_class_to_the_record():
    for files in (WEIGHTS, (*WEIGHTS, REPORT)):
        state = replace(STATE, files=files)
        line = mof_line("tiny.yml", to_yaml(exported(state)).encode())
        assert line["problem"] is None
        assert line["class"] == assess(state).extra["confirmed"]["class"]


def test_yaml_and_json_say_the_same():
    record = exported(STATE)
    assert mof_line("a", to_yaml(record).encode()) == mof_line("a", json.dumps(record).encode())


def test_what_is_only_named_is_not_listed():
    listed = {row["name"] for row in exported(STATE)["release"]["components"]}
    assert "Model parameters (Final)" in listed
    assert "Evaluation data" not in listed and "Technical report" not in listed


def test_each_component_carries_the_licence_of_its_own_source():
    licences = {row["name"]: row["license"] for row in exported(STATE)["release"]["components"]}
    assert (licences["Datasets"], licences["Model parameters (Final)"]) == ("CC-BY-4.0", "Apache-2.0")
    unlicensed = replace(STATE, card_text=STATE.card_text.replace("license: apache-2.0\n", ""))
    licences = {row["name"]: row["license"] for row in exported(unlicensed)["release"]["components"]}
    assert licences["Model card"] == "unlicensed"


def test_the_record_has_the_fields_of_the_schema_and_one_of_our_own():
    record = exported(STATE)
    assert set(record) == {"framework", "release", "x-stemma"}
    assert {"name", "version", "date", "license", "producer", "components"} <= set(record["release"])
    assert record["release"]["producer"] == "acme" and record["release"]["type"] == "language"
    assert record["x-stemma"]["confirmed"]["class"] == 0
