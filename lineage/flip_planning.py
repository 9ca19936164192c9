"""How many items a question needs: before a run, or after one that could not decide."""

from __future__ import annotations

from math import ceil, log, log1p, sqrt

from scipy.special import ndtri

from lineage.flip_statistics import CONFIDENCE, lower_bound, upper_bound

POWER = 0.8
MOST_ITEMS = 100_000_000


def items_without_flips(budget: float) -> int | None:
    """The fewest items that, none of them broken, certify a rate of at most `budget`; None for a budget of 0.

    >>> items_without_flips(0.01), items_without_flips(0.001)
    (299, 2995)
    """
    if budget <= 0:
        return None
    return 1 if budget >= 1 else ceil(log(1 - CONFIDENCE) / log1p(-budget))


def flips_allowed(n: int, budget: float) -> int | None:
    """The most negative flips in `n` items that still certify `budget`; None where not even none does.

    >>> flips_allowed(300, 0.01), flips_allowed(1000, 0.01), flips_allowed(100, 0.02)
    (0, 4, None)
    """
    low, high = -1, n  # low passes (or is none), high does not unless the budget is all
    if upper_bound(n, n) <= budget:
        return n
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (middle, high) if upper_bound(middle, n) <= budget else (low, middle)
    return low if low >= 0 else None


def detectable_change(n: int, flipping: float, power: float = POWER) -> float | None:
    """The smallest net change of accuracy that a McNemar test finds, if `flipping` of the items flip either way.

    Solves (z₀.₉₇₅·√ψ + z_power·√(ψ − Δ²))² = n·Δ² for Δ (Connor 1987); None where even one-sided flips do not reach it.

    >>> round(100 * detectable_change(1000, 0.05), 2), detectable_change(100, 0.05)
    (1.98, None)
    """
    z, z_power = float(ndtri((1 + CONFIDENCE) / 2)), float(ndtri(power))
    low, high = 0.0, flipping
    if n <= 0 or not reaches(n, flipping, flipping, z, z_power):
        return None
    for _ in range(60):
        middle = (low + high) / 2
        low, high = (low, middle) if reaches(n, flipping, middle, z, z_power) else (middle, high)
    return high


def reaches(n: int, flipping: float, change: float, z: float, z_power: float) -> bool:
    return sqrt(n) * change >= z * sqrt(flipping) + z_power * sqrt(max(0.0, flipping - change * change))


def items_to_decide(rate: float, budget: float) -> int | None:
    """About how many items would decide between pass and fail if `rate` stays; None where they would be too many."""
    low, high = 0, 1
    while not decides(rate, budget, high):
        low, high = high, 2 * high
        if high > MOST_ITEMS:
            return None
    while high - low > max(1, high // 1_000):
        middle = (low + high) // 2
        low, high = (low, middle) if decides(rate, budget, middle) else (middle, high)
    return high


def decides(rate: float, budget: float, n: int) -> bool:
    """Whether `n` items at this rate pass or fail the budget."""
    flips = round(rate * n)
    return upper_bound(flips, n) <= budget or lower_bound(flips, n) > budget


def plan(budget: float, sizes: tuple[int, ...] = (100, 300, 1_000, 5_000, 10_000)) -> dict:
    """What suites of several sizes can say of a budget; rates and changes are fractions."""
    flipping = (0.02, 0.05, 0.1, 0.2)
    rows = [
        {
            "n": n,
            "nfr_upper_without_flips": upper_bound(0, n),
            "flips_allowed": flips_allowed(n, budget),
            "detectable_delta": {str(share): detectable_change(n, share) for share in flipping},
        }
        for n in sizes
    ]
    return {"budget": budget, "items_without_flips": items_without_flips(budget), "sizes": rows}
