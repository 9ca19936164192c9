"""Finds a permuted label map, the commonest false catastrophe: a version that answers well under the wrong names."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

MAX_LABELS = 200
MIN_ITEMS = 20
MOSTLY = 0.7  # of a label's items answered with one other label
HARDLY = 0.2  # of the same items answered rightly


def renamed_labels(old: pa.ChunkedArray, new: pa.ChunkedArray) -> dict[str, str] | None:
    """New name by old name where two columns of right answers differ by a renaming alone; None otherwise.

    >>> renamed_labels(pa.chunked_array([["a", "b", "a"]]), pa.chunked_array([["b", "a", "b"]]))
    {'a': 'b', 'b': 'a'}
    """
    pairs = pa.table({"old": old, "new": new}).group_by(["old", "new"]).aggregate([]).to_pydict()
    names = dict(zip(pairs["old"], pairs["new"], strict=True))
    is_one_to_one = len(names) == len(set(names.values())) == len(pairs["old"])
    return dict(sorted(names.items())) if is_one_to_one and None not in names else None


def permuted_labels(label: pa.ChunkedArray, prediction: pa.ChunkedArray) -> dict[str, str] | None:
    """Answer given by right answer, where a version gives for some labels each other's names; None otherwise.

    >>> gold, said = ["a"] * 10 + ["b"] * 10, ["b"] * 10 + ["a"] * 10
    >>> permuted_labels(pa.chunked_array([gold]), pa.chunked_array([said]))
    {'a': 'b', 'b': 'a'}
    """
    names = pc.unique(label).drop_null()
    if not 2 <= len(names) <= MAX_LABELS or prediction.null_count == len(prediction):
        return None
    table = confusion(pc.index_in(label, value_set=names), pc.index_in(prediction, value_set=names), len(names))
    said = table.argmax(axis=1)
    moved = np.flatnonzero((said != np.arange(len(names))) & (table.sum(axis=1) > 0))
    items = table[moved].sum()
    if items < MIN_ITEMS or sorted(said[moved]) != sorted(moved):
        return None
    if table[moved, said[moved]].sum() < MOSTLY * items or table[moved, moved].sum() > HARDLY * items:
        return None
    return {names[int(i)].as_py(): names[int(said[i])].as_py() for i in moved}


def confusion(label: pa.ChunkedArray, prediction: pa.ChunkedArray, k: int) -> np.ndarray:
    """Items by right answer (row) and answer given (column), for answers that are labels."""
    known = pc.and_(pc.is_valid(label), pc.is_valid(prediction))
    rows, columns = (codes.filter(known).to_numpy().astype(np.int64) for codes in (label, prediction))
    return np.bincount(rows * k + columns, minlength=k * k).reshape(k, k)
