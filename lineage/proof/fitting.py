"""Coefficients that hang on sums over a whole tensor, taken from the child where the formula gives almost the same.

The cosine of a slerp and of model stock is a sum of millions of products, which differs in its last places with the
order of adding. The formula says what the coefficient is; the child says what the tool made of it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

import numpy as np

from lineage.proof.methods import Parts, largest, slerp_coefficients, stock_coefficient

SLERP_ROOM, STOCK_ROOM = 1e-4, 0.02  # of an angle in float32; of a cosine rounded to bfloat16 at every step

Made = tuple[np.ndarray, np.ndarray]


def fitted_slerp(parts: Parts, stored: np.ndarray) -> Iterator[Made]:
    one, two = parts.base, parts.models[0]
    wanted = slerp_coefficients(parts)
    rows = np.stack([one.ravel(), two.ravel()]).astype(np.float64)
    gram = rows @ rows.T
    if wanted is None or not np.isfinite(gram).all() or np.linalg.cond(gram) > 1e8:
        return
    found = np.linalg.solve(gram, rows @ stored.ravel().astype(np.float64))
    if np.abs(found - wanted).max() <= SLERP_ROOM:
        yield np.float32(found[0]) * one + np.float32(found[1]) * two, largest([one, two])


def fitted_stock(parts: Parts, stored: np.ndarray) -> Iterator[Made]:
    near = parts.rounding
    mean = near(near(sum(parts.models)) / np.float32(len(parts.models)))
    way = (mean - parts.base).ravel().astype(np.float64)
    length = float(way @ way)
    wanted = stock_coefficient(parts)
    if not np.isfinite(length) or not length or wanted is None:
        return
    t = float((stored - parts.base).ravel().astype(np.float64) @ way) / length
    if abs(t - wanted) > STOCK_ROOM:
        return
    for value in (t, wanted):
        share = near(np.float32([value]))[0]
        rest = near(np.float32([1 - share]))[0]
        yield near(share * mean) + near(rest * parts.base), largest([mean, parts.base])


FITTED: dict[str, Callable[[Parts, np.ndarray], Iterator[Made]]] = {"slerp": fitted_slerp, "model_stock": fitted_stock}
