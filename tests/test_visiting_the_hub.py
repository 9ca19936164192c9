"""Mirroring from a Hub: what a visit keeps, what it asks for, and what becomes of everything that can go wrong."""

from datetime import timedelta

import pytest
from django.core.management import call_command
from django.utils.timezone import now

from registry import harvest as harvests
from registry.hub import Hub
from registry.models import Harvest, Repo, Visit
from registry.visiting import visit
from tests.loopback_hub import Fault, LoopbackHub, record

pytestmark = pytest.mark.django_db


def client(hub: LoopbackHub, token: str = "") -> Hub:
    return Hub(hub.endpoint, token, timeout_s=2, pause=lambda seconds: None)


def mirror(settings, hub, *arguments, **options) -> Harvest:
    """Run the command against a loopback Hub; the harvest that it became."""
    settings.HF_ENDPOINT, settings.HUB_PATIENCE_S = hub.endpoint, 0
    try:
        call_command("mirror", "--json", *arguments, **options)
    except SystemExit:
        pass
    return Harvest.objects.latest("pk")


def asked_files(hub: LoopbackHub) -> set[str]:
    return {asked.path.split("/resolve/")[1].split("/", 1)[1] for asked in hub.asked if "/resolve/" in asked.path}


def test_a_visit_keeps_the_repository_its_card_and_its_licence_text():
    with LoopbackHub(record("acme/tiny", card="# Tiny", files={"LICENSE": "MIT", "model.safetensors": "w"})) as hub:
        row = visit("model", "acme/tiny", client(hub))
        assert row.status == "full"
        assert row.repo.head.card.text == "# Tiny"
        assert row.repo.head.files.get(path="LICENSE").content.text == "MIT"
        assert row.requests == len(hub.asked)
        assert row.repo.source == "hub"


def test_no_weights_and_no_counted_file_are_ever_asked_for():
    files = {
        "config.json": "{}",
        "model.safetensors": "w",
        "a.gguf": "g",
        "adapter_config.json": "{}",
        "LICENSE": "MIT",
    }
    with LoopbackHub(record("acme/tiny", card="# Tiny", files=files)) as hub:
        visit("model", "acme/tiny", client(hub))
        assert asked_files(hub) == {"README.md", "LICENSE"}
        assert {asked.method for asked in hub.asked} == {"GET"}


def test_visiting_an_unchanged_repository_twice_reads_its_card_once():
    with LoopbackHub(record("acme/tiny", card="# Tiny")) as hub:
        visit("model", "acme/tiny", client(hub))
        first = len(hub.asked)
        row = visit("model", "acme/tiny", client(hub))
        assert row.change == "unchanged"
        assert not [asked for asked in hub.asked[first:] if "/resolve/" in asked.path]
        assert Visit.objects.count() == 2


def test_a_repository_without_a_readme_has_an_absent_card_not_an_unknown_one():
    with LoopbackHub(record("acme/tiny", files={"model.safetensors": "w"})) as hub:
        assert visit("model", "acme/tiny", client(hub)).repo.head.card_state == "absent"


def test_a_missing_repository_is_gone_and_nothing_is_invented():
    with LoopbackHub() as hub:
        row = visit("model", "acme/none", client(hub))
        assert (row.status, row.repo) == ("gone", None)
        assert not Repo.objects.exists()


def test_a_repository_is_gone_only_after_a_second_look_an_hour_later():
    with LoopbackHub(record("acme/tiny", card="# Tiny")) as hub:
        visit("model", "acme/tiny", client(hub))
    with LoopbackHub() as hub:
        visit("model", "acme/tiny", client(hub))
        visit("model", "acme/tiny", client(hub))
        repo = Repo.objects.get()
        assert (repo.gone_at, repo.suspected_gone_at is None) == (None, False)
        Repo.objects.update(suspected_gone_at=now() - timedelta(hours=2))
        visit("model", "acme/tiny", client(hub))
        repo.refresh_from_db()
        assert repo.gone_at is not None
        assert repo.head.card.text == "# Tiny"


def test_a_gone_repository_that_answers_again_is_present_again():
    with LoopbackHub(record("acme/tiny")) as hub:
        visit("model", "acme/tiny", client(hub))
        Repo.objects.update(gone_at=now(), suspected_gone_at=now())
        visit("model", "acme/tiny", client(hub))
        assert Repo.objects.get().gone_at is None


def test_a_gated_card_leaves_the_metadata_and_an_unknown_card():
    with LoopbackHub(record("acme/tiny", card="# Tiny", gated="manual")) as hub:
        hub.fail("/acme/tiny/resolve/", Fault(status=403, headers={"X-Error-Code": "GatedRepo"}), times=9)
        row = visit("model", "acme/tiny", client(hub))
        assert (row.status, row.repo.gated, row.repo.head.card_state) == ("gated", "manual", "unknown")


def test_what_a_token_reads_of_a_gated_repository_is_for_staff_only():
    with LoopbackHub(record("acme/tiny", card="# Tiny", gated="manual"), token="hf_abcdefghijklmnop") as hub:
        row = visit("model", "acme/tiny", client(hub, "hf_abcdefghijklmnop"))
        assert row.repo.staff_only
        assert row.with_token
        assert not Repo.objects.visible_to(None).exists()


def test_a_renamed_repository_is_followed_and_keeps_its_row():
    with LoopbackHub(record("acme/old", card="# Tiny")) as hub:
        first = visit("model", "acme/old", client(hub)).repo
        hub.rename("model", "acme/old", "acme/new")
        second = visit("model", "acme/old", client(hub)).repo
        assert (second.pk, second.name) == (first.pk, "acme/new")
        assert sorted(second.aliases.values_list("name", flat=True)) == ["acme/new", "acme/old"]


