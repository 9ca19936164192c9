"""More than two versions on the same items: every pair's flips, what siblings disagree on, slices across versions."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from lineage.flip_statistics import clopper_pearson
from lineage.flips import FlipCount, count_flips, ratio


@dataclass(frozen=True)
class Answers:
    """One version's answers to the common items; `prediction` numbers equal answers alike, None: not recorded."""

    name: str
    right: np.ndarray
    prediction: np.ndarray | None = None

    @property
    def accuracy(self) -> float | None:
        return ratio(int(self.right.sum()), len(self.right))


@dataclass(frozen=True)
class SlicePoint:
    """Where one version stands: accuracy within a slice against accuracy on all other items."""

    version: str
    slice_accuracy: float | None
    rest_accuracy: float | None


def pair_count(old: Answers, new: Answers) -> FlipCount:
    """The cells of one pair of versions."""
    same = None if old.prediction is None or new.prediction is None else old.prediction == new.prediction
    return count_flips(old.right, new.right, same)


def matrix(versions: Sequence[Answers]) -> list[list[FlipCount]]:
    """The cells from each version (row) to each version (column)."""
    return [[pair_count(old, new) for new in versions] for old in versions]


def steps(versions: Sequence[Answers]) -> list[dict]:
    """Each version against the one before: cells, rates, and new accuracy = old·confidence + (1 − old)·critique."""
    found = []
    for old, new in zip(versions, versions[1:], strict=False):
        count = pair_count(old, new)
        found.append(
            {
                "old": old.name,
                "new": new.name,
                "cells": count.cells(),
                "nfr": count.nfr,
                "nfr_ci": clopper_pearson(count.cw, count.n),
                "pfr": count.pfr,
                "confidence": count.btc,
                "critique": count.critique,
                "accuracy_old": count.accuracy_old,
                "accuracy_new": count.accuracy_new,
            }
        )
    return found


def ever_lost(versions: Sequence[Answers]) -> int:
    """Items that some version had right, some later one lost, and the last does not have."""
    if not versions:
        return 0
    once = np.zeros(len(versions[0].right), bool)
    for version in versions:
        once |= version.right
    return int(np.count_nonzero(once & ~versions[-1].right))


@dataclass(frozen=True)
class Multiplicity:
    """How far versions of nearly equal accuracy contradict a base version (Marx et al. 2020)."""

    base: str
    epsilon: float
    rivals: tuple[str, ...]
    """versions whose accuracy is at most `epsilon` below the base's"""
    ambiguity: float | None
    """share of items on which some rival answers otherwise"""
    discrepancy: float | None
    """the largest share on which any one rival does"""


def multiplicity(base: Answers, others: Sequence[Answers], epsilon: float) -> Multiplicity:
    """Ambiguity and discrepancy over the rivals of `base`; None without a rival.

    Answers contradict each other where they differ; without recorded answers, where one is right and the other is not.
    """
    floor = (base.accuracy or 0.0) - epsilon - 1e-12
    rivals = [other for other in others if other.accuracy is not None and other.accuracy >= floor]
    disagree = [contradicts(base, rival) for rival in rivals]
    n = len(base.right)
    return Multiplicity(
        base=base.name,
        epsilon=epsilon,
        rivals=tuple(rival.name for rival in rivals),
        ambiguity=ratio(int(np.logical_or.reduce(disagree).sum()), n) if disagree else None,
        discrepancy=ratio(max(int(one.sum()) for one in disagree), n) if disagree else None,
    )


def contradicts(one: Answers, other: Answers) -> np.ndarray:
    if one.prediction is None or other.prediction is None:
        return one.right != other.right
    return (one.prediction != other.prediction) & ~(one.right & other.right)


def slice_points(versions: Sequence[Answers], slices: Mapping[str, np.ndarray]) -> dict[str, list[SlicePoint]]:
    """For each slice (a mask of items), one point a version; such points bend, so nothing may be extrapolated."""
    return {name: [slice_point(version, inside) for version in versions] for name, inside in sorted(slices.items())}


def slice_point(version: Answers, inside: np.ndarray) -> SlicePoint:
    within, outside = int(np.count_nonzero(inside)), int(np.count_nonzero(~inside))
    right_within = int(np.count_nonzero(version.right & inside))
    rest = ratio(int(version.right.sum()) - right_within, outside)
    return SlicePoint(version.name, ratio(right_within, within), rest)
