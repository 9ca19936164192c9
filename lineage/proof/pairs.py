"""Says which tensor of one model is which of another: by name without wrappers, then by a name's end."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, replace

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
    both = [name for name in low if name in high]
    same = tuple((low[n], high[n]) for n in both if low[n].shape == high[n].shape)
    resized = tuple(common_rows(low[n], high[n]) for n in both if is_resized(low[n], high[n]))
    unlike = tuple(n for n in both if low[n].shape != high[n].shape and not is_resized(low[n], high[n]))
    return Pairing(
        same, resized, unlike, tuple(n for n in low if n not in high), tuple(n for n in high if n not in low)
    )


def is_resized(one: Tensor, other: Tensor) -> bool:
    """Do two tensors differ in their number of rows alone?"""
    return one.shape != other.shape and len(one.shape) == len(other.shape) >= 2 and one.shape[1:] == other.shape[1:]


def common_rows(one: Tensor, other: Tensor) -> tuple[Tensor, Tensor]:
    rows = min(one.shape[0], other.shape[0])
    return replace(one, shape=(rows, *one.shape[1:])), replace(other, shape=(rows, *other.shape[1:]))
