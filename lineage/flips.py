"""Five exclusive cells of an old and a new version on the same items, and every published ratio of them.

Negative flips: Yan et al., CVPR 2021. NFI: Cai et al., NeurIPS 2022. BTC and BEC: Bansal et al. 2019, Srivastava et al.
2020. Churn: Milani Fard et al. 2016. NFR of multiple choice: Echterhoff et al. 2024.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np


def ratio(part: float, whole: float) -> float | None:
    """`part` of `whole`; None where the whole is nothing, since the ratio is then undefined.

    >>> ratio(1, 4), ratio(0, 0)
    (0.25, None)
    """
    return part / whole if whole else None


@dataclass(frozen=True)
class FlipCount:
    """How `n` items fared under an old and a new version. Rates are fractions; an undefined one is None.

    >>> FlipCount(cc=6, cw=2, wc=1, ww=1, ww_same=1).nfr
    0.2
    """

    cc: int = 0
    """right before, right now"""
    cw: int = 0
    """right before, wrong now: negative flips"""
    wc: int = 0
    """wrong before, right now: positive flips"""
    ww: int = 0
    """wrong before and now"""
    ww_same: int | None = None
    """wrong both times with one prediction; None where predictions were not recorded"""

    @property
    def n(self) -> int:
        return self.cc + self.cw + self.wc + self.ww

    @property
    def ww_diff(self) -> int | None:
        """Wrong both times with two predictions."""
        return None if self.ww_same is None else self.ww - self.ww_same

    @property
    def accuracy_old(self) -> float | None:
        return ratio(self.cc + self.cw, self.n)

    @property
    def accuracy_new(self) -> float | None:
        return ratio(self.cc + self.wc, self.n)

    @property
    def delta(self) -> float | None:
        """Accuracy gained, new − old; equals PFR − NFR."""
        return ratio(self.wc - self.cw, self.n)

    @property
    def nfr(self) -> float | None:
        """Negative flip rate: over all items, not over those that the old version had right."""
        return ratio(self.cw, self.n)

    @property
    def pfr(self) -> float | None:
        """Positive flip rate, over all items."""
        return ratio(self.wc, self.n)

    @property
    def nfr_multiple_choice(self) -> float | None:
        """Share of items that are wrong now with another prediction than before: negative flips and `ww_diff`."""
        return None if self.ww_diff is None else ratio(self.cw + self.ww_diff, self.n)

    @property
    def relative_nfr(self) -> float | None:
        """NFR over what independent errors would give, accuracy_old · error_new; 1 is "as if independent"."""
        return ratio(self.cw * self.n, (self.cc + self.cw) * (self.cw + self.ww))

    @property
    def nfi(self) -> float | None:
        """Negative flip impact: the share of the new version's errors that are new."""
        return ratio(self.cw, self.cw + self.ww)

    @property
    def pfi(self) -> float | None:
        """Positive flip impact: the share of what the new version has right that is newly right."""
        return ratio(self.wc, self.cc + self.wc)

    @property
    def btc(self) -> float | None:
        """Backward trust compatibility: of what was right, the share that still is."""
        return ratio(self.cc, self.cc + self.cw)

    @property
    def bec_of_new_errors(self) -> float | None:
        """Backward error compatibility as the papers define it: the share of the new errors that are old ones."""
        return ratio(self.ww, self.cw + self.ww)

    @property
    def bec_of_old_errors(self) -> float | None:
        """The same numerator over the old version's errors, as the BackwardCompatibilityML library computes it."""
        return ratio(self.ww, self.wc + self.ww)

    @property
    def critique(self) -> float | None:
        """Of what was wrong, the share that is right now; accuracy_new = accuracy_old·btc + error_old·critique."""
        return ratio(self.wc, self.wc + self.ww)

    @property
    def churn(self) -> float | None:
        """Share of items whose prediction changed; several right answers to one item count as no change."""
        return None if self.ww_diff is None else ratio(self.cw + self.wc + self.ww_diff, self.n)

    @property
    def win_loss_ratio(self) -> float | None:
        """Positive flips for each negative one."""
        return ratio(self.wc, self.cw)

    def cells(self) -> dict[str, int | None]:
        """The five cells under their published names."""
        return {"cc": self.cc, "cw": self.cw, "wc": self.wc, "ww_same": self.ww_same, "ww_diff": self.ww_diff}


def count_flips(was_right: np.ndarray, is_right: np.ndarray, same: np.ndarray | None = None) -> FlipCount:
    """Count the cells of two boolean arrays; `same` says where both predictions are equal, None: not recorded.

    >>> count_flips(np.array([True, True]), np.array([True, False])).cells()
    {'cc': 1, 'cw': 1, 'wc': 0, 'ww_same': None, 'ww_diff': None}
    """
    cc, old, new = (int(np.count_nonzero(a)) for a in (was_right & is_right, was_right, is_right))
    ww = len(was_right) - old - new + cc
    ww_same = None if same is None else int(np.count_nonzero(~was_right & ~is_right & same))
    return FlipCount(cc=cc, cw=old - cc, wc=new - cc, ww=ww, ww_same=ww_same)
