"""Bootstrap intervals for what has no exact one: ratios of cells, and any rate where items come in clusters.

Items are drawn with replacement as pairs, so that both versions keep their agreement; where items share a passage,
document or user, whole clusters are drawn. The seed is a parameter: the same counts give the same interval.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np

from lineage.flip_statistics import CONFIDENCE
from lineage.flips import FlipCount

DRAWS = 2_000
MANY_CLUSTERS = 5_000  # from here on sums of drawn clusters are normal enough to be drawn as such
MOST_UNDEFINED = 0.05  # of the draws; above it the interval is unknown

Cells = tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]
STATISTICS: Mapping[str, Callable[..., np.ndarray]] = {
    "nfr": lambda cc, cw, wc, ww: cw / (cc + cw + wc + ww),
    "delta": lambda cc, cw, wc, ww: (wc - cw) / (cc + cw + wc + ww),
    "relative_nfr": lambda cc, cw, wc, ww: cw * (cc + cw + wc + ww) / ((cc + cw) * (cw + ww)),
    "nfi": lambda cc, cw, wc, ww: cw / (cw + ww),
    "btc": lambda cc, cw, wc, ww: cc / (cc + cw),
}


@dataclass(frozen=True)
class Clustered:
    """Intervals that hold where items of one cluster rise and fall together."""

    clusters: int
    design_effect: float | None
    """variance of the negative flip rate over what independent items would have"""
    intervals: dict[str, tuple[float, float] | None]


def paired_bootstrap(count: FlipCount, seed: int = 0, draws: int = DRAWS) -> dict[str, tuple[float, float] | None]:
    """95 % percentile intervals by drawing items; a pair of one item is its cell, so a draw is a multinomial."""
    if count.n == 0:
        return dict.fromkeys(STATISTICS)
    shares = np.array([count.cc, count.cw, count.wc, count.ww]) / count.n
    drawn = np.random.default_rng(seed).multinomial(count.n, shares, size=draws)
    return intervals_of(drawn)


def clustered_bootstrap(
    clusters: np.ndarray, was_right: np.ndarray, is_right: np.ndarray, seed: int = 0, draws: int = DRAWS
) -> Clustered:
    """95 % percentile intervals by drawing whole clusters; `clusters` numbers them from 0."""
    cells = cells_by_cluster(clusters, was_right, is_right)
    rng = np.random.default_rng(seed)
    drawn = drawn_clusters(cells, rng, draws) if len(cells) else np.empty((0, 4))
    return Clustered(len(cells), design_effect(cells), intervals_of(drawn))


def drawn_clusters(cells: np.ndarray, rng: np.random.Generator, draws: int) -> np.ndarray:
    """Cells summed over as many clusters as there are, drawn with replacement; one row a draw."""
    number = len(cells)
    if number < MANY_CLUSTERS:
        weights = rng.multinomial(number, np.full(number, 1 / number), size=draws)
        return weights @ cells
    covariance = number * np.cov(cells, rowvar=False, bias=True)
    return rng.multivariate_normal(cells.sum(axis=0), covariance, size=draws, method="svd").clip(min=0)


def cells_by_cluster(clusters: np.ndarray, was_right: np.ndarray, is_right: np.ndarray) -> np.ndarray:
    """cc, cw, wc and ww of each cluster, one row a cluster."""
    cell = 2 * ~was_right + ~is_right  # 0 cc, 1 cw, 2 wc, 3 ww
    number = int(clusters.max()) + 1 if len(clusters) else 0
    return np.bincount(4 * clusters + cell, minlength=4 * number).reshape(number, 4)


def design_effect(cells: np.ndarray) -> float | None:
    """Variance of the flip rate between clusters over the binomial one; None where either is undefined."""
    sizes, broken = cells.sum(axis=1), cells[:, 1]
    n, number = sizes.sum(), len(cells)
    rate = broken.sum() / n if n else 0.0
    if number < 2 or not 0 < rate < 1:
        return None
    residual = broken - rate * sizes
    between = number / (number - 1) * np.square(residual).sum() / n**2
    return float(between / (rate * (1 - rate) / n))


def intervals_of(drawn: np.ndarray) -> dict[str, tuple[float, float] | None]:
    """Percentile intervals of every statistic over drawn cells."""
    tail = 100 * (1 - CONFIDENCE) / 2
    found: dict[str, tuple[float, float] | None] = {}
    columns = tuple(drawn.T.astype(float))
    for name, statistic in STATISTICS.items():
        with np.errstate(divide="ignore", invalid="ignore"):
            values = statistic(*columns)
        defined = values[np.isfinite(values)]
        is_known = len(values) > 0 and len(defined) >= (1 - MOST_UNDEFINED) * len(values)
        found[name] = tuple(np.percentile(defined, [tail, 100 - tail]).tolist()) if is_known else None
    return found
