"""A card's percentile is what a count by hand over the public cards gives."""

from datetime import timedelta

import pytest
from django.contrib.auth.models import User
from django.db import connection
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.django import TestCase

from openness import card_corpus
from openness.assess import assess_batch
from openness.card_corpus import count_scores, grouped_scores, percentile_of
from openness.models import Assessment
from openness.ranks import rank_of
from registry.models import Repo
from tests.bench.corpus import fill
from tests.mirrored import SEEN, mirrored

pytestmark = pytest.mark.django_db
RUBRIC = "model-card/1.0"


def scored(name, score, label="written", rubric=RUBRIC, kind="model", **fields) -> Assessment:
    return Assessment.objects.create(
        repo=mirrored(name, kind=kind, **fields), name=rubric.partition("/")[0], rubric=rubric, reader="r",
        state_digest="0", score=score, label=label, assessed_at=SEEN,
    )  # fmt: skip


def percentile(client, name="ada/m", kind="model") -> dict | None:
    return client.get(f"/api/v1/passport/{kind}/{name}").json()["card"]["percentile"]


def test_equal_scores_are_not_lower_and_the_card_itself_is_counted(client):
    scored("ada/m", 50.0)
    for n, score in enumerate([10.0, 49.9, 50.0, 50.1, 90.0]):
        scored(f"ada/other{n}", score)
    found = percentile(client)
    assert found["all"] == {"population": 6, "lower": 2, "equal": 2, "percent": 33.3}
    assert (found["rubric"], found["as_of"]) == (RUBRIC, "2026-01-02T00:00:00Z")
    assert "strictly lower" in found["rule"]


def test_no_score_has_no_percentile_and_is_in_no_population(client):
    scored("ada/m", None)
    scored("ada/other", 0.0)
    assert percentile(client) is None
    assert percentile(client, "ada/other")["all"]["population"] == 1
    mirrored("ada/never-assessed")
    assert percentile(client, "ada/never-assessed") is None


def test_models_datasets_and_versions_of_a_rubric_are_populations_of_their_own(client):
    scored("ada/m", 50.0)
    scored("ada/older", 10.0, rubric="model-card/0.1")
    scored("ada/d", 10.0, rubric="data-card/1.0", kind="dataset")
    assert percentile(client)["all"]["population"] == 1
    assert percentile(client, "ada/d", "dataset")["all"] == {"population": 1, "lower": 0, "equal": 1, "percent": 0.0}


def test_what_staff_alone_may_see_is_in_nobodys_population_and_its_own_percentile_is_among_the_public(client):
    scored("ada/m", 50.0)
    scored("ada/secret", 10.0, staff_only=True)
    scored("ada/lost", 20.0)
    Repo.objects.filter(name="ada/lost").update(holds_name=False)
    assert percentile(client)["all"]["population"] == 1
    client.force_login(User.objects.create_user("root", is_staff=True))
    assert percentile(client)["all"]["population"] == 1
    assert percentile(client, "ada/secret")["all"] == {"population": 1, "lower": 0, "equal": 0, "percent": 0.0}


def test_superseded_assessments_and_suspected_spam_are_not_counted(client):
    scored("ada/m", 50.0)
    scored("ada/spam", 10.0, label="spam")
    Assessment.objects.filter(pk=scored("ada/old", 10.0).pk).update(is_current=False)
    assert percentile(client)["all"]["population"] == 1
    assert percentile(client, "ada/spam") is None


def test_a_card_of_a_tool_stands_among_its_kind_and_a_written_one_among_the_written(client):
    scored("ada/m", 50.0)
    trainer = scored("ada/t", 40.0, label="trainer")
    for n in range(8):
        scored(f"ada/trainer{n}", 10.0 + n, label="trainer")
    scored("ada/better", 60.0)
    found = percentile(client)
    assert found["all"]["percent"] == 81.8
    assert found["without_stock"] == {"population": 2, "lower": 0, "equal": 1, "percent": 0.0}
    said = percentile_of(trainer)["same_kind"]
    assert said == {"card_kind": "trainer", "population": 9, "lower": 8, "equal": 1, "percent": 88.8}
    text = client.get("/models/ada/m").content.decode()
    assert "Better than 81.8 % of 11 assessed model cards" in text and "2 Jan 2026" in text
    assert "No lower score among 2 those no tool" not in text
    assert "No lower score among 2 cards that no tool or template wrote" in text
    assert "Better than 88.8 % of 9 trainer cards" in client.get("/models/ada/t").content.decode()


