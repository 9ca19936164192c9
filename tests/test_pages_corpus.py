"""The corpus page: searched, filtered, sorted and paged by its address alone."""

import re

import pytest
from django.contrib.auth.models import User

from openness.models import Assessment
from registry.models import Account, Harvest, Repo, RepoTag, Tag
from tests.bench.corpus import fill
from tests.mirrored import SEEN, mirrored

pytestmark = pytest.mark.django_db


def names(answer) -> list[str]:
    assert answer.status_code == 200
    return re.findall(r'<h3><a href="/\w+/([^"]+)">', answer.content.decode())


def assessed(repo, name, score=None, label=""):
    Assessment.objects.create(
        repo=repo, name=name, rubric=f"{name}/1", reader="r", state_digest=repo.state_digest,
        score=score, label=label, assessed_at=SEEN,
    )  # fmt: skip


@pytest.fixture
def four():
    account = Account.objects.create(name="ada")
    small = mirrored("ada/Small-Chat", account=account, licence="mit", downloads=1, gated="no", likes=9)
    large = mirrored("ada/large-chat", account=account, licence="apache-2.0", downloads=7, pipeline_tag="fill-mask")
    plain = mirrored("bob/plain", library_name="peft", gone_at=SEEN)
    mirrored("bob/words", kind="dataset", licence="mit")
    RepoTag.objects.create(repo=plain, tag=Tag.objects.create(name="legal"))
    assessed(small, "model-card", 80.0)
    assessed(large, "model-card", 30.0)
    assessed(plain, "model-card", None)
    assessed(small, "mof", label="Class III - Open Model")
    assessed(large, "mof", label="Unclassified; possibly Class III - Open Model")
    assessed(large, "carbon", 41.0, "C")
    assessed(small, "carbon", None, "Unknown Energy Efficiency")


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("", ["ada/large-chat", "ada/Small-Chat", "bob/plain"]),
        ("kind=dataset", ["bob/words"]),
        ("kind=space", []),
        ("q=CHAT", ["ada/large-chat", "ada/Small-Chat"]),
        ("q=chat+small", ["ada/Small-Chat"]),
        ("q=%25", []),
        ("q=_", []),
        ("author=ada", ["ada/large-chat", "ada/Small-Chat"]),
        ("licence=mit", ["ada/Small-Chat"]),
        ("pipeline_tag=fill-mask", ["ada/large-chat"]),
        ("library_name=peft", ["bob/plain"]),
        ("tag=legal", ["bob/plain"]),
        ("gated=no", ["ada/Small-Chat"]),
        ("gone=true", ["bob/plain"]),
        ("openness=3", ["ada/Small-Chat"]),
        ("openness=possible", ["ada/large-chat"]),
        ("min_score=50", ["ada/Small-Chat"]),
        ("has_carbon=true", ["ada/large-chat"]),
        ("has_carbon=false", ["ada/Small-Chat", "bob/plain"]),
        ("sort=name", ["ada/large-chat", "ada/Small-Chat", "bob/plain"]),
        ("sort=likes", ["ada/Small-Chat", "ada/large-chat", "bob/plain"]),
        ("sort=score", ["ada/Small-Chat", "ada/large-chat"]),
        ("sort=nonsense&utm_source=mail", ["ada/large-chat", "ada/Small-Chat", "bob/plain"]),
        ("licence=mit&author=ada&min_score=50&openness=3&q=small", ["ada/Small-Chat"]),
    ],
)
def test_the_address_says_what_is_shown(client, four, query, found):
    assert names(client.get(f"/?{query}")) == found


@pytest.mark.parametrize("query", ["min_score=x", "min_score=nan", "gated=perhaps", "openness=9", "q=" + "x" * 300])
def test_a_filter_that_means_nothing_is_named_and_finds_nothing(client, four, query):
    answer = client.get(f"/?{query}")
    assert answer.status_code == 400
    assert "errorlist" in answer.content.decode()


