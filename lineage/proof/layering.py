"""Which layer of a parent each layer of a child is, where their numbers differ: layers were left out or laid twice."""

from __future__ import annotations

import re
from collections.abc import Mapping

import numpy as np

from lineage.proof.weights import Tensor

LAYER = re.compile(r"(?<![^.])(layers|h|blocks|block|layer)\.(\d+)(?=\.)")
SAMPLE = 1 << 14  # elements of each matrix that layers are known by
LAYERS_MOST = 512
LEAST = 0.2  # cosine below which a layer is nobody's


def layer_of(name: str) -> int | None:
    """The number of the layer that a tensor belongs to.

    >>> layer_of("model.layers.7.mlp.up_proj.weight"), layer_of("lm_head.weight")
    (7, None)
    """
    found = LAYER.search(name)
    return int(found[2]) if found and len(found[2]) < 6 else None


def at_layer(name: str, layer: int) -> str:
    """The name of the same tensor in another layer."""
    return LAYER.sub(lambda match: f"{match[1]}.{layer}", name, count=1)


def layer_numbers(names: Mapping[str, Tensor]) -> list[int]:
    return sorted({layer for name in names if (layer := layer_of(name)) is not None})


def layers_matched(child: Mapping[str, Tensor], parent: Mapping[str, Tensor]) -> dict[int, int]:
    """Each layer of a child by the parent's that it resembles most; nothing where both have the same numbers.

    Known by the cosine over the beginnings of their matrices, so that a fine-tune after the cut hides nothing.
    """
    low, high = layer_numbers(child), layer_numbers(parent)
    if low == high or not low or not high or max(len(low), len(high)) > LAYERS_MOST:
        return {}
    shapes = {at_layer(n, 0): t.shape for n, t in parent.items() if layer_of(n) is not None and len(t.shape) >= 2}
    wanted = sorted(
        key for key, shape in shapes.items()
        if any((t := child.get(at_layer(key, layer))) is not None and t.shape == shape for layer in low)
    )  # fmt: skip
    own, theirs = signatures(child, low, wanted, shapes), signatures(parent, high, wanted, shapes)
    if not wanted or own.shape[1] != theirs.shape[1]:
        return {}
    with np.errstate(all="ignore"):
        cosines = np.nan_to_num(own @ theirs.T)
    best = cosines.argmax(axis=1)
    return {layer: high[best[n]] for n, layer in enumerate(low) if cosines[n, best[n]] >= LEAST}


def signatures(names: Mapping[str, Tensor], layers: list[int], wanted: list[str], shapes: dict) -> np.ndarray:
    """A row of unit length for each layer: the beginnings of its matrices, less their means."""
    rows = [[beginning(names.get(at_layer(key, layer)), shapes[key]) for key in wanted] for layer in layers]
    found = np.stack([np.concatenate(row) if row else np.zeros(0) for row in rows])
    with np.errstate(all="ignore"):
        return found / np.maximum(np.linalg.norm(found, axis=1, keepdims=True), 1e-30)


def beginning(tensor: Tensor | None, shape: tuple[int, ...]) -> np.ndarray:
    count = min(SAMPLE, int(np.prod(shape, dtype=object)))
    if tensor is None or tensor.shape != shape or not tensor.is_float:
        return np.zeros(count)
    values = tensor.values(0, count).astype(np.float64)
    return values - values.mean() if count else values
