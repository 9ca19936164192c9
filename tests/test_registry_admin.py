"""The mirror in the admin: each list answers in few queries at any size, and every action needs its own permission."""

from datetime import timedelta

import pytest
from django.contrib.auth import get_user_model
from django.contrib.auth.models import Permission
from django.db import connection
from django.utils.timezone import now

from registry.admin.base import beginning
from registry.models import ApiToken, Harvest, Repo, Visit
from registry.models.access import digest_of
from tests.bench.corpus import fill
from tests.dump_lines import line, mirror
from tests.loopback_hub import LoopbackHub, record

pytestmark = pytest.mark.django_db
LISTS = "repo account alias revision file observation visit harvest harvestproblem apitoken".split()


@pytest.fixture
def corpus(db):
    fill(300)


def staff(*permissions: str):
    user = get_user_model().objects.create_user("staff", is_staff=True)
    user.user_permissions.set(Permission.objects.filter(codename__in=permissions))
    return user


@pytest.mark.parametrize("name", LISTS)
def test_every_list_takes_at_most_ten_queries(admin_client, corpus, django_assert_max_num_queries, name):
    with django_assert_max_num_queries(10):
        assert admin_client.get(f"/admin/registry/{name}/").status_code == 200


@pytest.mark.parametrize("query", ["q=account-00001", "kind__exact=dataset", "q=%00%27%22%25", "p=3", "o=1"])
def test_a_list_can_be_searched_filtered_sorted_and_paged(admin_client, corpus, query):
    assert admin_client.get(f"/admin/registry/repo/?{query}").status_code == 200


def test_a_search_finds_the_beginning_of_a_name_in_any_case(admin_client, corpus):
    name = Repo.objects.first().name
    assert name in admin_client.get("/admin/registry/repo/", {"q": name.upper()[:-1]}).content.decode()


def test_nobody_edits_what_jobs_write(admin_client, corpus):
    repo = Repo.objects.first()
    assert admin_client.get("/admin/registry/repo/add/").status_code == 403
    assert admin_client.post(f"/admin/registry/repo/{repo.pk}/delete/", {"post": "yes"}).status_code == 403
    answer = admin_client.get(f"/admin/registry/repo/{repo.pk}/change/")
    assert answer.status_code == 200
    assert 'name="_save"' not in answer.content.decode()


def test_mirror_now_needs_a_permission_of_its_own(client, settings, corpus):
    viewer = staff("view_repo")
    client.force_login(viewer)
    action = {"action": "mirror_selected", "_selected_action": [Repo.objects.first().pk]}
    client.post("/admin/registry/repo/", action)
    assert not Visit.objects.exists()
    viewer.user_permissions.add(Permission.objects.get(codename="mirror_repo"))
    with LoopbackHub(record(Repo.objects.first().name)) as hub:
        settings.HF_ENDPOINT = hub.endpoint
        client.post("/admin/registry/repo/", action)
    assert Visit.objects.get().status == "full"


def test_a_harvest_is_queued_again_from_where_it_stopped(admin_client):
    row = Harvest.objects.create(status="failed", source="dump", cursor={"line": 5}, finished_at=now())
    admin_client.post("/admin/registry/harvest/", {"action": "take_up_again", "_selected_action": [row.pk]})
    row.refresh_from_db()
    assert (row.status, row.cursor) == ("queued", {"line": 5})


@pytest.mark.skipif(connection.vendor != "sqlite", reason="PostgreSQL plans by its statistics")
def test_a_search_is_answered_by_an_index(corpus):
    rows = beginning(Repo.objects.filter(kind__in=Repo.Kind.values), "name", "account-00001", any_case=True)
    assert "USING INDEX repo_lower_name" in rows.explain()


def test_more_than_a_few_repositories_become_one_queued_run_a_kind(admin_client, corpus):
    chosen = list(Repo.objects.order_by("pk").values_list("pk", flat=True)[:12])
    admin_client.post("/admin/registry/repo/", {"action": "mirror_selected", "_selected_action": chosen})
    assert not Visit.objects.exists()
    asked = {row.request["kind"]: row.request["names"] for row in Harvest.objects.filter(status="queued")}
    assert {kind: len(names) for kind, names in asked.items()} == {"model": 11, "dataset": 1}


