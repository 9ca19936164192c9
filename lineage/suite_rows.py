"""Reads the rows of a suite from JSON lines, CSV or Parquet, by a mapping of columns; bounded, each value checked."""

from __future__ import annotations

import csv
import difflib
import json
from collections.abc import Collection, Iterable, Iterator, Mapping
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

ASKED = ("input", "pair")  # texts that may be empty
MAX_ROWS = 1_000_000
MAX_FILE_BYTES = 2 << 30
MAX_LINE_CHARACTERS = 4 << 20
MAX_TEXT_CHARACTERS = 1_000_000
MAX_CHOICES = 200
MAX_PIXELS = 1 << 20
MAX_COLUMNS = 1_000  # that are remembered of rows which name their own
MOST_CHARACTERS = {"id": 300, "slice": 200, "cluster": 300}  # of what a page or a row of the database names


class BadSuite(ValueError):
    """A suite that cannot be used; the message is one clear sentence."""


def read_rows(path: Path, columns: Mapping[str, str]) -> list[dict]:
    """Rows by our column names; `columns` says what the file calls each column that is read. Raises BadSuite.

    A column that the file calls otherwise than we do has to be there: whoever wrote the mapping meant one.
    """
    if path.suffix not in FORMATS:
        raise BadSuite(f"{path.name} is none of {', '.join(FORMATS)}.")
    if path.exists() and not path.is_file():
        raise BadSuite(f"The rows of the suite, {path.name}, are no file.")
    seen: set[str] = set()
    try:
        if path.stat().st_size > MAX_FILE_BYTES:
            raise BadSuite(f"{path.name} has more than {MAX_FILE_BYTES >> 30} GB.")
        found = []
        for number, row in enumerate(FORMATS[path.suffix](path, columns.values(), seen), 1):
            if number > MAX_ROWS:
                raise BadSuite(f"{path.name} holds more than {MAX_ROWS:,} rows.")
            found.append(row_of(number, row, columns, path.name))
    except OSError:
        raise BadSuite(f"The rows of the suite, {path.name}, cannot be read.") from None
    except (UnicodeDecodeError, csv.Error, pa.ArrowException) as problem:
        raise BadSuite(f"{path.name} cannot be read: {' '.join(str(problem).split())[:200]}.") from None
    if found:
        refuse_absent(columns, seen, path.name)
    return found


def refuse_absent(columns: Mapping[str, str], seen: Collection[str], file: str) -> None:
    """Raise BadSuite where a mapping names a column that no row has."""
    for column, name in columns.items():
        if name != column and name not in seen:
            raise BadSuite(f"{file} has no column {shown(name)}, read as {column}{nearest(name, seen)}.")


def parquet_rows(path: Path, names: Iterable[str], seen: set[str]) -> Iterator[Mapping]:
    with pq.ParquetFile(path) as file:
        seen.update(file.schema_arrow.names)
        wanted = [name for name in names if name in seen]
        for batch in file.iter_batches(1_024, columns=wanted):
            yield from batch.to_pylist()


def csv_rows(path: Path, names: Iterable[str], seen: set[str]) -> Iterator[Mapping]:
    """Rows below a header. Raises BadSuite where a row has more cells than that, or two columns one name."""
    with path.open(encoding="utf-8-sig", newline="") as file:
        rows = csv.DictReader(file)
        header = rows.fieldnames or ()
        if doubled := [name for name in names if header.count(name) > 1]:
            raise BadSuite(f"{path.name} has the column {shown(doubled[0])} more than once.")
        seen.update(header)
        for number, row in enumerate(rows, 1):
            if None in row:
                raise BadSuite(f"Row {number} of {path.name} has more cells than its header.")
            yield row


def json_lines(path: Path, names: Iterable[str], seen: set[str]) -> Iterator[Mapping]:
    wanted = set(names)
    with path.open(encoding="utf-8-sig") as file:
        for number, line in enumerate(iter(lambda: file.readline(MAX_LINE_CHARACTERS), ""), 1):
            if not line.strip():
                continue
            try:
                row = json.loads(line)
            except (ValueError, RecursionError):
                raise BadSuite(f"Line {number} of {path.name} is no JSON.") from None
            if not isinstance(row, dict):
                raise BadSuite(f"Line {number} of {path.name} is no object.")
            if len(seen) < MAX_COLUMNS or not wanted <= seen:
                seen.update(row)
            yield row


FORMATS = {".jsonl": json_lines, ".ndjson": json_lines, ".csv": csv_rows, ".parquet": parquet_rows}


def row_of(number: int, row: Mapping, names: Mapping[str, str], file: str) -> dict:
    """One row by our names, without what it does not have; an empty text can be asked all the same. Raises BadSuite."""
    found = {}
    for column, name in names.items():
        value = row.get(name)
        if value is None or (value == "" and column not in ASKED):
            continue
        try:
            found[column] = READERS.get(column, text)(value)
        except (TypeError, ValueError, OverflowError):
            raise BadSuite(f"Row {number} of {file}: {column} cannot be {shown(value)}.") from None
        if len(found[column]) > MOST_CHARACTERS.get(column, MAX_TEXT_CHARACTERS):
            raise BadSuite(f"Row {number} of {file}: {column} has more than {MOST_CHARACTERS[column]} characters.")
    return found


def nearest(name: str, known: Iterable[str]) -> str:
    """A clause that names what was most likely meant; blank where nothing is like it.

    >>> nearest("taks", ["name", "task"])
    "; the nearest is 'task'"
    """
    found = difflib.get_close_matches(name[:100].lower(), [str(one)[:100] for one in known], n=1)
    return f"; the nearest is {found[0]!r}" if found else ""


def shown(value: object) -> str:
    """A value as a sentence can hold it."""
    text = repr(value[:100] if isinstance(value, str | list | tuple) else value)
    return text if len(text) <= 80 else f"{text[:79]}…"


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
