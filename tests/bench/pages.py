"""Every page, endpoint and admin list over a large corpus: `python -m tests.bench.pages [REPOS]`.

Prints one JSON line a path: median and worst milliseconds of five requests, queries of one, bytes of the answer; before
them how the database counts scores and marks of cards. With words after REPOS only the paths that hold one of them.
"""

from __future__ import annotations

import json
import os
import statistics
import sys
import time

os.environ |= {"DJANGO_SETTINGS_MODULE": "tests.settings", "LOG_LEVEL": "ERROR"}

RUNS = 5
PATHS = [
    "/",
    "/?q=repo-0000123",
    "/?kind=model&licence=mit&sort=likes",
    "/?sort=score",
    "/models/{name}",
    "/lineage/model/{hub}",
    "/harvests",
    "/comparisons",
    "/statistics",
    "/cards",
    "/cards?kind=model&stock=without",
    "/cards/model/{name}",
    "/api/models?limit=1000",
    "/api/models?limit=1000&full=true&sort=downloads",
    "/api/models?filter=license:mit&limit=100",
    "/api/models?search=repo-0000123",
    "/api/models?author=account-00001",
    "/api/models/{name}",
    "/api/v1/repos",
    "/api/v1/repos/model/{name}",
    "/api/v1/lineage/model/{hub}?direction=descendants",
    "/api/v1/assessments",
    "/api/v1/statistics",
    "/api/v1/cards",
    "/api/v1/passport/model/{name}",
    "/api/v1/gate/model/{name}?policy=default",
]


def measure(client, path: str) -> dict:
    """Time `path` and count its queries; a path that is not answered says so."""
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    with CaptureQueriesContext(connection) as queries:
        answer = client.get(path)
    query_count, times_ms = len(queries), []
    for _ in range(RUNS):
        start = time.perf_counter()
        client.get(path)
        times_ms.append(1000 * (time.perf_counter() - start))
    return {
        "path": path,
        "status": answer.status_code,
        "median_ms": round(statistics.median(times_ms), 1),
        "max_ms": round(max(times_ms), 1),
        "queries": query_count,
        "answer_bytes": len(answer.content),
    }


def counting() -> list[dict]:
    """Plan and milliseconds of counting the scores and the marks of all cards, as the first visitor's page does."""
    from django.core.cache import cache
    from django.db import connection

    from openness.card_corpus import card_marks, card_scores, grouped_marks, grouped_scores

    with connection.cursor() as cursor:
        cursor.execute("VACUUM ANALYZE" if connection.vendor == "postgresql" else "ANALYZE")
    found = []
    for what, rows, count in (
        ("scores", grouped_scores("model-card"), lambda: card_scores("model-card")),
        ("marks", grouped_marks("model-card/1.0"), lambda: card_marks("model-card/1.0")),
    ):
        cache.clear()
        start = time.perf_counter()
        count()
        took_ms = round(1000 * (time.perf_counter() - start), 1)
        found.append({"count": what, "ms": took_ms, "plan": rows.explain().splitlines()})
    return found


def main(repos: int, words: list[str]) -> None:
    import django

    django.setup()
    from django.conf import settings
    from django.contrib import admin
    from django.contrib.auth import get_user_model
    from django.core.management import call_command
    from django.test import Client

    settings.REST_FRAMEWORK["DEFAULT_THROTTLE_RATES"] = {"anon": None, "user": None}
    call_command("migrate", verbosity=0)
    from registry.models import Repo
    from tests.bench.corpus import fill

    start = time.perf_counter()
    fill(repos)
    print(json.dumps({"repos": repos, "fill_s": round(time.perf_counter() - start, 1)}), flush=True)
    for line in counting():
        print(json.dumps(line), flush=True)
    models = Repo.objects.filter(kind="model").order_by("pk")
    hub, name = models.first().name, models[len(models) // 2].name if repos < 5_000 else models[repos // 3].name
    anonymous = Client(headers={"host": "localhost"})
    paths = [path for path in PATHS if not words or any(word in path for word in words)]
    for path in paths:
        print(json.dumps(measure(anonymous, path.format(hub=hub, name=name))), flush=True)
    staff = Client(headers={"host": "localhost"})
    staff.force_login(get_user_model().objects.create_superuser("bench"))
    for model in admin.site._registry if not words else ():
        path = f"/admin/{model._meta.app_label}/{model._meta.model_name}/"
        print(json.dumps(measure(staff, path)), flush=True)


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 20_000, sys.argv[2:])
