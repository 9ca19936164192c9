"""One table of recorded outcomes: what a version answered to each item of a suite. Columnar, checked, hashed.

`BadOutcomes` carries the one sentence that a person needs when a record cannot be used.
"""

from __future__ import annotations

import hashlib
import json
import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

TEXT = pa.large_string()  # offsets of 64 bits: a million long answers pass 2 GB
SCHEMA = pa.schema(
    [
        pa.field("id", TEXT, nullable=False),
        pa.field("label", TEXT),  # the right answer
        pa.field("prediction", TEXT),
        pa.field("correct", pa.bool_(), nullable=False),
        pa.field("score", pa.float64()),  # graded quality of the answer, in the metric's own unit
        pa.field("margin", pa.float64()),  # score of the answer picked, less that of the next best
        pa.field("slice", TEXT),
        pa.field("cluster", TEXT),  # items that share a passage, document or user
        pa.field("prompt_sha256", TEXT),
        pa.field("input", TEXT),  # what was asked, so that a person can judge the answer
    ]
)
CHUNK_ITEMS = 8_192
MAX_ITEMS = 5_000_000
MAX_TABLE_BYTES = 4 << 30  # of one table
EXAMPLE_CHARACTERS = 80


class BadOutcomes(ValueError):
    """Recorded outcomes that cannot be used; the message is one clear sentence."""


@dataclass(frozen=True)
class OutcomeTable:
    """How one version fared on one suite, and what its log says about itself."""

    rows: pa.Table
    format: str
    suite: str = ""
    about: Mapping[str, object] = field(default_factory=dict)
    notes: tuple[str, ...] = ()

    @property
    def items(self) -> int:
        return self.rows.num_rows

    @cached_property
    def digest(self) -> str:
        """sha256 over suite, format, what the log says of itself, and the rows in order of their id."""
        rows = self.rows.take(pc.sort_indices(self.rows["id"]))
        header = [self.suite, self.format, self.about, list(self.notes), rows.num_rows, rows.column_names]
        sha = hashlib.sha256(json.dumps(header, sort_keys=True).encode())
        for name in rows.column_names:
            for part in canonical_buffers(rows[name]):
                sha.update(part)
        return sha.hexdigest()


def canonical_buffers(column: pa.ChunkedArray) -> tuple[memoryview, ...]:
    """Validity, lengths and values of a column: the same bytes for the same values, however it was chunked."""
    valid = np.packbits(column.is_valid().to_numpy()).data
    if not pa.types.is_large_string(column.type):
        return valid, column.fill_null(False if pa.types.is_boolean(column.type) else 0).to_numpy().data
    lengths = pc.binary_length(column).fill_null(0).to_numpy().data
    return valid, lengths, *(text_bytes(chunk) for chunk in column.fill_null("").chunks)


def text_bytes(texts: pa.LargeStringArray) -> memoryview:
    """The bytes of all texts, one after the other."""
    _, offsets, values = texts.buffers()
    bounds = np.frombuffer(offsets, np.int64)[texts.offset : texts.offset + len(texts) + 1]
    return memoryview(values or b"")[bounds[0] : bounds[-1]]


def text_of(value: object) -> str | None:
    """A label, prediction or id as the string it is compared as; None where there is none.

    >>> text_of(7), text_of("7"), text_of(True), text_of(None)
    ('7', '7', 'true', None)
    """
    if value is None or isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int) or (isinstance(value, float) and math.isfinite(value)):
        return str(value)
    if isinstance(value, float):
        raise BadOutcomes("is not a number (NaN or infinite)")
    raise BadOutcomes("is neither text nor a number")


TRUTH = {True: True, False: False, "true": True, "false": False, "1": True, "0": False, "1.0": True, "0.0": False}


def truth_of(value: object) -> bool | None:
    """Right or wrong as logs write it: true, 1, "true", "1", and their opposites; None where it is not said.

    >>> truth_of("True"), truth_of(0), truth_of(None)
    (True, False, None)
    """
    if value is None or value == "":
        return None
    key = value.strip().lower() if isinstance(value, str) else value
    if not isinstance(key, str | bool | int | float) or key not in TRUTH:
        raise BadOutcomes(f"is neither true nor false but {shown(value)}")
    return TRUTH[key]


def number_of(value: object) -> float | None:
    """A score or margin; None where there is none."""
    if value is None or value == "":
        return None
    try:
        number = float(value) if isinstance(value, str | int | float) and not isinstance(value, bool) else math.nan
    except (ValueError, OverflowError):
        number = math.nan
    if not math.isfinite(number):
        raise BadOutcomes(f"is not a finite number but {shown(value)}")
    return number


def shown(value: object) -> str:
    """A value as a sentence can quote it: one short line.

    >>> shown("a\\nb")
    "'a\\\\nb'"
    """
    text = ascii(value)
    return text if len(text) <= EXAMPLE_CHARACTERS else text[: EXAMPLE_CHARACTERS - 1] + "…"


