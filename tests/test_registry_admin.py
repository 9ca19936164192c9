"""The mirror in the admin: each list answers in few queries at any size, and every action needs its own permission."""

import pytest
from django.contrib.auth import get_user_model
from django.contrib.auth.models import Permission
from django.utils.timezone import now

from registry.models import Harvest, Repo, Visit
from tests.bench.corpus import fill
from tests.loopback_hub import LoopbackHub, record

pytestmark = pytest.mark.django_db
LISTS = ["repo", "account", "alias", "revision", "visit", "harvest", "apitoken"]


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
