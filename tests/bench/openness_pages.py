"""Times and plans of the pages about openness over many repositories: `python -m tests.bench.openness_pages 100000`.

The database is that of the tests, which is thrown away. The real records beside the checkout are mirrored and
assessed once, and their rows copied under other names until there are as many as asked for; times in milliseconds.
"""

import json
import os
import shutil
import statistics
import sys
import time

import django

os.environ |= {"DJANGO_SETTINGS_MODULE": "tests.settings", "LOG_LEVEL": "ERROR"}

ROUNDS = 5


def copy_rows(count: int) -> None:
    """Copies of every repository with its openness, without cards and files, until there are `count` models."""
    from django.db import connection

    from openness.models import Assessment
    from registry.models import Repo

    def columns(model, **other):
        names = [f.column for f in model._meta.concrete_fields if f.column != "id"]
        quoted = [connection.ops.quote_name(name) for name in names]
        return ", ".join(quoted), ", ".join(other.get(n, f"t.{q}") for n, q in zip(names, quoted, strict=True))

    first = Repo.objects.count()
    with connection.cursor() as cursor:
        for turn in range(1, -(-count // first)):
            # The rows of a fresh database are numbered without gaps, so that a copy is its original and an offset.
            offset, most = first * turn, min(first, count - first * turn)
            into, of = columns(Repo, name=f"t.name || '-{turn}'", hub_id="NULL", head_id="NULL")
            cursor.execute(
                f"INSERT INTO registry_repo (id, {into}) SELECT t.id + {offset}, {of} FROM registry_repo t "
                f"WHERE t.id <= {most}"
            )
            into, of = columns(Assessment, repo_id=f"t.repo_id + {offset}", revision_id="NULL")
            cursor.execute(
                f"INSERT INTO openness_assessment ({into}) SELECT {of} FROM openness_assessment t "
                f"WHERE t.name = 'mof' AND t.repo_id <= {most}"
            )
        cursor.execute("ANALYZE")


def measure(client, path: str) -> dict:
    """Milliseconds of a page, the first and the median of the others, and its queries."""
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    took_ms = []
    for _ in range(ROUNDS):
        began = time.perf_counter()
        with CaptureQueriesContext(connection) as queries:
            status = client.get(path).status_code
        took_ms.append(1000 * (time.perf_counter() - began))
    return {
        "path": path,
        "status": status,
        "queries": len(queries),
        "first_ms": round(took_ms[0], 1),
        "median_ms": round(statistics.median(took_ms[1:]), 1),
    }


def plan() -> list[str]:
    """How the database counts the corpus by class."""
    from django.db.models import Count, Max

    from openness.models import Assessment

    rows = Assessment.objects.current().visible_to(None).filter(name="mof", classes__isnull=False).order_by()
    counted = rows.values("classes").annotate(number=Count("pk"), newest=Max("assessed_at"))
    return counted.explain().splitlines()


def main(count: int) -> None:
    django.setup()
    from django.core.management import call_command
    from django.db import connection
    from django.test import Client

    from openness.models import Assessment
    from tests.hub_records import folder

    if folder() is None:
        print(json.dumps({"assessments": None, "problem": "the real records are not beside this checkout"}))
        return
    call_command("migrate", verbosity=0)
    if Assessment.objects.exists():
        raise SystemExit("This database is in use; the benchmark fills one of its own.")
    call_command("mirror", dump=folder() / "models_2025.jsonl.gz", kind="model", stdout=sys.stderr)
    call_command("assess", rubric=["mof"], stdout=sys.stderr)
    copy_rows(count)
    name = Assessment.objects.current().filter(name="mof").order_by("-pk")[0].repo.name
    client = Client(HTTP_HOST="127.0.0.1")
    number = Assessment.objects.current().filter(name="mof").count()
    print(json.dumps({"database": connection.vendor, "assessments": number, "plan": plan()}))
    for path in ("/openness", "/api/v1/openness", f"/openness/model/{name}", f"/api/v1/openness/model/{name}"):
        print(json.dumps(measure(client, path)))


if __name__ == "__main__":
    try:
        main(int(sys.argv[1]) if len(sys.argv) > 1 else 20_000)
    finally:
        shutil.rmtree(os.environ["DATA_DIR"])  # which the settings of the tests made
