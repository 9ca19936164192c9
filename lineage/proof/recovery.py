"""Finds a recipe from its result: which layers were taken over whole, and with which weights models were averaged."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import groupby

import numpy as np

from lineage.proof.layering import layer_of
from lineage.proof.pairs import named
from lineage.proof.weights import PIECE, Weights

SNAPPED = 3  # decimals that people write
SAMPLE = 1 << 16  # elements of each tensor that the least squares look at; one in a hundred gives three decimals
MODELS_MOST = 8


def layers_taken(child: Weights, parents: Mapping[str, Weights]) -> list[dict] | None:
    """Runs of the child's layers that are, tensor for tensor, layers of a parent; None where a layer is no parent's.

    A row says child and parent layers as [first, last) and the parent, as a recipe of slices does.
    """
    homes: dict[frozenset[str], list[tuple[str, int]]] = {}
    for name, weights in parents.items():
        for layer, digests in layer_digests(weights).items():
            homes.setdefault(digests, []).append((name, layer))
    found: list[tuple[int, str, int]] = []
    for layer, digests in sorted(layer_digests(child).items()):
        if digests not in homes:
            return None
        nearest = min(homes[digests], key=lambda home: not follows(found, home))
        found.append((layer, *nearest))
    rows = []
    for _, run in groupby(found, key=lambda row: (row[1], row[2] - row[0])):
        run = list(run)
        (first, parent, own), last = run[0], run[-1]
        rows.append({"parent": parent, "child_layers": [first, last[0] + 1], "parent_layers": [own, last[2] + 1]})
    return rows or None


def follows(found: list[tuple[int, str, int]], home: tuple[str, int]) -> bool:
    return bool(found) and found[-1][1:] == (home[0], home[1] - 1)


def layer_digests(weights: Weights) -> dict[int, frozenset[str]]:
    """The digests of each layer's matrices and vectors; what all layers share by chance does not matter in a set."""
    found: dict[int, set[str]] = {}
    for name in weights.tensors:
        if (layer := layer_of(name)) is not None:
            found.setdefault(layer, set()).add(weights.digest(name))
    return {layer: frozenset(digests) for layer, digests in found.items()}


def weights_of(child: Weights, parents: Mapping[str, Weights], base: str | None) -> dict | None:
    """The weights with which `parents` add up to the child, by least squares over a sample of every tensor.

    With `base` the changes from it are added up, else the models themselves. `residual` is the share of the child that
    the sum does not explain: about 0.001 of models, 0.04 of changes, is rounding. None where nothing can be compared.
    """
    sources = [name for name in parents if name != base]
    if not 1 <= len(sources) <= MODELS_MOST:
        return None
    low, by_name = named(child), {name: named(weights) for name, weights in parents.items()}
    gram, right, whole = np.zeros((len(sources), len(sources))), np.zeros(len(sources)), 0.0
    for name, tensor in low.items():
        others = [by_name[source].get(name) for source in sources]
        root = by_name[base].get(name) if base else None
        every = [*others, *([root] if base else [])]
        if not tensor.is_float or len(tensor.shape) < 2 or any(e is None or e.shape != tensor.shape for e in every):
            continue
        last = min(tensor.elements, SAMPLE, PIECE)
        start = root.values(0, last).astype(np.float64) if root is not None else 0.0
        rows = np.stack([other.values(0, last).astype(np.float64) - start for other in others])
        own = tensor.values(0, last).astype(np.float64) - start
        with np.errstate(all="ignore"):
            gram, right, whole = gram + rows @ rows.T, right + rows @ own, whole + own @ own
    if not whole or not np.isfinite([whole, *right, *gram.ravel()]).all() or np.linalg.cond(gram) > 1e12:
        return None
    found = np.linalg.solve(gram, right)
    residual = max(0.0, 1 - float(found @ right) / whole)
    snapped = [round(float(weight), SNAPPED) for weight in found]
    return {
        "method": "task_arithmetic" if base else "linear",
        "base": base,
        "weights": dict(zip(sources, snapped, strict=True)),
        "residual": float(f"{residual**0.5:.4g}"),
    }
