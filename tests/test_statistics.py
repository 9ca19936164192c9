"""Statistics count what is there, and what was not seen as not seen."""

import pytest
from django.contrib.auth.models import User
from django.core.cache import cache
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.django import TestCase

from lineage.trace import trace_repo
from openness.models import Assessment
from openness.statistics import statistics_for
from registry.models import Repo
from tests.bench.corpus import fill
from tests.mirrored import SEEN, mirrored

pytestmark = pytest.mark.django_db


def scored(repo, score, name="model-card"):
    Assessment.objects.create(
        repo=repo, name=name, rubric=f"{name}/1", reader="r", state_digest="0", score=score, assessed_at=SEEN
    )


def test_an_empty_mirror_counts_nothing_and_says_that_nobody_looked(client):
    found = client.get("/api/v1/statistics").json()
    assert (found["as_of"], found["kinds"], found["licences"]) == (None, {}, {})
    assert {row["total"] for row in found["scores"]} == {0}
    assert "Nothing was mirrored yet" in client.get("/statistics").content.decode()


def test_cards_that_are_absent_unreadable_and_unknown_are_counted_apart():
    mirrored("ada/present", card="# card")
    mirrored("ada/absent", card="")
    mirrored("ada/unknown")
    Repo.objects.filter(name="ada/unknown").update(head=None)
    found = statistics_for(None)["kinds"]["model"]
    counts = [found[f"card_{state}"] for state in ("present", "absent", "unreadable", "unknown")]
    assert counts == [1, 1, 0, 1]


def test_a_score_of_a_hundred_falls_into_the_last_band_and_no_score_into_none():
    for n, score in enumerate([0.0, 9.9, 10.0, 95.0, 100.0, None]):
        scored(mirrored(f"ada/m{n}"), score)
    mirrored("ada/not-assessed")
    found = next(row for row in statistics_for(None)["scores"] if row["rubric"] == "model-card")
    assert [band["number"] for band in found["bands"]] == [2, 1, 0, 0, 0, 0, 0, 0, 0, 2]
    assert (found["scored"], found["not_scored"], found["not_assessed"], found["total"]) == (5, 1, 1, 7)


def test_superseded_assessments_are_not_counted():
    repo = mirrored("ada/m")
    scored(repo, 10.0)
    Assessment.objects.update(is_current=False)
    assert next(r for r in statistics_for(None)["scores"] if r["rubric"] == "model-card")["scored"] == 0


def test_licences_beyond_the_list_and_none_at_all_are_counted_apart():
    for n in range(23):
        mirrored(f"ada/m{n}", licence=f"licence-{n:02}")
    mirrored("ada/none")
    found = statistics_for(None)["licences"]["model"]
    assert (len(found["most_frequent"]), found["others"], found["none_known"], found["total"]) == (20, 3, 1, 24)


def test_relations_are_counted_by_kind_and_by_proof():
    mirrored("ada/base", card="# base", header={})
    for n in range(2):
        trace_repo(mirrored(f"ada/m{n}", card=f"---\nbase_model: ada/base\n---\n# {n}\n"))
    found = statistics_for(None)["lineage"]
    assert found["relations"][0]["number"] == 2
    assert found["proofs"] == [{"proof": "declared", "number": 2}]
    assert (found["traced"], found["total"]) == (2, 3)


def test_what_only_staff_may_see_is_counted_for_staff_alone(client):
    repo = mirrored("ada/secret", staff_only=True, licence="secret-licence")
    scored(repo, 50.0)
    found = client.get("/api/v1/statistics")
    assert "secret" not in found.content.decode()
    assert not any(row["scored"] or row["not_scored"] for row in found.json()["scores"])
    client.force_login(User.objects.create_user("root", is_staff=True))
    assert client.get("/api/v1/statistics").json()["kinds"]["model"]["total"] == 1


def test_the_page_and_rest_say_the_same(client):
    fill(60)
    found = client.get("/api/v1/statistics").json()
    text = client.get("/statistics").content.decode()
    assert f">{found['kinds']['model']['total']}</td>" in text
    assert f"{found['scores'][0]['scored']} scored" in text


def test_the_number_of_queries_does_not_grow_with_the_rows(client, django_assert_max_num_queries):
    fill(200)
    with django_assert_max_num_queries(24):
        client.get("/statistics")


def test_counts_are_kept_for_a_minute_but_never_shown_to_the_wrong_people(client, django_assert_max_num_queries):
    mirrored("ada/secret", staff_only=True)
    client.force_login(User.objects.create_user("root", is_staff=True))
    assert client.get("/api/v1/statistics").json()["kinds"]["model"]["total"] == 1
    client.logout()
    assert client.get("/api/v1/statistics").json()["kinds"] == {}
    with django_assert_max_num_queries(0):
        client.get("/api/v1/statistics")


def test_an_unknown_parameter_is_a_400(client):
    assert client.get("/api/v1/statistics?kind=model").status_code == 400


class TestBands(TestCase):
    @settings(max_examples=20, deadline=None)
    @given(st.lists(st.none() | st.floats(0, 100), max_size=8))
    def test_every_assessment_is_in_one_band_or_without_a_score(self, values):
        cache.clear()
        for n, value in enumerate(values):
            scored(mirrored(f"ada/m{n}"), value)
        found = next(row for row in statistics_for(None)["scores"] if row["rubric"] == "model-card")
        assert sum(band["number"] for band in found["bands"]) == sum(v is not None for v in values)
        assert found["not_scored"] == values.count(None)
