"""The merge methods in formulas, on whole tensors as float32 (mergekit 0.1.5; papers named at each).

Every function takes tensors of one shape and gives the merged one with the largest magnitude among the parts that were
added up, by which an error of rounding is measured: near zero the result itself says nothing of its size.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import numpy as np

Array = np.ndarray
Rounding = Callable[[Array], Array]


@dataclass(frozen=True)
class Parts:
    """What goes into one tensor of a merge: `base` where the method has one, the others, and their parameters."""

    models: Sequence[Array]
    weights: Sequence[float]
    densities: Sequence[float]
    gammas: Sequence[float]
    base: Array | None = None
    options: dict = field(default_factory=dict)  # normalize, lambda, t, rescale
    epsilons: Sequence[float] = ()  # of della: how far the share that is kept hangs on a change's rank
    ways: tuple[bool | None, ...] = ()  # of each model: are changes as large as the last that was kept, kept too?
    rounding: Rounding = lambda values: values  # after each step, where the tool computes in the stored type

    @property
    def edges(self) -> tuple[bool | None, ...]:
        return self.ways or (None,) * len(self.models)

    @property
    def deltas(self) -> list[Array]:
        return [self.rounding(model - self.base) for model in self.models]


def linear(parts: Parts) -> tuple[Array, Array]:
    """Σ wᵢθᵢ, over Σ wᵢ unless `normalize` is false (Wortsman et al. 2022, arXiv 2203.05482)."""
    weights = [float(parts.rounding(np.float32([weight]))[0]) for weight in parts.weights]
    terms = [parts.rounding(np.float32(w) * model) for w, model in zip(weights, parts.models, strict=True)]
    total = parts.rounding(sum(terms))
    if parts.options.get("normalize", True):
        total = parts.rounding(total / parts.rounding(np.float32([sum(weights)]))[0])
    return total, largest(terms)


def task_arithmetic(parts: Parts) -> tuple[Array, Array]:
    """θ₀ + λ Σ wᵢτᵢ (Ilharco et al. 2023, arXiv 2212.04089)."""
    return added(parts, parts.deltas, consensus=False, normalize=False)


def ties(parts: Parts) -> tuple[Array, Array]:
    """The dialect of mergekit: trimmed per tensor, weighted sign and weighted mean (Yadav et al. 2023, 2306.01708)."""
    rows = zip(parts.deltas, parts.densities, parts.edges, strict=True)
    kept = [trimmed(delta, density, edge=edge) for delta, density, edge in rows]
    return added(parts, kept, consensus=True, normalize=True)


def breadcrumbs(parts: Parts) -> tuple[Array, Array]:
    """Without the largest and the smallest changes of each tensor (Davari and Belilovsky 2023, arXiv 2312.06795)."""
    return added(parts, without_outliers(parts), consensus=False, normalize=False)


def breadcrumbs_ties(parts: Parts) -> tuple[Array, Array]:
    return added(parts, without_outliers(parts), consensus=True, normalize=False)


def without_outliers(parts: Parts) -> list[Array]:
    rows = zip(parts.deltas, parts.densities, parts.gammas, parts.edges, strict=True)
    return [trimmed(delta, density, gamma, edge) for delta, density, gamma, edge in rows]


def slerp(parts: Parts) -> tuple[Array, Array]:
    """Along the arc between two tensors, a straight line where they are nearly parallel (Shoemake 1985)."""
    one, two, t = parts.base, parts.models[0], float(parts.options["t"])
    if (found := slerp_coefficients(parts)) is None:
        return (1 - t) * one + t * two, largest([one, two])
    return np.float32(found[0]) * one + np.float32(found[1]) * two, largest([one, two])


def slerp_coefficients(parts: Parts) -> tuple[float, float] | None:
    """What the base and the model are taken times; None where they are nearly parallel."""
    one, two, t = parts.base.ravel(), parts.models[0].ravel(), float(parts.options["t"])
    lengths = np.linalg.norm(one.astype(np.float64)), np.linalg.norm(two.astype(np.float64))
    dot = float(one.astype(np.float64) @ two) / (lengths[0] * lengths[1]) if all(lengths) else 1.0
    if not abs(dot) <= 0.9995:
        return None
    angle = np.arccos(dot)
    return float(np.sin((1 - t) * angle) / np.sin(angle)), float(np.sin(t * angle) / np.sin(angle))


def model_stock(parts: Parts) -> tuple[Array, Array]:
    """Between the mean and the base by the angle of the changes (Jang et al. 2024, arXiv 2403.19522)."""
    t = stock_coefficient(parts)
    t = 0.0 if t is None else t
    mean = sum(parts.models) / np.float32(len(parts.models))
    return np.float32(t) * mean + np.float32(1 - t) * parts.base, largest([mean, parts.base])


def stock_coefficient(parts: Parts) -> float | None:
    """The mean's share; None where the changes' angles leave none."""
    deltas = [delta.ravel().astype(np.float64) for delta in parts.deltas]
    count = len(deltas)
    cosines = [
        float(a @ b / (np.linalg.norm(a) * np.linalg.norm(b) or 1.0)) for i, a in enumerate(deltas) for b in deltas[:i]
    ]
    cosine = float(np.clip(np.mean(cosines), -1, 1)) if cosines else 1.0
    below = 1 + (count - 1) * cosine
    return count * cosine / below if abs(below) >= 1e-6 and np.isfinite(cosine) else None


def passthrough(parts: Parts) -> tuple[Array, Array]:
    scale = np.float32(parts.options.get("scale", 1.0))
    return parts.rounding(scale * parts.models[0]), np.abs(parts.models[0])


def added(parts: Parts, deltas: Sequence[Array], *, consensus: bool, normalize: bool) -> tuple[Array, Array]:
    """θ₀ + λ times the weighted changes, with the signs that most of their weight has where `consensus` asks for it."""
    weights = [parts.rounding(np.full(1, w, np.float32)) for w in parts.weights]
    weighted = [parts.rounding(w[0] * delta) for w, delta in zip(weights, deltas, strict=True)]
    if consensus:
        signs = np.where(sum(weighted) >= 0, 1, -1)  # nothing counts as plus, which the paper decides by the majority
        agree = [np.sign(delta) == signs for delta in weighted]
        weighted = [np.where(mask, delta, 0) for mask, delta in zip(agree, weighted, strict=True)]
        weights = [np.where(mask, w, 0) for mask, w in zip(agree, weights, strict=True)]
    change = parts.rounding(sum(weighted))
    if parts.options.get("normalize", normalize):
        divisor = parts.rounding(sum(weights))
        change = parts.rounding(change / np.where(np.abs(divisor) < 1e-8, 1, divisor))
    scale = np.float32(parts.options.get("lambda", 1.0))
    return parts.base + parts.rounding(scale * change), largest([parts.base, *weighted])


def trimmed(delta: Array, density: float, gamma: float = 0.0, edge: bool | None = None) -> Array:
    """The share `density` of the changes, the largest but for the share `gamma` of the very largest; zero elsewhere.

    Of changes that are as large as the last that was kept a sort that is not stable keeps any: by `edge` all or none.

    >>> trimmed(np.array([1.0, -4.0, 2.0, 3.0]), 0.5).tolist(), trimmed(np.array([1.0, -4, 2, 3]), 0.5, 0.25).tolist()
    ([0.0, -4.0, 0.0, 3.0], [0.0, 0.0, 2.0, 3.0])
    """
    if density >= 1:
        return delta
    n = delta.size
    count = int(density * n) if gamma else max(1, int(density * n)) if density > 0 else 0
    low = max(0, n - count - int(gamma * n))
    sizes = np.abs(delta).ravel()
    order = np.argsort(sizes, kind="stable")
    keep = order[low : low + count]
    mask = np.zeros(n, bool)
    mask[keep] = True
    if edge is not None and keep.size:
        ends = [sizes[keep[0]]] if low else []
        ends += [sizes[keep[-1]]] if low + count < n else []
        mask[np.isin(sizes, ends)] = edge
    return np.where(mask.reshape(delta.shape), delta, np.zeros((), delta.dtype))


def largest(terms: Sequence[Array]) -> Array:
    found = np.abs(terms[0])
    for term in terms[1:]:
        found = np.maximum(found, np.abs(term))
    return found


METHODS: dict[str, Callable[[Parts], tuple[Array, Array]]] = {
    "linear": linear,
    "task_arithmetic": task_arithmetic,
    "ties": ties,
    "breadcrumbs": breadcrumbs,
    "breadcrumbs_ties": breadcrumbs_ties,
    "slerp": slerp,
    "model_stock": model_stock,
    "passthrough": passthrough,
}
NEEDS_BASE = frozenset(METHODS) - {"linear", "passthrough"}
TRIMMED = ("ties", "breadcrumbs", "breadcrumbs_ties")
RANDOM = ("dare_linear", "dare_ties", "della", "della_linear")
