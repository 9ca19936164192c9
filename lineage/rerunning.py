"""In which ways the older version runs again for the noise floor: under other batches, in another dtype, and in both.

What a classifier answers hardly moves, so one rerun tells. In a written answer one early token decides all that follow:
its flips are the noisiest, and it is written again three times.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, replace

from lineage.running import How
from lineage.runs.batches import NATURAL, Plan
from lineage.suites import GENERATION, Suite

NOISE_ITEMS = 500
RERUNS = {GENERATION: 3}  # of other tasks one
NOISE_PLAN = Plan(tokens=2_048, rows=8, order=NATURAL)
OTHER_DTYPE = {"float32": "bfloat16", "bfloat16": "float32", "float16": "float32"}
LEAST_S = 600.0  # that the reruns may take together, however short the runs were


@dataclass(frozen=True)
class Way:
    """One way to run again."""

    name: str
    how: How


def ways(how: How, plan: Plan) -> list[Way]:
    """How the older version runs again, the most different first; `plan` is the one that both versions ran under."""
    other = OTHER_DTYPE[how.dtype]
    return [
        Way(f"{other}, other batches", replace(how, dtype=other, plan=NOISE_PLAN)),
        Way(f"{how.dtype}, other batches", replace(how, plan=NOISE_PLAN)),
        Way(f"{other}, same batch plan", replace(how, dtype=other, plan=plan)),
    ]


def reruns_wanted(task: str) -> int:
    return RERUNS.get(task, 1)


def noise_ids(suite: Suite) -> list[str]:
    """At most 500 items, drawn by a hash of their ids, so that the same suite always gives the same ones.

    Reruns of written answers together take no more items than the two versions did, but never fewer than one each.
    """
    wanted = reruns_wanted(suite.task)
    most = min(NOISE_ITEMS, -(-2 * len(suite.items) // wanted))
    drawn = sorted(suite.items, key=lambda item: hashlib.sha256(item.id.encode()).digest())
    return sorted(item.id for item in drawn[:most])


def time_for_reruns_s(figures: list[Mapping], how: How) -> float:
    """Seconds that all reruns may take together: as long as both versions took, or ten minutes where that is longer."""
    return min(how.time_s, max(LEAST_S, sum(one.get("wall_s") or 0.0 for one in figures)))
