"""Opens the tensors of a GGUF file under the names that the model had before it was converted.

Quantized types are turned into numbers a few rows at a time. The converter turns the rows of a llama's queries and keys
(pairs of a rotation side by side); here they are turned back.
"""

from __future__ import annotations

import hashlib
import math
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from lineage.proof.blocks import PACKED, PLAIN, UNPACK
from lineage.proof.weights import (
    DIMENSIONS_MOST,
    TENSORS_MOST,
    BadWeights,
    Tensor,
    Weights,
    allowed,
    decoded,
    is_size,
    open_folder,
)
from lineage.readers.gguf import KEY_BYTES_MOST, KEYS_MOST, GgufProblem, Header

SPLIT = re.compile(r"-\d{5}-of-\d{5}\.gguf$")
HEADS_MOST = 4096
NAMES = {
    "token_embd": "embed_tokens", "output_norm": "norm", "output": "lm_head", "attn_q": "self_attn.q_proj",
    "attn_k": "self_attn.k_proj", "attn_v": "self_attn.v_proj", "attn_output": "self_attn.o_proj",
    "attn_q_norm": "self_attn.q_norm", "attn_k_norm": "self_attn.k_norm", "attn_norm": "input_layernorm",
    "ffn_norm": "post_attention_layernorm", "ffn_gate": "mlp.gate_proj", "ffn_up": "mlp.up_proj",
    "ffn_down": "mlp.down_proj",
}  # fmt: skip
MADE = ("rope_freqs",)  # tensors that the converter works out


