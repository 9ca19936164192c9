"""Keeps tables of outcomes as Parquet files under DATA_DIR, named by their content, written whole or not at all."""

from __future__ import annotations

import os
import tempfile
from contextlib import suppress
from pathlib import Path

import pyarrow.parquet as pq

from lineage.models import OutcomeSet
from lineage.outcomes import OutcomeTable
from registry.storable import storable, storable_text


def keep_outcomes(table: OutcomeTable) -> OutcomeSet:
    """The row of a table, and its file on the disk; the same outcomes are kept once."""
    values = {
        "suite": storable_text(table.suite)[:200],
        "format": table.format,
        "items": table.items,
        "about": storable({**table.about, "notes": list(table.notes)}),
    }
    digest = table.digest
    write_once(table, OutcomeSet(digest=digest).path)
    return OutcomeSet.objects.get_or_create(digest=digest, defaults=values)[0]


def write_once(table: OutcomeTable, path: Path) -> None:
    """Write a table to a temporary file, flush it to the disk and rename it, unless `path` is there already."""
    if path.exists():
        return
    path.parent.mkdir(parents=True, exist_ok=True)
    descriptor, name = tempfile.mkstemp(dir=path.parent, suffix=".part")
    try:
        with os.fdopen(descriptor, "wb") as file:
            pq.write_table(table.rows, file, compression="zstd")
            file.flush()
            os.fsync(file.fileno())
        os.replace(name, path)
    except BaseException:
        with suppress(FileNotFoundError):
            os.unlink(name)
        raise
    flush_folder(path.parent)


def flush_folder(folder: Path) -> None:
    """Make a rename in `folder` survive a power cut."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def load_outcomes(row: OutcomeSet) -> OutcomeTable:
    """The table of a row. Raises OSError where its file is gone or unreadable."""
    about = {key: value for key, value in row.about.items() if key != "notes"}
    notes = tuple(row.about.get("notes", ()))
    return OutcomeTable(pq.read_table(row.path), row.format, row.suite, about, notes)
