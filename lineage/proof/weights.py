"""Opens the safetensors of a folder as named tensors that are read in pieces, and refuses what does not add up.

Format: eight bytes of length, a JSON header, then the data (safetensors' own specification). A header is bounded,
offsets must tile the data without gaps, and a link that leads out of the folder is not followed. Pickles stay shut.
"""

from __future__ import annotations

import hashlib
import json
import math
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

import numpy as np

HEADER_BYTES_MOST = 25_000_000  # as the Hub's own client bounds it
COMMAS_MOST = 300_000  # in one header or index: fifty thousand tensors, and a parser's memory known before it starts
TENSORS_MOST = 200_000
FILES_MOST = 2_000
DIMENSIONS_MOST = 16
INDEX_BYTES_MOST = 25_000_000
PIECE = 1 << 20  # elements that are read at once
SIZES = {
    "F64": 8, "I64": 8, "U64": 8, "F32": 4, "I32": 4, "U32": 4, "F16": 2, "BF16": 2, "I16": 2, "U16": 2,
    "I8": 1, "U8": 1, "BOOL": 1, "F8_E4M3": 1, "F8_E5M2": 1,
}  # fmt: skip
PLAIN = {
    "F64": "<f8", "F32": "<f4", "F16": "<f2", "I64": "<i8", "I32": "<i4", "I16": "<i2", "I8": "i1",
    "U64": "<u8", "U32": "<u4", "U16": "<u2", "U8": "u1", "BOOL": "u1",
}  # fmt: skip
FLOATS = ("F64", "F32", "F16", "BF16", "F8_E4M3", "F8_E5M2")
PICKLES = (".bin", ".pt", ".pth", ".ckpt", ".pkl")


class BadWeights(ValueError):
    """Weights that cannot be read; the message is one clear sentence."""


@dataclass(frozen=True)
class Tensor:
    """One tensor in its file: `start` is the offset of its first byte."""

    name: str
    dtype: str
    shape: tuple[int, ...]
    path: Path
    start: int
    tally: list[int] = field(default_factory=lambda: [0], compare=False, repr=False)  # bytes that were read, in all

    @property
    def elements(self) -> int:
        return math.prod(self.shape)

    @property
    def size_bytes(self) -> int:
        return self.elements * SIZES[self.dtype]

    @property
    def is_float(self) -> bool:
        return self.dtype in FLOATS

    def raw(self, first: int = 0, last: int | None = None) -> np.ndarray:
        """The bytes of the elements from `first` up to `last`, mapped and not copied."""
        last = self.elements if last is None else last
        size = SIZES[self.dtype]
        count = (last - first) * size
        if not count:
            return np.empty(0, np.uint8)
        self.tally[0] += count
        return np.memmap(self.path, np.uint8, "r", self.start + first * size, (count,))

    def values(self, first: int = 0, last: int | None = None) -> np.ndarray:
        """The elements as float32; of float64 as float64."""
        return decoded(self.raw(first, last), self.dtype)

    def pieces(self) -> Iterator[np.ndarray]:
        for first in range(0, self.elements, PIECE):
            yield self.values(first, min(first + PIECE, self.elements))

    def digest(self) -> str:
        """sha256 over type, shape and bytes: the same for the same tensor in any file and under any name."""
        sha = hashlib.sha256(f"{self.dtype}{list(self.shape)}".encode())
        step = PIECE * 8 // SIZES[self.dtype]
        for first in range(0, self.elements, step):
            sha.update(self.raw(first, min(first + step, self.elements)))
        return sha.hexdigest()


@dataclass
class Weights:
    """The tensors of one model by name."""

    folder: Path
    tensors: dict[str, Tensor]
    metadata: dict = field(default_factory=dict)
    tally: list[int] = field(default_factory=lambda: [0])
    digests: dict[str, str] = field(default_factory=dict)

    def digest(self, name: str) -> str:
        """The digest of a tensor, worked out once."""
        if name not in self.digests:
            self.digests[name] = self.tensors[name].digest()
        return self.digests[name]

    @property
    def size_bytes(self) -> int:
        return sum(tensor.size_bytes for tensor in self.tensors.values())


