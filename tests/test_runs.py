"""Runs that stop half way, run twice, or meet a Hub that will not answer: nothing is lost, doubled or made up."""

import json
from datetime import timedelta

import pytest
from django.core.management import call_command
from django.db import connection
from django.utils.timezone import now
from django_celery_beat.models import PeriodicTask

from registry import harvest as harvests
from registry import tasks
from registry.hub import Hub
from registry.listings import OVERLAP, watermark
from registry.models import Harvest, Observation, Repo, Revision, Visit
from registry.progress import Run, TakenOver
from tests.dump_lines import line
from tests.loopback_hub import Fault, LoopbackHub, record

pytestmark = pytest.mark.django_db
BUSY = Fault(status=503)


def client(hub: LoopbackHub, **options) -> Hub:
    return Hub(hub.endpoint, timeout_s=2, patience_s=0, pause=lambda seconds: None, **options)


def run(hub: LoopbackHub, **request) -> Harvest:
    """A harvest of a loopback Hub, to its end."""
    return harvests.run(harvests.start(request, source=hub.endpoint), client(hub))


@pytest.fixture
def no_open_transaction(monkeypatch):
    """Notes, for each request to a Hub, whether a transaction was open meanwhile."""
    notes, send = [], Hub._send

    def noting(self, *arguments):
        notes.append(connection.in_atomic_block)
        return send(self, *arguments)

    monkeypatch.setattr(Hub, "_send", noting)
    return notes


@pytest.mark.django_db(transaction=True)
def test_no_transaction_waits_for_the_hub(no_open_transaction):
    with LoopbackHub(record("acme/a", card="# a"), record("acme/b", card="# b")) as hub:
        run(hub, author="acme")
        run(hub, names=["acme/a", "acme/none"])
        run(hub, sweep=True)
    assert len(no_open_transaction) > 6
    assert not any(no_open_transaction)


class Killed(BaseException):
    """What ends a run wherever it stands, as a signal would."""


def killed_after(monkeypatch, steps: int) -> None:
    step, left = Run.step, [steps]

    def counted(self, **cursor):
        if left[0] == 0:
            raise Killed
        left[0] -= 1
        step(self, **cursor)

    monkeypatch.setattr(Run, "step", counted)


@pytest.mark.parametrize("steps", range(12))
def test_a_listing_killed_at_any_step_and_resumed_ends_as_an_uninterrupted_one(monkeypatch, steps):
    records = [record(f"acme/m{n}", card=f"# {n}") for n in range(5)]
    with LoopbackHub(*records, page_items=2) as hub:
        harvest = harvests.start({"author": "acme"}, source=hub.endpoint)
        with monkeypatch.context() as patch:
            killed_after(patch, steps)
            with pytest.raises(Killed):
                harvests.run(harvest, client(hub))
        assert Harvest.objects.get().status in ("partial", "failed")
        again = harvests.run(harvests.unfinished(), client(hub))
    assert (again.status, again.seen, again.created, again.unchanged) == ("full", 5, 5, 0)
    assert again.cursor["complete"]
    assert Revision.objects.filter(card_state="present").count() == 5
    assert Visit.objects.filter(status="full").count() == 5


def test_a_run_that_is_taken_over_stops_and_leaves_no_trace_of_its_last_step():
    with LoopbackHub(record("acme/a", card="# a"), record("acme/b", card="# b")) as hub:
        harvest = harvests.start({"names": ["acme/a", "acme/b"]}, source=hub.endpoint)
        former = Run(Harvest.objects.get(), client(hub))
        former.begin()
        Run(Harvest.objects.get()).begin()
        with pytest.raises(TakenOver):
            harvests.from_names(former)
        with pytest.raises(TakenOver):
            former.finish()
    assert not Repo.objects.exists()
    assert not Visit.objects.exists()
    assert Harvest.objects.get(pk=harvest.pk).status == "running"


def test_a_run_is_begun_by_one_of_two_that_find_it():
    harvests.ask({"limit": 1}, source="somewhere")
    first, second = Run(Harvest.objects.get()), Run(Harvest.objects.get())
    first.begin()
    with pytest.raises(TakenOver):
        second.begin()


def test_a_worker_leaves_a_leased_run_alone_and_takes_up_an_abandoned_one(settings):
    with LoopbackHub(record("acme/a", card="# a")) as hub:
        settings.HF_ENDPOINT = hub.endpoint
        row = harvests.start({"names": ["acme/a"]}, source=hub.endpoint)
        assert tasks.take_up_overdue() == 0
        Harvest.objects.update(leased_until=now() - timedelta(seconds=1), holder="killed")
        assert tasks.take_up_overdue() == 1
        row.refresh_from_db()
        assert (row.status, row.holder) == ("full", "")


