"""How long the Hub-compatible API takes over many repositories: `python -m tests.bench.hub_api 100000`.

It runs on a test database of its own, on whatever DATABASE_URL names, and prints a JSON line for each listing: the
median of its runs, over the whole stack but the socket, and its number of queries.
"""

import json
import os
import random
import statistics
import sys
import time
import zlib
from datetime import UTC, datetime, timedelta

os.environ["DJANGO_SETTINGS_MODULE"] = "tests.settings"
import django  # noqa: E402

django.setup()

from django.db import connection  # noqa: E402
from django.test import Client  # noqa: E402
from django.test.utils import CaptureQueriesContext, setup_databases, teardown_databases  # noqa: E402

from registry.models import Account, Observation, Repo, RepoTag, Revision, Tag  # noqa: E402

START = datetime(2022, 3, 2, tzinfo=UTC)
BATCH = 2_000
RUNS = 5
COMMON = ["license:mit", "license:apache-2.0", "en", "transformers", "text-generation", "safetensors"]
LISTINGS = {
    "first page": "limit=1000",
    "by likes": "sort=likes&limit=1000",
    "by trending, not indexed": "sort=trendingScore&limit=1000",
    "100 in full": "full=true&cardData=true&limit=100",
    "1000 in full": "full=true&cardData=true&limit=1000",
    "500 as a mirror asks": "expand=sha&expand=siblings&expand=cardData&expand=config&expand=baseModels&limit=500",
    "author": "author=owner7&sort=likes&limit=1000",
    "common tag": "filter=license:mit&sort=likes&limit=1000",
    "two common tags": "filter=license:mit&filter=en&sort=downloads&limit=1000",
    "children of one": "filter=base_model:finetune:owner1/model1&sort=likes&limit=1000",
    "rare and common tag": "filter=base_model:finetune:owner1/model1&filter=license:mit&limit=1000",
    "unknown tag": "filter=no-such-tag",
    "search, many": "search=model1&limit=1000",
    "search, none": "search=zzz",
    "parameters": "num_parameters=min:6B,max:9B&sort=downloads&limit=1000",
}


def fill(count: int, seed: int = 7) -> None:
    """`count` models of count/50 owners, half of them children of one of a thousand, with six tags each."""
    draw = random.Random(seed)
    Account.objects.bulk_create([Account(name=f"owner{n}") for n in range(count // 50)], batch_size=BATCH)
    accounts = list(Account.objects.order_by("id"))
    parents = [f"base_model:finetune:owner{n}/model{n}" for n in range(1000)]
    Tag.objects.bulk_create([Tag(name=name) for name in COMMON + parents], batch_size=BATCH)
    tags = dict(Tag.objects.values_list("name", "pk"))
    for start in range(0, count, BATCH):
        repos = [repo_of(n, draw, accounts, parents) for n in range(start, min(start + BATCH, count))]
        Repo.objects.bulk_create(repos)
        heads = [Revision(repo=r, sha=f"{r.pk:040x}", first_seen_at=START) for r in repos]
        Revision.objects.bulk_create(heads)
        for repo, head in zip(repos, heads, strict=True):
            repo.head = head
        Repo.objects.bulk_update(repos, ["head"], batch_size=500)
        RepoTag.objects.bulk_create([RepoTag(repo=r, tag_id=tags[t]) for r in repos for t in r.tags], batch_size=5000)
        Observation.objects.bulk_create([observation_of(r, draw) for r in repos])
    if connection.vendor == "postgresql":  # which does this by itself in time; SQLite never does
        with connection.cursor() as cursor:
            cursor.execute("ANALYZE")


def repo_of(n: int, draw: random.Random, accounts: list, parents: list[str]) -> Repo:
    account = accounts[n % len(accounts)]
    tags = draw.sample(COMMON, 4) + ([draw.choice(parents)] if n % 2 else [])
    return Repo(
        kind="model",
        name=f"{account.name}/model{n}",
        account=account,
        tags=tags,
        gated="no",
        is_private=False,
        downloads=int(draw.paretovariate(0.5)) % 10**9,
        likes=int(draw.paretovariate(0.8)) % 10**6,
        trending_score=draw.random() * 100,
        parameters=draw.randrange(10**11) if n % 3 else None,
        hub_created_at=START + timedelta(minutes=n),
        hub_modified_at=START + timedelta(minutes=draw.randrange(2_000_000)),
        state_digest="0" * 64,
        info_digest="0" * 64,
        first_seen_at=START,
        observed_at=START,
    )


def observation_of(repo: Repo, draw: random.Random) -> Observation:
    """Some four thousand bytes of JSON, as the Hub's records have in the mean."""
    files = [{"rfilename": f"model-{i:05}-of-00020-{draw.randrange(10**9)}.safetensors"} for i in range(30)]
    config = {"architectures": ["Tiny"], "words": [draw.randrange(10**6) for _ in range(100)]}
    info = {"id": repo.name, "siblings": files, "config": config, "cardData": {"license": "mit", "tags": repo.tags}}
    return Observation(repo=repo, digest="0" * 64, packed=zlib.compress(json.dumps(info).encode()), observed_at=START)


def timed(client: Client, url: str) -> dict:
    """Median of RUNS in ms, records, queries and next page of one request."""
    took_ms = []
    for _ in range(RUNS):
        began = time.perf_counter()
        response = client.get(url)
        took_ms.append((time.perf_counter() - began) * 1000)
        assert response.status_code == 200, response.content
    with CaptureQueriesContext(connection) as queries:
        answer = client.get(url).json()
    records = answer if isinstance(answer, list) else [answer]
    found = {"median_ms": round(statistics.median(took_ms), 1), "records": len(records), "queries": len(queries)}
    link = response.headers.get("Link")
    return found | {"next": link and link[1:].partition(">")[0]}


def main(count: int = 100_000) -> None:
    config = setup_databases(verbosity=0, interactive=False)
    try:
        began = time.perf_counter()
        fill(count)
        vendor = {"database": connection.vendor, "repos": count}
        print(json.dumps(vendor | {"phase": "fill", "wall_s": round(time.perf_counter() - began, 1)}), flush=True)
        client = Client(SERVER_NAME="127.0.0.1")
        for name, query in LISTINGS.items():
            found = timed(client, f"/api/models?{query}")
            print(json.dumps(vendor | {"listing": name, "query": query} | found | {"next": bool(found["next"])}))
        url, pages = "/api/models?sort=likes&limit=1000", 0
        while url and pages < min(count // 1000, 60):
            found, pages = timed(client, url), pages + 1
            url = found["next"]
        print(json.dumps(vendor | {"listing": f"page {pages} by likes"} | found | {"next": bool(url)}))
        found = timed(client, "/api/models/owner7/model7?blobs=true") | {"next": False}
        print(json.dumps(vendor | {"listing": "one repository"} | found))
    finally:
        teardown_databases(config, verbosity=0)


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