def decoded(raw: np.ndarray, dtype: str) -> np.ndarray:
    """Bytes as numbers.

    >>> decoded(np.array([0x80, 0x3F, 0x00, 0xC0], np.uint8), "BF16").tolist()
    [1.0, -2.0]
    """
    if dtype == "BF16":
        return (raw.view("<u2").astype(np.uint32) << 16).view(np.float32)
    if dtype in ("F8_E4M3", "F8_E5M2"):
        return eighths(dtype)[raw]
    values = raw.view(PLAIN[dtype])
    return values if dtype in ("F64", "F32") else values.astype(np.float64 if dtype in ("I64", "U64") else np.float32)


@cache
def eighths(dtype: str) -> np.ndarray:
    """All 256 values of an eight-bit float (OCP 8-bit floating point specification, 2023)."""
    bits = np.arange(256)
    mantissa_bits, bias = (3, 7) if dtype == "F8_E4M3" else (2, 15)
    exponent, mantissa = (bits & 127) >> mantissa_bits, bits & ((1 << mantissa_bits) - 1)
    part = mantissa / (1 << mantissa_bits)
    value = np.where(exponent, (1 + part) * 2.0 ** (exponent - bias), part * 2.0 ** (1 - bias))
    if dtype == "F8_E4M3":
        value[(bits & 127) == 127] = np.nan
    else:
        value[exponent == 31] = np.where(mantissa[exponent == 31], np.nan, np.inf)
    return np.where(bits & 128, -value, value).astype(np.float32)


def open_folder(folder: Path) -> Weights:
    """The tensors of every shard that belongs to the model in `folder`. Raises BadWeights."""
    if not folder.is_dir():
        raise BadWeights(f"There is no folder {folder.name!r}.")
    tensors: dict[str, Tensor] = {}
    metadata: dict = {}
    tally = [0]
    for path in shards_of(folder):
        found, said = read_file(path, tally)
        if again := next((name for name in found if name in tensors), None):
            raise BadWeights(f"{path.name} holds {again[:120]!r} a second time.")
        tensors |= found
        metadata |= said
        if len(tensors) > TENSORS_MOST:
            raise BadWeights(f"The model has more than {TENSORS_MOST:,} tensors.")
    if not tensors:
        raise BadWeights(f"{folder.name} holds no tensors.")
    return Weights(folder, tensors, metadata, tally)


def shards_of(folder: Path) -> list[Path]:
    """The files that the index names, else `model.safetensors` or that of an adapter, else all. Raises BadWeights."""
    names = sorted(path.name for path in folder.iterdir() if path.suffix == ".safetensors")[: FILES_MOST + 1]
    if len(names) > FILES_MOST:
        raise BadWeights(f"{folder.name} holds more than {FILES_MOST:,} safetensors.")
    index = folder / "model.safetensors.index.json"
    if index.is_file():
        names = named_in_index(index)
    else:
        names = next(([n] for n in ("model.safetensors", "adapter_model.safetensors") if n in names), names)
    if not names:
        if found := sorted(p.name for p in folder.iterdir() if p.suffix in PICKLES):
            raise BadWeights(f"The weights are only in {found[0][:120]}, whose reading can run code: it is not opened.")
        raise BadWeights(f"{folder.name} holds no safetensors.")
    root = folder.resolve()
    paths = [folder / name for name in names]
    for path in paths:
        if not path.is_file():
            raise BadWeights(f"The index names {path.name[:120]!r}, which is not there.")
        if not allowed(path, root):
            raise BadWeights(f"{path.name[:120]!r} leads out of its folder.")
    return paths


def allowed(path: Path, root: Path) -> bool:
    """A file inside the folder, or a blob beside it as the Hub's client lays its cache out."""
    target = path.resolve()
    blobs = root.parent.parent / "blobs" if root.parent.name == "snapshots" else None
    return target.is_relative_to(root) or (blobs is not None and target.is_relative_to(blobs))


