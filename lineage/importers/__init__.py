"""Reads what evaluators record of a version's answers: one module a format, the format found by its content."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from types import ModuleType
from typing import BinaryIO

from lineage.importers import generic_csv, generic_jsonl
from lineage.importers.bounds import MAX_FILE_BYTES, checked_size
from lineage.importers.options import ReadOptions
from lineage.outcomes import BadOutcomes, OutcomeTable

# Asked in this order: the generic formats recognise what the named ones leave over.
IMPORTERS: Mapping[str, ModuleType] = {
    module.NAME: module
    for module in (
        generic_jsonl,
        generic_csv,
    )
}
HEAD_BYTES = 65_536


def detect(head: bytes, name: str) -> str | None:
    """The format of a file by its first bytes, its name where these leave a choice; None when none fits."""
    return next((format for format, module in IMPORTERS.items() if module.recognises(head, name)), None)


def read_outcomes(stream: BinaryIO, name: str, options: ReadOptions | None = None) -> OutcomeTable:
    """The outcomes in an open, seekable file. Raises BadOutcomes, whose sentence begins with the file's name."""
    options = options or ReadOptions()
    try:
        checked_size(stream, options.max_file_bytes)
        head = stream.read(HEAD_BYTES)
        stream.seek(0)
        format = options.format or detect(head, name)
        if not head.strip():
            raise BadOutcomes("it is empty")
        if format is None:
            raise BadOutcomes(f"it is in none of the formats that are read ({', '.join(IMPORTERS)})")
        return IMPORTERS[format].read(stream, name, options)
    except BadOutcomes as problem:
        raise BadOutcomes(f"{name}: {problem}.") from None


def read_outcome_file(path: Path, options: ReadOptions | None = None) -> OutcomeTable:
    """The outcomes in the file at `path`. Raises BadOutcomes, also where the file cannot be opened."""
    try:
        with path.open("rb") as stream:
            return read_outcomes(stream, str(path), options)
    except OSError as error:
        raise BadOutcomes(f"{path}: it cannot be read ({error.strerror}).") from None


__all__ = ["IMPORTERS", "MAX_FILE_BYTES", "ReadOptions", "detect", "read_outcome_file", "read_outcomes"]
