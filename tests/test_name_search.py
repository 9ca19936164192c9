"""Any part of a name is found through an index, on both databases, whatever is typed."""

import pytest
from django.db import connection
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.django import TestCase

from registry.models import Repo
from registry.models.name_search import SQLITE_TRIGGERS
from tests.mirrored import mirrored

pytestmark = pytest.mark.django_db
NAMES = ["ada/TinyLlama-1.1B-Chat", "ada/tiny.model_v2", "bob/llama", "gpt2"]


def found(text: str) -> set[str]:
    return set(Repo.objects.search(text).values_list("name", flat=True))


@pytest.fixture
def four():
    return [mirrored(name) for name in NAMES]


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("llama", {"ada/TinyLlama-1.1B-Chat", "bob/llama"}),
        ("LLAMA tiny", {"ada/TinyLlama-1.1B-Chat"}),
        ("nyll", {"ada/TinyLlama-1.1B-Chat"}),
        ("pt2", {"gpt2"}),
        ("da/ti", {"ada/TinyLlama-1.1B-Chat", "ada/tiny.model_v2"}),
        ("1.", {"ada/TinyLlama-1.1B-Chat"}),
        ("g", {"gpt2"}),
        ("", set(NAMES)),
        ("  ", set(NAMES)),
        ("zzz", set()),
        ("llama OR gpt2", set()),
        ("NOT llama", set()),
        ("tiny*", set()),
        ('"tiny"', set()),
        ("ti%y", set()),
        ("model_v2", {"ada/tiny.model_v2"}),
        ("modelxv2", set()),
        ("name:llama", set()),
        ("^ada", set()),
        ("'; DROP TABLE registry_repo; --", set()),
    ],
)
def test_words_are_parts_of_names_and_nothing_else(four, text, names):
    assert found(text) == names


def test_the_index_follows_every_way_in_which_names_change(four):
    Repo.objects.filter(name="gpt2").update(name="ada/renamed")
    assert (found("gpt2"), found("renamed")) == (set(), {"ada/renamed"})
    repo = Repo.objects.get(name="bob/llama")
    repo.name, repo.likes = "bob/alpaca", 3
    Repo.objects.bulk_update([repo], ["name", "likes"])
    assert (found("bob/llama"), found("alpaca")) == (set(), {"bob/alpaca"})
    Repo.objects.filter(name="bob/alpaca").delete()
    assert found("alpaca") == set()


def test_the_search_is_answered_by_the_index(four):
    repos = Repo.objects.search("llama")
    if connection.vendor == "sqlite":
        assert "registry_repo_names VIRTUAL TABLE INDEX" in repos.explain()
    else:
        with connection.cursor() as cursor:
            cursor.execute("SET LOCAL enable_seqscan = off")
        assert "registry_repo_name_parts" in repos.explain()


@pytest.mark.skipif(connection.vendor != "sqlite", reason="SQLite drops triggers with a table that is rebuilt")
def test_no_migration_has_lost_the_triggers():
    with connection.cursor() as cursor:
        cursor.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'")
        assert {row[0] for row in cursor.fetchall()} >= set(SQLITE_TRIGGERS)


class TestWhateverIsTyped(TestCase):
    @settings(max_examples=60, deadline=None)
    @given(st.lists(st.text("abAB/-._1\"'*% ", min_size=1, max_size=8), max_size=3), st.text("abB/-._1", min_size=1))
    def test_a_name_is_found_exactly_when_it_holds_every_word(self, words, name):
        mirrored(name)
        text = " ".join(words)
        holds = all(word.lower() in name.lower() for word in text.split()[:8])
        self.assertEqual(found(text) == {name}, holds)
