"""A mirrored repository's carbon report: from its card, its files and what its parent says."""

import pytest

from openness.assess import assess_repo
from tests.mirrored import mirrored

pytestmark = pytest.mark.django_db


def carbon_of(repo):
    (row,) = assess_repo(repo, ["carbon"])
    return row


def test_a_report_is_stored_with_its_points_class_and_checks():
    card = "---\nco2_eq_emissions:\n  emissions: 17.3\n  hardware_used: 1 x T4\n---\n# Tiny\n"
    row = carbon_of(mirrored("acme/tiny", card=card))
    assert (row.rubric, row.label, row.score) == ("carbon/1.0", "D", 26)
    assert row.result["emissions_g"] == 17.3
    assert row.result["reporting_class"] == "Energy Awareness"
    assert [finding["id"] for finding in row.findings][:2] == ["C01", "C02"]


def test_codecarbon_s_file_beside_the_card_is_read():
    repo = mirrored("acme/tiny", card="# Tiny", texts={"emissions.csv": "run_id,emissions\nr,0.25\n"})
    assert carbon_of(repo).result["emissions_g"] == 250


def test_a_value_copied_from_the_parent_is_inherited():
    said = {"co2_eq_emissions": {"emissions": 41.1}}
    mirrored("acme/base", card="base", header=said)
    repo = mirrored("acme/small", card="---\nco2_eq_emissions: 41.1\nbase_model: acme/base\n---\n",
                    header={"base_model": "acme/base"})  # fmt: skip
    found = next(f for f in carbon_of(repo).result["findings"] if f["id"] == "R6")
    assert (found["status"], found["numbers"]["ancestor"]) == ("inherited", "acme/base")


def test_a_silent_card_has_a_class_and_no_score_and_an_unseen_one_has_neither():
    silent, unseen = carbon_of(mirrored("acme/silent", card="# Tiny")), carbon_of(mirrored("acme/unseen"))
    assert (silent.score, silent.label) == (None, "Unknown Energy Efficiency")
    assert (unseen.score, unseen.label) == (None, "")
