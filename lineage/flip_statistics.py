"""Exact tests and intervals for paired right-or-wrong outcomes. Pure: counts in, probabilities out.

Everything goes through the incomplete beta function, P(Bin(n, p) ≤ k) = I(1−p; n−k, k+1), which neither overflows nor
slows down at 10⁵ discordant pairs; a probability below 5e-324 comes out as 0.
"""

from __future__ import annotations

from collections.abc import Sequence
from math import sqrt

from scipy.special import betainc, betainccinv, betaincinv, ndtri

CONFIDENCE = 0.95


def mcnemar_exact(broken: int, fixed: int) -> float:
    """Two-sided exact p that `broken` and `fixed` flips are equally likely: min(1, 2·P(Bin(b+f, ½) ≤ min(b, f))).

    >>> mcnemar_exact(5, 0), mcnemar_exact(6, 0), mcnemar_exact(0, 0)
    (0.0625, 0.03125, 1.0)
    """
    fewer, more = sorted((broken, fixed))
    return min(1.0, 2 * float(betainc(more, fewer + 1, 0.5))) if more else 1.0


def more_broken_than_fixed(broken: int, fixed: int) -> float:
    """One-sided exact p of at least `broken` negative flips among all flips, were both kinds equally likely.

    >>> more_broken_than_fixed(5, 0), more_broken_than_fixed(0, 3)
    (0.03125, 1.0)
    """
    return float(betainc(broken, fixed + 1, 0.5)) if broken else 1.0


def clopper_pearson(count: int, n: int, confidence: float = CONFIDENCE) -> tuple[float, float] | None:
    """Exact two-sided interval of a proportion (Clopper & Pearson 1934); None without items.

    >>> clopper_pearson(0, 0) is None
    True
    """
    if n == 0:
        return None
    tail = (1 - confidence) / 2
    return lower_bound(count, n, 1 - tail), upper_bound(count, n, 1 - tail)


def upper_bound(count: int, n: int, confidence: float = CONFIDENCE) -> float:
    """Exact one-sided upper bound of a proportion.

    >>> round(upper_bound(0, 100), 4), round(upper_bound(0, 299), 5) < 0.01
    (0.0295, True)
    """
    return 1.0 if count >= n else float(betainccinv(count + 1, n - count, 1 - confidence))


def lower_bound(count: int, n: int, confidence: float = CONFIDENCE) -> float:
    """Exact one-sided lower bound of a proportion."""
    return 0.0 if count <= 0 else float(betaincinv(count, n - count + 1, 1 - confidence))


def wilson(count: int, n: int, confidence: float = CONFIDENCE) -> tuple[float, float] | None:
    """Wilson's score interval of a proportion, two-sided and without continuity correction; None without items."""
    if n == 0:
        return None
    z = float(ndtri((1 + confidence) / 2))
    centre, spread = 2 * count + z * z, z * sqrt(z * z + 4 * count * (n - count) / n)
    return max(0.0, (centre - spread) / (2 * (n + z * z))), min(1.0, (centre + spread) / (2 * (n + z * z)))


def newcombe(cc: int, cw: int, wc: int, ww: int, confidence: float = CONFIDENCE) -> tuple[float, float] | None:
    """Two-sided interval of the paired difference accuracy_new − accuracy_old; None without items.

    Square-and-add of two Wilson intervals with the corrected correlation: Newcombe, Statistics in Medicine 17 (1998)
    2635, method 10.

    >>> [round(limit, 4) for limit in newcombe(36, 2, 12, 0)]
    [0.0569, 0.3404]
    """
    n = cc + cw + wc + ww
    if n == 0:
        return None
    new, old = (cc + wc) / n, (cc + cw) / n
    (new_low, new_high), (old_low, old_high) = wilson(cc + wc, n, confidence), wilson(cc + cw, n, confidence)
    phi = corrected_phi(cc, cw, wc, ww)
    below, above, under, over = new - new_low, new_high - new, old - old_low, old_high - old
    low = new - old - sqrt(max(0.0, below * below - 2 * phi * below * over + over * over))
    high = new - old + sqrt(max(0.0, above * above - 2 * phi * above * under + under * under))
    return max(-1.0, low), min(1.0, high)


def corrected_phi(cc: int, cw: int, wc: int, ww: int) -> float:
    """Correlation of the two versions' outcomes with Newcombe's continuity correction; 0 where a margin is empty."""
    margins = (cc + cw) * (wc + ww) * (cc + wc) * (cw + ww)
    if margins == 0:
        return 0.0
    product = cc * ww - cw * wc
    if product > 0:
        product = max(product - (cc + cw + wc + ww) / 2, 0)
    return product / sqrt(margins)


def holm(p_values: Sequence[float]) -> list[float]:
    """Adjusted p values that bound the chance of any false alarm (Holm 1979), in the given order.

    >>> holm([0.01, 0.04, 0.03])
    [0.03, 0.06, 0.06]
    """
    adjusted, running = [0.0] * len(p_values), 0.0
    for rank, place in enumerate(sorted(range(len(p_values)), key=p_values.__getitem__)):
        running = max(running, min(1.0, (len(p_values) - rank) * p_values[place]))
        adjusted[place] = running
    return adjusted


def benjamini_hochberg(p_values: Sequence[float]) -> list[float]:
    """Adjusted p values that bound the share of false alarms (Benjamini & Hochberg 1995), in the given order.

    >>> benjamini_hochberg([0.01, 0.04, 0.03])
    [0.03, 0.04, 0.04]
    """
    adjusted, running, m = [0.0] * len(p_values), 1.0, len(p_values)
    ascending = sorted(range(m), key=p_values.__getitem__)
    for rank in range(m, 0, -1):
        running = min(running, p_values[ascending[rank - 1]] * (m / rank))
        adjusted[ascending[rank - 1]] = running
    return adjusted
