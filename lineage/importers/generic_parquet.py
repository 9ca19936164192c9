"""Generic Parquet with columns of the same names as the generic JSON lines."""

from __future__ import annotations

from typing import BinaryIO

from lineage.importers.generic_rows import PREDICTION_KEYS, known_columns, table_of
from lineage.importers.options import ReadOptions
from lineage.importers.parquet_rows import column_names, is_parquet, rows_of
from lineage.outcomes import READERS, OutcomeTable

NAME = "parquet"
WANTED = ("suite", *READERS, *PREDICTION_KEYS)


def recognises(head: bytes, name: str) -> bool:
    return is_parquet(head)


def read(stream: BinaryIO, name: str, options: ReadOptions) -> OutcomeTable:
    """Raises BadOutcomes."""
    known_columns(column_names(stream), "its schema")
    return table_of(rows_of(stream, WANTED), NAME, options)
