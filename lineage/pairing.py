"""Puts two tables of outcomes side by side, item by item, and says every way in which they are not the same test."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from lineage.label_maps import permuted_labels, renamed_labels
from lineage.outcomes import BadOutcomes, OutcomeTable, shown

ONE_TEST = ("metric", "filter", "higher_is_better")  # two logs that differ in one of these are not one test
RUN = {  # what a log may say of its run, and how a sentence names it; a difference is said and not refused
    "tool": "evaluator",
    "tool_version": "version of the evaluator",
    "task_version": "version of the task",
    "task_hash": "definition of the task",
    "few_shot": "number of examples shown",
    "chat_template_sha": "chat template",
    "dtype": "dtype",
    "device": "device",
    "batch_size": "batch size",
    "limit": "limit of items",
}
OF_THE_ITEM = ("slice", "cluster", "input")  # belong to the item, whichever version answers it


@dataclass(frozen=True)
class Allowances:
    """What a person has looked at and accepts."""

    common_items: bool = False
    swapped_labels: bool = False


@dataclass(frozen=True)
class Pairing:
    """Both tables in one order, row by row the same item."""

    old: pa.Table
    new: pa.Table
    only_old: int = 0
    only_new: int = 0
    notes: tuple[str, ...] = ()
    answers: str | None = None
    """"choices" are numbers of offered answers, "text" was written freely; anything else is a label"""
    choices: int | None = None
    """how many the old version was offered at most"""
    higher_is_better: bool | None = None
    """of the score; None where the log does not say"""

    @property
    def n(self) -> int:
        return self.old.num_rows


def pair(old: OutcomeTable, new: OutcomeTable, allow: Allowances | None = None) -> Pairing:
    """The items of both, in the old table's order. Raises BadOutcomes where the two are not one test."""
    allow = allow or Allowances()
    refuse_another_test(old, new)
    places = pc.index_in(old.rows["id"], value_set=new.rows["id"].combine_chunks())
    n = len(places) - places.null_count
    only_old, only_new = old.items - n, new.items - n
    if n == 0:
        raise BadOutcomes("The two files have no item in common.")
    unpaired = f"{only_old:,} items stand only in the old file and {only_new:,} only in the new one"
    if only_old + only_new and not allow.common_items:
        raise BadOutcomes(f"The two files are not about the same items: {unpaired}.")
    rows_old, rows_new = side_by_side(old.rows, new.rows, places)
    refuse_other_labels(rows_old, rows_new)
    if not allow.swapped_labels:
        refuse_permuted_predictions(rows_old, rows_new)
    notes = [f"Only the {n:,} common items were compared: {unpaired}."] if only_old + only_new else []
    notes += [*old.notes, *(note for note in new.notes if note not in old.notes)]
    notes += [*differing_prompts(rows_old, rows_new), *differing_runs(old.about, new.about)]
    answers = old.about.get("answers") if old.about.get("answers") == new.about.get("answers") else None
    shared = with_shared_columns(rows_old, rows_new)
    direction = old.about.get("higher_is_better", new.about.get("higher_is_better"))
    return Pairing(*shared, only_old, only_new, tuple(notes), answers, old.about.get("choices"), direction)


def side_by_side(old: pa.Table, new: pa.Table, places: pa.ChunkedArray) -> tuple[pa.Table, pa.Table]:
    """Both tables without unpaired rows, the new one in the order of the old."""
    if places.null_count:
        old, places = old.filter(pc.is_valid(places)), places.drop_null()
    order = places.to_numpy()
    if len(order) == new.num_rows and np.array_equal(order, np.arange(len(order))):
        return old, new
    return old, new.take(order)


def refuse_another_test(old: OutcomeTable, new: OutcomeTable) -> None:
    if old.suite and new.suite and old.suite != new.suite:
        raise BadOutcomes(f"The two files are of different suites, {shown(old.suite)} and {shown(new.suite)}.")
    for key in ONE_TEST:
        was, now = old.about.get(key), new.about.get(key)
        if was is not None and now is not None and was != now:
            raise BadOutcomes(f"The two files differ in {key.replace('_', ' ')}: {shown(was)} and {shown(now)}.")


def refuse_other_labels(old: pa.Table, new: pa.Table) -> None:
    """Raises BadOutcomes where an item's right answer is not the same in both."""
    differs = pc.not_equal(old["label"], new["label"]).fill_null(False)
    count = pc.sum(differs).as_py()
    if not count:
        return
    names = renamed_labels(old["label"], new["label"])
    if names:
        said = ", ".join(f"{shown(was)} is now {shown(now)}" for was, now in list(names.items())[:4] if was != now)
        raise BadOutcomes(f"The two files name the labels differently, as under a permuted label map: {said}.")
    item, was, now = (t.filter(differs)[c][0].as_py() for t, c in ((old, "id"), (old, "label"), (new, "label")))
    example = f"{shown(item)} is labelled {shown(was)} in the old file and {shown(now)} in the new one"
    raise BadOutcomes(f"The two files disagree on the right answer of {count:,} items: {example}.")


def refuse_permuted_predictions(old: pa.Table, new: pa.Table) -> None:
    """Raises BadOutcomes where one version, but not the other, gives some labels each other's names."""
    label = pc.coalesce(old["label"], new["label"])
    found = {name: permuted_labels(label, rows["prediction"]) for name, rows in (("old", old), ("new", new))}
    for name, names in found.items():
        if names and found["old"] != found["new"]:
            said = ", ".join(f"{shown(said)} for {shown(right)}" for right, said in list(names.items())[:4])
            raise BadOutcomes(
                f"The {name} version's label map looks permuted: nearly always it says {said}."
                " Mend the log, or say that the labels were checked."
            )


def differing_prompts(old: pa.Table, new: pa.Table) -> Iterator[str]:
    """One sentence where items were asked in other words: then not only the model changed."""
    known = pc.not_equal(old["prompt_sha256"], new["prompt_sha256"]).drop_null()
    differing = pc.sum(known).as_py() or 0
    if differing:
        yield f"The prompt differs in {differing:,} of {len(known):,} items: the flips are not of the model alone."


def differing_runs(old: Mapping[str, object], new: Mapping[str, object]) -> Iterator[str]:
    """One sentence on everything that both logs say of their runs, and say differently."""
    known = [key for key in RUN if old.get(key) is not None and new.get(key) is not None]
    said = [f"{RUN[key]} ({short(old[key])}, {short(new[key])})" for key in known if old[key] != new[key]]
    if said:
        yield f"The two runs differ in {', '.join(said)}."


def short(value: object) -> str:
    text = str(value)
    return text if len(text) <= 24 else f"{text[:12]}…"


def with_shared_columns(old: pa.Table, new: pa.Table) -> tuple[pa.Table, pa.Table]:
    """Slice, cluster and input as either file gives them; raises BadOutcomes where the two contradict each other."""
    for column in OF_THE_ITEM:
        if old[column].null_count == new[column].null_count == old.num_rows:
            continue
        differs = pc.not_equal(old[column], new[column]).fill_null(False)
        if column != "input" and pc.any(differs).as_py():
            item = old["id"].filter(differs)[0].as_py()
            raise BadOutcomes(f"The two files put {shown(item)} into different {column}s.")
        place = old.schema.get_field_index(column)
        shared = pc.coalesce(old[column], new[column])
        old, new = (rows.set_column(place, old.schema.field(column), shared) for rows in (old, new))
    return old, new
