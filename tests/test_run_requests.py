"""Comparisons by running are asked for in REST, on a page, in the admin and by watches, and worked off by a worker."""

import json
import shutil
from datetime import timedelta

import pytest
from django.conf import settings
from django.contrib.auth.models import Permission, User
from django.utils.timezone import now
from django_celery_beat.models import PeriodicTask

from lineage import run_queue
from lineage.comparison_intake import MAX_TRIES
from lineage.comparison_tasks import compare_queued, compare_watched, run_queued
from lineage.models import Comparison, Node, Relation, Watch
from lineage.run_places import SHIPPED
from registry.models import ApiToken, EnergyRun, Repo
from tests.mirrored import mirrored

pytestmark = pytest.mark.django_db
URL = "/api/v1/comparisons/run"


@pytest.fixture
def user():
    user = User.objects.create_user("mender", password="x")
    user.user_permissions.add(Permission.objects.get(codename="add_comparison"))
    return User.objects.get(pk=user.pk)


@pytest.fixture
def headers(user):
    _, secret = ApiToken.issue(user, label="ci", scopes=["read", "compare"], expires_at=now() + timedelta(days=1))
    return {"Authorization": f"Bearer {secret}"}


@pytest.fixture
def pair():
    """Two mirrored versions whose files are the shipped ones."""
    repos = [mirrored(f"acme/kinds-{number}") for number in (1, 2)]
    for number, repo in enumerate(repos, 1):
        source = next((SHIPPED / "models" / "stemma-examples" / f"message-kinds-{number}").iterdir())
        shutil.copytree(source, settings.DATA_DIR / "models" / repo.name / repo.head.sha, dirs_exist_ok=True)
    yield repos
    shutil.rmtree(settings.DATA_DIR / "models", ignore_errors=True)


@pytest.fixture
def post(client, headers):
    def post(**body):
        whole = {"old": "acme/kinds-1", "new": "acme/kinds-2", "suite": "message-kinds"} | body
        return client.post(URL, json.dumps(whole), content_type="application/json", headers=headers)

    return post


def test_two_versions_asked_for_in_rest_are_queued_at_their_newest_commits_and_run_by_a_worker(
    client, post, pair, monkeypatch
):
    monkeypatch.setattr(settings, "METER_ENERGY", True)
    pytest.importorskip("torch", reason="what runs models is not installed: make models")
    answer = post(budget=0.5)
    assert answer.status_code == 202
    assert answer.json()["status"] == "queued"
    assert answer.json()["old_sha"] == pair[0].head.sha
    assert compare_queued() == 0  # uploads are another queue's
    assert run_queued() == 1
    found = client.get(answer.json()["url"]).json()
    assert found["status"] == "done"
    assert found["verdict"] == "pass"
    assert EnergyRun.objects.filter(subject=f"comparison {found['id']}").count() == 1
    assert found["details"]["runs"]["old"]["figures"]["items"] == 600
    page = client.get(found["page"]).content.decode()
    assert "How they ran" in page and "bfloat16" in page
    assert post(budget=0.4).status_code == 202
    run_queued()
    newest = Comparison.objects.latest("pk")
    assert newest.status == "done" and newest.pk != found["id"]


def test_asking_twice_while_it_waits_is_one_row(post, pair):
    assert post().json()["id"] == post().json()["id"]
    assert post(dtype="bfloat16").json()["id"] != post().json()["id"]


@pytest.mark.parametrize(
    ("body", "said"),
    [
        ({"suite": "no-such"}, "There is no suite 'no-such'; there are message-kinds"),
        ({"suite": "../secret"}, "There is no suite"),
        ({"old": "acme/none"}, "No model 'acme/none' is mirrored"),
        ({"old": "/etc"}, "No model '/etc' is mirrored"),
        ({"old": "acme/kinds-1@main"}, "is no commit in full"),
        ({"budget": 2}, "less than or equal to 1"),
        ({"device": "tpu"}, "is not a valid choice"),
        ({"old": {"a": 1}}, "Not a valid string"),
    ],
)
def test_what_cannot_be_run_is_a_400_that_says_so(post, pair, body, said):
    answer = post(**body)
    assert answer.status_code == 400
    assert said in answer.content.decode()
    assert not Comparison.objects.exists()


def test_asking_needs_the_permission_and_hidden_models_do_not_exist(client, post, pair):
    body = {"old": "acme/kinds-1", "new": "acme/kinds-2", "suite": "message-kinds"}
    assert client.post(URL, json.dumps(body), content_type="application/json").status_code == 401
    Repo.objects.filter(name="acme/kinds-2").update(staff_only=True)
    assert "is mirrored" in post().json()["detail"]
    assert client.get(URL).json() == {"suites": ["message-kinds"]}