def test_a_queued_run_waits_until_it_is_due(settings):
    with LoopbackHub(record("acme/a")) as hub:
        settings.HF_ENDPOINT = hub.endpoint
        row = harvests.ask({"names": ["acme/a"]}, source=hub.endpoint)
        Harvest.objects.update(due_at=now() + timedelta(minutes=1))
        assert tasks.run_harvest(row.pk) == "not due"
        Harvest.objects.update(due_at=now() - timedelta(minutes=1))
        assert tasks.run_harvest(row.pk) == "full"
        assert tasks.run_harvest(row.pk) == "not due"


def test_a_hub_that_is_busy_again_and_again_is_left_alone_and_asked_later(settings):
    names = [f"acme/m{n}" for n in range(9)]
    with LoopbackHub(*(record(name) for name in names)) as hub:
        settings.HF_ENDPOINT = hub.endpoint
        hub.fail("/api/models/", BUSY, times=1_000)
        row = harvests.ask({"names": names}, source=hub.endpoint)
        assert tasks.run_harvest(row.pk) == "queued"
        row.refresh_from_db()
        assert Visit.objects.count() == 5
        assert timedelta(minutes=4) < row.due_at - now() < timedelta(minutes=6)
        assert "cannot answer" in row.problem


def test_a_busy_hub_is_not_asked_for_ever(settings):
    with LoopbackHub() as hub:
        settings.HF_ENDPOINT = hub.endpoint
        hub.fail("/api/models", BUSY, times=1_000)
        row = harvests.ask({"limit": 3}, source=hub.endpoint)
        for _ in tasks.AGAIN_AFTER:
            assert tasks.run_harvest(row.pk) == "queued"
            Harvest.objects.update(due_at=None)
        assert tasks.run_harvest(row.pk) == "failed"


def test_one_busy_answer_is_no_reason_to_stop():
    with LoopbackHub(record("acme/a", card="# a"), record("acme/b", card="# b")) as hub:
        hub.fail("/acme/a/resolve/", BUSY)
        harvest = run(hub, author="acme")
    assert (harvest.status, harvest.created, harvest.failed) == ("partial", 2, 1)
    assert Repo.objects.get(name="acme/b").head.card_state == "present"


def test_a_token_that_the_hub_refuses_stops_the_run_at_once():
    with LoopbackHub(record("acme/a"), record("acme/b")) as hub:
        refused = Fault(status=401, body=json.dumps({"error": "Invalid credentials in Authorization header"}).encode())
        hub.fail("/api/models/", refused, times=9)
        harvest = run(hub, names=["acme/a", "acme/b"])
    assert (harvest.status, Visit.objects.count()) == ("failed", 1)
    assert "does not accept the token" in harvest.problem


DAY = [f"2024-06-{day:02}T00:00:00.000Z" for day in range(1, 10)]


def test_the_first_pass_over_changes_reads_everything_and_moves_the_watermark_to_its_start():
    with LoopbackHub(*(record(f"acme/m{n}", lastModified=DAY[n]) for n in range(5)), page_items=2) as hub:
        first = run(hub, changed=True)
    assert first.created == 5
    following = harvests.ask({"changed": True}, source=hub.endpoint)
    assert watermark(following, "model") == first.started_at - OVERLAP


def test_a_pass_that_dies_half_way_moves_no_watermark():
    with LoopbackHub(*(record(f"acme/m{n}", lastModified=DAY[n]) for n in range(6)), page_items=2) as hub:
        hub.fail("cursor=", BUSY, times=1)
        assert run(hub, changed=True).status == "partial"
        assert watermark(harvests.ask({"changed": True}, source=hub.endpoint), "model") is None
        assert run(hub, changed=True).created == 4


def test_a_pass_that_a_limit_cut_is_not_whole():
    with LoopbackHub(*(record(f"acme/m{n}", lastModified=DAY[n]) for n in range(6)), page_items=2) as hub:
        assert not run(hub, changed=True, limit=4).cursor["complete"]
        assert run(hub, changed=True, limit=40).cursor["complete"]
    assert Repo.objects.count() == 6


@pytest.mark.parametrize(
    ("before", "counts"),
    [
        ({"kind": "all"}, True),
        ({"sweep": True}, True),
        ({"kind": "model", "limit": 50}, True),
        ({"kind": "dataset"}, False),
        ({"author": "acme"}, False),
        ({"filters": ["license:mit"]}, False),
    ],
)
def test_a_whole_pass_counts_where_it_held_everything_that_is_asked_for_now(before, counts):
    with LoopbackHub(record("acme/a"), record("acme/b", "dataset")) as hub:
        run(hub, **before)
        found = watermark(harvests.ask({"changed": True}, source=hub.endpoint), "model")
    assert (found is not None) == counts


