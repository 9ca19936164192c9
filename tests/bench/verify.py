"""Proof from weights: `python -m tests.bench.verify [MEGABYTES]`: speed beside plain reading, hits and false alarms.

The models are made at random in llama's shapes, as bfloat16; the rates are over families of known kinship.
"""

from __future__ import annotations

import json
import sys
import tempfile
import time
from pathlib import Path

import numpy as np

from lineage.proof.judging import verify
from lineage.proof.weights import open_folder
from tests.weight_families import model, tuned, write

WIDTH, INNER = 1024, 2816
FAMILIES = 60
SIZES = (0.001, 0.01, 0.1, 0.5, 1.0, 2.0)  # of a fine-tune's change, over the weights' own spread


def large(seed: int, megabytes: int) -> dict[str, np.ndarray]:
    rng = np.random.default_rng(seed)
    found, size_bytes, layer = {}, 0, 0
    while size_bytes < megabytes << 20:
        for part in ("q", "k", "v", "o"):
            found[f"model.layers.{layer}.self_attn.{part}_proj.weight"] = rng.standard_normal(
                (WIDTH, WIDTH), np.float32
            )
        for part, shape in (("up", (INNER, WIDTH)), ("gate", (INNER, WIDTH)), ("down", (WIDTH, INNER))):
            found[f"model.layers.{layer}.mlp.{part}_proj.weight"] = rng.standard_normal(shape, np.float32)
        layer += 1
        size_bytes = 2 * sum(values.size for values in found.values())
    return found


def speed(folder: Path, megabytes: int) -> None:
    parent = large(1, megabytes)
    rng = np.random.default_rng(2)
    child = {n: v + np.float32(0.05) * rng.standard_normal(v.shape, np.float32) for n, v in parent.items()}
    low, high = write(folder / "child", child, "BF16"), write(folder / "parent", parent, "BF16")
    del parent, child
    start = time.perf_counter()
    sum(int(np.fromfile(each / "model.safetensors", np.uint8)[::4096].sum()) for each in (low, high))
    read_s = time.perf_counter() - start
    start = time.perf_counter()
    own, other = open_folder(low), {"acme/base": open_folder(high)}
    found = verify(own, other)
    seconds = time.perf_counter() - start
    size_mb = (own.size_bytes + other["acme/base"].size_bytes) / 2**20
    figures = {"size_mb": round(size_mb), "mb_per_s": round(size_mb / seconds), "seconds": round(seconds, 2)}
    figures["plain_read_mb_per_s"] = round(size_mb / read_s)
    print(json.dumps({"phase": "one parent", "verdict": found.verdict} | figures))


def rates(folder: Path) -> None:
    """Fine-tunes of all sizes must be derived; models of another start must contradict."""
    parent = open_folder(write(folder / "root", model(0), "BF16"))
    for size in SIZES:
        kin = [
            verify(open_folder(write(folder / "kin", tuned(model(0), 100 + n, size), "BF16")), {"p": parent}).verdict
            for n in range(FAMILIES)
        ]
        print(json.dumps({"fine_tune_size": size, "models": FAMILIES, "derived": kin.count("derived")}))
    others = [
        verify(open_folder(write(folder / "kin", model(1000 + n), "BF16")), {"p": parent}).verdict for n in range(200)
    ]
    print(json.dumps({"unrelated": len(others), **{word: others.count(word) for word in sorted(set(others))}}))


def main(megabytes: int) -> None:
    with tempfile.TemporaryDirectory() as folder:
        rates(Path(folder))
        speed(Path(folder), megabytes)


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 256)
