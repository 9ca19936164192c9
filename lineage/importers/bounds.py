"""Bounds on what is read from a stranger's file: bytes, lines, nesting, and JSON that is JSON."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import BinaryIO

from lineage.outcomes import BadOutcomes

MAX_FILE_BYTES = 2 << 30
MAX_LINE_BYTES = 32 << 20
JSON_SPACE = " \t\r\n"
BOM = b"\xef\xbb\xbf"


def checked_size(stream: BinaryIO, max_bytes: int) -> int:
    """The bytes in a seekable stream, which is left at its start; raises BadOutcomes above `max_bytes`."""
    size = stream.seek(0, 2)
    stream.seek(0)
    if size > max_bytes:
        raise BadOutcomes(f"it has {size:,} bytes, more than the {max_bytes:,} that are read")
    return size


def bounded_lines(stream: BinaryIO) -> Iterator[tuple[int, bytes]]:
    """Numbered lines, without a byte order mark; raises BadOutcomes on an endless one."""
    for number, line in enumerate(iter(lambda: stream.readline(MAX_LINE_BYTES + 1), b""), start=1):
        if len(line) > MAX_LINE_BYTES:
            raise BadOutcomes(f"line {number} is longer than {MAX_LINE_BYTES >> 20} MB")
        yield number, line.removeprefix(BOM) if number == 1 else line


def refuse_constant(text: str) -> None:
    raise BadOutcomes(f"holds {text}, which is not a number")


DECODER = json.JSONDecoder(parse_constant=refuse_constant)
# Evaluators written in Python put NaN into fields that nobody reads; where a value counts, its own reader refuses it.
LENIENT = json.JSONDecoder()


def strict_json(text: bytes, place: str, decoder: json.JSONDecoder = DECODER) -> object:
    """One JSON value; raises BadOutcomes on anything else, bottomless nesting included, and NaN unless `LENIENT`."""
    try:
        line = text.decode("utf8").strip(JSON_SPACE)
        value, end = decoder.scan_once(line, 0)
        if end < len(line):
            raise ValueError
        return value
    except UnicodeDecodeError:
        raise BadOutcomes(f"{place} is not UTF-8") from None
    except BadOutcomes as problem:
        raise BadOutcomes(f"{place} {problem}") from None
    except RecursionError:
        raise BadOutcomes(f"{place} is nested too deeply") from None
    except (ValueError, StopIteration):  # also an integer of more digits than Python converts
        raise BadOutcomes(f"{place} is not JSON") from None


def objects_of(stream: BinaryIO, decoder: json.JSONDecoder = DECODER) -> Iterator[tuple[str, dict]]:
    """The JSON object on each line that is not blank, with its place. Raises BadOutcomes."""
    for number, line in bounded_lines(stream):
        if line.strip():
            yield f"line {number}", strict_object(line, f"line {number}", decoder)


def strict_object(text: bytes, place: str, decoder: json.JSONDecoder = DECODER) -> dict:
    """One JSON object; raises BadOutcomes on anything else."""
    value = strict_json(text, place, decoder)
    if not isinstance(value, dict):
        raise BadOutcomes(f"{place} is not a JSON object")
    return value
