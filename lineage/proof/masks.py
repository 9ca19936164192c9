"""Merges that drop changes at random, followed without their seed: which masks give each element of the child.

DARE (Yu et al. 2023, arXiv 2311.03099) divides what it keeps by the density; mergekit makes the sum of the sizes of
what it keeps what it was before, by a factor of its own for every tensor and model. Both factors are tried. DELLA (Deep
et al. 2024, arXiv 2406.11617) keeps larger changes rather than small ones.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from itertools import product

import numpy as np

from lineage.proof.methods import Parts, largest
from lineage.proof.rounding import to_bits, ulp

CONSENSUS = ("dare_ties", "della")  # methods that then elect a sign
ROUNDS = 4
STEPS = (2.0**-23, -(2.0**-23), 2.0**-22, -(2.0**-22), 2.0**-8, -(2.0**-8))  # of float32, and of bfloat16
FACTOR_ROOM = 0.02  # by which a factor may leave the expected one in a large tensor
SAMPLE = 1 << 15  # elements by which a factor's last place is chosen


class Decoded:
    """The masks of one tensor, and how many of its elements they explain."""

    def __init__(self, stored: np.ndarray, dtype: str, parts: Parts, factors: Sequence[float], consensus: bool):
        terms = [parts.rounding(np.float32(f) * delta) for f, delta in zip(factors, parts.deltas, strict=True)]
        weights = [parts.rounding(np.float32([w]))[0] for w in parts.weights]
        moves = [parts.rounding(w * term) for w, term in zip(weights, terms, strict=True)]
        room = ulp(largest([parts.base, stored, *moves]), dtype)
        bits = to_bits(stored, dtype)
        exact, hits = np.zeros(stored.shape, bool), np.zeros(stored.shape, np.int16)
        own = np.zeros((len(moves), *stored.shape), bool)
        for mask in product((False, True), repeat=len(moves)):
            value = parts.base + change_of(mask, moves, weights, parts, consensus)
            near = np.abs(value.astype(np.float64) - stored) <= room
            same = to_bits(value, dtype) == bits
            exact |= same
            hits += near | same
            for number, kept in enumerate(mask):
                own[number] |= near & kept
        clear = (hits == 1) & one_way(moves)
        self.exact, self.near, self.clear = (int(np.count_nonzero(each)) for each in (exact, hits, clear))
        self.kept = [int(np.count_nonzero(each & clear)) for each in own]


def decoded(stored: np.ndarray, dtype: str, arithmetics: Sequence[Parts], method: str) -> Decoded:
    """The masks in the arithmetic and with the factors that explain most."""
    found = []
    for parts in arithmetics:
        rescale = parts.options.get("rescale", True)
        plain = expected_factors(parts) if rescale else [1.0] * len(parts.models)
        consensus = method in CONSENSUS
        if method == "della":
            parts.options.setdefault("normalize", True)
        found.append(Decoded(stored, dtype, parts, plain, consensus))
        if rescale and (factors := factors_of(stored, parts, plain, consensus)):
            found.append(Decoded(stored, dtype, parts, polished(stored, dtype, parts, factors, consensus), consensus))
    return max(found, key=lambda each: (each.exact, each.near))


def expected_factors(parts: Parts) -> list[float]:
    """1 / density; of DELLA the sum of sizes over what its ranks let expect of it."""
    found = []
    for number, (delta, density) in enumerate(zip(parts.deltas, parts.densities, strict=True)):
        share = density
        if parts.epsilons and density < 1:
            sizes = np.abs(delta).reshape(1 if delta.ndim < 2 else delta.shape[0], -1).astype(np.float64)
            ranks = sizes.argsort(axis=1).argsort(axis=1) / max(1, sizes.shape[1] - 1)
            kept = (density + parts.epsilons[number] * (2 * ranks - 1)) * sizes
            share = float(kept.sum() / sizes.sum()) if sizes.sum() else share
        found.append(1 / share if share > 0 else 1.0)
    return found


def polished(stored: np.ndarray, dtype: str, parts: Parts, factors: list[float], consensus: bool) -> list[float]:
    """The factors to the last place of the type that they were kept in: the neighbours that give most elements."""
    factors = [float(parts.rounding(np.float32([each]))[0]) for each in factors]
    step = max(1, stored.size // SAMPLE)
    small = replace(parts, models=[m.ravel()[::step] for m in parts.models], base=parts.base.ravel()[::step])
    sample = stored.ravel()[::step]

    def exact(tried: list[float]) -> int:
        return Decoded(sample, dtype, small, tried, consensus).exact

    best = exact(factors)
    for number in range(len(factors)):
        for away in STEPS:
            near = float(parts.rounding(np.float32([factors[number] * (1 + away)]))[0])
            tried = [*factors[:number], near, *factors[number + 1 :]]
            if near != factors[number] and (count := exact(tried)) > best:
                best, factors = count, tried
    return factors


def change_of(mask: Sequence[bool], moves: list, weights: list, parts: Parts, consensus: bool) -> np.ndarray:
    """What the models that `mask` keeps add to the base."""
    parted = [move if kept else np.zeros_like(move) for move, kept in zip(moves, mask, strict=True)]
    divisor = np.float32(sum(weights))
    if consensus:
        sign = np.where(sum(parted) >= 0, 1, -1)
        agree = [np.sign(move) == sign for move in parted]
        parted = [np.where(yes, move, 0) for yes, move in zip(agree, parted, strict=True)]
        divisor = sum(np.where(yes, w, 0) for yes, w in zip(agree, weights, strict=True))
    change = parts.rounding(np.asarray(sum(parted), np.float32))
    if parts.options.get("normalize", False):
        divisor = parts.rounding(np.asarray(divisor, np.float32).reshape(-1)).reshape(np.shape(divisor))
        change = parts.rounding((change / np.where(np.abs(divisor) < 1e-8, 1, divisor)).astype(np.float32))
    scale = parts.options.get("lambda", 1.0)
    return change if scale == 1 else parts.rounding(np.float32(scale) * change)


def one_way(moves: Sequence[np.ndarray]) -> np.ndarray:
    """Where all models move alike, so that no election hides what was kept."""
    return np.all([move > 0 for move in moves], axis=0) | np.all([move < 0 for move in moves], axis=0)


def factors_of(stored: np.ndarray, parts: Parts, plain: Sequence[float], consensus: bool) -> list[float] | None:
    """The factors of one tensor by least squares, between rounds of reading the masks; None where they are no such.

    Only elements that all models move one way are used. The factor that keeps the sum of sizes is near the expected
    one, the nearer the larger the tensor; another one would belong to another recipe.
    """
    where = one_way([np.float32(w) * delta for w, delta in zip(parts.weights, parts.deltas, strict=True)])
    if np.count_nonzero(where) < 4 * len(plain):
        return None
    deltas = np.stack([delta[where] for delta in parts.deltas]).astype(np.float64)
    target = (stored.astype(np.float64) - parts.base)[where]
    masks = np.array(list(product((0.0, 1.0), repeat=len(plain))))
    weights = np.array(parts.weights)
    divisor = np.ones(len(masks))
    if parts.options.get("normalize", False):
        divisor = masks @ weights if consensus else np.full(len(masks), weights.sum())
    shares = masks * weights / np.where(np.abs(divisor) < 1e-8, 1, divisor)[:, None]
    shares = shares * float(parts.options.get("lambda", 1.0))
    factors = np.array(plain)
    for _ in range(ROUNDS):
        away = np.stack([np.abs((share * factors) @ deltas - target) for share in shares])
        rows = (shares[away.argmin(axis=0)].T * deltas).T
        residual = away.min(axis=0)
        good = residual <= 4 * np.median(residual) + 1e-30
        gram = rows[good].T @ rows[good]
        if not np.isfinite(gram).all() or np.linalg.cond(gram) > 1e12:
            return None
        factors = np.linalg.solve(gram, rows[good].T @ target[good])
    room = FACTOR_ROOM + 4 / np.sqrt(stored.size)
    fits = all(abs(factor / start - 1) <= room for factor, start in zip(factors, plain, strict=True))
    return [float(each) for each in factors] if fits else None
