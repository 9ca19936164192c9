"""Reads the rows of a suite from JSON lines, CSV or Parquet, by a mapping of columns; bounded, each value checked."""

from __future__ import annotations

import csv
import json
from collections.abc import Iterator, Mapping
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

COLUMNS = ("id", "input", "pair", "label", "choices", "slice", "cluster", "image", "pixels")
MAX_ROWS = 1_000_000
MAX_FILE_BYTES = 2 << 30
MAX_LINE_CHARACTERS = 4 << 20
MAX_TEXT_CHARACTERS = 1_000_000
MAX_CHOICES = 200
MAX_PIXELS = 1 << 20


class BadSuite(ValueError):
    """A suite that cannot be used; the message is one clear sentence."""


def read_rows(path: Path, columns: Mapping[str, object]) -> list[dict]:
    """Rows by our column names; `columns` says what the file calls them where it is otherwise. Raises BadSuite."""
    unknown = set(columns) - set(COLUMNS)
    if unknown or not all(isinstance(name, str) for name in columns.values()):
        raise BadSuite(f"A suite maps the columns {', '.join(COLUMNS)} to names and no others.")
    names = {column: columns.get(column, column) for column in COLUMNS}
    try:
        if path.stat().st_size > MAX_FILE_BYTES:
            raise BadSuite(f"{path.name} has more than {MAX_FILE_BYTES >> 30} GB.")
        found = []
        for number, row in enumerate(rows_of(path, names), 1):
            if number > MAX_ROWS:
                raise BadSuite(f"{path.name} holds more than {MAX_ROWS:,} rows.")
            found.append(row_of(number, row, names, path.name))
    except OSError:
        raise BadSuite(f"The rows of the suite, {path.name}, cannot be read.") from None
    except (UnicodeDecodeError, csv.Error, pa.ArrowException) as problem:
        raise BadSuite(f"{path.name} cannot be read: {str(problem)[:200]}.") from None
    return found


def rows_of(path: Path, names: Mapping[str, str]) -> Iterator[Mapping]:
    """Rows as the file has them."""
    if path.suffix == ".parquet":
        with pq.ParquetFile(path) as file:
            wanted = [name for name in names.values() if name in file.schema_arrow.names]
            for batch in file.iter_batches(1_024, columns=wanted):
                yield from batch.to_pylist()
    elif path.suffix == ".csv":
        with path.open(encoding="utf8", newline="") as file:
            yield from csv.DictReader(file)
    else:
        yield from json_lines(path)


def json_lines(path: Path) -> Iterator[Mapping]:
    with path.open(encoding="utf8") as file:
        for number, line in enumerate(iter(lambda: file.readline(MAX_LINE_CHARACTERS), ""), 1):
            if not line.strip():
                continue
            try:
                row = json.loads(line)
            except (ValueError, RecursionError):
                raise BadSuite(f"Line {number} of {path.name} is no JSON.") from None
            if not isinstance(row, dict):
                raise BadSuite(f"Line {number} of {path.name} is no object.")
            yield row


def row_of(number: int, row: Mapping, names: Mapping[str, str], file: str) -> dict:
    """One row by our names, without what it does not have. Raises BadSuite."""
    found = {}
    for column, name in names.items():
        value = row.get(name)
        if value is None or value == "":
            continue
        try:
            found[column] = READERS.get(column, text)(value)
        except (TypeError, ValueError):
            raise BadSuite(f"Row {number} of {file}: {column} cannot be {str(value)[:60]!r}.") from None
    return found


def text(value: object) -> str:
    """Text as it is; a whole number or truth value as its text. Raises TypeError or ValueError."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if not isinstance(value, str | int):
        raise TypeError
    value = str(value)
    if len(value) > MAX_TEXT_CHARACTERS:
        raise ValueError
    value.encode("utf8")  # a lone surrogate is a ValueError
    return value


def texts(value: object) -> tuple[str, ...]:
    if not isinstance(value, list) or len(value) > MAX_CHOICES:
        raise TypeError
    return tuple(text(one) for one in value)


def picture(value: object) -> tuple:
    """Rows of equally many numbers between 0 and 255."""
    rows = tuple(tuple(float(number) for number in row) for row in value)
    if not rows or len({len(row) for row in rows}) != 1 or not 1 <= len(rows) * len(rows[0]) <= MAX_PIXELS:
        raise ValueError
    if not all(0 <= number <= 255 for row in rows for number in row):
        raise ValueError
    return rows


READERS = {"choices": texts, "pixels": picture}
