"""Generic JSON: one array of the same objects as the generic JSON lines."""

from __future__ import annotations

from typing import BinaryIO

from lineage.importers.bounds import BOM
from lineage.importers.generic_rows import table_of
from lineage.importers.json_stream import JsonStream
from lineage.importers.options import ReadOptions
from lineage.outcomes import OutcomeTable

NAME = "json"


def recognises(head: bytes, name: str) -> bool:
    return head.removeprefix(BOM).lstrip().startswith(b"[")


def read(stream: BinaryIO, name: str, options: ReadOptions) -> OutcomeTable:
    """Raises BadOutcomes."""
    elements = enumerate(JsonStream(stream).elements(), start=1)
    return table_of(((f"element {number}", row) for number, row in elements), NAME, options)
