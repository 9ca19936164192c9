"""What every generic format shares: rows of named values with an id, a label and a prediction, or `correct`."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace

from lineage.importers.options import ReadOptions
from lineage.outcomes import READERS, BadOutcomes, OutcomeColumns, OutcomeTable

PREDICTION_KEYS = ("prediction", "pred")


def known_columns(names: Iterable[str], place: str) -> dict[str, str]:
    """Their column for each of ours; raises BadOutcomes where id, or any word on right and wrong, is missing."""
    names = set(names)
    found = {name: name for name in READERS if name in names}
    if answer := next((key for key in PREDICTION_KEYS if key in names), None):
        found["prediction"] = answer
    if "id" not in names:
        raise BadOutcomes(f"{place} has no id")
    if not {"correct", "score"} & found.keys() and not {"label", "prediction"} <= found.keys():
        raise BadOutcomes(f"{place} has neither label and prediction nor correct")
    return found


def table_of(rows: Iterable[tuple[str, Mapping]], format: str, options: ReadOptions) -> OutcomeTable:
    """A table of rows, each with the place where it stands. Raises BadOutcomes."""
    columns, suites, keys_seen = OutcomeColumns(), set(), {}
    for place, row in rows:
        keys = tuple(row)
        if keys not in keys_seen:
            if len(keys_seen) > 1_000:
                raise BadOutcomes("its rows name more than 1,000 sets of columns")
            keys_seen[keys] = known_columns(keys, place)
        values = {ours: row[theirs] for ours, theirs in keys_seen[keys].items()}
        if options.threshold is not None and values.get("correct") is None and values.get("score") is not None:
            values["correct"] = graded(values["score"], options.threshold, place)
        columns.add(row["id"], place, **values)
        suites.add(row.get("suite"))
    table = OutcomeTable(rows=columns.table(), format=format)
    return replace(table, suite=only_suite(suites))


def graded(score: object, threshold: float, place: str) -> bool:
    return OutcomeColumns.read("score", READERS["score"], score, place) >= threshold


def only_suite(suites: set) -> str:
    """The one suite that the rows name, "" for none; raises BadOutcomes on several."""
    named = {str(suite) for suite in suites if suite not in (None, "")}
    if len(named) > 1:
        raise BadOutcomes(f"it mixes {len(named)} suites, among them {' and '.join(sorted(named)[:2])}")
    return named.pop() if named else ""