def test_what_cannot_be_run_is_a_sentence_on_its_row_and_the_worker_goes_on(post, pair):
    pytest.importorskip("torch", reason="what runs models is not installed: make models")
    shutil.rmtree(settings.DATA_DIR / "models" / "acme" / "kinds-2")
    bad = post().json()["id"]
    good = post(new="acme/kinds-1", dtype="bfloat16").json()["id"]
    assert run_queued() == 2
    assert "are not on this machine" in Comparison.objects.get(pk=bad).problem
    assert Comparison.objects.get(pk=bad).status == "failed"
    assert Comparison.objects.get(pk=good).status == "done"


def test_a_fault_of_ours_costs_no_other_comparison_and_is_said_when_it_stays():
    for _ in range(2):
        Comparison.objects.create(old_name="a", new_name="b", asked_at=now(), execution={"from": "another release"})
    for _ in range(MAX_TRIES - 1):
        assert run_queued() == 2
        assert {row.status for row in Comparison.objects.all()} == {"queued"}
    run_queued()
    assert {(row.status, row.problem) for row in Comparison.objects.all()} == {
        ("failed", f"The comparison failed {MAX_TRIES} times: KeyError.")
    }


def test_a_row_that_its_worker_left_is_taken_up_again_but_not_for_ever(post, pair):
    key = post().json()["id"]
    Comparison.objects.update(status="running", leased_until=now() - timedelta(minutes=1), tries=3)
    assert run_queued() == 1
    row = Comparison.objects.get(pk=key)
    assert row.status == "failed" and "its worker was gone" in row.problem


def test_progress_is_on_the_row_and_renews_the_lease(client, post, pair):
    key = post().json()["id"]
    row = Comparison.objects.get(pk=key)
    told = run_queue.Progress(row)
    told({"step": "old", "done": 3, "total": 600, "items_per_s": 7.5, "left_s": 80.0})
    told({"step": "old", "done": 4, "total": 600, "items_per_s": 7.5, "left_s": 79.0})
    Comparison.objects.update(status="running")
    row.refresh_from_db()
    assert row.progress["done"] == 3
    assert row.leased_until > now()
    page = client.get(f"/comparisons/{key}").content.decode()
    assert "3 of 600 items, 7.5 items/s, about 80 s left" in page
    assert client.get(f"/api/v1/comparisons/{key}").json()["progress"]["total"] == 600


def test_the_page_asks_as_rest_does(client, user, pair):
    client.force_login(user)
    assert client.get("/comparisons/run?old=acme/kinds-1").status_code == 200
    body = {"suite": "message-kinds", "device": "cpu", "dtype": "float32", "old": "acme/kinds-1"}
    wrong = client.post("/comparisons/run", body | {"new": "acme/none"})
    assert wrong.status_code == 400
    assert "No model &#x27;acme/none&#x27; is mirrored" in wrong.content.decode()
    right = client.post("/comparisons/run", body | {"new": "acme/kinds-2", "slices": "on"})
    assert right.status_code == 302
    row = Comparison.objects.get()
    assert row.asked["questions"]["slices"] and row.requested_by == user
    assert "waits for a worker that runs models" in client.get(right["Location"]).content.decode()


def succession(old: Repo, new: Repo) -> None:
    ends = [Node.objects.create(kind="model", name=repo.name, repo=repo) for repo in (old, new)]
    stamps = dict.fromkeys(("first_seen_at", "last_seen_at"), now())
    Relation.objects.create(child=ends[0], parent=ends[1], kind="new_version", **stamps)


def test_a_newer_version_of_a_watched_model_is_queued_once(pair):
    watch = Watch.objects.create(repo=pair[0], suite="message-kinds", budget=0.02)
    assert compare_watched() == 0
    succession(*pair)
    assert compare_watched() == 1
    assert compare_watched() == 0
    row = Comparison.objects.get()
    assert [row.old_repo, row.new_repo, row.budget] == [*pair, 0.02]
    watch.refresh_from_db()
    assert watch.looked_at and not watch.problem
    Watch.objects.update(suite="gone")
    assert compare_watched() == 0
    watch.refresh_from_db()
    assert "There is no suite 'gone'" in watch.problem


def test_runs_and_watches_are_in_the_admin(admin_client, pair):
    for page in ("run", "watch", "watch/add"):
        assert admin_client.get(f"/admin/lineage/{page}/").status_code == 200
    body = {"repo": pair[0].pk, "suite": "message-kinds", "budget": "", "is_active": "on"}
    assert admin_client.post("/admin/lineage/watch/add/", body).status_code == 302
    assert Watch.objects.get().created_by.username == "admin"
    refused = admin_client.post("/admin/lineage/watch/add/", body | {"suite": "../secret"})
    assert "is not one of the available choices" in refused.content.decode()


def test_runs_are_scheduled_and_go_to_the_queue_of_the_gpu():
    assert settings.CELERY_TASK_ROUTES["lineage.tasks.run_queued"] == {"queue": "gpu"}
    scheduled = set(PeriodicTask.objects.filter(enabled=True).values_list("task", flat=True))
    assert {"lineage.tasks.run_queued", "lineage.tasks.compare_watched"} <= scheduled