def test_a_harvest_is_asked_for_in_the_admin(admin_client):
    answer = admin_client.post(
        "/admin/registry/harvest/add/", {"kind": "dataset", "names": "acme/a\r\nacme/b\n"}, follow=True
    )
    assert answer.status_code == 200
    row = Harvest.objects.get()
    assert (row.status, row.requested_by.username) == ("queued", "admin")
    assert row.request == {"kind": "dataset", "names": ["acme/a", "acme/b"]}
    page = admin_client.get(f"/admin/registry/harvest/{row.pk}/change/").content.decode()
    assert 'name="_save"' not in page


@pytest.mark.parametrize(
    ("wrong", "says"),
    [
        ({"kind": "model"}, "Give names"),
        ({"kind": "all", "names": "acme/a"}, "Names need one kind"),
        ({"kind": "model", "names": "acme/a", "author": "acme"}, "Not together with author"),
        ({"kind": "model", "names": "../etc/passwd"}, "Not a name of the Hub"),
        ({"kind": "model", "changed": "on", "sweep": "on"}, "Not together with changed"),
    ],
)
def test_what_no_harvest_can_mean_is_said_on_the_form(admin_client, wrong, says):
    assert says in admin_client.post("/admin/registry/harvest/add/", wrong).content.decode()
    assert not Harvest.objects.exists()


def test_asking_for_a_harvest_needs_the_permission_to_mirror(client):
    viewer = staff("view_harvest")
    client.force_login(viewer)
    assert client.post("/admin/registry/harvest/add/", {"kind": "model", "author": "acme"}).status_code == 403
    viewer.user_permissions.add(Permission.objects.get(codename="mirror_repo"))
    assert client.post("/admin/registry/harvest/add/", {"kind": "model", "author": "acme"}).status_code == 302
    assert Harvest.objects.get().requested_by == viewer


def test_a_token_is_shown_once_and_stored_hashed(admin_client):
    form = {"label": "ci", "scopes": ["read", "mirror"], "days": 30}
    page = admin_client.post("/admin/registry/apitoken/add/", form, follow=True).content.decode()
    row = ApiToken.objects.get()
    secret = next(word for word in page.replace("<", " ").split() if word.startswith("stm_") and len(word) > 30)
    assert digest_of(secret) == row.digest
    assert (row.user.username, row.scopes) == ("admin", ["mirror", "read"])
    assert row.expires_at > now()
    for path in ("", f"{row.pk}/change/"):
        assert secret not in admin_client.get(f"/admin/registry/apitoken/{path}").content.decode()
    assert row.digest not in admin_client.get(f"/admin/registry/apitoken/{row.pk}/change/").content.decode()


def test_nobody_sees_or_revokes_the_tokens_of_others_but_a_superuser(client, admin_user):
    other, _ = ApiToken.issue(admin_user, label="of the administrator", scopes=["read"], expires_at=now())
    client.force_login(staff("view_apitoken", "add_apitoken", "change_apitoken"))
    assert "of the administrator" not in client.get("/admin/registry/apitoken/").content.decode()
    client.post("/admin/registry/apitoken/", {"action": "revoke", "_selected_action": [other.pk]})
    other.refresh_from_db()
    assert other.revoked_at is None


def test_a_revoked_token_is_not_usable(admin_client, admin_user):
    row, _ = ApiToken.issue(admin_user, label="x", scopes=["read"], expires_at=now() + timedelta(days=1))
    admin_client.post("/admin/registry/apitoken/", {"action": "revoke", "_selected_action": [row.pk]})
    assert not ApiToken.objects.usable(now()).exists()


def test_texts_of_the_hub_are_shown_escaped(admin_client, tmp_path):
    attack = "<script>alert(1)</script>"
    card = f"---\nlicense: '{attack}'\n---\n{attack}"
    mirror(tmp_path, line(card=card, tags=[attack], pipeline_tag=attack, files={"LICENSE": attack}))
    repo = Repo.objects.get()
    pages = ["repo/", f"repo/{repo.pk}/change/", f"revision/{repo.head_id}/change/"]
    pages += [f"file/{file.pk}/change/" for file in repo.head.files.all()]
    pages += [f"observation/{row.pk}/change/" for row in repo.observations.all()]
    shown = [admin_client.get(f"/admin/registry/{page}").content.decode() for page in pages]
    assert not [page for page in shown if "<script>alert" in page]
    assert all("&lt;script&gt;alert" in page for page in shown[:3])
