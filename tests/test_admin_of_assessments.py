"""Assessments in the admin: bounded lists, filters, search, links, and the action under its own permission."""

import pytest
from django.contrib.auth.models import Permission, User
from django.test import Client
from django.utils.timezone import now

from openness.models import Assessment
from openness.tasks import assess_due, assess_now
from tests.mirrored import mirrored

pytestmark = pytest.mark.django_db
LIST = "/admin/openness/assessment/"


def signed_in(*permissions):
    user = User.objects.create_user("ada", is_staff=True)
    for permission in permissions:
        app, codename = permission.split(".")
        user.user_permissions.add(Permission.objects.get(content_type__app_label=app, codename=codename))
    client = Client()
    client.force_login(user)
    return client


def assessed(name, score=50.0, **fields):
    repo = mirrored(name, card="words")
    row = {"name": "carbon", "rubric": "carbon/1.0", "reader": "t", "state_digest": repo.state_digest}
    return Assessment.objects.create(repo=repo, score=score, assessed_at=now(), **(row | fields))


def test_a_list_takes_no_more_queries_for_more_rows(django_assert_max_num_queries):
    client = signed_in("openness.view_assessment")
    for n in range(60):
        assessed(f"acme/m{n}")
    with django_assert_max_num_queries(10):
        assert client.get(LIST).status_code == 200


def test_filters_search_and_links_work():
    client = signed_in("openness.view_assessment")
    low, none = assessed("acme/low", 12.0), assessed("other/none", None, problem="it failed")
    for query, shown, hidden in (
        ("?band=0", low, none),
        ("?band=none", none, low),
        ("?of=carbon&q=acme", low, none),
        ("?problem__isempty=0", none, low),
        (f"?repo__id__exact={low.repo_id}", low, none),
    ):
        page = client.get(LIST + query).content.decode()
        assert shown.repo.name in page and hidden.repo.name not in page, query
    assert f"/api/v1/assessments/{low.pk}" in client.get(LIST).content.decode()


def test_an_assessment_is_shown_and_cannot_be_edited():
    client, row = signed_in("openness.view_assessment"), assessed("acme/tiny")
    assert client.get(f"{LIST}{row.pk}/change/").status_code == 200
    assert client.get(f"{LIST}add/").status_code == 403


def test_a_problem_that_holds_markup_is_shown_as_text():
    assessed("acme/tiny", problem="<script>alert(1)</script>")
    assert "<script>alert(1)" not in signed_in("openness.view_assessment").get(LIST).content.decode()


def test_assess_now_needs_its_own_permission():
    repo = mirrored("acme/tiny", card="# words")
    ask = {"action": "assess_selected", "_selected_action": [repo.pk]}
    viewer = signed_in("registry.view_repo")
    viewer.post("/admin/registry/repo/", ask)
    assert not Assessment.objects.exists()
    User.objects.all().delete()
    assessor = signed_in("registry.view_repo", "openness.assess_repo")
    assert assessor.post("/admin/registry/repo/", ask).status_code == 302
    assert Assessment.objects.filter(repo=repo).exists()


def test_the_tasks_bring_what_is_behind_up_to_date():
    repo = mirrored("acme/tiny", card="# words")
    assert assess_due() == 1
    assert assess_due() == 0
    assert assess_now(repo.pk) > 0
    assert assess_now(repo.pk + 1000) == 0