READERS: Mapping[str, Callable] = {
    "id": text_of,
    "label": text_of,
    "prediction": text_of,
    "correct": truth_of,
    "score": number_of,
    "margin": number_of,
    "slice": text_of,
    "cluster": text_of,
    "prompt_sha256": text_of,
    "input": text_of,
}


class OutcomeColumns:
    """Collects outcomes row by row and turns every 8,192 of them into Arrow arrays, so that memory stays bounded."""

    def __init__(self, max_items: int = MAX_ITEMS):
        self.max_items = max_items
        self.items = 0
        self.batches: list[pa.RecordBatch] = []
        self.pending: list[tuple[str, Mapping[str, object]]] = []
        self.bytes = 0

    def add(self, place: str, values: Mapping[str, object]) -> None:
        """One outcome by column name; `place` ("line 3") is where a problem with it is found. Raises BadOutcomes."""
        self.pending.append((place, values))
        self.items += 1
        if len(self.pending) == CHUNK_ITEMS:
            self.pack()
        if self.items > self.max_items:
            raise BadOutcomes(f"it holds more than {self.max_items:,} items")

    def pack(self) -> None:
        """Turn what is pending into one batch. Raises BadOutcomes on a value that its column cannot hold."""
        named = set().union(*(row for _, row in self.pending))
        n = len(self.pending)
        arrays = [
            self.array_of(field) if field.name in named or field.name == "id" else pa.nulls(n, field.type)
            for field in SCHEMA
        ]
        batch = pa.record_batch(arrays, schema=pa.schema([field.with_nullable(True) for field in SCHEMA]))
        self.bytes += batch.nbytes
        if self.bytes > MAX_TABLE_BYTES:
            raise BadOutcomes(f"its outcomes take more than {MAX_TABLE_BYTES >> 30} GB of memory")
        self.batches.append(batch)
        self.pending = []

    def array_of(self, column: pa.Field) -> pa.Array:
        """One column of what is pending: at once where every value has its type already, else value by value."""
        values = [row.get(column.name) for _, row in self.pending]
        try:
            array = pa.array(values, column.type)
        except (pa.ArrowException, TypeError, ValueError, OverflowError):
            array = None
        if array is None or not is_plain(array, column.name):
            array = self.read_each(column, values)
        return array

    def read_each(self, column: pa.Field, values: list) -> pa.Array:
        """A column read value by value, which finds the place of a bad one."""
        found = [read_value(column.name, value, place) for (place, _), value in zip(self.pending, values, strict=True)]
        try:
            return pa.array(found, column.type)
        except UnicodeEncodeError:
            raise BadOutcomes("it holds text that is not valid Unicode (a lone surrogate)") from None

    def table(self) -> pa.Table:
        """All rows, checked: something in it, no id twice, right or wrong known for each. Raises BadOutcomes."""
        if self.pending:
            self.pack()
        if not self.batches:
            raise BadOutcomes("it holds no outcomes")
        rows, self.batches = pa.Table.from_batches(self.batches), []
        return checked(rows)


def is_plain(array: pa.Array, column: str) -> bool:
    """Whether an array that Arrow made at once is what the column's reader would have made of its values."""
    if column == "id":
        return array.null_count == 0 and not pc.any(pc.equal(array, "")).as_py()
    return not pa.types.is_floating(array.type) or pc.all(pc.is_finite(array)).as_py() is not False


def read_value(column: str, value: object, place: str):
    """One value as its column holds it. Raises BadOutcomes with the place."""
    try:
        found = None if value is None else READERS[column](value)
    except BadOutcomes as problem:
        raise BadOutcomes(f"{place}: {column} {problem}") from None
    if column == "id" and not found:
        raise BadOutcomes(f"{place} has no id")
    return found


def checked(rows: pa.Table) -> pa.Table:
    """`rows` with `correct` filled in from label and prediction; raises BadOutcomes on a doubled id or an open case."""
    if pc.count_distinct(rows["id"]).as_py() < rows.num_rows:
        counts = pc.value_counts(rows["id"])
        doubled = counts.field(0).filter(pc.greater(counts.field(1), 1))
        raise BadOutcomes(f"id {shown(doubled[0].as_py())} stands in it more than once ({len(doubled):,} ids do)")
    correct = pc.coalesce(rows["correct"], pc.equal(rows["label"], rows["prediction"]))
    if correct.null_count:
        open_case = rows["id"].filter(pc.is_null(correct))[0].as_py()
        missing = "label" if rows["label"].null_count == rows.num_rows else "prediction"
        raise BadOutcomes(f"id {shown(open_case)} has no {missing} and does not say whether it is correct")
    return rows.set_column(rows.schema.get_field_index("correct"), SCHEMA.field("correct"), correct).cast(SCHEMA)