def test_a_second_percentile_that_says_the_same_is_not_shown(client):
    scored("ada/m", 50.0)
    scored("ada/other", 10.0)
    text = client.get("/models/ada/m").content.decode()
    assert "Better than 50 % of 2 assessed model cards" in text and "tool or template" not in text


def test_real_assessments_are_ranked_as_a_count_by_hand_does():
    texts = [
        "# A\n",
        "---\nlicense: mit\n---\n# B\n\nA small model of the weather in Bergen.\n",
        "---\nlicense: mit\n---\n",
    ]
    repos = [mirrored(f"ada/m{n}", card=text) for n, text in enumerate(texts * 3)]
    rows = assess_batch(repos, ["model-card"])
    known = [row.score for row in rows if row.score is not None]
    for row in rows:
        found = percentile_of(row)["all"]
        assert (found["population"], found["lower"]) == (len(known), sum(score < row.score for score in known))


def test_a_population_is_told_with_the_date_of_its_newest_assessment():
    scored("ada/m", 50.0)
    other = scored("ada/other", 10.0)
    Assessment.objects.filter(pk=other.pk).update(assessed_at=SEEN + timedelta(days=5))
    assert count_scores("model-card")[RUBRIC].as_of == SEEN + timedelta(days=5)


@pytest.mark.skipif(connection.vendor != "sqlite", reason="plans are told in other words elsewhere")
def test_scores_are_counted_from_an_index_alone():
    fill(300)
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")
    assert "COVERING INDEX assessment_scores" in grouped_scores("model-card").explain()


def test_counts_of_a_large_corpus_are_kept_and_of_a_small_one_are_not(monkeypatch, django_assert_num_queries):
    row = scored("ada/m", 50.0)
    percentile_of(row)
    scored("ada/other", 10.0)
    assert percentile_of(row)["all"]["population"] == 2
    monkeypatch.setattr(card_corpus, "KEPT_FROM", 2)
    percentile_of(row)
    with django_assert_num_queries(0):
        assert percentile_of(row)["all"]["population"] == 2


class TestAgainstNaiveCount(TestCase):
    @settings(max_examples=25)
    @given(
        st.lists(
            st.tuples(
                st.none() | st.sampled_from([0.0, 0.1, 33.3, 50.0, 99.9, 100.0]),
                st.sampled_from(["written", "trainer", "empty"]),
                st.booleans(),
            ),
            min_size=1,
            max_size=9,
        )
    )
    def test_ranks_are_those_of_a_naive_count(self, cards):
        rows = [scored(f"ada/m{n}", s, label, staff_only=secret) for n, (s, label, secret) in enumerate(cards)]
        for row in rows:
            found = percentile_of(row)
            assert (found is None) == (row.score is None)
            if found is None:
                continue
            public = [(s, label) for s, label, secret in cards if s is not None and not secret]
            populations = {
                "all": [s for s, _ in public],
                "same_kind": [s for s, label in public if label == row.label],
                "without_stock": [s for s, label in public if label != "trainer"],
            }
            for key, among in populations.items():
                lower = sum(s < row.score for s in among)
                assert found[key]["population"] == len(among)
                assert found[key]["lower"] == lower
                assert found[key]["equal"] == among.count(row.score)
                if among:
                    assert found[key]["percent"] <= 100 * lower / len(among) < found[key]["percent"] + 0.1001


@given(st.dictionaries(st.floats(0, 100), st.integers(1, 5), min_size=1))
def test_only_a_whole_population_of_lower_scores_is_a_hundred_percent(scores):
    best = max(scores)
    assert rank_of(best, scores)["percent"] < 100
    assert rank_of(best + 1, scores)["percent"] == 100
