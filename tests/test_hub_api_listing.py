"""Listings of the Hub-compatible API: conditions, order, pages, and what is refused."""

import typing

import pytest
from django.utils.timezone import timedelta
from huggingface_hub import HfApi, hf_api
from huggingface_hub.utils import get_session

from tests.mirrored import SEEN
from tests.tagged_repos import tagged_repo as repo

CARD = "---\nlicense: mit\n---\n# Tiny\n"


@pytest.fixture
def api(live_server):
    return HfApi(endpoint=live_server.url, token=False)


@pytest.fixture
def family(db):
    """Four models by two owners, with licences, parents, likes and sizes."""
    repo("acme/base", tags=["license:mit", "en"], likes=5, downloads=10, parameters=7_000_000_000, card=CARD)
    repo("acme/child", tags=["license:mit", "base_model:finetune:acme/base"], likes=9, gated="auto")
    repo("zoo/other", tags=["license:apache-2.0", "fr"], downloads=20, likes=5, pipeline_tag="fill-mask")
    repo("zoo/Base-2", tags=["license:mit"], parameters=1_500_000_000)


LISTINGS = [
    ({}, {"acme/base", "acme/child", "zoo/other", "zoo/Base-2"}),
    ({"author": "acme"}, {"acme/base", "acme/child"}),
    ({"author": "nobody"}, set()),
    ({"filter": "license:mit"}, {"acme/base", "acme/child", "zoo/Base-2"}),
    ({"filter": ["license:mit", "base_model:finetune:acme/base"]}, {"acme/child"}),
    ({"filter": ["license:mit", "fr"]}, set()),
    ({"filter": "language:fr"}, {"zoo/other"}),
    ({"filter": "no-such-tag"}, set()),
    ({"search": "BASE"}, {"acme/base", "zoo/Base-2"}),
    ({"search": "base", "author": "zoo"}, {"zoo/Base-2"}),
    ({"gated": True}, {"acme/child"}),
    ({"gated": False, "filter": "license:mit"}, {"acme/base", "zoo/Base-2"}),
    ({"pipeline_tag": "fill-mask"}, {"zoo/other"}),
    ({"num_parameters": "min:6B,max:128B"}, {"acme/base"}),
    ({"num_parameters": "max:2B"}, {"zoo/Base-2"}),
]


@pytest.mark.parametrize(("asked", "names"), LISTINGS)
def test_the_client_lists_by_author_filter_search_and_more(family, api, asked, names):
    assert {model.id for model in api.list_models(**asked)} == names


def test_a_search_that_starts_from_the_order_finds_what_one_from_the_tag_does(family, api, monkeypatch):
    monkeypatch.setattr("registry.hub_listing.RARE", 0)
    assert [m.id for m in api.list_models(filter=["license:mit", "en"])] == ["acme/base"]


@pytest.mark.parametrize(
    ("sort", "names"),
    [
        ("likes", ["acme/child", "acme/base", "zoo/other", "zoo/Base-2"]),
        ("downloads", ["zoo/other", "acme/base", "acme/child", "zoo/Base-2"]),
        ("last_modified", ["acme/base", "acme/child", "zoo/other", "zoo/Base-2"]),
    ],
)
def test_sorting_is_largest_first_and_unknown_last(family, api, sort, names):
    assert [model.id for model in api.list_models(sort=sort)] == names
    assert [model.id for model in api.list_models(sort=sort, limit=2)] == names[:2]


SORTS = ["createdAt", "downloads", "lastModified", "likes", "trendingScore", "id", "num_parameters", ""]


@pytest.mark.parametrize("sort", SORTS)
def test_every_page_is_reached_once_whatever_the_order(client, db, sort):
    for n in range(11):
        some = {"likes": n % 3, "downloads": n % 4 or None, "parameters": n, "trending_score": n / 2}
        dates = {"hub_created_at": SEEN + timedelta(days=n // 2), "hub_modified_at": SEEN if n % 2 else None}
        repo(f"acme/m{n}", **some, **dates)
    url, seen, pages = f"/api/models?sort={sort}&limit=3", [], 0
    while url:
        response = client.get(url)
        seen += [record["id"] for record in response.json()]
        pages, link = pages + 1, response.headers.get("Link")
        assert link is None or link.startswith("<http://testserver/api/models?")
        url = link and link[1:].partition(">")[0]
    whole = [record["id"] for record in client.get(f"/api/models?sort={sort}").json()]
    assert seen == whole and len(set(seen)) == 11 and pages == 4


def test_the_client_follows_our_pages(db, live_server, api):
    for n in range(5):
        repo(f"acme/m{n}", likes=n)
    first = get_session().get(f"{live_server.url}/api/models?limit=2&sort=likes")
    assert first.links["next"]["url"].startswith(f"{live_server.url}/api/models?")
    second = get_session().get(first.links["next"]["url"])
    assert [record["id"] for record in second.json()] == ["acme/m2", "acme/m1"]


REFUSED = [
    "expand=nonsense",
    "apps=vllm",
    "inference=warm",
    "models=acme/tiny",
    "colour=red",
    "sort=colour",
    "direction=1",
    "limit=-1",
    "limit=many",
    "gated=perhaps",
    "num_parameters=big",
    "cursor=bm9uc2Vuc2U",
    "search=%00",
    "full=7",
]


@pytest.mark.parametrize("query", REFUSED)
def test_what_cannot_be_answered_is_a_400_that_says_so(db, client, query):
    response = client.get(f"/api/models?{query}")
    assert response.status_code == 400
    assert query.partition("=")[0] in response.json()["error"]


def test_every_value_that_the_client_may_expand_is_accepted(db, client):
    for kind in ("Model", "Dataset", "Space"):
        values = typing.get_args(getattr(hf_api, f"Expand{kind}Property_T"))
        query = "&".join(f"expand={value}" for value in values)
        assert client.get(f"/api/{kind.lower()}s?{query}").status_code == 200


@pytest.mark.parametrize("query", ["limit=50", "limit=50&full=true&cardData=true", "limit=50&filter=en&sort=likes"])
def test_a_page_costs_the_same_queries_however_long_it_is(db, client, django_assert_max_num_queries, query):
    for n in range(40):
        repo(f"acme/m{n}", info={"siblings": []}, card=f"# {n}", header={"n": n}, tags=["en"])
    with django_assert_max_num_queries(4):
        assert len(client.get(f"/api/models?{query}").json()) == 40
