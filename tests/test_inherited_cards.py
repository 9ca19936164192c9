"""Text that a card copied from its base model's card is marked, in stored assessments and for loose cards."""

import json

import pytest
from django.core.management import call_command

from openness.assess import assess_repo
from openness.cards.scoring import score
from openness.rubric import load
from registry.cards import read_card
from tests.mirrored import mirrored

MODEL = load("model-card")
COPIED = "It may invent facts, and it writes badly about seasons that it has never seen."
OWN = "The small one was trained on ten thousand poems of two libraries."
PARENT = f"---\nlicense: mit\n---\n# Big\n\nA big model of poems.\n\n## Limitations\n\n{COPIED}\n\n## License\n\nMIT\n"
CHILD = (
    f"---\nbase_model: acme/big\n---\n# Small\n\n{OWN}\n\n## Training data\n\n{OWN}\n\n## Limitations\n\n- *{COPIED}*\n"
)


def evidence(findings, criterion):
    return next(each for each in findings if each.id == criterion).evidence


def test_evidence_that_stands_in_the_parent_s_card_is_inherited_and_its_own_is_not():
    result = score(read_card(CHILD), MODEL, parents=[PARENT])
    assert [each.inherited for each in evidence(result.findings, "M19")] == [True]
    assert not any(each.inherited for each in evidence(result.findings, "M10"))
    assert 0 < result.extra["inherited_percent"] < 50 and "inherited_text" not in result.extra["flags"]


def test_a_pasted_card_is_flagged_and_scores_as_before():
    pasted = PARENT.replace("license: mit", "base_model: acme/big\nlicense: mit")
    alone, beside = score(read_card(pasted), MODEL), score(read_card(pasted), MODEL, parents=[PARENT])
    assert beside.extra["inherited_percent"] == 100 and "inherited_text" in beside.extra["flags"]
    assert beside.score == alone.score and "inherited_text" not in alone.extra["flags"]
    assert not any(each.inherited for finding in beside.findings for each in finding.evidence if each.field)


def test_short_lines_and_headings_are_alike_by_chance():
    result = score(read_card("## Limitations\n\nIt may fail often.\n"), MODEL, parents=["It may fail often.\n"])
    assert result.extra["inherited_percent"] == 0


@pytest.mark.parametrize("parents", [["\0"], ["---\n{"], [""], ["[" * 100_000], [PARENT] * 50])
def test_any_parent_can_be_compared_with(parents):
    assert 0 <= score(read_card(CHILD), MODEL, parents=parents).extra["inherited_percent"] <= 100


@pytest.mark.django_db
def test_a_mirrored_parent_is_compared_with_in_assessments_and_for_a_loose_card(tmp_path, capsys):
    mirrored("acme/big", card=PARENT, header={"license": "mit"})
    child = mirrored("acme/small", card=CHILD, header={"base_model": "acme/big"})
    (row,) = (row for row in assess_repo(child, ["model-card"]))
    assert row.result["inherited_percent"] > 0
    file = tmp_path / "README.md"
    file.write_text(CHILD)
    call_command("assess", "--card", str(file), "--kind", "model", "--json")
    line = json.loads(capsys.readouterr().out)
    found = next(each for each in line["findings"] if each["id"] == "M19")
    assert [each["inherited"] for each in found["evidence"]] == [True]


@pytest.mark.django_db
def test_a_parent_for_staff_only_is_not_told_of(tmp_path, capsys):
    mirrored("acme/big", card=PARENT, header={"license": "mit"}, staff_only=True)
    file = tmp_path / "README.md"
    file.write_text(CHILD)
    call_command("assess", "--card", str(file), "--kind", "model", "--json")
    findings = json.loads(capsys.readouterr().out)["findings"]
    assert not any(each["inherited"] for finding in findings for each in finding["evidence"])
