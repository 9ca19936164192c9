"""Where in the suite items broke: each slice with an exact one-sided test, corrected for having looked at many."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from lineage.flip_statistics import benjamini_hochberg, holm, more_broken_than_fixed

MIN_TESTED_ITEMS = 20


@dataclass(frozen=True)
class Slice:
    """Flips within one slice; the p values are None in a slice that is too small to test."""

    name: str
    n: int
    cw: int
    wc: int
    right_old: int
    right_new: int
    p: float | None = None
    p_holm: float | None = None
    p_bh: float | None = None


def sliced(slices: pa.ChunkedArray, was_right: np.ndarray, is_right: np.ndarray) -> list[Slice]:
    """Every slice by name. Holm's p guards a gate, Benjamini and Hochberg's an exploration."""
    if slices.null_count == len(slices):
        return []
    coded = slices.combine_chunks().dictionary_encode()
    names = coded.dictionary.to_pylist()
    codes = coded.indices.fill_null(len(names)).to_numpy(zero_copy_only=False)
    masks = (np.ones_like(was_right), was_right & ~is_right, ~was_right & is_right, was_right, is_right)
    counts = [np.bincount(codes[mask], minlength=len(names) + 1).tolist() for mask in masks]
    rows = sorted(zip(names, *(count[: len(names)] for count in counts), strict=True))
    tested = [row for row in rows if row[1] >= MIN_TESTED_ITEMS]
    p = [more_broken_than_fixed(cw, wc) for _, _, cw, wc, *_ in tested]
    found = dict(zip((row[0] for row in tested), zip(p, holm(p), benjamini_hochberg(p), strict=True), strict=True))
    return [Slice(*row, *found.get(row[0], ())) for row in rows]


def says_what_old_never_said(old: pa.ChunkedArray, new: pa.ChunkedArray) -> np.ndarray:
    """True where the new version's answer is one that the old version gave to no item of the suite."""
    unheard = pc.invert(pc.is_in(new, value_set=pc.unique(old).drop_null()))
    return pc.and_(unheard, pc.is_valid(new)).to_numpy()
