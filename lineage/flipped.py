"""The items that flipped, worst first: a confident right answer that became a confident wrong one leads."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from lineage.flip_report import Analysis

MAX_KEPT = 50_000  # of each direction


@dataclass(frozen=True)
class Flipped:
    """One item whose correctness changed; what was not recorded is None."""

    is_negative: bool
    item_id: str
    label: str | None
    prediction_old: str | None
    prediction_new: str | None
    input: str | None
    slice: str | None
    is_new_label: bool | None
    is_fragile: bool | None
    """it may be the noise of running again"""
    margin_old: float | None
    margin_new: float | None
    score_old: float | None
    score_new: float | None


def flipped_items(analysis: Analysis, max_kept: int = MAX_KEPT) -> Iterator[Flipped]:
    """Negative flips, then positive ones, each worst first and at most `max_kept`."""
    for is_negative in (True, False):
        flipped = analysis.broken if is_negative else analysis.fixed
        places = np.flatnonzero(flipped)
        order = np.argsort(-severity(analysis, places, is_negative), kind="stable")
        yield from rows_at(analysis, places[order][:max_kept], is_negative)


def severity(analysis: Analysis, places: np.ndarray, is_negative: bool) -> np.ndarray:
    """How clear each flip is: both margins together, else the change of score; 0 where neither was recorded."""
    found = np.zeros(len(places))
    for combine, column in ((np.subtract, "score"), (np.add, "margin")):
        old, new = (column_at(table, column, places) for table in (analysis.pairing.old, analysis.pairing.new))
        values = combine(old, new) if is_negative or column == "margin" else combine(new, old)
        found = np.where(np.isnan(values), found, values)
    return found


def column_at(table: pa.Table, column: str, places: np.ndarray) -> np.ndarray:
    return table[column].take(places).to_numpy().astype(float)  # what was not recorded is NaN


def rows_at(analysis: Analysis, places: np.ndarray, is_negative: bool) -> Iterator[Flipped]:
    old, new = (table.take(places).to_pydict() for table in (analysis.pairing.old, analysis.pairing.new))
    unheard = None if analysis.unheard is None else analysis.unheard[places]
    fragile = analysis.within_noise(places)
    for place, item_id in enumerate(old["id"]):
        answered = old["prediction"][place] is not None and new["prediction"][place] is not None
        yield Flipped(
            is_negative=is_negative,
            item_id=item_id,
            label=old["label"][place] if old["label"][place] is not None else new["label"][place],
            prediction_old=old["prediction"][place],
            prediction_new=new["prediction"][place],
            input=old["input"][place],
            slice=old["slice"][place],
            is_new_label=bool(unheard[place]) if answered and unheard is not None else None,
            is_fragile=fragile[place],
            margin_old=old["margin"][place],
            margin_new=new["margin"][place],
            score_old=old["score"][place],
            score_new=new["score"][place],
        )
