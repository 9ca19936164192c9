"""Times of the carbon pages over many models: `python -m tests.bench.carbon_pages 100000`; in a throw-away database.

A fifth of the models report, from a millionth to a million grams; one model stands below a thousand ancestors. On
PostgreSQL under `python -m tests.postgres …`. Prints JSON lines; times in milliseconds, the command's in seconds.
"""

import json
import os
import shutil
import sys
import time
from datetime import UTC, datetime, timedelta

import django

os.environ |= {"DJANGO_SETTINGS_MODULE": "tests.settings", "LOG_LEVEL": "ERROR"}

AT = datetime(2026, 1, 2, tzinfo=UTC)
ANCESTORS = 1_000
CSV_ROWS = 1_000_000
PATHS = ("/carbon", "/carbon?g_per_kwh=56", "/api/v1/carbon", "/carbon/model/acme/m0", "/api/v1/carbon/model/acme/m0",
         "/api/v1/carbon/boundaries", "/energy", "/api/v1/energy")  # fmt: skip


def fill(count: int) -> None:
    """Models with narrow rows alone, as a listing leaves them; a chain of ancestors above the first."""
    from lineage.models import Node, Relation
    from lineage.rebuild import rebuild
    from openness.models import Emission
    from registry.models import EnergyRun, Repo

    digest = "0" * 64
    repos = Repo.objects.bulk_create(
        (
            Repo(kind="model", name=f"acme/m{n}", state_digest=digest, info_digest=digest, first_seen_at=AT,
                 observed_at=AT, hub_created_at=AT - timedelta(days=n % 1500), pipeline_tag="fill-mask", downloads=n)
            for n in range(count)
        ),
        batch_size=2_000,
    )  # fmt: skip
    Emission.objects.bulk_create(
        (
            Emission(repo=repo, emissions_g=10.0 ** (n % 13 - 6) * (1 + n / count), least_g=1.0, origin="own",
                     is_doubted=False, energy_kwh=1.0 + n % 7, tool="codecarbon", has_weights=True, checked_at=AT,
                     changed_at=AT)
            for n, repo in enumerate(repos) if n % 5 == 0
        ),
        batch_size=2_000,
    )  # fmt: skip
    nodes = Node.objects.bulk_create(Node(kind="model", name=repo.name, repo=repo) for repo in repos[: ANCESTORS + 1])
    Relation.objects.bulk_create(
        Relation(child=nodes[0], parent=other, kind="merge", first_seen_at=AT, last_seen_at=AT) for other in nodes[1:]
    )
    rebuild()
    EnergyRun.objects.bulk_create((EnergyRun(**energy_run(n)) for n in range(count)), batch_size=2_000)


def energy_run(number: int) -> dict:
    return {
        "activity": "comparison",
        "status": "measured",
        "started_at": AT + timedelta(minutes=number),
        "duration_s": 10.0,
        "energy_kwh": 0.001,
        "tool": "codecarbon 3.3.2",
        "method": "load",
    }


def boundaries() -> None:
    from openness.efficiency_corpus import bound_corpus

    start = time.perf_counter()
    row = bound_corpus()
    seconds = round(time.perf_counter() - start, 2)
    print(json.dumps({"boundaries": row.version, "models": row.models_in_corpus, "seconds": seconds}))


def large_csv() -> None:
    """A corpus of a million rows, which the command refuses; and one of as many as it takes."""
    from openness.carbon.efficiency_csv import ROWS_MOST, BadCorpus, lines_of

    for rows in (CSV_ROWS, ROWS_MOST):
        text = "id,emissions_g,size_bytes,dataset_size_bytes,downloads,metrics\n"
        text += "".join(f"a/{n},{n % 977 + 0.5},{n + 1},,{n % 31},\n" for n in range(rows))
        start, problem, read = time.perf_counter(), None, 0
        try:
            read = sum(1 for _ in lines_of(text.encode())) - 1
        except BadCorpus as error:
            problem = str(error)
        seconds = round(time.perf_counter() - start, 2)
        print(json.dumps({"csv_rows": rows, "labelled": read, "problem": problem, "seconds": seconds}))


def main(count: int) -> None:
    django.setup()
    from django.core.management import call_command
    from django.db import connection
    from django.test import Client

    from registry.models import Repo
    from tests.bench.openness_pages import measure

    call_command("migrate", verbosity=0)
    if Repo.objects.exists():
        raise SystemExit("This database is in use; the benchmark fills one of its own.")
    fill(count)
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")
    boundaries()
    client = Client(HTTP_HOST="127.0.0.1")
    print(json.dumps({"database": connection.vendor, "models": count}))
    for path in PATHS:
        print(json.dumps(measure(client, path)))
    large_csv()


if __name__ == "__main__":
    try:
        main(int(sys.argv[1]) if len(sys.argv) > 1 else 20_000)
    finally:
        shutil.rmtree(os.environ["DATA_DIR"])  # which the settings of the tests made
