"""Says which tensor of one model is which of another: by name without wrappers, then by a name's end."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field, replace

from lineage.proof.layering import at_layer, layer_of, layers_matched
from lineage.proof.weights import Tensor, Weights

WRAPPERS = (
    "base_model.model.",
    "module.",
    "_orig_mod.",
    "language_model.",
    "model.",
    "transformer.",
    "bert.",
    "roberta.",
)


@dataclass(frozen=True)
class Pairing:
    """The tensors of a child and a parent that stand for each other, and those left over."""

    pairs: tuple[tuple[Tensor, Tensor], ...]  # (child, parent) of one shape
    resized: tuple[tuple[Tensor, Tensor], ...]  # the rows that both have, such as of an enlarged vocabulary
    unlike: tuple[str, ...]  # of one name and shapes that have nothing to do with each other
    child_alone: tuple[str, ...]
    parent_alone: tuple[str, ...]
    layers: dict[int, int] = field(default_factory=dict)  # of the child by the parent's, where their numbers differ


def bare(name: str) -> str:
    """A name without the names of wrappers before it.

    >>> bare("base_model.model.model.layers.0.mlp.up_proj.weight"), bare("transformer.h.0.attn.c_attn.weight")
    ('layers.0.mlp.up_proj.weight', 'h.0.attn.c_attn.weight')
    """
    while prefix := next((each for each in WRAPPERS if name.startswith(each)), ""):
        name = name[len(prefix) :]
    return name


def named(weights: Weights) -> dict[str, Tensor]:
    """The tensors by bare name; names that this would make the same keep their own."""
    counts = Counter(map(bare, weights.tensors))
    return {bare(name) if counts[bare(name)] == 1 else name: each for name, each in weights.tensors.items()}


def pair(child: Weights, parent: Weights) -> Pairing:
    """The pairing of two models."""
    low, high = named(child), named(parent)
    layers = layers_matched(low, high)
    low_names = {n: at_layer(n, layers[layer_of(n)]) if layer_of(n) in layers else n for n in low}
    both = [(low[n], high[other]) for n, other in low_names.items() if other in high]
    same = tuple((a, b) for a, b in both if a.shape == b.shape)
    resized = tuple(common_rows(a, b) for a, b in both if is_resized(a, b))
    unlike = tuple(bare(a.name) for a, b in both if a.shape != b.shape and not is_resized(a, b))
    child_alone = tuple(n for n, other in low_names.items() if other not in high)
    met = set(low_names.values())
    return Pairing(same, resized, unlike, child_alone, tuple(n for n in high if n not in met), layers)


def is_resized(one: Tensor, other: Tensor) -> bool:
    """Do two tensors differ in their number of rows alone?"""
    return one.shape != other.shape and len(one.shape) == len(other.shape) >= 2 and one.shape[1:] == other.shape[1:]


def common_rows(one: Tensor, other: Tensor) -> tuple[Tensor, Tensor]:
    rows = min(one.shape[0], other.shape[0])
    return replace(one, shape=(rows, *one.shape[1:])), replace(other, shape=(rows, *other.shape[1:]))
