"""Rows of a stranger's Parquet file, batch by batch, within what its own directory says that they take."""

from __future__ import annotations

from collections.abc import Iterator
from typing import BinaryIO

import pyarrow as pa
import pyarrow.parquet as pq

from lineage.outcomes import MAX_ITEMS, BadOutcomes

MAGIC = b"PAR1"
BATCH_ROWS = 512
MAX_GROUP_BYTES = 2 << 30  # unpacked, columns that are not read included
MAX_COLUMNS = 2_000


def is_parquet(head: bytes) -> bool:
    return head.startswith(MAGIC)


def open_parquet(stream: BinaryIO) -> pq.ParquetFile:
    """The file, its directory read. Raises BadOutcomes."""
    try:
        file = pq.ParquetFile(stream)
    except (pa.ArrowException, OSError, ValueError):
        raise BadOutcomes("it is not a whole Parquet file") from None
    if file.metadata.num_rows > MAX_ITEMS:
        raise BadOutcomes(f"it holds more than {MAX_ITEMS:,} items")
    if file.metadata.num_columns > MAX_COLUMNS:
        raise BadOutcomes(f"it has more than {MAX_COLUMNS:,} columns")
    return file


def column_names(stream: BinaryIO) -> list[str]:
    """The names at the top of the schema; the stream is left at its start."""
    names = open_parquet(stream).schema_arrow.names
    stream.seek(0)
    return names


def rows_of(stream: BinaryIO, wanted: tuple[str, ...]) -> Iterator[tuple[str, dict]]:
    """Each row, with its place, as a dict of those of the wanted columns that there are. Raises BadOutcomes."""
    file = open_parquet(stream)
    names = [name for name in file.schema_arrow.names if name in wanted]
    number = 0
    try:
        refuse_large_groups(file)
        for batch in file.iter_batches(batch_size=BATCH_ROWS, columns=names):
            for row in batch.to_pylist():
                number += 1
                yield f"row {number}", row
    except BadOutcomes:
        raise
    except (pa.ArrowException, OSError, ValueError, OverflowError):
        raise BadOutcomes(f"it cannot be unpacked behind row {number:,}") from None


def refuse_large_groups(file: pq.ParquetFile) -> None:
    """Raises BadOutcomes where one group of rows would take gigabytes of memory.

    The size is the group's own: asking a damaged group for that of a column ends the process (pyarrow 26).
    """
    sizes = (file.metadata.row_group(number).total_byte_size for number in range(file.metadata.num_row_groups))
    size = max(sizes, default=0)
    if size > MAX_GROUP_BYTES:
        raise BadOutcomes(f"it unpacks to {size:,} bytes at once, more than are read")
