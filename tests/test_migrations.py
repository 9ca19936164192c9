"""Migrations after the first release, run forward and back over a populated database of the state before them."""

import pytest
from django.core.management import call_command
from django.db import connection
from django.db.migrations.executor import MigrationExecutor
from django.utils.timezone import now

RELEASED = [("lineage", "0001_initial"), ("openness", "0001_initial"), ("registry", "0003_name_search")]


def migrate_to(targets):
    MigrationExecutor(connection).migrate(targets)
    return MigrationExecutor(connection).loader.project_state(targets).apps


@pytest.fixture
def released():
    """The tables of the first release, with a row in each that later migrations touch."""
    apps = migrate_to(RELEASED)
    repo = apps.get_model("registry", "Repo").objects.create(
        kind="model", name="acme/llama-small", first_seen_at=now(), observed_at=now()
    )
    apps.get_model("lineage", "Node").objects.create(kind="model", name="acme/llama-small", repo_id=repo.pk)
    yield
    call_command("migrate", verbosity=0)


@pytest.mark.django_db(transaction=True)
def test_a_released_database_goes_forward_and_back_and_loses_nothing(released):
    call_command("migrate", verbosity=0)
    from registry.models import Repo

    assert list(Repo.objects.search("llama").values_list("name", flat=True)) == ["acme/llama-small"]
    Repo.objects.filter(name="acme/llama-small").update(name="acme/alpaca")
    assert (Repo.objects.search("llama").count(), Repo.objects.search("alpaca").count()) == (0, 1)
    apps = migrate_to(RELEASED)
    assert apps.get_model("registry", "Repo").objects.get().name == "acme/alpaca"
    assert apps.get_model("lineage", "Node").objects.get().name == "acme/llama-small"
