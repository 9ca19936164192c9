"""Pass, fail or unknown: what a comparison proves about a question, with the number that decided."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from lineage.flip_margins import MarginSplit
from lineage.flip_planning import items_to_decide
from lineage.flip_slices import Slice
from lineage.flip_statistics import CONFIDENCE, lower_bound, upper_bound

PASS, FAIL, UNKNOWN = "pass", "fail", "unknown"
WORST_FIRST = (FAIL, UNKNOWN, PASS)


@dataclass(frozen=True)
class Ruling:
    """The answer to one question, and why."""

    rule: str
    verdict: str
    reason: str


def percent(fraction: float) -> str:
    """A fraction as people read it, with enough digits to tell it from a bound.

    >>> percent(0.0295), percent(0.00003), percent(0)
    ('2.95 %', '0.003 %', '0 %')
    """
    return f"{100 * fraction:.3g} %"


def within_budget(broken: int, n: int, budget: float, rule: str = "budget", what: str = "items broke") -> Ruling:
    """Is the rate of `broken` in `n` at most `budget`? Both bounds are exact and one-sided, 95 %."""
    low, high = lower_bound(broken, n, CONFIDENCE), upper_bound(broken, n, CONFIDENCE)
    found = f"{broken:,} of {n:,} {what}"
    if high <= budget:
        return Ruling(rule, PASS, f"{found}; at most {percent(high)} do (95 %), within {percent(budget)}")
    if low > budget:
        return Ruling(rule, FAIL, f"{found}; at least {percent(low)} do (95 %), over {percent(budget)}")
    between = f"the rate lies between {percent(low)} and {percent(high)}, around {percent(budget)}"
    needed = items_to_decide(broken / n, budget) if n else None
    more = f"about {needed:,} items would decide at this rate" if needed and needed > n else "more items would decide"
    return Ruling(rule, UNKNOWN, f"{found}; {between}: {more}")


def solid_within_budget(margins: MarginSplit | None, n: int, budget: float) -> Ruling:
    """Is the rate of flips outside the noise band at most `budget`? Unknown without margins or without a band."""
    if margins is None or margins.solid is None or margins.unknown:
        missing = (
            "margins are not recorded on every flip" if margins is None or margins.unknown else "no noise band is known"
        )
        return Ruling("solid_budget", UNKNOWN, f"solid flips cannot be told from fragile ones: {missing}")
    return within_budget(margins.solid, n, budget, "solid_budget", "items broke beyond the noise band")


def not_inferior(delta_ci: tuple[float, float], margin: float) -> Ruling:
    """Is the new accuracy at most `margin` below the old? Decided by the 95 % interval of the paired difference."""
    low, high = delta_ci
    if low >= -margin:
        return Ruling(
            "non_inferiority", PASS, f"accuracy falls by {percent(max(0.0, -low))} at most, within {percent(margin)}"
        )
    if high < -margin:
        return Ruling("non_inferiority", FAIL, f"accuracy falls by {percent(-high)} at least, over {percent(margin)}")
    between = f"accuracy changes by {100 * low:+.3g} to {100 * high:+.3g} points"
    return Ruling("non_inferiority", UNKNOWN, f"{between}, around a loss of {percent(margin)}")


def no_slice_got_worse(slices: Sequence[Slice]) -> Ruling:
    """Did more break than was fixed in any slice, after Holm's correction? Unknown where no slice could be tested."""
    tested = [part for part in slices if part.p_holm is not None]
    if not tested:
        return Ruling("slices", UNKNOWN, "no slice has the 20 items that a test needs")
    worst = min(tested, key=lambda part: part.p_holm)
    said = f"slice {worst.name[:80]!r} broke {worst.cw:,} and fixed {worst.wc:,} (Holm p {worst.p_holm:.2g})"
    if worst.p_holm <= 1 - CONFIDENCE:
        return Ruling("slices", FAIL, said)
    return Ruling("slices", PASS, f"none of {len(tested):,} slices got significantly worse; the nearest, {said}")


def must_pass(wanted: int, missing: int, wrong: Sequence[str]) -> Ruling:
    """Are the items that must be right all right now? `wrong` names those that are not."""
    if wrong:
        named = ", ".join(f"{item[:60]!r}" for item in wrong[:3]) + (" …" if len(wrong) > 3 else "")
        return Ruling(
            "must_pass", FAIL, f"{len(wrong):,} of {wanted:,} items that must be right are wrong now: {named}"
        )
    if missing:
        return Ruling("must_pass", UNKNOWN, f"{missing:,} of {wanted:,} items that must be right are in neither file")
    return Ruling("must_pass", PASS, f"all {wanted:,} items that must be right are")


def overall(rulings: Sequence[Ruling], notes: Sequence[str] = ()) -> tuple[str | None, str]:
    """The verdict on all questions and its reason, what decided first; no verdict where nothing was asked."""
    ordered = sorted(rulings, key=lambda ruling: WORST_FIRST.index(ruling.verdict))
    verdict = ordered[0].verdict if ordered else None
    deciding = [ruling.reason for ruling in ordered if ruling.verdict == verdict]
    sentences = [f"{'; '.join(deciding)}." if deciding else "Nothing was asked: no budget.", *notes]
    return verdict, " ".join(sentences)
