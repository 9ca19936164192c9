"""What every generic format shares: rows of named values with an id, a label and a prediction, or `correct`."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace

from lineage.importers.options import ReadOptions
from lineage.outcomes import READERS, BadOutcomes, OutcomeColumns, OutcomeTable, read_value

PREDICTION_KEYS = ("prediction", "pred")
MAX_KEY_SETS = 1_000


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
    columns, suites, known = OutcomeColumns(), set(), {}
    for place, row in rows:
        keys = tuple(row)
        if keys not in known:
            if len(known) == MAX_KEY_SETS:
                raise BadOutcomes(f"its rows name more than {MAX_KEY_SETS:,} sets of columns")
            known[keys] = renamed(known_columns(keys, place))
        if "suite" in row:
            suites.add(read_value("slice", row["suite"], place))
        if known[keys]:
            row = row | {ours: row[theirs] for ours, theirs in known[keys].items()}
        if row.get("slice") == "" or row.get("cluster") == "":
            row = {key: value for key, value in row.items() if value != "" or key not in ("slice", "cluster")}
        columns.add(place, graded(row, options.threshold, place) if options.threshold is not None else row)
    return replace(OutcomeTable(rows=columns.table(), format=format), suite=only_suite(suites))


def renamed(columns: Mapping[str, str]) -> dict[str, str]:
    """Only those columns that the file calls otherwise than we."""
    return {ours: theirs for ours, theirs in columns.items() if ours != theirs}


def graded(row: Mapping, threshold: float, place: str) -> Mapping:
    """A row that is right from a threshold on, where only its score says how good it is."""
    score = read_value("score", row.get("score"), place)
    if row.get("correct") is not None or score is None:
        return row
    return {**row, "correct": score >= threshold}


def only_suite(suites: set[str | None]) -> str:
    """The one suite that the rows name, "" for none; raises BadOutcomes on several."""
    named = suites - {None, ""}
    if len(named) > 1:
        raise BadOutcomes(f"it mixes {len(named)} suites, among them {' and '.join(sorted(named)[:2])}")
    return named.pop() if named else ""
