"""Versions of a mirrored model: which comes before which, what the last comparison found, and the whole chain."""

import io

import pytest
from django.utils.timezone import now

from lineage.comparing import Side, Version, compare
from lineage.comparison_requests import Asked
from lineage.importers import read_outcomes
from lineage.models import Comparison, Node, Relation
from lineage.upgrades import chain_of, upgrades_of
from tests.mirrored import mirrored
from tests.outcome_rows import jsonl, rows

pytestmark = pytest.mark.django_db


def related(child, parent, kind="new_version"):
    nodes = [
        Node.objects.get_or_create(repo=repo, defaults={"kind": "model", "name": repo.name})[0]
        for repo in (child, parent)
    ]
    stamps = {"first_seen_at": now(), "last_seen_at": now()}
    return Relation.objects.create(child=nodes[0], parent=nodes[1], kind=kind, **stamps)


def compared(old, new, answers_old, answers_new, **more):
    sides = (
        Side(Version(repo.name, repo), read_outcomes(io.BytesIO(jsonl(rows(answers, **more))), repo.name))
        for repo, answers in ((old, answers_old), (new, answers_new))
    )
    return compare(*sides, Asked())


@pytest.fixture
def versions():
    """Three versions, each of whose cards names the next."""
    repos = [mirrored(f"acme/tiny-{number}") for number in (1, 2, 3)]
    related(repos[0], repos[1])
    related(repos[1], repos[2])
    return repos


def test_a_chain_is_found_from_any_of_its_versions(versions):
    for repo in versions:
        assert chain_of(repo) == versions


def test_a_chain_goes_back_to_what_the_first_version_was_fine_tuned_from(versions):
    base = mirrored("acme/base")
    related(versions[0], base, "finetune")
    assert chain_of(versions[2]) == [base, *versions]


def test_a_chain_ends_at_a_fork(versions):
    related(versions[1], mirrored("acme/other"))
    assert chain_of(versions[0]) == versions[:2]


def test_a_circle_holds_each_version_once(versions):
    related(versions[2], versions[0])
    assert sorted(repo.name for repo in chain_of(versions[0])) == [repo.name for repo in versions]


def test_a_chain_ends_at_what_is_hidden(versions):
    versions[1].staff_only = True
    versions[1].save()
    assert chain_of(versions[0]) == versions[:1]


def test_each_step_shows_its_last_comparison(versions, django_assert_max_num_queries):
    compared(versions[0], versions[1], "aab", "abb")
    last = compared(versions[0], versions[1], "aaab", "abbb")
    with django_assert_max_num_queries(3):
        steps = upgrades_of(versions[1])
    assert [(step.old.name[-1], step.new.name[-1], step.comparison) for step in steps] == [
        ("1", "2", last),
        ("2", "3", None),
    ]
    Relation.objects.update(is_current=False)
    assert upgrades_of(versions[1]) == []


def test_the_page_of_a_model_shows_its_versions_and_their_last_comparison(client, versions):
    compared(versions[0], versions[1], "aab", "abb")
    shown = client.get("/models/acme/tiny-2").content.decode()
    assert "33.3 % broke" in shown and "not compared" in shown and "/comparisons/chain/acme/tiny-2" in shown


def test_the_page_of_a_chain_shows_the_matrix(client, versions):
    compared(versions[0], versions[1], "aaab", "aabb", suite="quiz")
    compared(versions[1], versions[2], "aabb", "abba", suite="quiz", slice="s")
    shown = client.get("/comparisons/chain/acme/tiny-2").content.decode()
    assert "25 %" in shown and "50 %" in shown and "2 items that some version had right are wrong at last" in shown
    answer = client.get("/api/v1/comparisons/chain/acme/tiny-2").json()
    assert answer["chain"] == ["acme/tiny-1", "acme/tiny-2", "acme/tiny-3"] and answer["suite"] == "quiz"
    assert answer["report"]["nfr"][0] == [0, 0.25, 0.5]
    assert client.get("/api/v1/comparisons/chain/acme/tiny-2?suite=other").json()["report"] is None
    assert client.get("/api/v1/comparisons/chain/acme/tiny-2?such=1").status_code == 400


def test_a_chain_without_outcomes_and_an_unknown_model_have_answers(client, versions):
    assert "No two of these versions" in client.get("/comparisons/chain/acme/tiny-1").content.decode()
    assert client.get("/comparisons/chain/no/such").status_code == 404
    assert client.get("/api/v1/comparisons/chain/no/such").status_code == 404


def test_outcomes_that_are_gone_from_the_disk_are_said(client, versions):
    row = compared(versions[0], versions[1], "aaabbbab", "abbabbab")
    row.old.path.unlink()
    assert "not on the disk any more" in client.get("/comparisons/chain/acme/tiny-1").content.decode()


def test_a_hidden_version_is_in_no_list(client, versions):
    compared(versions[0], versions[1], "aab", "abb")
    versions[0].staff_only = True
    versions[0].save()
    assert upgrades_of(versions[1])[0].new == versions[2]
    assert "tiny-1" not in client.get("/comparisons/chain/acme/tiny-2").content.decode()
    assert Comparison.objects.visible_to(None).count() == 0
