"""From tables of outcomes of many versions to one answer sheet: the common items, in one order."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from functools import reduce

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from lineage.outcomes import BadOutcomes, OutcomeTable
from lineage.pairing import Allowances, pair
from lineage.version_matrix import Answers, ever_lost, matrix, multiplicity, slice_points, steps

MAX_VERSIONS = 24
MAX_SLICES = 200


@dataclass(frozen=True)
class Sheet:
    """Every version's answers to the items that all of them answered."""

    versions: list[Answers]
    slices: dict[str, np.ndarray]
    notes: tuple[str, ...]
    """how a version's run differs from the first one's"""
    left_out: int
    """items of the largest file that not every version answered"""


def sheet_of(named: Sequence[tuple[str, OutcomeTable]]) -> Sheet:
    """The answers of several versions side by side. Raises BadOutcomes where two are not one test."""
    if not 2 <= len(named) <= MAX_VERSIONS:
        raise BadOutcomes(f"From 2 to {MAX_VERSIONS} versions can be compared at once, not {len(named)}.")
    first = named[0][1]
    pairs = [(name, pair(first, other, Allowances(common_items=True))) for name, other in named[1:]]
    notes = tuple(f"{name}: {note}" for name, found in pairs for note in found.notes if not note.startswith("Only "))
    common = reduce(common_ids, (table.rows["id"] for _, table in named))
    if not len(common):
        raise BadOutcomes("The files have no item in common.")
    rows = [table.rows.take(pc.index_in(common, value_set=table.rows["id"].combine_chunks())) for _, table in named]
    left_out = max(table.items for _, table in named) - len(common)
    return Sheet(answers_of([name for name, _ in named], rows), slices_of(rows[0]), notes, left_out)


def common_ids(one: pa.ChunkedArray, other: pa.ChunkedArray) -> pa.ChunkedArray:
    return one.filter(pc.is_in(one, value_set=other.combine_chunks()))


def answers_of(names: Sequence[str], rows: Sequence[pa.Table]) -> list[Answers]:
    """Right and wrong, and equal answers under equal numbers where every answer was recorded."""
    recorded = all(table["prediction"].null_count == 0 for table in rows)
    if not recorded:
        return [Answers(name, table["correct"].to_numpy()) for name, table in zip(names, rows, strict=True)]
    words = pa.chunked_array([chunk for table in rows for chunk in table["prediction"].chunks])
    codes = words.combine_chunks().dictionary_encode().indices.to_numpy()
    n = rows[0].num_rows
    return [
        Answers(name, table["correct"].to_numpy(), codes[place * n : (place + 1) * n])
        for place, (name, table) in enumerate(zip(names, rows, strict=True))
    ]


def slices_of(rows: pa.Table) -> dict[str, np.ndarray]:
    """A mask for each slice, at most 200 of them."""
    column = rows["slice"]
    names = sorted(pc.unique(column).drop_null().to_pylist())[:MAX_SLICES]
    return {name: pc.equal(column, name).fill_null(False).to_numpy() for name in names}


def report_of(sheet: Sheet, epsilon: float) -> dict:
    """The report on several versions, in the order in which they were given; rates are fractions."""
    versions = sheet.versions
    counts = matrix(versions)
    return {
        "n": len(versions[0].right),
        "left_out": sheet.left_out,
        "notes": list(sheet.notes),
        "versions": [{"name": version.name, "accuracy": version.accuracy} for version in versions],
        "nfr": [[count.nfr for count in row] for row in counts],
        "churn": [[count.churn for count in row] for row in counts],
        "steps": steps(versions),
        "lost_for_good": ever_lost(versions),
        "multiplicity": asdict(multiplicity(versions[0], versions[1:], epsilon)),
        "multiplicity_by_base": [
            asdict(multiplicity(base, [other for other in versions if other is not base], epsilon)) for base in versions
        ],
        "slices": {
            name: [asdict(point) for point in points] for name, points in slice_points(versions, sheet.slices).items()
        },
    }
