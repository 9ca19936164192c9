"""Assessments are kept, superseded and never rewritten without cause."""

import json
from io import StringIO

import pytest
from django.core.management import CommandError, call_command

from openness import assess as assessing
from openness.assess import Scorer, assess_due, assess_repo
from openness.models import Assessment
from tests import rubrics_of_our_own
from tests.mirrored import mirrored

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def trial_rubric(monkeypatch):
    """One rubric, about models, whose answers the tests can foresee."""
    monkeypatch.setattr(assessing, "SCORERS", {"trial": Scorer(rubrics_of_our_own, frozenset({"model"}))})
    assessing.version_of.cache_clear()
    yield
    assessing.version_of.cache_clear()


def answer_of(*arguments):
    out, status = StringIO(), 0
    try:
        call_command("assess", *arguments, "--json", stdout=out)
    except SystemExit as exit:
        status = exit.code
    return status, [json.loads(line) for line in out.getvalue().splitlines()]


def test_what_is_due_is_assessed_once():
    for n in range(3):
        mirrored(f"acme/m{n}", card="words")
    mirrored("acme/data", kind="dataset")
    assert assess_due(100) == 3
    assert assess_due(100) == 0
    assert Assessment.objects.current().count() == 3


def test_assessing_again_what_has_not_changed_rewrites_nothing():
    repo = mirrored("acme/tiny", card="words")
    first = assess_repo(repo)
    again = assess_repo(repo)
    assert [row.pk for row in first] == [row.pk for row in again]
    assert first[0].assessed_at == again[0].assessed_at


def test_a_changed_repository_is_due_and_its_old_assessment_is_kept_as_superseded():
    repo = mirrored("acme/tiny", card="words")
    assess_due(100)
    repo.state_digest = "f" * 64
    repo.save()
    assert assess_due(100) == 1
    assert sorted(Assessment.objects.values_list("is_current", flat=True)) == [False, True]


def test_a_repository_that_came_back_to_an_earlier_state_has_that_state_s_row_again():
    repo = mirrored("acme/tiny", card="words")
    for digest in ("a" * 64, "b" * 64, "a" * 64):
        repo.state_digest = digest
        repo.save()
        assess_due(100)
    rows = Assessment.objects.order_by("state_digest").values_list("state_digest", "is_current")
    assert list(rows) == [("a" * 64, True), ("b" * 64, False)]


def test_a_new_reader_makes_every_repository_due(monkeypatch):
    mirrored("acme/tiny", card="words")
    assess_due(100)
    monkeypatch.setattr(rubrics_of_our_own, "reader", "tests/2")
    assessing.version_of.cache_clear()
    assert assess_due(100) == 1
    assert list(Assessment.objects.current().values_list("reader", flat=True)) == ["tests/2"]


def test_a_new_rubric_makes_every_repository_due_and_keeps_what_the_old_one_said(monkeypatch):
    mirrored("acme/tiny", card="words")
    assess_due(100)
    [old] = Assessment.objects.all()
    monkeypatch.setattr(rubrics_of_our_own, "rubric", "trial/2")
    assessing.version_of.cache_clear()
    assert assess_due(100) == 1 and assess_due(100) == 0
    kept = {row.rubric: row for row in Assessment.objects.all()}
    assert kept.keys() == {old.rubric, "trial/2"} and kept["trial/2"].is_current and not kept[old.rubric].is_current
    assert (kept[old.rubric].findings, kept[old.rubric].assessed_at) == (old.findings, old.assessed_at)


def test_a_rubric_s_crash_is_that_repository_s_problem_and_stops_nothing():
    for n, card in enumerate(["words", "crash", "words"]):
        mirrored(f"acme/m{n}", card=card)
    assert assess_due(100) == 3
    problems = Assessment.objects.exclude(problem="").values_list("repo__name", "problem", "score")
    assert list(problems) == [
        (
            "acme/m1",
            "The rubric failed on this repository: ZeroDivisionError: a card that this rubric cannot bear",
            None,
        )
    ]
    assert assess_due(100) == 0


def test_the_limit_holds_across_batches(monkeypatch):
    monkeypatch.setattr(assessing, "BATCH", 2)
    for n in range(5):
        mirrored(f"acme/m{n}")
    assert [assess_due(3), assess_due(3), assess_due(3)] == [3, 2, 0]


def test_an_answer_that_holds_nul_is_stored():
    rows = assess_repo(mirrored("acme/tiny", card="a\x00b"))
    assert rows[0].result == {"words": "a\N{REPLACEMENT CHARACTER}b"}


def test_the_command_answers_a_line_a_repository_in_order():
    for name in ("acme/b", "acme/a"):
        mirrored(name, card="words")
    status, lines = answer_of("acme/b", "acme/a")
    assert (status, [line["id"] for line in lines]) == (0, ["acme/b", "acme/a"])
    assert lines[0]["assessments"][0]["score"] == 100


def test_an_unknown_repository_is_bad_input_and_the_others_are_still_assessed():
    mirrored("acme/a", card="words")
    status, lines = answer_of("acme/nowhere", "acme/a")
    assert status == 3
    assert [line["problem"] for line in lines] == ["No repository of the name acme/nowhere is mirrored.", None]


def test_a_name_that_two_kinds_share_needs_its_kind():
    mirrored("acme/twin", card="words")
    mirrored("acme/twin", kind="dataset")
    assert answer_of("acme/twin")[0] == 3
    assert answer_of("acme/twin", "--kind", "model")[0] == 0


def test_without_names_everything_that_is_behind_is_assessed():
    mirrored("acme/a")
    status, (line,) = answer_of()
    assert (status, line["assessed"]) == (0, 1)


def test_an_unknown_rubric_is_bad_input():
    with pytest.raises(CommandError) as error:
        call_command("assess", "--rubric", "horoscope")
    assert error.value.returncode == 3
