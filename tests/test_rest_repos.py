"""`/api/v1/repos`: lists, filters, pages and single repositories, for those who may see them."""

from datetime import UTC, datetime, timedelta

import pytest
from django.contrib.auth.models import User

from registry.models import Account, Alias, Harvest, Repo, RepoTag, Tag, Visit
from tests.mirrored import SEEN, mirrored

pytestmark = pytest.mark.django_db


def names(answer):
    assert answer.status_code == 200, answer.content
    return [row["id"] for row in answer.json()["results"]]


@pytest.fixture
def three():
    account = Account.objects.create(name="ada")
    old, new = datetime(2024, 1, 1, tzinfo=UTC), datetime(2025, 1, 1, tzinfo=UTC)
    base = mirrored("ada/base", account=account, licence="mit", hub_modified_at=old, downloads=5, gated="no")
    tuned = mirrored("ada/Tuned-Chat", account=account, licence="apache-2.0", hub_modified_at=new, downloads=None)
    words = mirrored("bob/words", kind="dataset", licence="mit", downloads=9)
    RepoTag.objects.create(repo=tuned, tag=Tag.objects.create(name="chat"))
    return base, tuned, words


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("", ["ada/base", "ada/Tuned-Chat", "bob/words"]),
        ("kind=dataset", ["bob/words"]),
        ("author=ada", ["ada/base", "ada/Tuned-Chat"]),
        ("licence=mit", ["ada/base", "bob/words"]),
        ("tag=chat", ["ada/Tuned-Chat"]),
        ("search=CHAT tuned", ["ada/Tuned-Chat"]),
        ("gated=no", ["ada/base"]),
        ("modified_after=2024-06-01T00:00:00Z", ["ada/Tuned-Chat"]),
        ("modified_before=2024-06-01T00:00:00Z", ["ada/base"]),
        ("kind=model&sort=downloads", ["ada/base", "ada/Tuned-Chat"]),
        ("gone=true", []),
        ("licence=mit&kind=model&author=ada", ["ada/base"]),
        ("search=nothing", []),
    ],
)
def test_a_list_answers_each_filter(client, three, query, found):
    assert names(client.get(f"/api/v1/repos?{query}")) == found


@pytest.mark.parametrize(
    "query",
    [
        "licnce=mit",
        "kind=models",
        "gated=yes",
        "sort=size&kind=model",
        "sort=likes",
        "limit=0",
        "limit=1001",
        "limit=x",
        "limit=" + "9" * 5000,
        "cursor=cD0x",
        "cursor=%00",
        "search=a%00b",
        "licence=" + "m" * 300,
        "modified_after=9999-12-31T23:59:59-14:00",
        "modified_after=0001-01-01T00:00:00%2B14:00",
        "modified_before=yesterday",
        "kind=model&kind=dataset",
    ],
)
def test_what_a_list_cannot_answer_is_a_400_that_names_the_parameter(client, three, query):
    answer = client.get(f"/api/v1/repos?{query}")
    assert answer.status_code == 400
    assert answer["Content-Type"] == "application/problem+json"
    assert query.split("=")[0] in answer.json()["errors"]


