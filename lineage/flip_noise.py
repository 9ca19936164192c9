"""How much a version differs from itself when it runs again, and which flips of an upgrade lie beyond that."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from lineage.flip_margins import noise_band
from lineage.flips import FlipCount
from lineage.pairing import Pairing

FLOOR = ("flips", "nfr", "pfr", "churn")


@dataclass(frozen=True)
class Rerun:
    """The old version beside itself run again, its first answers as `pairing.old`."""

    pairing: Pairing
    name: str = ""
    """how it ran, where it was run here"""

    @property
    def is_same(self) -> np.ndarray:
        """Where both runs were right, or both wrong."""
        return right(self.pairing.old) == right(self.pairing.new)

    @property
    def band(self) -> float | None:
        """How far running again moves a margin. A written answer that changed moved past its own narrowest lead."""
        margins, again = (table["margin"].to_numpy().astype(float) for table in (self.pairing.old, self.pairing.new))
        if self.pairing.answers == "text":
            changed = pc.not_equal(self.pairing.old["prediction"], self.pairing.new["prediction"]).fill_null(False)
            again = np.where(changed.to_numpy(), 0.0, again)
        return noise_band(margins, again)

    def line(self, count: FlipCount) -> dict:
        """What changed, as the report gives it; rates are fractions of the items that ran again."""
        return {
            "name": self.name,
            "n": count.n,
            "flips": count.cw + count.wc,
            "nfr": count.nfr,
            "pfr": count.pfr,
            "churn": count.churn,
            "margin_band": self.band,
        }


def noise_of(reruns: Sequence[Rerun], counts: Sequence[FlipCount], nfr: float) -> dict:
    """The noise floor: of each figure the largest that any rerun gave. Runs of our own are listed, with their mean."""
    lines = [rerun.line(count) for rerun, count in zip(reruns, counts, strict=True)]
    bands = [line["margin_band"] for line in lines if line["margin_band"] is not None]
    most = {name: most_of([line[name] for line in lines]) for name in FLOOR}
    found = {
        "n": max(line["n"] for line in lines),
        **most,
        "nfr_above": nfr - most["nfr"],
        "margin_band": max(bands, default=None),
    }
    if any(rerun.name for rerun in reruns):
        mean = {name: mean_of([line[name] for line in lines]) for name in FLOOR}
        found |= {"reruns": lines, "floor": {"max": most, "mean": mean}}
    return found


def most_of(values: Sequence[float | None]) -> float | None:
    """The largest; None where one is not known."""
    return None if None in values else max(values)


def mean_of(values: Sequence[float | None]) -> float | None:
    return None if None in values else sum(values) / len(values)


def unsettled(ids: pa.ChunkedArray, reruns: Sequence[Rerun]) -> np.ndarray:
    """By item, 1 where the old version, run again, mostly contradicts its first answer; 0 where not; −1: not run again.

    Mostly is half of all its runs, the first among them: with one rerun a single change, with three two of them.
    """
    runs, agreeing = np.ones(len(ids), int), np.ones(len(ids), int)
    for rerun in reruns:
        places = pc.index_in(rerun.pairing.old["id"], value_set=ids.combine_chunks())
        at, known = places.drop_null().to_numpy(), pc.is_valid(places).to_numpy()
        runs[at] += 1
        agreeing[at] += rerun.is_same[known]
    return np.where(runs == 1, -1, (2 * agreeing <= runs).astype(int))


def beyond(broken: np.ndarray, is_unsettled: np.ndarray) -> Mapping[str, int]:
    """Negative flips among the items that ran again, and how many of them are no doing of chance."""
    checked = broken & (is_unsettled >= 0)
    return {
        "flips_checked": int(np.count_nonzero(checked)),
        "flips_beyond": int(np.count_nonzero(checked & (is_unsettled == 0))),
    }


def right(table: pa.Table) -> np.ndarray:
    return table["correct"].to_numpy()