def named_in_index(index: Path) -> list[str]:
    if index.stat().st_size > INDEX_BYTES_MOST:
        raise BadWeights(f"{index.name} has more than {INDEX_BYTES_MOST:,} bytes.")
    try:
        raw = index.read_bytes()
        if raw.count(b",") > COMMAS_MOST:
            raise BadWeights(f"{index.name} names more than {COMMAS_MOST:,} tensors.")
        names = set(json.loads(raw)["weight_map"].values())
    except BadWeights:
        raise
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        raise BadWeights(f"{index.name} is no index of shards.") from None
    wrong = [n for n in names if not is_shard(n)]
    if wrong or len(names) > FILES_MOST:
        raise BadWeights(
            f"{index.name} names {str(wrong[0])[:80]!r}, which is no shard." if wrong else "Too many shards."
        )
    return sorted(names)


def is_shard(name: object) -> bool:
    """Is it the name of a file in the same folder that a file system can hold?"""
    if not isinstance(name, str) or not name.endswith(".safetensors") or len(name.encode("utf8", "replace")) > 255:
        return False
    return not set(name) & set("/\\\0")


def read_file(path: Path, tally: list[int]) -> tuple[dict[str, Tensor], dict]:
    """The tensors of one file, and what its header says beside them. Raises BadWeights."""
    whole = path.stat().st_size
    with path.open("rb") as stream:
        head = stream.read(8)
        length = int.from_bytes(head, "little")
        if len(head) < 8 or length > min(HEADER_BYTES_MOST, whole - 8):
            raise BadWeights(f"{path.name} is no safetensors: its header does not fit the file.")
        raw = stream.read(length)
    if raw.count(b",") > COMMAS_MOST:
        raise BadWeights(f"The header of {path.name} lists more than {COMMAS_MOST:,} things.")
    try:
        header = json.loads(raw, object_pairs_hook=without_repeats, parse_constant=refuse)
    except (ValueError, RecursionError):
        raise BadWeights(f"{path.name} is no safetensors: its header cannot be read.") from None
    if not isinstance(header, dict):
        raise BadWeights(f"{path.name} is no safetensors: its header is no object.")
    metadata = header.pop("__metadata__", {})
    if len(header) > TENSORS_MOST:
        raise BadWeights(f"{path.name} has more than {TENSORS_MOST:,} tensors.")
    found = {name: tensor_of(name, said, path, 8 + length, tally) for name, said in header.items()}
    tiled(path, [(said["data_offsets"], found[name]) for name, said in header.items()], whole - 8 - length)
    return found, metadata if isinstance(metadata, dict) else {}


def tensor_of(name: str, said: object, path: Path, data: int, tally: list[int]) -> Tensor:
    shape, offsets = (said.get("shape"), said.get("data_offsets")) if isinstance(said, dict) else (None, None)
    sizes_ok = isinstance(shape, list) and len(shape) <= DIMENSIONS_MOST and all(is_size(each) for each in shape)
    if not sizes_ok or not (isinstance(offsets, list) and len(offsets) == 2 and all(is_size(each) for each in offsets)):
        raise BadWeights(f"{path.name} describes {name[:120]!r} in a way that is no tensor.")
    if not isinstance(said.get("dtype"), str) or said["dtype"] not in SIZES:
        raise BadWeights(f"{path.name} holds {name[:120]!r} as {str(said.get('dtype'))[:20]!r}, which is not read.")
    tensor = Tensor(name, said["dtype"], tuple(shape), path, data + offsets[0], tally)
    if tensor.size_bytes != offsets[1] - offsets[0]:
        raise BadWeights(f"{path.name} gives {name[:120]!r} another number of bytes than its shape takes.")
    return tensor


def tiled(path: Path, rows: list[tuple[list[int], Tensor]], size_bytes: int) -> None:
    """Raise BadWeights unless the tensors fill the data one after another."""
    end = 0
    for (first, last), tensor in sorted(rows, key=lambda row: row[0]):
        if first != end:
            raise BadWeights(f"{path.name} leaves a gap before {tensor.name[:120]!r}, or lets it overlap another.")
        end = last
    if end != size_bytes:
        raise BadWeights(f"{path.name} has {size_bytes:,} bytes of data, and its tensors take {end:,}.")


def is_size(value: object) -> bool:
    return type(value) is int and 0 <= value < 2**48


def without_repeats(pairs: list[tuple[str, object]]) -> dict:
    found = dict(pairs)
    if len(found) < len(pairs):
        raise ValueError("a name stands twice")
    return found


def refuse(word: str) -> None:
    raise ValueError(word)