@dataclass(frozen=True)
class GgufTensor(Tensor):
    """A tensor of a GGUF file; `order` says which of its rows is which of the model's."""

    block: tuple[int, int] = (1, 4)  # elements and bytes
    order: np.ndarray | None = field(default=None, compare=False, repr=False)

    @property
    def width(self) -> int:
        return self.shape[-1] if self.shape else 1

    @property
    def size_bytes(self) -> int:
        return self.elements // self.block[0] * self.block[1]

    @property
    def is_float(self) -> bool:
        return True

    def rows(self, first: int, last: int) -> np.ndarray:
        """The bytes of rows, one a row."""
        row_bytes = self.width // self.block[0] * self.block[1]
        self.tally[0] += (last - first) * row_bytes
        if self.order is None:
            return np.memmap(self.path, np.uint8, "r", self.start + first * row_bytes, (last - first, row_bytes))
        count = len(self.order)
        return np.memmap(self.path, np.uint8, "r", self.start, (count, row_bytes))[self.order[first:last]]

    def raw(self, first: int = 0, last: int | None = None) -> np.ndarray:
        """The bytes of elements of a plain type."""
        last = self.elements if last is None else last
        if last <= first:
            return np.empty(0, np.uint8)
        top = first // self.width
        found = self.rows(top, -(-last // self.width)).reshape(-1)
        size = self.block[1]
        return np.ascontiguousarray(found[(first - top * self.width) * size : (last - top * self.width) * size])

    def values(self, first: int = 0, last: int | None = None) -> np.ndarray:
        if self.dtype not in UNPACK:
            return decoded(self.raw(first, last), self.dtype)
        last = self.elements if last is None else last
        if last <= first:
            return np.empty(0, np.float32)
        top = first // self.width
        found = np.ascontiguousarray(self.rows(top, -(-last // self.width))).reshape(-1, self.block[1])
        return UNPACK[self.dtype](found).reshape(-1)[first - top * self.width : last - top * self.width]

    def digest(self) -> str:
        sha = hashlib.sha256(f"{self.dtype}{list(self.shape)}".encode())
        count = self.elements // self.width if self.elements else 0
        for first in range(0, count, 1024):
            sha.update(np.ascontiguousarray(self.rows(first, min(first + 1024, count))))
        return sha.hexdigest()


def read_gguf_file(path: Path, tally: list[int]) -> dict[str, GgufTensor]:
    """The tensors of one file, by the model's names. Raises BadWeights."""
    whole = path.stat().st_size
    try:
        with path.open("rb") as stream:
            header = Header(stream)
            if header.order != "<":
                raise BadWeights(f"{path.name} is of big-endian machines, which is not read.")
            count, fields = header.count(), {}
            for name, value in keys_of(header):
                fields[name] = value
            if count > TENSORS_MOST:
                raise BadWeights(f"{path.name} has more than {TENSORS_MOST:,} tensors.")
            rows = [row_of(header, path) for _ in range(count)]
    except GgufProblem as problem:
        raise BadWeights(f"{path.name}: {problem}") from None
    step = fields.get("general.alignment", 32)
    if type(step) is not int or not 8 <= step <= 65_536 or step & (step - 1):
        raise BadWeights(f"{path.name} is aligned in a way that no GGUF is.")
    start = -(-header.used_bytes // step) * step
    found: dict[str, GgufTensor] = {}
    end = start
    for name, shape, kind, offset in sorted(rows, key=lambda row: row[3]):
        if kind not in PLAIN and kind not in PACKED:
            continue  # of a type that is not turned into numbers here, such as those of two bits
        dtype, elements, size = (PLAIN | PACKED)[kind]
        if shape and shape[-1] % elements:
            raise BadWeights(f"{path.name} holds {name[:120]!r} in rows that are no whole blocks.")
        tensor = GgufTensor(model_name(name), dtype, shape, path, start + offset, tally, (elements, size),
                            order_of(name, shape, fields))  # fmt: skip
        if tensor.start < end or tensor.start + tensor.size_bytes > whole:
            raise BadWeights(f"{path.name} places {name[:120]!r} over another tensor, or beyond its end.")
        if tensor.name in found:
            raise BadWeights(f"{path.name} holds {name[:120]!r} a second time.")
        end = tensor.start + tensor.size_bytes
        if not name.startswith(MADE):
            found[tensor.name] = tensor
    return found


def keys_of(header: Header) -> Iterator[tuple[str, object]]:
    count = header.count()
    if count > KEYS_MOST:
        raise GgufProblem(f"The GGUF header has more than {KEYS_MOST:,} keys.")
    for _ in range(count):
        yield str(header.text(KEY_BYTES_MOST)), header.value(header.number("I"))


def row_of(header: Header, path: Path) -> tuple[str, tuple[int, ...], int, int]:
    """Name, shape as the model had it, type and offset of one tensor."""
    name, dimensions = header.text(1024), header.number("I")
    if name is None or dimensions > DIMENSIONS_MOST:
        raise BadWeights(f"{path.name} describes a tensor in a way that no GGUF does.")
    shape = tuple(header.count() for _ in range(dimensions))[::-1]
    kind, offset = header.number("I"), header.number("Q")
    if not is_size(offset) or not all(map(is_size, shape)) or not is_size(math.prod(shape)):
        raise BadWeights(f"{path.name} describes {name[:120]!r} as larger than any file.")
    return name, shape, kind, offset


def model_name(name: str) -> str:
    """The name that a tensor had before.

    >>> model_name("blk.3.attn_q.weight"), model_name("token_embd.weight")
    ('layers.3.self_attn.q_proj.weight', 'embed_tokens.weight')
    """
    found = re.fullmatch(r"(?:blk\.(\d+)\.)?(\w+)\.(weight|bias)", name)
    if not found or found[2] not in NAMES:
        return name
    return f"layers.{found[1]}.{NAMES[found[2]]}.{found[3]}" if found[1] else f"{NAMES[found[2]]}.{found[3]}"


def order_of(name: str, shape: tuple[int, ...], fields: dict[str, object]) -> np.ndarray | None:
    """Which row of the file is each row of the model; None where they are the same."""
    part = re.search(r"\.attn_([qk])\.weight$", name)
    if not part or fields.get("general.architecture") != "llama" or len(shape) != 2:
        return None
    heads = fields.get("llama.attention.head_count")
    heads = heads if part[1] == "q" else fields.get("llama.attention.head_count_kv", heads)
    if type(heads) is not int or not 0 < heads <= HEADS_MOST or shape[0] % (2 * heads) or shape[0] > 1 << 20:
        return None
    return np.arange(shape[0]).reshape(heads, shape[0] // heads // 2, 2).swapaxes(1, 2).reshape(-1)


def gguf_files(folder: Path) -> list[Path]:
    """The file, or the parts of the file, that a folder holds. Raises BadWeights where it holds several models."""
    found = sorted(path for path in folder.iterdir() if path.suffix == ".gguf" and path.is_file())
    if len({SPLIT.sub("", path.name) for path in found}) > 1:
        raise BadWeights(f"{folder.name} holds several GGUF files: give a folder with one of them.")
    return found


def open_model(folder: Path) -> Weights:
    """The tensors of the model in a folder: its safetensors, else its GGUF. Raises BadWeights."""
    if not folder.is_dir() or any(path.suffix == ".safetensors" for path in folder.iterdir()):
        return open_folder(folder)
    paths = gguf_files(folder)
    if not paths:
        return open_folder(folder)
    tensors: dict[str, Tensor] = {}
    tally = [0]
    for path in paths:
        if not allowed(path, folder.resolve()):
            raise BadWeights(f"{path.name[:120]!r} leads out of its folder.")
        found = read_gguf_file(path, tally)
        if again := next((name for name in found if name in tensors), None):
            raise BadWeights(f"{path.name} holds {again[:120]!r} a second time.")
        tensors |= found
    if not tensors:
        raise BadWeights(f"{folder.name} holds no tensors of a type that is read.")
    return Weights(folder, tensors, {}, tally)
