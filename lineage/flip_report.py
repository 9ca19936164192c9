"""From paired outcomes to the report of a comparison: one flat record of counts, rates, tests and a verdict."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from functools import cached_property

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from lineage.flip_slices import Slice, says_what_old_never_said, sliced
from lineage.flip_statistics import clopper_pearson, mcnemar_exact, newcombe, upper_bound
from lineage.flip_verdict import Ruling, overall, within_budget
from lineage.flips import FlipCount, count_flips
from lineage.pairing import Pairing


@dataclass(frozen=True)
class Questions:
    """What is asked of a comparison; with nothing asked there is no verdict."""

    budget: float | None = None
    """largest negative flip rate that passes, a fraction"""


@dataclass(frozen=True)
class Analysis:
    """One pairing, analysed; each part is computed when it is first asked for."""

    pairing: Pairing
    questions: Questions = Questions()

    @cached_property
    def was_right(self) -> np.ndarray:
        return self.pairing.old["correct"].to_numpy()

    @cached_property
    def is_right(self) -> np.ndarray:
        return self.pairing.new["correct"].to_numpy()

    @cached_property
    def broken(self) -> np.ndarray:
        return self.was_right & ~self.is_right

    @cached_property
    def fixed(self) -> np.ndarray:
        return ~self.was_right & self.is_right

    @cached_property
    def same(self) -> np.ndarray | None:
        """Where both predictions are equal; None unless both are known of every item that was wrong both times."""
        equal = pc.equal(self.pairing.old["prediction"], self.pairing.new["prediction"])
        both_wrong = ~self.was_right & ~self.is_right
        unknown = equal.is_null().to_numpy() & both_wrong
        nothing_recorded = equal.null_count == len(equal)
        return None if nothing_recorded or unknown.any() else equal.fill_null(False).to_numpy()

    @cached_property
    def count(self) -> FlipCount:
        return count_flips(self.was_right, self.is_right, self.same)

    @cached_property
    def slices(self) -> list[Slice]:
        return sliced(self.pairing.old["slice"], self.was_right, self.is_right)

    @cached_property
    def new_label_flips(self) -> int | None:
        """Negative flips into an answer that was not the old version's to give; None where that cannot be said."""
        return None if self.unheard is None or self.same is None else int(np.count_nonzero(self.broken & self.unheard))

    @cached_property
    def unheard(self) -> np.ndarray | None:
        """Where the new answer is one that the old version never gave, or was never offered; None for free text."""
        old, new = self.pairing.old["prediction"], self.pairing.new["prediction"]
        if self.pairing.answers == "text":
            return None
        if self.pairing.answers == "choices" and self.pairing.choices:
            offered = pa.array([str(number) for number in range(self.pairing.choices)], old.type)
            return says_what_old_never_said(pa.chunked_array([offered]), new)
        return says_what_old_never_said(old, new)

    @cached_property
    def rulings(self) -> list[Ruling]:
        return [] if self.questions.budget is None else [within_budget(self.count, self.questions.budget)]

    def line(self) -> dict:
        """The report as the command and REST give it: rates are fractions, what is undefined is None."""
        count = self.count
        verdict, reason = overall(self.rulings, self.pairing.notes)
        return {
            "n": count.n,
            "cells": count.cells(),
            "accuracy_old": count.accuracy_old,
            "accuracy_new": count.accuracy_new,
            "nfr": count.nfr,
            "pfr": count.pfr,
            "nfr_ci": clopper_pearson(count.cw, count.n),
            "nfr_upper": upper_bound(count.cw, count.n),
            "relative_nfr": count.relative_nfr,
            "nfi": count.nfi,
            "btc": count.btc,
            "bec_of_new_errors": count.bec_of_new_errors,
            "bec_of_old_errors": count.bec_of_old_errors,
            "churn": count.churn,
            "mcnemar_p": mcnemar_exact(count.cw, count.wc),
            "delta": count.delta,
            "delta_ci": newcombe(count.cc, count.cw, count.wc, count.ww),
            "slices": [slice_line(part) for part in self.slices],
            "new_label_flips": self.new_label_flips,
            "noise": None,
            "verdict": verdict,
            "reason": reason,
        }

    def details(self) -> dict:
        """What the line has no place for: the other published ratios, slices for exploring, unpaired items, notes."""
        count = self.count
        return {
            "only_old": self.pairing.only_old,
            "only_new": self.pairing.only_new,
            "nfr_multiple_choice": count.nfr_multiple_choice,
            "pfi": count.pfi,
            "critique": count.critique,
            "win_loss_ratio": count.win_loss_ratio,
            "slices": [asdict(part) for part in self.slices],
            "rulings": [asdict(ruling) for ruling in self.rulings],
            "notes": list(self.pairing.notes),
        }


def slice_line(part: Slice) -> dict:
    """One slice of the report; `p` is one-sided and None below 20 items."""
    return {"slice": part.name, "n": part.n, "cw": part.cw, "wc": part.wc, "p": part.p, "p_holm": part.p_holm}
