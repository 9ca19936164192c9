"""The page of one repository: every panel, for whoever may see it."""

import re
from datetime import timedelta

import pytest
from django.contrib.auth.models import Permission, User

from lineage.models import Comparison
from lineage.trace import trace_repo
from openness.assess import assess_repo
from registry.models import Alias, Repo, Visit
from tests.bench.corpus import fill
from tests.loopback_hub import LoopbackHub, record
from tests.mirrored import SEEN, mirrored

pytestmark = pytest.mark.django_db
CARD = "---\nlicense: mit\nbase_model: ada/base\n---\n# m\n\nA chat model.\n"
HEADER = {"license": "mit", "base_model": "ada/base"}
PANELS = ["answer", "lineage", "card", "files", "identity", "licence", "revisions", "visits"]
HOSTILE = "<script>alert(1)</script><img src=x onerror=alert(1)>\"'><svg/onload=alert(1)>"


def page(client, path) -> str:
    answer = client.get(path)
    assert answer.status_code == 200
    return answer.content.decode()


def panel(text: str, name: str) -> str:
    return re.search(rf'<section class="panel[^>]* id="{name}">.*?</section>', text, re.DOTALL)[0]


def renamed(repo: Repo, name: str) -> Repo:
    Alias.objects.create(repo=repo, kind=repo.kind, name=repo.name, valid_from=SEEN, valid_to=SEEN + timedelta(days=1))
    repo.name = name
    repo.save()
    return repo


@pytest.mark.parametrize("kind", ["model", "dataset", "space"])
def test_a_repository_of_which_nothing_is_known_says_so_in_every_panel(client, kind):
    mirrored("ada/m", kind=kind)
    text = page(client, f"/{kind}s/ada/m")
    for name in PANELS + (["openness", "carbon", "comparisons"] if kind == "model" else []):
        assert panel(text, name)
    assert "Not known" in panel(text, "answer")
    assert "not traced" in panel(text, "lineage")
    assert "was not read" in panel(text, "card")
    assert "No file list was seen" in panel(text, "files")
    assert "unknown; told apart by name" in panel(text, "identity")
    assert "never visited" in panel(text, "visits")


def test_absent_unknown_and_unreadable_cards_are_three_things(client):
    mirrored("ada/absent", card="")
    broken = mirrored("ada/broken")
    broken.head.card_state, broken.head.card_problem = "unreadable", "The card is larger than 2 MB."
    broken.head.save()
    mirrored("ada/unknown")
    assert "no README.md was found" in panel(page(client, "/models/ada/absent"), "card")
    assert "larger than 2 MB" in panel(page(client, "/models/ada/broken"), "card")
    assert "was not read" in panel(page(client, "/models/ada/unknown"), "card")


def test_a_traced_and_assessed_model_shows_its_answer_its_parent_and_its_evidence(client):
    mirrored("ada/base", card="---\nlicense: mit\n---\n# base\n", header={"license": "mit"}, files={})
    repo = mirrored("ada/m", card=CARD, header=HEADER, files={"config.json": 10, "model.safetensors": None})
    trace_repo(repo)
    assess_repo(repo)
    text = page(client, "/models/ada/m")
    assert 'href="/models/ada/base"' in panel(text, "lineage")
    assert 'href="#L3"' in panel(text, "lineage") and '<li id="L3">base_model: ada/base</li>' in text
    assert "passed" in panel(text, "answer")
    assert "17 components" in panel(text, "openness")
    assert "10 bytes in the 1 whose size is known" in panel(text, "files").replace("\xa0", " ")
    assert "MIT" in panel(text, "licence")


def test_every_policy_can_be_asked_by_the_address(client):
    mirrored("ada/m")
    assert "<b>adoption/" in page(client, "/models/ada/m?policy=adoption")
    assert "<b>default/" in page(client, "/models/ada/m?policy=../../etc/passwd")


def test_a_former_name_and_another_case_lead_to_the_present_name_for_good(client):
    renamed(mirrored("ada/old"), "ada/New")
    for name in ("ada/old", "ADA/OLD", "ada/new"):
        answer = client.get(f"/models/{name}")
        assert (answer.status_code, answer["Location"]) == (301, "/models/ada/New")
    assert "ada/old" in panel(page(client, "/models/ada/New"), "identity")


def test_a_repository_that_lost_its_name_keeps_a_page_of_its_own(client):
    lost = mirrored("ada/m", holds_name=False, hub_id="a" * 24)
    holder = mirrored("ada/m", hub_id="b" * 24)
    assert "b" * 24 in page(client, "/models/ada/m")
    text = page(client, f"/repos/{lost.pk}")
    assert "a" * 24 in text and "another repository holds this name" in text
    assert client.get(f"/repos/{holder.pk}")["Location"] == "/models/ada/m"


def test_a_lost_name_that_nobody_holds_does_not_lead_in_a_circle(client):
    lost = mirrored("ada/m", holds_name=False)
    Alias.objects.create(repo=lost, kind="model", name="ada/m", valid_from=SEEN, valid_to=SEEN)
    assert client.get("/models/ada/m").status_code == 200


