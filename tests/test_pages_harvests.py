"""The pages of harvests: every run, what came of it, and who may see what it was asked."""

import re

import pytest
from django.contrib.auth.models import User

from registry.models import Harvest, HarvestProblem, Visit
from tests.mirrored import SEEN, mirrored

pytestmark = pytest.mark.django_db


def page(client, path) -> str:
    answer = client.get(path)
    assert answer.status_code == 200
    return answer.content.decode()


def harvest(**fields) -> Harvest:
    return Harvest.objects.create(**{"status": "full", "source": "https://hub.example", "finished_at": SEEN} | fields)


def test_without_a_run_the_list_says_how_to_start_one(client):
    assert "Nothing was mirrored yet" in page(client, "/harvests")


def test_runs_are_listed_newest_first_over_several_pages(client):
    keys = [harvest().pk for _ in range(60)]
    seen, address = [], "/harvests"
    while address:
        text = page(client, address)
        seen += [int(key) for key in re.findall(r'<a href="/harvests/(\d+)">', text)]
        found = re.search(r'rel="next" href="(\?[^"]+)"', text)
        address = "/harvests" + found[1].replace("&amp;", "&") if found else None
    assert seen == keys[::-1]


def test_a_run_that_is_queued_has_no_figures_yet(client):
    text = page(client, f"/harvests/{harvest(status='queued', finished_at=None).pk}")
    assert "not known yet" in text and "not yet" in text


def test_what_a_dump_held_that_was_not_taken_is_told_line_by_line(client):
    row = harvest(status="partial", failed=120, request={"from": "/srv/private/dump.jsonl"}, source="dump.jsonl")
    HarvestProblem.objects.bulk_create(
        HarvestProblem(harvest=row, line=n, problem=f"reason {n}") for n in range(1, 121)
    )
    first = page(client, f"/harvests/{row.pk}")
    assert "reason 50<" in first and "reason 51<" not in first
    assert "/srv/private" not in first
    following = re.search(r'rel="next" href="(\?problems=[^"#]+)', first)[1].replace("&amp;", "&")
    assert "reason 51<" in page(client, f"/harvests/{row.pk}{following}")


def test_what_was_refused_by_a_hub_is_named_for_staff_alone(client):
    row = harvest(status="partial", failed=1, request={"names": ["ada/secret"]})
    HarvestProblem.objects.create(harvest=row, name="ada/secret", problem="gone")
    secret = mirrored("ada/secret2", staff_only=True)
    for repo, with_token in ((secret, True), (None, True)):
        Visit.objects.create(
            kind="model", name="ada/secret2", repo=repo, harvest=row, status="gone", with_token=with_token,
            started_at=SEEN, finished_at=SEEN,
        )  # fmt: skip
    assert "secret" not in page(client, f"/harvests/{row.pk}")
    client.force_login(User.objects.create_user("root", is_staff=True))
    text = page(client, f"/harvests/{row.pk}")
    assert "ada/secret<" in text and "ada/secret2<" in text


def test_a_run_that_does_not_exist_and_a_cursor_that_was_made_up_are_404s(client):
    row = harvest()
    for path in (
        "/harvests/999",
        "/harvests/99999999999999999999",
        "/harvests?after=x",
        f"/harvests/{row.pk}?visits=x",
    ):
        assert client.get(path).status_code == 404