def test_a_card_that_cannot_be_read_now_makes_a_partial_visit_and_is_read_next_time():
    with LoopbackHub(record("acme/tiny", card="# Tiny")) as hub:
        hub.fail("/acme/tiny/resolve/", Fault(status=503), times=1)
        impatient = Hub(hub.endpoint, timeout_s=2, patience_s=0, pause=lambda seconds: None)
        assert visit("model", "acme/tiny", impatient).status == "partial"
        assert Repo.objects.get().head.card_state == "unknown"
        assert visit("model", "acme/tiny", impatient).status == "full"


def test_a_listing_brings_cards_and_counts_what_it_did(settings):
    records = [record(f"acme/m{n}", card=f"# {n}") for n in range(5)]
    with LoopbackHub(*records, page_items=2) as hub:
        harvest = mirror(settings, hub, author="acme")
        assert (harvest.status, harvest.seen, harvest.created) == ("full", 5, 5)
        assert Repo.objects.filter(head__card_state="present").count() == 5
        again = mirror(settings, hub, author="acme")
        assert (again.unchanged, again.created) == (5, 0)


def test_one_failing_repository_makes_the_run_partial_and_the_rest_full(settings):
    with LoopbackHub(record("acme/a", card="# a"), record("acme/b", card="# b")) as hub:
        harvest = mirror(settings, hub, "acme/a", "acme/none", "acme/b")
        assert (harvest.status, harvest.created, harvest.gone, harvest.failed, harvest.seen) == ("partial", 2, 1, 1, 3)


@pytest.mark.parametrize(("name", "says"), [("acme/none", "gone or private"), ("not a name", "is not the id")])
def test_an_unknown_or_malformed_name_ends_with_status_3_and_a_sentence(settings, capsys, name, says):
    with LoopbackHub() as hub:
        settings.HF_ENDPOINT = hub.endpoint
        with pytest.raises(SystemExit) as ended:
            call_command("mirror", "--json", name)
        assert ended.value.code == 3
        assert says in capsys.readouterr().err
        assert Visit.objects.get().problem


def test_an_unreachable_hub_fails_and_leaves_what_is_stored(settings, capsys):
    with LoopbackHub(record("acme/tiny", card="# Tiny")) as hub:
        mirror(settings, hub, "acme/tiny")
    before = list(Repo.objects.values())
    settings.HF_ENDPOINT = "http://127.0.0.1:9"
    for choice in (["acme/tiny"], ["--limit", "3"]):
        with pytest.raises(SystemExit) as ended:
            call_command("mirror", "--json", *choice)
        assert ended.value.code == 3
        assert "cannot be reached" in capsys.readouterr().err
    assert list(Repo.objects.values()) == before


def test_the_second_pass_over_changes_ends_at_the_watermark(settings):
    records = [record(f"acme/m{n}", lastModified=f"2024-0{n}-01T00:00:00.000Z") for n in range(1, 8)]
    with LoopbackHub(*records, page_items=2) as hub:
        mirror(settings, hub, changed=True, limit=100)
        Harvest.objects.update(started_at="2024-06-15T00:00:00Z")
        first = len(hub.asked)
        harvest = mirror(settings, hub, changed=True, limit=100)
        assert harvest.cursor["complete"]
        assert harvest.seen <= 2
        assert len([a for a in hub.asked[first:] if a.path == "/api/models"]) <= 2


def test_a_complete_sweep_suspects_what_it_did_not_see(settings):
    records = [record(f"acme/m{n}") for n in range(5)]
    with LoopbackHub(*records) as hub:
        mirror(settings, hub, sweep=True)
    with LoopbackHub(*records[1:]) as hub:
        harvest = mirror(settings, hub, sweep=True)
        assert harvest.gone == 1
        assert Repo.objects.filter(suspected_gone_at__isnull=False).count() == 1
        assert not Repo.objects.filter(gone_at__isnull=False).exists()


def test_a_listing_that_shrank_too_much_makes_nothing_gone(settings):
    with LoopbackHub(*(record(f"acme/m{n:02}") for n in range(40))) as hub:
        mirror(settings, hub, sweep=True)
    with LoopbackHub(record("acme/m00")) as hub:
        harvest = mirror(settings, hub, sweep=True)
        assert harvest.status == "partial"
        assert "none is taken to be gone" in harvest.problem
        assert not Repo.objects.filter(suspected_gone_at__isnull=False).exists()


def test_a_listing_goes_on_from_the_page_that_it_reached(settings):
    with LoopbackHub(*(record(f"acme/m{n}") for n in range(6)), page_items=2) as hub:
        hub_client = client(hub)
        harvest = harvests.ask({"kind": "model"}, source=hub.endpoint)
        pages = hub_client.listing("model")
        first = next(pages)
        Harvest.objects.filter(pk=harvest.pk).update(status="running", cursor={"next_url": first.next_url})
        harvests.run(Harvest.objects.get(pk=harvest.pk), hub_client)
        assert Repo.objects.count() == 4


def test_contradicting_options_are_a_usage_error(capsys):
    for options in (
        {},
        {"names": ["a/b"], "author": "c"},
        {"changed": True, "sweep": True},
        {"resume": True, "author": "a"},
    ):
        with pytest.raises(SystemExit) as ended:
            call_command("mirror", *options.pop("names", []), **options)
        assert ended.value.code == 64
