"""Pass, fail or unknown: what a comparison proves about a question, with the number that decided."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from lineage.flip_statistics import CONFIDENCE, lower_bound, upper_bound
from lineage.flips import FlipCount

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


def within_budget(count: FlipCount, budget: float) -> Ruling:
    """Is the negative flip rate at most `budget`? Both bounds are exact and one-sided, 95 %."""
    low, high = lower_bound(count.cw, count.n, CONFIDENCE), upper_bound(count.cw, count.n, CONFIDENCE)
    found = f"{count.cw:,} of {count.n:,} items broke"
    if high <= budget:
        return Ruling("budget", PASS, f"{found}; at most {percent(high)} do (95 %), within {percent(budget)}")
    if low > budget:
        return Ruling("budget", FAIL, f"{found}; at least {percent(low)} do (95 %), over {percent(budget)}")
    between = f"the rate lies between {percent(low)} and {percent(high)}, around {percent(budget)}"
    return Ruling("budget", UNKNOWN, f"{found}; {between}: more items would decide")


def overall(rulings: Sequence[Ruling], notes: Sequence[str] = ()) -> tuple[str | None, str]:
    """The verdict on all questions and its reason, what decided first; no verdict where nothing was asked."""
    ordered = sorted(rulings, key=lambda ruling: WORST_FIRST.index(ruling.verdict))
    verdict = ordered[0].verdict if ordered else None
    deciding = [ruling.reason for ruling in ordered if ruling.verdict == verdict]
    sentences = [f"{'; '.join(deciding)}." if deciding else "Nothing was asked: no budget.", *notes]
    return verdict, " ".join(sentences)
