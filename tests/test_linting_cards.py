"""`assess --card` and its REST twin: one line a card, in order, whatever the files are."""

import json
import os
from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from rest_framework.test import APIClient

from tests.test_settings import manage

pytestmark = pytest.mark.django_db  # a base model is looked up in the mirror

CARD = """---
license: mit
base_model: acme/base
co2_eq_emissions: 5.6
---
# Tiny

A small model that sorts letters by their sender, for offices that get many of them.

- **Carbon Emitted:** 5.6 kg CO2
"""


def lint(*arguments):
    out, status = StringIO(), 0
    try:
        call_command("assess", "--card", *map(str, arguments), "--json", stdout=out)
    except SystemExit as exit:
        status = exit.code
    return status, [json.loads(line) for line in out.getvalue().splitlines()]


@pytest.fixture
def card(tmp_path):
    (tmp_path / "README.md").write_text(CARD, "utf8")
    return tmp_path / "README.md"


def test_a_card_is_one_line_with_findings_and_its_carbon(card):
    status, (line,) = lint(card, "--kind", "model")
    assert (status, line["file"], line["problem"]) == (0, str(card), None)
    assert line["rubric"].startswith("model-card/")
    assert line["findings"][0].keys() >= {"id", "name", "tier", "value", "weight", "evidence"}
    assert (line["carbon"]["emissions_g"], line["carbon"]["suspected_unit"]) == (5.6, "kg")


def test_every_file_has_its_line_in_order_even_where_there_is_none(card, tmp_path):
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "large.md").write_bytes(b"---\nlicense: mit\n---\n" + b"words and words\n" * 700_000)
    files = [tmp_path / "missing.md", card, tmp_path, tmp_path / "pipe", tmp_path / "large.md"]
    status, lines = lint(*files, "--kind", "model")
    assert status == 3
    assert [line["file"] for line in lines] == [str(file) for file in files]
    assert [bool(line["problem"]) for line in lines] == [True, False, True, True, False]
    assert [line["score"] for line in lines if line["problem"]] == [None, None, None]


def test_a_least_score_turns_the_score_into_an_exit_status(card):
    score = lint(card, "--kind", "model")[1][0]["score"]
    for least, status in ((0, 0), (100, 1)) if score is not None else ((0, 2), (100, 2)):
        assert lint(card, "--kind", "model", "--min-score", least)[0] == status


@pytest.mark.parametrize(
    "arguments",
    [["--card", "a.md"], ["--card", "a.md", "--kind", "space"], ["--min-score", "3"], ["--card", "a", "--mof", "b"],
     ["acme/tiny", "--mof", "b"], ["--card", "a", "--kind", "model", "--min-score", "nan"],
     ["--card", "a", "--kind", "model", "--min-score", "101"]],
)  # fmt: skip
def test_what_is_asked_wrongly_is_a_usage_error(arguments):
    with pytest.raises(CommandError) as error:
        call_command("assess", *arguments, stdout=StringIO())
    assert error.value.returncode == 64


def test_the_command_line_ends_with_the_status_and_keeps_its_logs_off_stdout(card, tmp_path):
    answer = manage("assess", "--card", str(card), str(tmp_path / "no.md"), "--kind", "model", "--json", DEBUG="1",
                    DATA_DIR=str(tmp_path / "data"))  # fmt: skip
    assert answer.returncode == 3
    assert [json.loads(line)["file"] for line in answer.stdout.splitlines()] == [str(card), str(tmp_path / "no.md")]


@pytest.mark.django_db
def test_a_card_that_is_sent_is_judged_as_its_file_is(card):
    answer = APIClient().post("/api/v1/assess", {"card": CARD, "kind": "model", "file": str(card)}, format="json")
    assert answer.status_code == 200
    said = answer.json()
    assert said.pop("next_steps")[0]["id"] == "M10"  # training data, the heaviest of what is missing
    assert [each["profile"] for each in said.pop("profiles")][:2] == ["equal-model", "mitchell-9"]
    consistency = said.pop("consistency")
    assert said == lint(card, "--kind", "model")[1][0]
    assert {each["id"] for each in consistency} == set(said["flags"]) - {"no_header"}


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("body", "status"),
    [({"card": "", "kind": "model"}, 200), ({"card": "x"}, 400), ({"card": "x", "kind": "space"}, 400), ([], 400),
     ({"card": {"a": 1}, "kind": "model"}, 400), ({"card": "x", "kind": "model", "file": 0}, 400),
     ({"card": "x", "kind": "model", "colour": "red"}, 400), ({"card": "\x00[[[", "kind": "dataset"}, 400),
     ({"card": "x" * 10_000_000, "kind": "model"}, 200), ({"card": "x" * 13_000_000, "kind": "model"}, 413)],
)  # fmt: skip
def test_what_is_sent_is_bounded_and_checked(body, status):
    assert APIClient().post("/api/v1/assess", body, format="json").status_code == status


@pytest.mark.django_db
def test_a_get_of_the_linter_is_no_method_and_a_parameter_is_unknown():
    assert APIClient().get("/api/v1/assess").status_code == 405
    assert (
        APIClient().post("/api/v1/assess?kind=model", {"card": "x", "kind": "model"}, format="json").status_code == 400
    )
