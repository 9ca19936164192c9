"""How many cards answer what they are asked, counted from their marks (`cards/marks.py`)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from openness.cards.marks import EVIDENCE, NOT_APPLICABLE, OWN, TITLED, UNKNOWN

MEASURES = {"own": OWN, "any": EVIDENCE, "titled": TITLED}


@dataclass(frozen=True)
class Filled:
    """Of the cards that could be judged and to which it applies: how many have it, by three measures.

    `own`: content under a title of its own. `any`: evidence of any kind. `titled`: the title, whatever is under it.
    """

    cards: int  # judged, and asked
    own: int
    any: int
    titled: int
    unknown: int = 0
    not_applicable: int = 0

    def share(self, measure: str) -> float | None:
        """The share by one of the measures, from 0 to 1; None where no card was judged."""
        return getattr(self, measure) / self.cards if self.cards else None

    def as_dict(self) -> dict:
        shares = {f"{measure}_share": self.share(measure) for measure in MEASURES}
        counts = {name: getattr(self, name) for name in ("cards", *MEASURES, "unknown", "not_applicable")}
        return counts | shares


class Marks:
    """Many cards' marks as a table: a row for each different one, with the number of cards that have it.

    >>> table = Marks({"s-": 2, "e?": 1}, 2)
    >>> table.filled([[0]]), table.filled([[1]])
    (Filled(cards=3, own=2, any=3, titled=2, unknown=0, not_applicable=0), \
Filled(cards=2, own=0, any=0, titled=0, unknown=1, not_applicable=0))
    """

    def __init__(self, counts: Mapping[str, int], criteria: int):
        kept = {marks: number for marks, number in counts.items() if len(marks) == criteria and marks.isascii()}
        letters = np.frombuffer("".join(kept).encode("ascii"), dtype=np.uint8)
        self._letters = letters.reshape(len(kept), criteria)
        self._numbers = np.fromiter(kept.values(), dtype=np.int64, count=len(kept))
        self.cards = int(self._numbers.sum())

    def filled(self, parts: Sequence[Sequence[int]]) -> Filled:
        """How many cards have every one of `parts`, each of which any of its criteria, by their place, can give.

        A card of which some part was not found and might stand in what could not be judged is unknown by `any`, and so
        left out; it does not apply to a card of which it does not apply in whole.
        """
        has = {measure: self._every(parts, letters) for measure, letters in MEASURES.items()}
        found = has["any"] | has["titled"]
        is_void = self._every(parts, NOT_APPLICABLE, each=True)
        is_unknown = ~found & ~is_void & self._every(parts, EVIDENCE + TITLED + UNKNOWN) & self._some(parts, UNKNOWN)
        judged = ~is_void & ~is_unknown
        counts = {measure: self._sum(rows & judged) for measure, rows in has.items()}
        return Filled(self._sum(judged), **counts, unknown=self._sum(is_unknown), not_applicable=self._sum(is_void))

    def _every(self, parts: Sequence[Sequence[int]], letters: str, *, each: bool = False) -> np.ndarray:
        """Which rows have one of `letters` at some (or `each`) place of every part."""
        wanted = np.isin(self._letters, np.frombuffer(letters.encode("ascii"), dtype=np.uint8))
        rows = np.ones(len(wanted), dtype=bool)
        for part in parts:
            rows &= wanted[:, list(part)].all(axis=1) if each else wanted[:, list(part)].any(axis=1)
        return rows

    def _some(self, parts: Sequence[Sequence[int]], letters: str) -> np.ndarray:
        places = sorted({place for part in parts for place in part})
        return self._every([places], letters)

    def _sum(self, rows: np.ndarray) -> int:
        return int(self._numbers[rows].sum())
