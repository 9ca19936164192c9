"""Reads dumps: NDJSON, plain or gzipped, and Parquet as hub-stats has it. Every line is a record or a problem."""

from __future__ import annotations

import gzip
import json
import zlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, datetime
from pathlib import Path
from typing import BinaryIO

import pyarrow
import pyarrow.parquet

from registry.records import KINDS, BadRecord, is_path
from registry.storable import storable_text

MAX_LINE = 32 * 1024 * 1024  # bytes
MAX_PARTS = 3_000_000  # commas and brackets of a line: what its values may take in memory
MAX_FILES = 200
MAX_FILE_BYTES = 2 * 1024 * 1024
BOMB_BYTES = 256 * 1024 * 1024  # a stream may grow to this before its ratio counts
BOMB_RATIO = 200
PARQUET_ROWS = 100
MAX_GROUP_BYTES = 4 * 1024 * 1024 * 1024
GZIP_MAGIC, PARQUET_MAGIC = b"\x1f\x8b", b"PAR1"


class BadDump(ValueError):
    """The dump as a whole cannot be read."""


@dataclass(frozen=True)
class DumpLine:
    """One line of a dump; `card` None means that the dump does not say whether there is one."""

    kind: str
    info: dict
    card: bytes | None = None
    files: dict[str, bytes] = field(default_factory=dict)
    is_bundled: bool = False
    size_bytes: int = 0  # of the line


def read_dump(path: Path, *, kind: str | None = None, skip: int = 0) -> Iterator[tuple[int, DumpLine | BadRecord]]:
    """Line number (from 1) and line of each record after the first `skip`. Raises BadDump or OSError.

    `kind` is that of every row of a Parquet file which has no column of that name.
    """
    with path.open("rb") as raw:
        magic = raw.read(4)
        raw.seek(0)
        if magic == PARQUET_MAGIC:
            yield from parquet_lines(raw, kind or kind_in(path.name), skip)
            return
        stream = gzip.GzipFile(fileobj=raw) if magic[:2] == GZIP_MAGIC else raw
        try:
            yield from text_lines(stream, raw, skip)
        except (EOFError, zlib.error, gzip.BadGzipFile) as error:
            raise BadDump(f"The compressed dump breaks off or is damaged: {error}.") from None


def text_lines(stream: BinaryIO, raw: BinaryIO, skip: int) -> Iterator[tuple[int, DumpLine | BadRecord]]:
    number, taken = 0, 0
    while line := stream.readline(MAX_LINE + 1):
        number, taken = number + 1, taken + len(line)
        too_long = len(line) > MAX_LINE
        while len(line) > MAX_LINE and not line.endswith(b"\n"):  # go on behind the line that is too long
            line = stream.readline(MAX_LINE + 1)
            taken += len(line)
            refuse_bomb(taken, raw)
        refuse_bomb(taken, raw)
        if number <= skip or not (too_long or line.strip()):
            continue
        yield number, BadRecord(f"The line is longer than {MAX_LINE} bytes.") if too_long else parsed(line)


def refuse_bomb(taken: int, raw: BinaryIO) -> None:
    if taken > BOMB_BYTES and taken > BOMB_RATIO * max(raw.tell(), 1):
        raise BadDump("The dump grows more than two hundredfold when it is unpacked; it is not read further.")


def parsed(line: bytes) -> DumpLine | BadRecord:
    """The line's record, or why it is none."""
    try:
        if sum(line.count(mark) for mark in b",[{") > MAX_PARTS:
            return BadRecord(f"The line holds more than {MAX_PARTS} values.")
        return line_of(json.loads(line, parse_constant=no_constant), len(line))
    except BadRecord as problem:
        return problem
    except RecursionError:
        return BadRecord("The line is nested too deeply.")
    except ValueError as error:
        return BadRecord(f"The line is not JSON: {str(error)[:120]}.")


def no_constant(name: str) -> None:
    raise ValueError(f"{name} is no JSON")


