"""Generic CSV (comma, semicolon or tab) with a header line of the same names as the generic JSON lines."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from typing import BinaryIO

from lineage.importers.bounds import BOM, bounded_lines
from lineage.importers.generic_rows import PREDICTION_KEYS, table_of
from lineage.importers.options import ReadOptions
from lineage.outcomes import BadOutcomes, OutcomeTable

NAME = "csv"
DELIMITERS = ",;\t"
ANSWERS = {"id", *PREDICTION_KEYS}  # an empty answer is an answer; any other empty field says nothing


def recognises(head: bytes, name: str) -> bool:
    header = head.removeprefix(BOM).split(b"\n")[0]
    return b"\0" not in head and "id" in columns_of(header.decode("utf8", "replace"))[1]


def columns_of(header: str) -> tuple[str, list[str]]:
    """The delimiter that splits a header line into the most names, and the names; none where it is no header."""
    try:
        found = {delimiter: next(csv.reader([header], delimiter=delimiter), []) for delimiter in DELIMITERS}
    except csv.Error:
        return DELIMITERS[0], []
    delimiter = max(DELIMITERS, key=lambda d: len(found[d]))
    return delimiter, [name.strip() for name in found[delimiter]]


def read(stream: BinaryIO, name: str, options: ReadOptions) -> OutcomeTable:
    """Raises BadOutcomes."""
    return table_of(rows_of(stream), NAME, options)


def rows_of(stream: BinaryIO) -> Iterator[tuple[str, dict]]:
    lines = (text_line(number, line) for number, line in bounded_lines(stream))
    delimiter, names = columns_of(next(lines, ""))
    if len(set(names)) < len(names):
        raise BadOutcomes("its header line names a column twice")
    reader = csv.reader(lines, delimiter=delimiter, strict=True)
    try:
        for number, fields in enumerate(reader, start=1):
            if not fields:
                continue
            if len(fields) != len(names):
                raise BadOutcomes(f"row {number} has {len(fields)} fields where the header names {len(names)}")
            row = zip(names, fields, strict=True)
            yield f"row {number}", {key: value if value or key in ANSWERS else None for key, value in row}
    except csv.Error as error:
        raise BadOutcomes(f"it is not CSV near row {reader.line_num} ({error})") from None


def text_line(number: int, line: bytes) -> str:
    try:
        return line.decode("utf8")
    except UnicodeDecodeError:
        raise BadOutcomes(f"line {number} is not UTF-8") from None