def test_a_scheduled_first_pass_looks_back_one_day_and_is_not_doubled(settings):
    recent = (now() - timedelta(hours=3)).strftime("%Y-%m-%dT%H:%M:%S.000Z")
    with LoopbackHub(record("acme/old"), record("acme/new", lastModified=recent)) as hub:
        settings.HF_ENDPOINT = hub.endpoint
        assert tasks.mirror_changed() == "full"
        assert [repo.name for repo in Repo.objects.all()] == ["acme/new"]
        Harvest.objects.update(status="running", leased_until=now() + timedelta(minutes=5))
        assert tasks.mirror_changed() == "under way"


def test_a_card_that_one_pass_could_not_read_is_read_by_the_next():
    with LoopbackHub(record("acme/a", card="# a")) as hub:
        hub.fail("/acme/a/resolve/", BUSY)
        first = run(hub, changed=True)
        assert first.cursor["unread"] == [Repo.objects.get().pk]
        Harvest.objects.update(started_at=now() + timedelta(days=1))  # so that the next pass lists nothing
        assert run(hub, changed=True).seen == 0
    assert Repo.objects.get().head.card_state == "present"


def test_a_listed_name_that_cannot_be_asked_for_costs_no_request_and_no_problem():
    with LoopbackHub(record("acme/" + "long-" * 30, card="# a")) as hub:
        harvest = run(hub, author="acme")
    assert (harvest.status, harvest.created, Visit.objects.count()) == ("full", 1, 0)


def test_an_empty_listing_makes_nothing_gone():
    with LoopbackHub(record("acme/a"), record("acme/b")) as hub:
        run(hub, sweep=True)
    with LoopbackHub() as hub:
        harvest = run(hub, sweep=True)
    assert "none is taken to be gone" in harvest.problem
    assert not Visit.objects.filter(status="gone").exists()


def test_two_sweeps_an_hour_apart_make_a_missing_repository_gone_and_keep_its_row():
    records = [record(f"acme/m{n}", card="# m") for n in range(5)]
    with LoopbackHub(*records) as hub:
        run(hub, sweep=True)
    with LoopbackHub(*records[1:]) as hub:
        run(hub, sweep=True)
        Repo.objects.update(suspected_gone_at=now() - timedelta(hours=2))
        run(hub, sweep=True)
    gone = Repo.objects.exclude(gone_at=None).get()
    assert (gone.name, gone.head.card.text) == ("acme/m0", "# m")


def test_one_stored_record_that_is_damaged_stops_no_other(tmp_path):
    dump = tmp_path / "dump.jsonl"
    dump.write_text("".join(json.dumps(line(f"acme/m{n}", n)) + "\n" for n in range(1, 6)))
    call_command("mirror", dump=dump)
    Observation.objects.filter(repo__name="acme/m3").update(packed=b"damaged")
    with pytest.raises(SystemExit):
        call_command("mirror", dump=dump)
    harvest = Harvest.objects.latest("pk")
    assert (harvest.status, harvest.unchanged, harvest.failed) == ("partial", 4, 1)
    assert harvest.problems.get().name == "acme/m3"


def test_a_kind_chooses_the_lines_of_a_dump_and_a_limit_holds_across_a_resumption(tmp_path):
    dump = tmp_path / "dump.jsonl"
    lines = [line(f"acme/m{n}", n) | {"kind": ("model", "dataset")[n % 2]} for n in range(1, 9)]
    dump.write_text("".join(json.dumps(one) + "\n" for one in lines))
    request = {"from": str(dump), "kind": "dataset", "limit": 3}
    row = harvests.start(request, source="dump.jsonl")
    Harvest.objects.update(cursor={"line": 1}, seen=1, created=1)
    harvests.run(Harvest.objects.get(pk=row.pk))
    assert sorted(Repo.objects.values_list("kind", "name")) == [("dataset", "acme/m3"), ("dataset", "acme/m5")]


def test_the_schedules_of_the_mirror_are_rows_that_are_off_until_switched_on():
    enabled = dict(PeriodicTask.objects.filter(task__contains=".tasks.").values_list("task", "enabled"))
    assert enabled["registry.tasks.take_up_overdue"]
    for task in ("registry.tasks.mirror_changed", "lineage.tasks.trace_due", "openness.tasks.assess_due"):
        assert not enabled[task]
    assert not PeriodicTask.objects.filter(task__contains=".tasks.", expire_seconds=None).exists()