def test_pages_cover_every_row_once_also_where_the_sorted_value_is_unknown(client):
    for n in range(7):
        mirrored(f"ada/m{n}", downloads=n // 2 if n < 5 else None)
    address, seen = "/api/v1/repos?kind=model&sort=downloads&limit=2", []
    while address:
        page = client.get(address).json()
        seen += [row["id"] for row in page["results"]]
        address = page["next"]
    assert seen == ["ada/m4", "ada/m2", "ada/m3", "ada/m0", "ada/m1", "ada/m5", "ada/m6"]


def test_a_row_that_arrives_while_paging_moves_no_other(client):
    for n in range(4):
        mirrored(f"ada/m{n}", likes=n)
    first = client.get("/api/v1/repos?kind=model&sort=likes&limit=2").json()
    mirrored("ada/new", likes=100)
    assert names(client.get(first["next"])) == ["ada/m1", "ada/m0"]


def test_a_cursor_that_was_changed_or_belongs_to_another_order_is_a_400(client):
    for n in range(3):
        mirrored(f"ada/m{n}")
    following = client.get("/api/v1/repos?kind=model&sort=likes&limit=1").json()["next"]
    assert client.get(following).status_code == 200
    assert client.get(following[:-1] + ("A" if following[-1] != "A" else "B")).status_code == 400
    assert client.get(following.replace("sort=likes", "sort=downloads")).status_code == 400


def test_every_list_says_when_the_mirror_last_learned_anything(client):
    assert client.get("/api/v1/repos").json()["as_of"] is None
    Harvest.objects.create(status="partial", source="dump", seen=9, failed=2, finished_at=SEEN)
    answer = client.get("/api/v1/repos").json()
    assert answer["as_of"] == "2026-01-02T00:00:00Z"
    assert "2 of 9 records were not taken" in answer["completeness"]


def test_a_repository_tells_unknown_from_empty_and_how_much_of_it_was_seen(client):
    mirrored("ada/base", files={"config.json": 12}, card="", tags=[], likes=0)
    row = client.get("/api/v1/repos/model/ada/base").json()
    assert (row["downloads"], row["likes"], row["tags"]) == (None, 0, [])
    assert row["as_of"] == "2026-01-02T00:00:00Z"
    assert row["completeness"] == {
        "identity": "provisional",
        "card": "absent",
        "files": "listed",
        "visited": "never",
    }
    assert row["revisions"][0]["files"] == 1


def test_an_unknown_file_list_is_null_not_zero(client):
    mirrored("ada/base")
    assert client.get("/api/v1/repos/model/ada/base").json()["revisions"][0]["files"] is None


def test_a_repository_shows_its_visits(client):
    repo = mirrored("ada/base")
    Visit.objects.create(
        kind="model", name=repo.name, repo=repo, status="failed", problem="503", started_at=SEEN, finished_at=SEEN
    )
    assert client.get("/api/v1/repos/model/ada/base").json()["visits"][0]["problem"] == "503"


def rename(repo: Repo, name: str):
    Alias.objects.create(repo=repo, kind=repo.kind, name=repo.name, valid_from=SEEN, valid_to=SEEN + timedelta(days=1))
    Alias.objects.create(repo=repo, kind=repo.kind, name=name, valid_from=SEEN + timedelta(days=1))
    Repo.objects.filter(pk=repo.pk).update(name=name)


def test_a_former_name_and_another_case_are_redirected_to_the_present_name(client):
    rename(mirrored("ada/old"), "ada/new")
    for name in ("ada/old", "ADA/Old", "ADA/NEW"):
        answer = client.get(f"/api/v1/repos/model/{name}")
        assert (answer.status_code, answer["Location"]) == (307, "/api/v1/repos/model/ada/new")


def test_a_name_that_changed_hands_belongs_to_its_present_holder(client):
    rename(mirrored("ada/base", likes=1), "ada/moved")
    mirrored("ada/base", likes=2)
    assert client.get("/api/v1/repos/model/ada/base").json()["likes"] == 2


def test_a_kind_never_answers_for_another(client):
    mirrored("ada/base")
    assert client.get("/api/v1/repos/dataset/ada/base").status_code == 404


def test_what_only_staff_may_see_does_not_exist_for_others(client):
    rename(mirrored("ada/secret", staff_only=True), "ada/secret2")
    assert names(client.get("/api/v1/repos")) == []
    for name in ("ada/secret", "ada/secret2"):
        assert client.get(f"/api/v1/repos/model/{name}").status_code == 404
    client.force_login(User.objects.create_user("eve"))
    assert client.get("/api/v1/repos/model/ada/secret2").status_code == 404
    client.force_login(User.objects.create_user("root", is_staff=True))
    assert names(client.get("/api/v1/repos")) == ["ada/secret2"]
    assert client.get("/api/v1/repos/model/ada/secret2").status_code == 200


def test_an_unchanged_answer_is_a_304(client, three):
    for path in ("/api/v1/repos?kind=model", "/api/v1/repos/model/ada/base"):
        etag = client.get(path)["ETag"]
        assert client.get(path, headers={"If-None-Match": etag}).status_code == 304
        Repo.objects.update(likes=77)
        assert client.get(path, headers={"If-None-Match": etag}).status_code == 200
        Repo.objects.update(likes=None)


def test_the_number_of_queries_does_not_grow_with_the_rows(client, django_assert_max_num_queries):
    for n in range(30):
        mirrored(f"ada/m{n}", account=Account.objects.get_or_create(name="ada")[0])
    with django_assert_max_num_queries(4):
        client.get("/api/v1/repos")
    with django_assert_max_num_queries(5):
        client.get("/api/v1/repos/model/ada/m3")


def test_reading_needs_a_token_or_a_session_where_it_is_not_public(client, settings, three):
    settings.PUBLIC_READ = False
    answer = client.get("/api/v1/repos")
    assert (answer.status_code, answer["WWW-Authenticate"]) == (401, "Bearer")
    client.force_login(User.objects.create_user("ada"))
    assert client.get("/api/v1/repos").status_code == 200
