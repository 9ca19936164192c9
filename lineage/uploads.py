"""Uploaded outcome files that wait for a worker: kept under DATA_DIR by the number of their comparison."""

from __future__ import annotations

import os
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import BinaryIO

from django.conf import settings

from lineage.models import Comparison

SIDES = ("old", "new", "noise")  # the last is the old version run again, and may be missing


def folder_of(row: Comparison) -> Path:
    return settings.DATA_DIR / "uploads" / str(row.pk)


def keep_uploads(row: Comparison, streams: Mapping[str, BinaryIO]) -> None:
    """Copy the streams to where the worker finds them, flushed to the disk."""
    folder = folder_of(row)
    folder.mkdir(parents=True, exist_ok=True)
    for name, stream in streams.items():
        stream.seek(0)
        with (folder / name).open("wb") as file:
            shutil.copyfileobj(stream, file)
            file.flush()
            os.fsync(file.fileno())


def discard_uploads(row: Comparison) -> None:
    """Forget the files of a comparison that is finished, whether they are there or not."""
    shutil.rmtree(folder_of(row), ignore_errors=True)