def line_of(value: object, size_bytes: int) -> DumpLine:
    """A dump line from its JSON value; raises BadRecord."""
    if not isinstance(value, dict) or not isinstance(value.get("info"), dict):
        raise BadRecord('The line is not an object with "kind" and "info".')
    card, files = value.get("card"), value.get("files") or {}
    if card is not None and not isinstance(card, str):
        raise BadRecord("The card is neither text nor null.")
    if not isinstance(files, dict) or len(files) > MAX_FILES:
        raise BadRecord(f"The files are not an object of at most {MAX_FILES} texts.")
    kept = {}
    for path, text in files.items():
        if not is_path(path) or storable_text(path) != path:
            raise BadRecord(f"{path[:80]!r} is not the path of a file.")
        if not isinstance(text, str) or len(text) > MAX_FILE_BYTES:
            raise BadRecord(f"The file {path[:80]!r} is not text of at most {MAX_FILE_BYTES} bytes.")
        kept[path] = bytes_of(text)
    if value.get("kind") not in KINDS:
        raise BadRecord(f"{str(value.get('kind'))[:40]!r} is not model, dataset or space.")
    return DumpLine(
        kind=value["kind"],
        info=value["info"],
        card=None if card is None else bytes_of(card),
        files=kept,
        is_bundled=value.get("source") == "bundled",
        size_bytes=size_bytes,
    )


def bytes_of(text: str) -> bytes:
    return text.encode("utf8", "replace")


def kind_in(file_name: str) -> str | None:
    """The kind that a file such as `models.parquet` is named for."""
    return next((kind for kind in KINDS if f"{kind}s" in file_name.lower()), None)


def parquet_lines(raw: BinaryIO, kind: str | None, skip: int) -> Iterator[tuple[int, DumpLine | BadRecord]]:
    """Every row, a few at a time. A row without a kind takes `kind`."""
    try:
        table = pyarrow.parquet.ParquetFile(raw)
        if kind is None and "kind" not in table.schema_arrow.names:
            raise BadDump("The Parquet file does not say what its rows are: name their --kind.")
        refuse_large_groups(table.metadata, raw)
        number = 0
        for batch in table.iter_batches(batch_size=PARQUET_ROWS):
            if number + batch.num_rows <= skip:
                number += batch.num_rows
                continue
            size_bytes = batch.nbytes // max(batch.num_rows, 1)
            for row in batch.to_pylist():
                number += 1
                if number > skip:
                    yield number, row_of(row, kind, size_bytes)
    except (pyarrow.ArrowException, OSError, ValueError, OverflowError) as error:
        if isinstance(error, BadDump):
            raise
        raise BadDump(f"The Parquet file cannot be read: {str(error)[:120]}.") from None


def refuse_large_groups(metadata: pyarrow.parquet.FileMetaData, raw: BinaryIO) -> None:
    """A group of rows is unpacked as a whole: one that is out of all proportion is not begun."""
    size_bytes = raw.seek(0, 2)
    groups = [metadata.row_group(n).total_byte_size for n in range(metadata.num_row_groups)]
    if groups and max(groups) > max(BOMB_BYTES, min(BOMB_RATIO * size_bytes, MAX_GROUP_BYTES)):
        raise BadDump("The Parquet file grows out of all proportion when it is unpacked; it is not read.")


def row_of(row: dict, kind: str | None, size_bytes: int) -> DumpLine | BadRecord:
    """A row of hub-stats: columns are the Hub's keys, times are timestamps, and nested values may be JSON text."""
    info = {key: plain(value) for key, value in row.items() if value is not None}
    card, row_kind = info.pop("card", None), info.pop("kind", kind)
    for key in ("cardData", "siblings", "config", "safetensors", "gguf", "baseModels", "tags"):
        if isinstance(info.get(key), str):
            info[key] = nested(info[key])
    try:
        return line_of({"kind": row_kind, "info": info, "card": card if isinstance(card, str) else None}, size_bytes)
    except BadRecord as problem:
        return problem


def plain(value: object) -> object:
    if isinstance(value, datetime | date):
        return value.isoformat()
    if isinstance(value, dict):
        return {key: plain(part) for key, part in value.items() if part is not None}
    if isinstance(value, list):
        return [plain(part) for part in value]
    return value.decode("utf8", "replace") if isinstance(value, bytes) else value


def nested(text: str) -> object:
    try:
        return json.loads(text, parse_constant=no_constant) if len(text) <= MAX_LINE else None
    except (ValueError, RecursionError):
        return None
