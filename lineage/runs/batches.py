"""Which items are computed together: batches of bounded size, longest items first, so that little is padding."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

EVEN_FROM = 512  # tokens; smaller batches are all overhead
LONGEST_FIRST, NATURAL = "longest first", "natural"


@dataclass(frozen=True)
class Plan:
    """How items are cut into batches. `tokens` bounds rows times the longest row of a batch."""

    tokens: int = 8_192
    rows: int = 512
    order: str = LONGEST_FIRST
    even: float = 0.0
    """a batch of `EVEN_FROM` tokens ends before a row shorter than this fraction of its longest; 0: never"""

    def halved(self) -> Plan:
        """The plan to go on with after memory ran out."""
        return replace(self, tokens=max(1, self.tokens // 2), rows=max(1, self.rows // 2))


CPU = Plan(tokens=1_024, rows=64, even=0.9)  # what a processor's caches hold; measured, see tests/bench/runs.py
CPU_CHOICES = Plan(tokens=4_096, rows=256, even=0.8)  # a language model has more work a token; measured there too
GPU = Plan(tokens=16_384, rows=1_024, even=0.8)  # enough to hide the launching of kernels; not measured


def in_order(lengths: Sequence[int], order: str) -> list[int]:
    """Places of items in the order in which they are computed; equal lengths stay in their own order.

    >>> in_order([3, 9, 3, 5], LONGEST_FIRST)
    [1, 3, 0, 2]
    """
    places = range(len(lengths))
    return sorted(places, key=lambda place: -lengths[place]) if order == LONGEST_FIRST else list(places)


def cut(lengths: Sequence[int], plan: Plan) -> Iterator[slice]:
    """Slices of consecutive items; each holds at least one, and else at most the plan's rows and padded tokens.

    >>> [(part.start, part.stop) for part in cut([9, 5, 5, 2, 1], Plan(tokens=12))]
    [(0, 1), (1, 3), (3, 5)]
    """
    start, longest = 0, 0
    for end, length in enumerate(lengths):
        longest = max(longest, length)
        rows = end - start + 1
        is_uneven = length < plan.even * longest and (rows - 1) * longest >= EVEN_FROM
        if rows > 1 and (rows > plan.rows or rows * longest > plan.tokens or is_uneven):
            yield slice(start, end)
            start, longest = end, length
    if len(lengths):
        yield slice(start, len(lengths))


def padding_share(lengths: Sequence[int], plan: Plan) -> float | None:
    """Fraction of the computed tokens that are padding, were `lengths` computed in the plan's order; None without any.

    >>> padding_share([4, 1, 4, 1], Plan(rows=2, order=NATURAL)), padding_share([4, 1, 4, 1], Plan(rows=2))
    (0.375, 0.0)
    """
    ordered = [lengths[place] for place in in_order(lengths, plan.order)]
    computed = sum(max(ordered[part]) * len(ordered[part]) for part in cut(ordered, plan))
    return 1 - sum(ordered) / computed if computed else None
