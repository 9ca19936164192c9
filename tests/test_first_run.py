"""The first run fills a new installation, with the Hub or without it, and may be repeated."""

import json
from collections import Counter
from pathlib import Path

import pytest
from django.contrib.auth import get_user_model
from django.core.management import call_command

from lineage.models import Comparison, MergeRecipe, Relation
from openness.models import Assessment
from registry.models import Repo
from tests.loopback_hub import LoopbackHub, record

pytestmark = pytest.mark.django_db
BUNDLED = Path(__file__).resolve().parent.parent / "registry" / "data" / "bundled.ndjson"
FIRST = BUNDLED.with_name("first_repos.txt")


def bundled():
    return [json.loads(line) for line in BUNDLED.read_text("utf8").splitlines()]


def test_without_a_hub_the_bundled_records_are_used_and_said_to_be(capsys):
    call_command("first_run")
    said = capsys.readouterr().err
    assert "cannot be reached: using the bundled records" in said
    assert Repo.objects.filter(source="bundled").count() == len(bundled())
    assert Relation.objects.exists() and Assessment.objects.exists() and Comparison.objects.exists()


def test_a_second_first_run_adds_nothing_and_shows_no_password(capsys):
    call_command("first_run")
    assert "password" in capsys.readouterr().err
    before = [model.objects.count() for model in (Repo, Relation, Assessment, Comparison)]
    call_command("first_run")
    assert "password" not in capsys.readouterr().err
    assert [model.objects.count() for model in (Repo, Relation, Assessment, Comparison)] == before
    assert get_user_model().objects.filter(is_superuser=True).count() == 1


def test_with_a_hub_the_real_repositories_are_mirrored(settings, capsys):
    names = [line.split() for line in FIRST.read_text().splitlines() if line and line[0] != "#"]
    with LoopbackHub(*(record(name, kind, card=f"# {name}") for kind, name in names[:3])) as hub:
        settings.HF_ENDPOINT = hub.endpoint
        call_command("first_run")
    assert "cannot be reached" not in capsys.readouterr().err
    assert set(Repo.objects.values_list("name", "source")) == {(name, "hub") for _, name in names[:3]}


def test_the_bundled_records_cover_what_a_newcomer_should_see():
    records = bundled()
    kinds = Counter(r["kind"] for r in records if not r["info"]["id"].startswith("stemma-examples/"))
    assert kinds["model"] >= 40 and kinds["dataset"] >= 10 and kinds["space"] >= 4
    assert not [r for r in records if "_id" in r["info"]]
    listed = {tuple(line.split()) for line in FIRST.read_text().splitlines() if line and line[0] != "#"}
    assert listed == {
        (r["kind"], r["info"]["id"]) for r in records if not r["info"]["id"].startswith("stemma-examples/")
    }


def test_the_bundled_merges_are_of_four_methods():
    call_command("first_run")
    assert set(MergeRecipe.objects.values_list("method", flat=True)) >= {"slerp", "ties", "dare_ties", "passthrough"}
    kinds = set(Relation.objects.values_list("kind", flat=True))
    assert kinds >= {"finetune", "adapter", "quantized", "merge"}
