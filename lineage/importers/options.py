"""What a person may say about how a log is to be read."""

from __future__ import annotations

from dataclasses import dataclass

from lineage.importers.bounds import MAX_FILE_BYTES


@dataclass(frozen=True)
class ReadOptions:
    """Choices where a log leaves one; empty means: take what the log leads with, and say so."""

    format: str = ""
    metric: str = ""
    filter: str = ""
    threshold: float | None = None
    """score from which a graded answer counts as right"""
    max_file_bytes: int = MAX_FILE_BYTES
