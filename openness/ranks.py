"""Where one score stands among others: the share of a population whose score is strictly lower."""

from __future__ import annotations

from collections.abc import Mapping

RULE = "percent of the population whose score is strictly lower, rounded down; equal scores are not counted as lower"


def rank_of(score: float, scores: Mapping[float, int]) -> dict:
    """Where `score` stands among `scores`, which says how often each score occurs; its own card is one of them.

    `percent` is 100 * lower / population, rounded down to 0.1, so that nothing but the whole population is 100; None
    of an empty population. With the counts beside it any other rule, such as the mid-rank, can be had.

    >>> rank_of(40.0, {10.0: 2, 40.0: 1, 90.5: 3})
    {'population': 6, 'lower': 2, 'equal': 1, 'percent': 33.3}
    >>> rank_of(40.0, {})["percent"] is None
    True
    """
    population = sum(scores.values())
    lower = sum(number for other, number in scores.items() if other < score)
    return {
        "population": population,
        "lower": lower,
        "equal": scores.get(score, 0),
        "percent": 1000 * lower // population / 10 if population else None,
    }
