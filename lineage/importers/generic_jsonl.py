"""Generic JSON lines: id, label and prediction, or id and correct; optional score, margin, slice, cluster, input."""

from __future__ import annotations

from typing import BinaryIO

from lineage.importers.bounds import BOM, objects_of
from lineage.importers.generic_rows import table_of
from lineage.importers.options import ReadOptions
from lineage.outcomes import OutcomeTable

NAME = "jsonl"


def recognises(head: bytes, name: str) -> bool:
    return head.removeprefix(BOM).lstrip().startswith(b"{") or name.endswith((".jsonl", ".ndjson"))


def read(stream: BinaryIO, name: str, options: ReadOptions) -> OutcomeTable:
    """Raises BadOutcomes."""
    return table_of(objects_of(stream), NAME, options)
