"""How long a comparison of many items takes, and how fast logs are read: `python -m tests.bench.flips 1000000`.

Prints a JSON line for each part: reading two Parquet files and analysing them, with and without clusters; reading
logs, in MB/s beside plain `json.loads` over the same lines; how often the 95 % intervals hold the truth, by simulation.
Each part runs in a process of its own, whose peak memory it reports. Pure code and files; no database.
"""

import io
import json
import multiprocessing
import random
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from lineage.flip_report import Analysis, Questions
from lineage.flip_statistics import clopper_pearson, newcombe
from lineage.importers import read_outcomes
from lineage.outcomes import SCHEMA, OutcomeTable
from lineage.pairing import pair
from tests import evaluator_logs as logs

SIMULATIONS = 5_000
LABELS = pa.array(["joy", "anger", "fear", "sadness", "surprise"], SCHEMA.field("label").type)


def table_of(n: int, seed: int, clusters: bool) -> pa.Table:
    """Outcomes of a version that is right four times in five, on items in an order of its own."""
    rng = np.random.default_rng(seed)
    items = np.random.default_rng(0)  # both versions answer the same items
    right, group = items.integers(0, 5, n), items.integers(0, 50, n)
    said = np.where(rng.random(n) < 0.8, right, rng.integers(0, 5, n))
    texts = {
        "id": pc.binary_join_element_wise("item-", pa.array(np.arange(n).astype(str)), ""),
        "label": LABELS.take(right),
        "prediction": LABELS.take(said),
        "slice": pc.binary_join_element_wise("slice-", pa.array(group.astype(str)), ""),
        "cluster": pa.array((np.arange(n) // 10).astype(str)) if clusters else pa.nulls(n),
    }
    columns = {name: texts.get(name, pa.nulls(n)) for name in SCHEMA.names}
    columns |= {"correct": right == said, "margin": rng.exponential(size=n)}
    arrays = [pa.array(columns[f.name]).cast(f.type) for f in SCHEMA]
    return pa.Table.from_arrays(arrays, schema=SCHEMA).take(rng.permutation(n))


def analyse(folder: str, clusters: bool) -> dict:
    """Read two files of outcomes and make the whole report."""
    start = time.perf_counter()
    tables = [OutcomeTable(pq.read_table(Path(folder) / f"{name}-{clusters}.parquet"), "parquet") for name in "ab"]
    read = time.perf_counter()
    analysis = Analysis(pair(*tables), Questions(budget=0.2, slices=True, non_inferiority=0.01, margin_band=0.5))
    line, details = analysis.line(), analysis.details()
    end = time.perf_counter()
    name = "analyse, with clusters" if clusters else "analyse"
    found = {"part": name, "items": line["n"], "slices": len(details["slices"]), "read_s": read - start}
    return found | {"analyse_s": end - read, "total_s": end - start}


def import_log(kind: str, lines: int) -> dict:
    """Read a log of one evaluator, and parse the same lines with the standard library alone."""
    picked = random.Random(1)
    if kind == "lm-eval":
        prompt = "A prompt of a few hundred characters, as several examples make it. " * 8
        rows = [logs.lm_eval_line(n, picked.randrange(3), prompt=prompt) for n in range(lines)]
    else:
        rows = [
            {"id": f"item-{n}", "label": "a", "prediction": picked.choice("ab"), "slice": "s"} for n in range(lines)
        ]
    content = logs.lm_eval_log(rows)
    start = time.perf_counter()
    for line in content.splitlines():
        json.loads(line)
    plain = time.perf_counter()
    items = read_outcomes(io.BytesIO(content), f"{kind}.jsonl").items
    end = time.perf_counter()
    size_mb = len(content) / 1e6
    found = {"part": f"import {kind}", "items": items, "size_mb": size_mb, "plain_json_mb_s": size_mb / (plain - start)}
    return found | {"import_mb_s": size_mb / (end - plain), "share_of_plain": (plain - start) / (end - plain)}


def coverage(items: int, accuracy_old: float, nfr: float, pfr: float) -> dict:
    """The share of simulated comparisons whose intervals hold the true rate and the true change of accuracy."""
    cells = [accuracy_old - nfr, nfr, pfr, 1 - accuracy_old - pfr]
    draws = np.random.default_rng(1).multinomial(n=items, pvals=cells, size=SIMULATIONS).tolist()
    exact = sum(low <= nfr <= high for low, high in (clopper_pearson(cw, items) for _, cw, _, _ in draws))
    paired = sum(low <= pfr - nfr <= high for low, high in (newcombe(*draw) for draw in draws))
    true = {"items": items, "accuracy_old": accuracy_old, "nfr": nfr, "pfr": pfr}
    held = {"clopper_pearson_share": exact / SIMULATIONS, "newcombe_share": paired / SIMULATIONS}
    return {"part": "coverage at 0.95", "simulations": SIMULATIONS} | true | held


def measured(work, *parameters) -> None:
    """Run one part in a fresh process and print what it found, with that process's peak memory."""
    with multiprocessing.get_context("spawn").Pool(1) as pool:
        print(json.dumps(pool.apply(with_memory, (work, parameters))), flush=True)


def with_memory(work, parameters) -> dict:
    found = work(*parameters)
    peak = next(line for line in Path("/proc/self/status").read_text().splitlines() if line.startswith("VmHWM"))
    found["peak_mb"] = int(peak.split()[1]) / 1024
    return {key: round(value, 3) if isinstance(value, float) else value for key, value in found.items()}


def main(n: int) -> None:
    with tempfile.TemporaryDirectory() as folder:
        for clusters in (False, True):
            for seed, name in enumerate("ab", start=1):
                pq.write_table(table_of(n, seed, clusters), Path(folder) / f"{name}-{clusters}.parquet")
        for clusters in (False, True):
            measured(analyse, folder, clusters)
    measured(import_log, "lm-eval", min(n, 20_000))
    measured(import_log, "jsonl", min(n, 500_000))
    for true in ((200, 0.8, 0.03, 0.05), (1_000, 0.7, 0.08, 0.08), (1_000, 0.9, 0.01, 0.02)):
        measured(coverage, *true)


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 1_000_000)