def test_a_repository_that_is_gone_stays_as_a_tombstone(client):
    mirrored("ada/m", gone_at=SEEN)
    text = page(client, "/models/ada/m")
    assert "gone from the Hub" in text and "What follows is what was seen before" in text


@pytest.mark.parametrize(
    "path", ["/models/ada/none", "/datasets/ada/m", "/models/a/b/c", "/repos/99999999999999999999"]
)
def test_what_is_not_mirrored_is_a_404(client, path):
    mirrored("ada/m")
    assert client.get(path).status_code == 404


def test_what_only_staff_may_see_does_not_exist_for_others(client):
    secret = renamed(mirrored("ada/secret", staff_only=True), "ada/secret2")
    for path in ("/models/ada/secret", "/models/ada/secret2", f"/repos/{secret.pk}"):
        assert client.get(path).status_code == 404
    client.force_login(User.objects.create_user("eve"))
    assert client.get("/models/ada/secret2").status_code == 404
    assert client.post(f"/repos/{secret.pk}/trace").status_code in (403, 404)
    client.force_login(User.objects.create_user("root", is_staff=True))
    assert "staff only" in page(client, "/models/ada/secret2")


def test_files_go_on_from_page_to_page(client):
    mirrored("ada/m", files={f"shard-{n:03}.bin": n for n in range(120)})
    seen, address = [], "/models/ada/m"
    while address:
        text = panel(page(client, address), "files")
        seen += re.findall(r"shard-\d+", text)
        found = re.search(r'rel="next" href="(\?[^"#]+)', text)
        address = "/models/ada/m" + found[1].replace("&amp;", "&") if found else None
    assert seen == [f"shard-{n:03}" for n in range(120)]


def test_nothing_a_repository_says_becomes_markup(client):
    repo = mirrored(
        "ada/m", card=f"---\nlicense: mit\n---\n# {HOSTILE}\n", header={"license": HOSTILE}, files={HOSTILE: 1},
        licence=HOSTILE[:120], pipeline_tag=HOSTILE[:80], library_name=HOSTILE[:80], tags=[HOSTILE],
    )  # fmt: skip
    trace_repo(repo)
    assess_repo(repo)
    Visit.objects.create(
        kind="model", name="ada/m", repo=repo, status="failed", problem=HOSTILE, started_at=SEEN, finished_at=SEEN
    )
    text = page(client, "/models/ada/m")
    for vector in ("<script>alert", "<img src=x", "<svg/onload"):
        assert vector not in text


def test_a_comparison_is_shown_on_the_page_of_the_newer_version(client):
    repo = mirrored("ada/m")
    Comparison.objects.create(
        status="done", old_name="ada/old", new_name="ada/m", new_repo=repo, verdict="fail", negative_flip_rate=0.05,
        report={"n": 100, "nfr": 0.05, "nfr_upper": 0.09}, asked_at=SEEN, finished_at=SEEN,
    )  # fmt: skip
    text = panel(page(client, "/models/ada/m"), "comparisons")
    assert "against ada/old" in text and "at most 9 %" in text


def test_the_number_of_queries_is_bounded_at_any_size(client, django_assert_max_num_queries):
    fill(300)
    hub = Repo.objects.filter(kind="model").order_by("pk").first()
    with django_assert_max_num_queries(30):
        page(client, hub.path)


def who_may(*codenames) -> User:
    user = User.objects.create_user("ada")
    user.user_permissions.set(Permission.objects.filter(codename__in=codenames))
    return user


@pytest.mark.parametrize("action", ["mirror", "trace", "assess"])
def test_an_action_needs_its_own_permission_and_a_post(client, settings, action):
    repo = mirrored("ada/m", card=CARD, header=HEADER)
    path = f"/repos/{repo.pk}/{action}"
    assert client.post(path).status_code == 403
    others = {"mirror_repo", "trace_repo", "assess_repo"} - {f"{action}_repo"}
    client.force_login(user := who_may(*others))
    assert client.post(path).status_code == 403
    assert f'action="{path}"' not in page(client, "/models/ada/m")
    user.user_permissions.add(Permission.objects.get(codename=f"{action}_repo"))
    assert f'action="{path}"' in page(client, "/models/ada/m")
    assert client.get(path).status_code == 405
    with LoopbackHub(record("ada/m")) as hub:
        settings.HF_ENDPOINT = hub.endpoint
        answer = client.post(path, follow=True)
    assert answer.status_code == 200 and "was tried" in answer.content.decode()
    done = {"mirror": repo.visits.exists(), "trace": hasattr(Repo.objects.get(pk=repo.pk), "trace")}
    assert done.get(action, repo.assessments.exists())


def test_an_action_needs_the_forms_secret():
    from django.test import Client

    repo = mirrored("ada/m")
    browser = Client(enforce_csrf_checks=True)
    browser.force_login(who_may("trace_repo"))
    assert browser.post(f"/repos/{repo.pk}/trace").status_code == 403


def test_there_is_no_other_action(client):
    client.force_login(User.objects.create_superuser("root"))
    assert client.post(f"/repos/{mirrored('ada/m').pk}/delete").status_code == 404
