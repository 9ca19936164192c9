"""`/api/v1/comparisons`: asking by upload, reading reports and flipped items."""

import json
from datetime import timedelta

import pytest
from django.contrib.auth.models import Permission, User
from django.core.files.uploadedfile import SimpleUploadedFile
from django.utils.timezone import now

from lineage import comparison_intake
from lineage.comparison_tasks import compare_queued
from lineage.models import Comparison, FlippedItem, OutcomeSet
from lineage.uploads import folder_of
from registry.models import ApiToken, Repo
from tests.outcome_rows import jsonl, rows

pytestmark = pytest.mark.django_db
URL = "/api/v1/comparisons"


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
def post(client, headers):
    def post(old, new, **more):
        files = {"old": SimpleUploadedFile("old.jsonl", old), "new": SimpleUploadedFile("new.jsonl", new)}
        return client.post(URL, files | more, headers=headers)

    return post


@pytest.fixture
def asked(post):
    """A comparison of six items: two broken, one fixed."""
    return post(jsonl(rows("aaabab")), jsonl(rows("abzaab", slice="s")), budget="0.5")


def model(name, **values):
    stamps = dict.fromkeys(("first_seen_at", "observed_at"), now())
    return Repo.objects.create(kind="model", name=name, state_digest="", info_digest="", **stamps, **values)


def test_two_uploaded_files_are_compared_at_once(client, asked):
    assert asked.status_code == 201, asked.content
    answer = asked.json()
    assert answer["status"] == "done" and answer["old_name"] == "old.jsonl"
    assert answer["report"]["cells"] == {"cc": 2, "cw": 2, "wc": 1, "ww_same": 1, "ww_diff": 0}
    assert answer["report"]["verdict"] == answer["verdict"] == "unknown"
    assert client.get(asked["Location"]).json() == answer


def test_rows_in_json_are_compared_like_files(client, headers, asked):
    body = {"old": rows("aaabab"), "new": rows("abzaab", slice="s"), "budget": 0.5}
    answer = client.post(URL, body, content_type="application/json", headers=headers)
    assert answer.status_code == 201
    assert answer.json()["report"] == asked.json()["report"]


def test_the_same_upload_finds_the_same_comparison(post, asked):
    again = post(jsonl(rows("aaabab")), jsonl(rows("abzaab", slice="s")), budget="0.5")
    assert again.status_code == 200 and again.json()["id"] == asked.json()["id"]
    assert Comparison.objects.count() == 1


def test_the_flipped_items_come_in_pages_and_by_filter(client, asked):
    flipped = asked.json()["flipped"]
    everything = client.get(flipped).json()["results"]
    assert [(item["item_id"], item["is_negative"]) for item in everything] == [("1", True), ("2", True), ("3", False)]
    first = client.get(flipped, {"limit": 1}).json()
    assert len(first["results"]) == 1
    assert client.get(first["next"]).json()["results"][0]["item_id"] == "2"
    for query, ids in (("direction=positive", ["3"]), ("new_label=true", ["2"]), ("search=1", ["1"]), ("slice=x", [])):
        assert [item["item_id"] for item in client.get(f"{flipped}?{query}").json()["results"]] == ids, query


def test_the_list_is_filtered_by_verdict_and_by_model(client, post, asked):
    model("acme/tiny")
    post(jsonl(rows("a")), jsonl(rows("a")), new_repo="Acme/Tiny@abc")
    ids = [row["id"] for row in client.get(URL).json()["results"]]
    assert len(ids) == 2 and ids[1] == asked.json()["id"]
    assert [row["id"] for row in client.get(URL, {"verdict": "unknown"}).json()["results"]] == ids[1:]
    found = client.get(URL, {"new_repo": "acme/TINY"}).json()["results"]
    assert [(row["id"], row["new_repo"], row["new_sha"]) for row in found] == [(ids[0], "acme/tiny", "abc")]


@pytest.mark.parametrize("query", ["nonsense=1", "verdict=maybe", "status=lost"])
def test_what_the_list_does_not_know_is_a_400(client, query):
    assert client.get(f"{URL}?{query}").status_code == 400


def test_without_a_token_nothing_is_written(client):
    assert client.post(URL, {"old": rows("a"), "new": rows("a")}, content_type="application/json").status_code == 401


def test_a_token_needs_the_scope(client, user):
    _, secret = ApiToken.issue(user, label="reader", scopes=["read"], expires_at=now() + timedelta(days=1))
    body = {"old": rows("a"), "new": rows("a")}
    headers = {"Authorization": f"Bearer {secret}"}
    assert client.post(URL, body, content_type="application/json", headers=headers).status_code == 403


BAD = {
    "not JSON": (b"hello\n", {}, "line 1 is not JSON"),
    "empty": (b" ", {}, "is empty"),
    "other items": (jsonl(rows("ab")), {}, "not about the same items"),
    "a budget of 5": (jsonl(rows("a")), {"budget": "5"}, "less than or equal to 1"),
    "a budget of NaN": (jsonl(rows("a")), {"budget": "nan"}, "valid number"),
    "an unknown model": (jsonl(rows("a")), {"new_repo": "no/such"}, "No such model is mirrored"),
    "an unknown format": (jsonl(rows("a")), {"format": "excel"}, "not a valid choice"),
}


