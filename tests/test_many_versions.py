"""More than two versions: the matrix of a chain, what siblings contradict, and slices across versions."""

import io
import json

import numpy as np
import pytest
from django.core.management import call_command
from django.core.management.base import CommandError
from hypothesis import given
from hypothesis import strategies as st

from lineage.importers import read_outcomes
from lineage.outcomes import BadOutcomes
from lineage.version_matrix import Answers, ever_lost, matrix, multiplicity, pair_count, slice_points, steps
from lineage.version_tables import Sheet, report_of, sheet_of
from registry.cli import BAD_INPUT
from tests.outcome_rows import jsonl, rows


def table(outcomes):
    return read_outcomes(io.BytesIO(jsonl(outcomes)), "log.jsonl")


answers = st.integers(1, 20).flatmap(
    lambda n: st.lists(st.lists(st.integers(0, 3), min_size=n, max_size=n), min_size=2, max_size=5)
)


def versions_of(columns):
    return [Answers(str(place), np.array(column) == 0, np.array(column)) for place, column in enumerate(columns)]


@given(answers)
def test_the_matrix_is_its_own_mirror_and_nothing_flips_against_itself(columns):
    versions = versions_of(columns)
    found = matrix(versions)
    for row, _ in enumerate(versions):
        assert found[row][row].churn == 0
        for column, _ in enumerate(versions):
            assert found[row][column].cw == found[column][row].wc


@given(answers)
def test_every_step_makes_up_the_new_accuracy_from_confidence_and_critique(columns):
    for step in steps(versions_of(columns)):
        kept = step["accuracy_old"] * (step["confidence"] or 0)
        mended = (1 - step["accuracy_old"]) * (step["critique"] or 0)
        assert step["accuracy_new"] == pytest.approx(kept + mended)


@given(answers)
def test_ambiguity_is_at_least_discrepancy_and_of_two_versions_both_are_churn(columns):
    base, *others = versions_of(columns)
    found = multiplicity(base, others, epsilon=1.0)
    assert len(found.rivals) == len(others) and found.ambiguity >= found.discrepancy
    two = multiplicity(base, others[:1], epsilon=1.0)
    assert two.ambiguity == two.discrepancy == pair_count(base, others[0]).churn


def test_every_version_is_the_base_once_and_contradicts_its_siblings_as_they_do_it():
    right = [np.array(each, dtype=bool) for each in ([1, 1, 1, 0], [1, 1, 0, 1], [0, 1, 1, 1])]
    siblings = [Answers(name, each) for name, each in zip("abc", right, strict=True)]
    found = report_of(Sheet(siblings, {}, (), 0), 0.0)["multiplicity_by_base"]
    assert [(one["base"], one["ambiguity"], one["discrepancy"]) for one in found] == [
        ("a", 0.75, 0.5), ("b", 0.75, 0.5), ("c", 0.75, 0.5)]  # fmt: skip


def test_only_versions_of_nearly_equal_accuracy_are_rivals():
    base, near, far = versions_of([[0, 0, 0, 1], [0, 0, 2, 0], [3, 3, 3, 3]])
    found = multiplicity(base, [near, far], epsilon=0.1)
    assert found.rivals == ("1",) and found.ambiguity == 0.5
    assert multiplicity(base, [far], epsilon=0.1).ambiguity is None


def test_items_lost_for_good_were_right_once_and_are_wrong_at_last():
    assert ever_lost(versions_of([[0, 0, 1], [1, 0, 0], [1, 0, 1]])) == 2


def test_slices_are_points_of_slice_against_rest():
    points = slice_points(versions_of([[0, 0, 1], [1, 0, 0]]), {"s": np.array([True, False, False])})
    assert [(p.slice_accuracy, p.rest_accuracy) for p in points["s"]] == [(1.0, 0.5), (0.0, 1.0)]


def test_a_chain_of_files_is_compared_on_the_items_that_all_answered():
    named = [("v1", table(rows("aab"))), ("v2", table(rows("abba"))), ("v3", table(rows("bba")[::-1]))]
    report = report_of(sheet_of(named), epsilon=0.5)
    assert (report["n"], report["left_out"]) == (3, 1)
    assert [round(version["accuracy"], 2) for version in report["versions"]] == [0.67, 0.33, 0.33]
    assert report["nfr"][0] == [0, pytest.approx(1 / 3), pytest.approx(2 / 3)]
    assert report["lost_for_good"] == 2


def test_versions_that_are_not_one_test_are_refused():
    with pytest.raises(BadOutcomes, match="different suites"):
        sheet_of([("v1", table(rows("a", suite="x"))), ("v2", table(rows("a", suite="y")))])
    with pytest.raises(BadOutcomes, match="From 2 to 24 versions"):
        sheet_of([("v1", table(rows("a")))])
    with pytest.raises(BadOutcomes, match="no item in common"):
        far = [row | {"id": f"x{row['id']}"} for row in rows("ab")]
        sheet_of([("v1", table(rows("ab"))), ("v2", table(rows("ab") + far)), ("v3", table(far))])


def test_the_command_prints_the_chain_and_the_plan(capsys, tmp_path):
    paths = []
    for name, answers in (("v1", "aab"), ("v2", "abb"), ("v3", "bbb")):
        paths.append(tmp_path / f"{name}.jsonl")
        paths[-1].write_bytes(jsonl(rows(answers)))
    call_command("compare", "--versions", *map(str, paths), "--json")
    report = json.loads(capsys.readouterr().out)
    assert [step["cells"]["cw"] for step in report["steps"]] == [1, 1] and report["lost_for_good"] == 2
    call_command("compare", "--plan", "100", "300", "--budget", "0.01", "--json")
    assert [size["flips_allowed"] for size in json.loads(capsys.readouterr().out)["sizes"]] == [None, 0]
    with pytest.raises(CommandError) as caught:
        call_command("compare", "--plan", "100")
    assert caught.value.returncode == BAD_INPUT