@pytest.mark.parametrize("query", ["q=a%00b", "author=%00", "licence=%ED%A0%80", "kind=%00", "after=%00", "sort=%00"])
def test_characters_that_no_database_stores_are_no_error_of_ours(client, four, query):
    assert client.get(f"/?{query}").status_code in (200, 400, 404)


def test_pages_follow_each_other_without_a_gap_or_a_double(client):
    for n in range(120):
        mirrored(f"ada/m{n:03}", downloads=n // 3 if n < 80 else None)
    address, seen = "/", []
    while address:
        text = (answer := client.get(address)).content.decode()
        seen += names(answer)
        found = re.search(r'rel="next" href="(\?[^"]+)"', text)
        address = "/" + found[1].replace("&amp;", "&") if found else None
    assert len(seen) == len(set(seen)) == 120


def test_a_cursor_that_was_made_up_leads_nowhere(client, four):
    assert client.get("/?after=made-up").status_code == 404


def test_a_filter_stays_set_from_page_to_page(client):
    for n in range(60):
        mirrored(f"ada/m{n:03}", licence="mit")
    assert "licence=mit" in re.search(r'rel="next" href="(\?[^"]+)"', client.get("/?licence=mit").content.decode())[1]


def test_each_set_filter_can_be_taken_away(client, four):
    text = client.get("/?licence=mit&author=ada").content.decode()
    assert 'href="/?author=ada"' in text and 'href="/?licence=mit"' in text


def test_an_empty_mirror_says_how_to_fill_it(client):
    text = client.get("/").content.decode()
    assert "No model is mirrored yet" in text and "never looked at" in text


def test_the_list_says_when_and_how_completely_the_mirror_was_filled(client, four):
    Harvest.objects.create(status="partial", source="d", seen=9, failed=2, finished_at=SEEN)
    assert "2 of 9 records were not taken" in client.get("/").content.decode()


def test_unknown_figures_are_not_zero(client):
    mirrored("ada/m", likes=0)
    text = client.get("/").content.decode()
    assert '<abbr title="unknown">?</abbr>' in text and "<dd>0</dd>" in text


def test_what_only_staff_may_see_is_listed_for_staff_alone(client):
    mirrored("ada/secret", staff_only=True, licence="secret-licence")
    assert "secret" not in client.get("/").content.decode()
    client.force_login(User.objects.create_user("root", is_staff=True))
    assert names(client.get("/")) == ["ada/secret"]


def test_a_repository_that_lost_its_name_is_not_listed_under_it(client):
    mirrored("ada/m", holds_name=False, downloads=5)
    mirrored("ada/m", downloads=1)
    assert len(names(client.get("/"))) == 1


def test_what_a_repository_says_of_itself_is_text_and_never_markup(client):
    mirrored("ada/m", licence="<script>alert(1)</script>", pipeline_tag='"><img src=x onerror=alert(1)>')
    for query in ("", "q=<script>alert(1)</script>", 'author="><script>', "licence=<script>alert(1)</script>"):
        text = client.get(f"/?{query}").content.decode()
        assert "<script>alert" not in text and "<img src=x" not in text


def test_the_number_of_queries_does_not_grow_with_the_rows(client, django_assert_max_num_queries):
    fill(300)
    with django_assert_max_num_queries(11):
        client.get("/")
    with django_assert_max_num_queries(12):
        client.get("/?q=repo&licence=mit&sort=score&min_score=10")


def test_where_reading_is_not_public_the_page_asks_to_sign_in(client, settings):
    settings.PUBLIC_READ = False
    for path in ("/", "/harvests", "/models/ada/m", "/comparisons"):
        answer = client.get(path)
        assert (answer.status_code, answer["Location"]) == (302, f"/sign-in?next={path}")
    client.force_login(User.objects.create_user("ada"))
    assert client.get("/").status_code == 200


def test_only_reading_is_offered(client):
    assert client.post("/").status_code == 405
    assert Repo.objects.count() == 0
