"""Parents named in the header of a GGUF file; never its tensors.

Layout: ggml docs, gguf.md (versions 1–3, little and big endian). `general.base_model.*` names the parents *of the
model that was converted*, so it skips a level; `general.source.*` names the converted model itself.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from typing import BinaryIO

from lineage.claims import DATASET, MODEL, ClaimRecord, Reading, quoted
from lineage.references import read_reference

MAGIC = b"GGUF"
HEADER_BYTES_MOST = 64 * 1024 * 1024  # a vocabulary of 256 k tokens with merges stays under half of it
KEYS_MOST = 10_000
TEXTS_MOST = 2_000_000  # in one array; the largest vocabularies hold an eighth
KEY_BYTES_MOST = 65_535
TEXT_BYTES_MOST = 4_096  # of a value that is kept; a longer one, such as a chat template, is passed over
PARENTS_MOST = 200
STRING, ARRAY = 8, 9
SIZE_OF = {0: 1, 1: 1, 2: 2, 3: 2, 4: 4, 5: 4, 6: 4, 7: 1, 10: 8, 11: 8, 12: 8}  # bytes of each fixed-size type
FORMAT_OF = {0: "B", 1: "b", 2: "H", 3: "h", 4: "I", 5: "i", 6: "f", 7: "?", 10: "Q", 11: "q", 12: "d"}
UNQUANTIZED = {0: "F32", 1: "F16", 32: "BF16"}  # values of general.file_type (LlamaFileType)


class GgufProblem(ValueError):
    """The header cannot be read further; the message is one sentence."""


class Header:
    """A cursor over the header of one file that never reads past `HEADER_BYTES_MOST`."""

    def __init__(self, stream: BinaryIO):
        self.stream = stream
        self.used_bytes = 0
        if self.take(4) != MAGIC:
            raise GgufProblem("It is not a GGUF file: the first four bytes are not GGUF.")
        version = self.take(4)
        self.order = "<" if version[2:] == b"\0\0" else ">"
        self.version = struct.unpack(f"{self.order}I", version)[0]
        if not 1 <= self.version <= 3:
            raise GgufProblem(f"Version {self.version} of GGUF is not known.")
        self.count_format = "I" if self.version == 1 else "Q"

    def take(self, size_bytes: int) -> bytes:
        self.claim(size_bytes)
        found = self.stream.read(size_bytes)
        if len(found) < size_bytes:
            raise GgufProblem("The GGUF header ends before its last field.")
        return found

    def skip(self, size_bytes: int) -> None:
        """Pass over bytes in pieces, so that a stream that cannot seek is read in bounded memory."""
        self.claim(size_bytes)
        while size_bytes > 0:
            piece = self.stream.read(min(size_bytes, 1 << 20))
            if not piece:
                raise GgufProblem("The GGUF header ends before its last field.")
            size_bytes -= len(piece)

    def claim(self, size_bytes: int) -> None:
        self.used_bytes += size_bytes
        if self.used_bytes > HEADER_BYTES_MOST:
            raise GgufProblem(f"The GGUF header is longer than {HEADER_BYTES_MOST >> 20} MiB; the rest was not read.")

    def number(self, code: str) -> int | float:
        code = f"{self.order}{code}"
        return struct.unpack(code, self.take(struct.calcsize(code)))[0]

    def count(self) -> int:
        return self.number(self.count_format)

    def text(self, most: int) -> str | None:
        """A string; None where it is longer than `most` bytes and was passed over."""
        size_bytes = self.count()
        if size_bytes > most:
            self.skip(size_bytes)
            return None
        return self.take(size_bytes).decode("utf8", "replace").replace("\0", "")

    def value(self, kind: int) -> object:
        """A number or a text; None for an array and for a text that is too long to matter."""
        if kind == STRING:
            return self.text(TEXT_BYTES_MOST)
        if kind == ARRAY:
            self.skip_array()
            return None
        if kind not in FORMAT_OF:
            raise GgufProblem(f"The GGUF header uses a value type {kind} that is not known.")
        return self.number(FORMAT_OF[kind])

    def skip_array(self) -> None:
        kind, length = self.number("I"), self.count()
        if kind in SIZE_OF:
            return self.skip(length * SIZE_OF[kind])
        if kind != STRING:
            raise GgufProblem("The GGUF header nests arrays, which no known writer does.")
        if length > TEXTS_MOST:
            raise GgufProblem(f"An array of the GGUF header has more than {TEXTS_MOST:,} texts; the rest was not read.")
        for _ in range(length):
            self.skip(self.count())


def fields_of(stream: BinaryIO) -> Iterator[tuple[str, object]]:
    """The keys and values of a header in order; raises GgufProblem where it cannot be read on."""
    header = Header(stream)
    header.count()  # of tensors
    keys = header.count()
    for number in range(keys):
        if number >= KEYS_MOST:
            raise GgufProblem(f"The GGUF header has more than {KEYS_MOST:,} keys; the rest was not read.")
        name = header.text(KEY_BYTES_MOST)
        if name is None:
            raise GgufProblem("A key of the GGUF header is longer than the format allows.")
        yield name, header.value(header.number("I"))


def parent_in(fields: dict[str, object], prefix: str) -> tuple[str, str] | None:
    """(key, reference) of the repository that `prefix` describes: its address, else organisation and name."""
    for key in ("repo_url", "huggingface.repository", "url"):
        value = fields.get(f"{prefix}.{key}")
        if isinstance(value, str) and (found := read_reference(value)) and found.name:
            return f"{prefix}.{key}", found.name
    owner, name = fields.get(f"{prefix}.organization"), fields.get(f"{prefix}.name")
    if isinstance(owner, str) and isinstance(name, str):
        reference = f"{owner.strip().replace(' ', '-')}/{name.strip().replace(' ', '-')}"
        if (found := read_reference(reference)) and found.name:
            return f"{prefix}.organization", found.name
    return None


def read_gguf(stream: BinaryIO, *, file: str = "") -> Reading:
    """The claims in a GGUF header; what was read before a fault is kept beside the problem."""
    fields: dict[str, object] = {}
    problems: tuple[str, ...] = ()
    try:
        for name, value in fields_of(stream):
            if name.startswith("general.") and value is not None:
                fields[name] = value
    except GgufProblem as problem:
        problems = (str(problem),)
    return Reading(tuple(claims_in(fields, file)), problems=problems)


def claims_in(fields: dict[str, object], file: str) -> Iterator[ClaimRecord]:
    own = "converted" if fields.get("general.file_type") in UNQUANTIZED else "quantized"
    wanted = [("general.source", own, "", MODEL)]
    # An adapter's own card names the model that it goes on; any other card names the parents of what was converted.
    is_adapter = fields.get("general.type") == "adapter"
    for key, relation, role, kind in (
        ("general.base_model", *(("adapter", "base") if is_adapter else (own, "parent_of_source")), MODEL),
        ("general.dataset", "trained_on", "", DATASET),
    ):
        count = fields.get(f"{key}.count")
        count = count if isinstance(count, int) else 0
        wanted += [(f"{key}.{number}", relation, role, kind) for number in range(min(count, PARENTS_MOST))]
    for prefix, relation, role, kind in wanted:
        if found := parent_in(fields, prefix):
            field, name = found
            quote = quoted(f"{field} = {fields[field]}")
            yield ClaimRecord(name, "gguf", relation, kind, role=role, file=file, field=field, quote=quote)
