"""From paired outcomes to the report of a comparison: one flat record of counts, rates, tests and a verdict."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from functools import cached_property

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from lineage import flip_verdict as verdicts
from lineage.flip_grades import Grades, grades_of, is_graded
from lineage.flip_margins import MarginSplit, fragile_flips, split_by_margin
from lineage.flip_noise import Rerun, beyond, noise_of, unsettled
from lineage.flip_planning import detectable_change, flips_allowed, items_without_flips
from lineage.flip_resampling import Clustered, clustered_bootstrap, paired_bootstrap
from lineage.flip_slices import Slice, says_what_old_never_said, sliced
from lineage.flip_statistics import clopper_pearson, mcnemar_exact, newcombe, upper_bound
from lineage.flip_verdict import Ruling
from lineage.flips import FlipCount, count_flips
from lineage.pairing import Pairing


@dataclass(frozen=True)
class Questions:
    """What is asked of a comparison; with nothing asked there is no verdict. Rates are fractions."""

    budget: float | None = None
    """largest negative flip rate that passes"""
    solid_budget: float | None = None
    """the same for the flips outside the noise band"""
    non_inferiority: float | None = None
    """largest loss of accuracy that passes"""
    slices: bool = False
    """no slice may get significantly worse"""
    must_pass: tuple[str, ...] = ()
    """ids of items that must be right now"""
    tolerance: float = 0.0
    """change of a graded score that counts as a tie, in the score's own unit"""
    margin_band: float | None = None
    """noise band of margins, where it is known beforehand"""