@pytest.mark.parametrize("new, more, sentence", BAD.values(), ids=BAD.keys())
def test_a_bad_request_says_why_and_keeps_nothing(post, new, more, sentence):
    answer = post(jsonl(rows("a")), new, **more)
    assert answer.status_code == 400 and answer["Content-Type"] == "application/problem+json"
    assert sentence in answer.content.decode()
    assert not Comparison.objects.exists() and not OutcomeSet.objects.exists()


def test_more_bytes_than_are_taken_is_a_413_before_they_are_read(client, headers):
    too_many = str(comparison_intake.MAX_UPLOAD_BYTES + 1)
    answer = client.generic(
        "POST", URL, b"", content_type="multipart/form-data; boundary=x", headers=headers, CONTENT_LENGTH=too_many
    )
    assert answer.status_code == 413


def test_large_files_wait_for_a_worker_who_finds_them(client, post, monkeypatch):
    monkeypatch.setattr(comparison_intake, "INLINE_BYTES", 10)
    answer = post(jsonl(rows("aab")), jsonl(rows("abb")), budget="0.5")
    assert answer.status_code == 202 and answer.json()["status"] == "queued" and answer.json()["report"] is None
    assert compare_queued() == 1
    done = client.get(answer["Location"]).json()
    assert done["status"] == "done" and done["report"]["cells"]["cw"] == 1 and done["verdict"] == "unknown"
    row = Comparison.objects.get()
    assert not folder_of(row).exists() and FlippedItem.objects.count() == 1
    assert compare_queued() == 0


def test_a_second_run_waits_with_the_large_files(client, post, monkeypatch):
    monkeypatch.setattr(comparison_intake, "INLINE_BYTES", 10)
    again = SimpleUploadedFile("again.jsonl", jsonl(rows("aab")))
    answer = post(jsonl(rows("aab")), jsonl(rows("abb")), noise=again, must_pass="0")
    assert compare_queued() == 1
    done = client.get(answer["Location"]).json()
    assert done["report"]["noise"]["n"] == 3 and done["verdict"] == "pass"


def test_large_files_that_cannot_be_compared_leave_a_failed_row_with_the_sentence(client, post, monkeypatch):
    monkeypatch.setattr(comparison_intake, "INLINE_BYTES", 10)
    answer = post(jsonl(rows("aab")), b"nonsense" * 10)
    compare_queued()
    done = client.get(answer["Location"]).json()
    assert done["status"] == "failed" and "line 1 is not JSON" in done["problem"]
    assert not OutcomeSet.objects.exists()


def test_a_comparison_that_a_worker_left_behind_is_taken_up_again(post, monkeypatch):
    monkeypatch.setattr(comparison_intake, "INLINE_BYTES", 10)
    post(jsonl(rows("aab")), jsonl(rows("abb")))
    Comparison.objects.update(status="running", leased_until=now() + timedelta(minutes=1))
    assert compare_queued() == 0
    Comparison.objects.update(leased_until=now() - timedelta(minutes=1))
    assert compare_queued() == 1
    assert Comparison.objects.get().status == "done"


def test_what_only_staff_may_see_is_not_there_for_others(client, post, admin_client):
    hidden = model("acme/secret", staff_only=True)
    answer = post(jsonl(rows("a")), jsonl(rows("a")))
    Comparison.objects.update(new_repo=hidden)
    assert client.get(answer["Location"]).status_code == 404
    assert client.get(answer.json()["flipped"]).status_code == 404
    assert client.get(URL).json()["results"] == []
    assert client.get(answer.json()["page"]).status_code == 404
    assert admin_client.get(answer["Location"]).status_code == 200


def test_a_second_run_and_every_question_can_be_asked(post, client, headers):
    old, new = rows("a" * 60), rows("a" * 55 + "b" * 5)
    again = SimpleUploadedFile("again.jsonl", jsonl(old))
    more = {"noise": again, "must_pass": "59\n3", "non_inferiority": "0.2", "slices": "true", "solid_budget": "0.5"}
    answer = post(jsonl(old), jsonl(new), **more).json()
    assert answer["report"]["noise"]["flips"] == 0 and answer["verdict"] == "fail"
    rulings = {ruling["rule"]: ruling["verdict"] for ruling in answer["details"]["rulings"]}
    assert rulings == {"solid_budget": "unknown", "non_inferiority": "pass", "slices": "unknown", "must_pass": "fail"}
    body = {"old": old, "new": new, "noise": old, "must_pass": "59"}
    assert client.post(URL, body, content_type="application/json", headers=headers).json()["verdict"] == "fail"


def test_the_openapi_document_names_the_report(client):
    schema = json.loads(client.get("/api/v1/schema", headers={"Accept": "application/vnd.oai.openapi+json"}).content)
    report = schema["components"]["schemas"]["Report"]["properties"]
    assert {"cells", "nfr_upper", "verdict"} <= set(report)
    assert set(schema["paths"]["/api/v1/comparisons"]["post"]["responses"]) >= {"200", "201", "202", "400", "413"}
