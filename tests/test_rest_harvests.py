"""`/api/v1/harvests`: asking for a run, and seeing what came of it."""

import pytest
from django.contrib.auth.models import Permission, User
from django.utils.timezone import now, timedelta

from registry.models import ApiToken, Harvest, HarvestProblem

pytestmark = pytest.mark.django_db


@pytest.fixture
def ada(db):
    user = User.objects.create_user("ada")
    user.user_permissions.add(Permission.objects.get(codename="mirror_repo"))
    return user


def token_of(user, *scopes, **fields):
    row, secret = ApiToken.issue(user, label="t", scopes=list(scopes), expires_at=now() + timedelta(days=1))
    ApiToken.objects.filter(pk=row.pk).update(**fields)
    return {"Authorization": f"Bearer {secret}"}


def ask(client, body, headers):
    return client.post("/api/v1/harvests", body, content_type="application/json", headers=headers)


def test_a_harvest_asked_for_is_a_queued_row_and_a_link(client, ada):
    answer = ask(client, {"names": ["ada/base"], "kind": "dataset"}, token_of(ada, "mirror"))
    row = Harvest.objects.get()
    assert answer.status_code == 202
    assert answer["Location"] == f"http://testserver/api/v1/harvests/{row.pk}"
    assert (row.status, row.requested_by) == ("queued", ada)
    assert row.request == {"names": ["ada/base"], "kind": "dataset"}
    assert client.get(answer["Location"]).json()["status"] == "queued"


@pytest.mark.parametrize(
    "body",
    [
        {"author": "ada", "kind": "all"},
        {"filters": ["license:mit"], "limit": 10},
        {"search": "llama"},
        {"changed": True},
        {"sweep": True, "author": "ada"},
        {"names": ["gpt2", "a/b.c-d_e"]},
    ],
)
def test_every_listing_of_the_command_can_be_asked_for(client, ada, body):
    assert ask(client, body, token_of(ada, "mirror")).status_code == 202


@pytest.mark.parametrize(
    "body",
    [
        {},
        [],
        "names",
        None,
        {"names": []},
        {"names": ["a/b/c"]},
        {"names": ["../etc"] + ["x" * 200]},
        {"names": ["ada/base\n"]},
        {"names": ["ada/base"], "author": "ada"},
        {"names": ["ada/base"], "kind": "all"},
        {"kind": "models", "author": "ada"},
        {"limit": 0},
        {"limit": 10**30},
        {"author": "a/b"},
        {"search": "a\0b"},
        {"filters": ["x" * 300]},
        {"changed": True, "sweep": True},
        {"from": "/etc/passwd"},
        {"endpoint": "http://169.254.169.254/"},
        {"author": "ada", "token": "hf_x"},
    ],
)
def test_what_no_harvest_can_mean_is_a_400_and_no_row(client, ada, body):
    answer = ask(client, body, token_of(ada, "mirror"))
    assert answer.status_code == 400
    assert answer["Content-Type"] == "application/problem+json"
    assert not Harvest.objects.exists()


def test_nothing_is_queued_without_a_usable_token_of_the_right_scope(client, ada):
    body, past = {"names": ["ada/base"]}, now() - timedelta(seconds=1)
    assert ask(client, body, {}).status_code == 401
    assert ask(client, body, {"Authorization": "Bearer stm_guess"}).status_code == 401
    assert ask(client, body, token_of(ada, "mirror", expires_at=past)).status_code == 401
    assert ask(client, body, token_of(ada, "mirror", revoked_at=past)).status_code == 401
    assert ask(client, body, token_of(ada, "read", "assess")).status_code == 403
    headers = token_of(ada, "mirror")
    ada.is_active = False
    ada.save()
    assert ask(client, body, headers).status_code == 401
    assert not Harvest.objects.exists()


def test_a_token_never_allows_more_than_its_user_may(client):
    plain = User.objects.create_user("eve")
    assert ask(client, {"names": ["ada/base"]}, token_of(plain, "mirror")).status_code == 403


def test_a_session_writes_only_with_the_forms_secret(ada):
    from django.test import Client

    browser = Client(enforce_csrf_checks=True)
    browser.force_login(ada)
    answer = browser.post("/api/v1/harvests", {"names": ["ada/base"]}, content_type="application/json")
    assert answer.status_code == 403
    assert not Harvest.objects.exists()


def test_what_was_asked_of_a_hub_and_refused_is_for_staff_and_of_a_dump_for_all(client):
    hub = Harvest.objects.create(status="partial", source="hub", request={"names": ["ada/secret"]}, failed=1)
    dump = Harvest.objects.create(status="partial", source="dump.jsonl", request={"from": "/x/dump.jsonl"}, failed=1)
    for row in (hub, dump):
        HarvestProblem.objects.create(harvest=row, line=3, name="ada/secret", problem="gone")
    assert client.get(f"/api/v1/harvests/{hub.pk}").json()["problems"] == []
    assert "secret" not in client.get(f"/api/v1/harvests/{hub.pk}").content.decode()
    assert client.get(f"/api/v1/harvests/{dump.pk}").json()["problems"][0]["line"] == 3
    assert "/x/" not in client.get(f"/api/v1/harvests/{dump.pk}").content.decode()
    client.force_login(User.objects.create_user("root", is_staff=True))
    assert client.get(f"/api/v1/harvests/{hub.pk}").json()["request"] == {"names": ["ada/secret"]}


def test_a_token_that_may_only_write_reads_what_everybody_reads(client):
    root = User.objects.create_user("root", is_staff=True)
    row = Harvest.objects.create(status="partial", source="hub", request={"names": ["ada/secret"]})
    assert client.get(f"/api/v1/harvests/{row.pk}", headers=token_of(root, "mirror")).json()["request"] is None
    assert client.get(f"/api/v1/harvests/{row.pk}", headers=token_of(root, "read")).json()["request"]


def test_a_token_notes_its_use_to_the_hour_only(client, ada, django_assert_num_queries):
    headers = token_of(ada, "read")
    client.get("/api/v1/harvests", headers=headers)
    used_at = ApiToken.objects.get().last_used_at
    client.get("/api/v1/harvests", headers=headers)
    assert used_at is not None and ApiToken.objects.get().last_used_at == used_at


def test_a_token_with_a_scope_that_does_not_exist_is_not_issued(ada):
    with pytest.raises(ValueError, match="No scope is called 'admin'"):
        token_of(ada, "read", "admin")


def test_an_unknown_harvest_is_a_404_in_problem_details(client):
    answer = client.get("/api/v1/harvests/99999999999999999999999")
    assert answer.status_code == 404
    assert answer["Content-Type"] == "application/problem+json"


@pytest.mark.parametrize("method", ["put", "patch", "delete"])
def test_nothing_else_can_be_done_to_harvests(client, ada, method):
    client.force_login(ada)
    assert getattr(client, method)("/api/v1/harvests").status_code in (403, 405)


def test_too_many_requests_are_told_when_to_come_back(client, monkeypatch):
    from django.core.cache import cache
    from rest_framework.throttling import AnonRateThrottle

    cache.clear()
    monkeypatch.setattr(AnonRateThrottle, "THROTTLE_RATES", {"anon": "2/min"})
    answers = [
        client.get("/api/v1/harvests", headers={"X-Forwarded-For": f"10.0.0.{n}"}, REMOTE_ADDR="192.0.2.7")
        for n in range(3)
    ]
    assert [a.status_code for a in answers] == [200, 200, 429]
    assert int(answers[2]["Retry-After"]) > 0
    cache.clear()