@dataclass(frozen=True)
class Analysis:
    """One pairing, analysed; each part is computed when it is first asked for."""

    pairing: Pairing
    questions: Questions = Questions()
    reruns: tuple[Rerun, ...] = ()
    """the old version against itself run again, for the noise floor"""

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
    def delta_ci(self) -> tuple[float, float]:
        return newcombe(self.count.cc, self.count.cw, self.count.wc, self.count.ww)

    @cached_property
    def noise(self) -> dict | None:
        """How much the old version differs from itself when it runs again; None without a second run."""
        if not self.reruns:
            return None
        found = noise_of(self.reruns, [Analysis(rerun.pairing).count for rerun in self.reruns], self.count.nfr)
        return found | (beyond(self.broken, self.unsettled) if "reruns" in found else {})

    @cached_property
    def unsettled(self) -> np.ndarray:
        """By item, whether the old version mostly contradicts itself (1), does not (0), or did not run again (−1)."""
        return unsettled(self.pairing.old["id"], self.reruns)

    @cached_property
    def band(self) -> float | None:
        """Margins below this may be noise: as asked, else as measured; None where neither is known."""
        if self.questions.margin_band is not None:
            return self.questions.margin_band
        return self.noise["margin_band"] if self.noise else None

    @cached_property
    def margins(self) -> MarginSplit | None:
        """The negative flips by their margins; None where no margin was recorded on any."""
        old, new = (numbers(table, "margin")[self.broken] for table in (self.pairing.old, self.pairing.new))
        return split_by_margin(old, new, self.band, self.unsettled[self.broken])

    def within_noise(self, places: np.ndarray) -> list[bool | None]:
        """For items that flipped, whether that may be noise; None where neither margins nor runs tell."""
        old, new = (numbers(table, "margin")[places] for table in (self.pairing.old, self.pairing.new))
        again = self.unsettled[places]
        has_margins = np.isfinite(old) & np.isfinite(new) & (self.band is not None)
        found = fragile_flips(old, new, self.band or 0.0, again)
        known = has_margins | (again >= 0)
        return [bool(one) if said else None for one, said in zip(found, known, strict=True)]

    @cached_property
    def grades(self) -> Grades | None:
        """How graded scores moved; None where scores only say right and wrong."""
        old, new = (numbers(table, "score") for table in (self.pairing.old, self.pairing.new))
        if not (is_graded(old) or is_graded(new)):
            return None
        return grades_of(old, new, self.questions.tolerance, self.pairing.higher_is_better is not False)

    @cached_property
    def clustered(self) -> Clustered | None:
        """Intervals by drawing clusters; None where items belong to none. An item without one is its own."""
        column = self.pairing.old["cluster"]
        if column.null_count == len(column):
            return None
        codes = column.combine_chunks().dictionary_encode().indices
        own = np.cumsum(codes.is_null().to_numpy(zero_copy_only=False)) + (pc.max(codes).as_py() or 0)
        found = codes.fill_null(0).to_numpy(zero_copy_only=False)
        return clustered_bootstrap(
            np.where(codes.is_null().to_numpy(zero_copy_only=False), own, found), self.was_right, self.is_right
        )

    @cached_property
    def rulings(self) -> list[Ruling]:
        """The answer to each question that was asked."""
        asked, count = self.questions, self.count
        found = []
        if asked.budget is not None:
            found.append(verdicts.within_budget(count.cw, count.n, asked.budget))
        if asked.solid_budget is not None:
            found.append(self.solid_ruling(asked.solid_budget))
        if asked.non_inferiority is not None:
            found.append(verdicts.not_inferior(self.delta_ci, asked.non_inferiority))
        if asked.slices:
            found.append(verdicts.no_slice_got_worse(self.slices))
        if asked.must_pass:
            found.append(self.must_pass_ruling())
        return found

    def solid_ruling(self, budget: float) -> Ruling:
        if not self.count.cw:
            return verdicts.within_budget(0, self.count.n, budget, "solid_budget", "items broke")
        return verdicts.solid_within_budget(self.margins, self.count.n, budget)

    def must_pass_ruling(self) -> Ruling:
        wanted = pa.array(self.questions.must_pass, self.pairing.old["id"].type)
        places = pc.index_in(wanted, value_set=self.pairing.old["id"].combine_chunks())
        found = places.drop_null().to_numpy()
        wrong = self.pairing.old["id"].take(found[~self.is_right[found]]).to_pylist()
        return verdicts.must_pass(len(wanted), places.null_count, wrong)

    def line(self) -> dict:
        """The report as the command and REST give it: rates are fractions, what is undefined is None."""
        count = self.count
        verdict, reason = verdicts.overall(self.rulings, self.pairing.notes)
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
            "delta_ci": self.delta_ci,
            "slices": [slice_line(part) for part in self.slices],
            "new_label_flips": self.new_label_flips,
            "noise": self.noise,
            "verdict": verdict,
            "reason": reason,
        }

    def details(self) -> dict:
        """What the line has no place for: other ratios, resampled intervals, margins, grades, planning, notes."""
        count, grades = self.count, self.grades
        return {
            "only_old": self.pairing.only_old,
            "only_new": self.pairing.only_new,
            "nfr_multiple_choice": count.nfr_multiple_choice,
            "pfi": count.pfi,
            "critique": count.critique,
            "win_loss_ratio": count.win_loss_ratio,
            "bootstrap": paired_bootstrap(count),
            "clustered": self.clustered and asdict(self.clustered),
            "margins": self.margins and asdict(self.margins),
            "grades": grades and asdict(grades) | {"nfr": grades.nfr, "pfr": grades.pfr},
            "planning": self.planning(),
            "slices": [asdict(part) for part in self.slices],
            "rulings": [asdict(ruling) for ruling in self.rulings],
            "notes": list(self.pairing.notes),
        }

    def planning(self) -> dict:
        """What this many items can decide, and how many the budget needs."""
        count, budget = self.count, self.questions.budget
        return {
            "detectable_delta": detectable_change(count.n, (count.cw + count.wc) / count.n),
            "flips_allowed": None if budget is None else flips_allowed(count.n, budget),
            "items_without_flips": None if budget is None else items_without_flips(budget),
        }


def numbers(table: pa.Table, column: str) -> np.ndarray:
    """A column of numbers; what was not recorded is NaN."""
    return table[column].to_numpy().astype(float)


def slice_line(part: Slice) -> dict:
    """One slice of the report; `p` is one-sided and None below 20 items."""
    return {"slice": part.name, "n": part.n, "cw": part.cw, "wc": part.wc, "p": part.p, "p_holm": part.p_holm}
