"""Record files of the Model Openness Tool, from bytes to the line that `assess --mof` prints."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from openness.mof.components import COMPONENTS
from openness.record_files import MOST_BYTES, mof_line

ALL = [component.name for component in COMPONENTS]
KEYS = {"rubric", "class", "label", "progress", "buckets", "badges", "components", "warnings"}

YAML = b"""framework:
  name: 'Model Openness Framework'
  version: '1.0'
  date: '2024-12-15'
release:
  name: tiny
  license:
    distribution: {name: Apache-2.0, path: LICENSE}
  components:
    - name: Model card
      license: null
    - {name: Data card, license: ''}
    - {name: Model parameters (Final), license: llama3}
"""


def in_json(components, **release):
    return json.dumps({"release": {"components": components, **release}}).encode()


def test_a_line_holds_both_rubrics_and_every_component():
    line = mof_line("tiny.yml", YAML)
    assert set(line) == KEYS | {"file", "problem", "strict"} and set(line["strict"]) == KEYS
    assert (line["file"], line["problem"], line["rubric"], line["class"]) == ("tiny.yml", None, "mof-parity/1", 0)
    assert line["strict"]["rubric"] == "mof-strict/1"
    assert set(line["progress"]) == {"1", "2", "3"}
    assert [row["name"] for row in line["components"]] == ALL
    assert {"name": "Model card", "licence": "Apache-2.0", "status": "included", "type_appropriate": True} in line[
        "components"
    ]
    assert {row["name"]: row["status"] for row in line["components"] if row["licence"]} == {
        "Model card": "included",
        "Data card": "unlicensed",
        "Model parameters (Final)": "invalid",
    }


def test_the_same_record_in_json_gives_the_same_line():
    line = mof_line("a", in_json([{"name": name} for name in ALL], license={"distribution": {"name": "MIT"}}))
    assert (line["class"], line["label"]) == (1, "Class I - Open Science Model")
    assert json.loads(json.dumps(line, allow_nan=False)) == line


@pytest.mark.parametrize(
    "broken",
    [
        b"",
        b"release: [",
        b"release:\n\t- x",
        b"{}",
        b"[]",
        b"\xff\xfe\x00",
        b"release: {components: 3}",
        b"- " * 50_000,
        b"[" * 100_000,
        b'{"release": ' * 20_000,
        b'{"release": {"components": [{"name": "Datasets", "name": "Model card"}]}}',
        b'{"release": {"components": [], "date": NaN}}',
        b"a: &a [x, x]\nb: &b [*a, *a]\nc: &c [*b, *b]\nrelease: *c",
        b"x" * (MOST_BYTES + 1),
        YAML + b"#" * 10_000_000,
        in_json([{"name": "Datasets"}] * 10_000),
        b"release:\n  components:\n" + b"    - {name: Datasets}\n" * 10_000,
        in_json([{"name": "Datasets", "license": " OR ".join(["MIT"] * 1000)}]),
        in_json([{"name": "Datasets", "license": "(" * 200 + "MIT" + ")" * 200}]),
        in_json([{"name": "Datasets", "license": "(" * 1000 + "MIT" + ")" * 1000}]),
    ],
    ids=lambda value: repr(value[:40]),
)
def test_bad_input_is_a_problem_and_never_a_class(broken):
    line = mof_line("bad", broken)
    assert line["problem"] and "\n" not in line["problem"]
    assert (line["class"], line["components"], line["strict"]["class"]) == (0, [], 0)


@pytest.mark.parametrize("licence", ["nobody's terms 7", "MIT OR", "Apache-2.0 AND nobody's"])
def test_an_unknown_licence_is_a_recorded_problem_and_counts_for_no_class(licence):
    line = mof_line("x", in_json([{"name": name, "license": licence} for name in ALL]))
    assert line["problem"].startswith(f"the licence “{licence}” of the component “Datasets” is not known")
    assert (line["class"], line["strict"]["class"]) == (0, 0) and len(line["components"]) == 17


def test_an_unknown_licence_of_one_component_leaves_the_others_as_the_tool_classes_them():
    listed = [{"name": name, "license": "MIT"} for name in ALL if name != "Sample model outputs"]
    line = mof_line("x", in_json([*listed, {"name": "Sample model outputs", "license": "nobody's"}]))
    assert (line["problem"] is None, line["class"]) == (False, 1)


@pytest.mark.parametrize(
    "licence", ["", "0", "unlicensed", "Component not included", "apache 2.0", "MIT OR Apache-2.0", None]
)
def test_what_is_understood_is_no_problem(licence):
    assert mof_line("x", in_json([{"name": "Datasets", "license": licence}]))["problem"] is None


def test_what_no_terminal_and_no_database_takes_is_replaced():
    line = mof_line("odd", b'{"release": {"components": [{"name": "Model card", "license": "a\\ud800b\\u0000c"}]}}')
    assert "is not known" in line["problem"]
    assert {row["licence"] for row in line["components"]} == {
        None,
        "a\N{REPLACEMENT CHARACTER}b\N{REPLACEMENT CHARACTER}c",
    }
    json.dumps(line, ensure_ascii=False).encode()


@given(st.binary(max_size=300))
def test_any_bytes_get_a_line(data):
    line = mof_line("any", data)
    assert line["class"] == 0
    json.dumps(line, allow_nan=False)
