"""Graded answers: gains and regressions of a score such as ROUGE, beyond a tolerance that has to be declared.

Rates as in Echterhoff et al. 2024, which set no tolerance: there every tiny drop is a regression.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import sqrt

import numpy as np
from scipy.special import ndtr, ndtri

from lineage.flip_statistics import CONFIDENCE


@dataclass(frozen=True)
class Grades:
    """How scores moved, new − old, positive is better; rates are fractions of all items."""

    n: int
    tolerance: float
    gains: int
    regressions: int
    ties: int
    mean_old: float
    mean_new: float
    mean_gain: float | None
    """over the gains alone"""
    mean_regression: float | None
    """over the regressions alone, as a positive number"""
    mean_change_ci: tuple[float, float] | None
    wilcoxon_p: float | None

    @property
    def nfr(self) -> float:
        return self.regressions / self.n

    @property
    def pfr(self) -> float:
        return self.gains / self.n


def grades_of(old: np.ndarray, new: np.ndarray, tolerance: float, higher_is_better: bool = True) -> Grades | None:
    """Gains and regressions over the items that both versions have a score for (NaN: none); None without any."""
    known = np.isfinite(old) & np.isfinite(new)
    old, new = old[known], new[known]
    if not len(old):
        return None
    change = (new - old) if higher_is_better else (old - new)
    gained, lost = change > tolerance, change < -tolerance
    return Grades(
        n=len(old),
        tolerance=tolerance,
        gains=int(gained.sum()),
        regressions=int(lost.sum()),
        ties=int(len(old) - gained.sum() - lost.sum()),
        mean_old=float(old.mean()),
        mean_new=float(new.mean()),
        mean_gain=float(change[gained].mean()) if gained.any() else None,
        mean_regression=float(-change[lost].mean()) if lost.any() else None,
        mean_change_ci=mean_interval(change),
        wilcoxon_p=wilcoxon_p(change),
    )


def mean_interval(change: np.ndarray) -> tuple[float, float] | None:
    """95 % normal interval of the mean change; None for a single item."""
    if len(change) < 2:
        return None
    reach = float(ndtri((1 + CONFIDENCE) / 2)) * float(change.std(ddof=1)) / sqrt(len(change))
    return float(change.mean()) - reach, float(change.mean()) + reach


def wilcoxon_p(change: np.ndarray) -> float | None:
    """Two-sided signed-rank test by its normal approximation, ties corrected, zeros left out; None without a change.

    The approximation is good from about twenty changed items on.
    """
    change = change[change != 0]
    n = len(change)
    if not n:
        return None
    _, places, repeats = np.unique(np.abs(change), return_inverse=True, return_counts=True)
    ends = np.cumsum(repeats)
    ranks = ((ends - repeats + 1 + ends) / 2)[places]
    positive = ranks[change > 0].sum()
    ties = (repeats.astype(float) ** 3 - repeats).sum()
    variance = n * (n + 1) * (2 * n + 1) / 24 - ties / 48
    z = (positive - n * (n + 1) / 4) / sqrt(variance)
    return min(1.0, 2 * float(ndtr(-abs(z))))


def is_graded(scores: np.ndarray) -> bool:
    """Whether any score is neither wrong (0) nor right (1).

    >>> is_graded(np.array([0.0, 1.0])), is_graded(np.array([0.3])), is_graded(np.array([np.nan]))
    (False, True, False)
    """
    scores = scores[np.isfinite(scores)]
    return bool(((scores != 0) & (scores != 1)).any())
