"""Numbers of the block formats of ggml: a few scales, and small integers that they are taken times.

Layouts: ggml's ggml-common.h and the GGUF specification. Every function takes the raw bytes of whole blocks, one a row,
and gives float32 values, one block a row.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

Array = np.ndarray


def halves(raw: Array, first: int) -> Array:
    """The float16 at byte `first` of each block, as a column of float32."""
    return np.ascontiguousarray(raw[:, first : first + 2]).view("<f2").astype(np.float32)


def nibbles(raw: Array) -> Array:
    """The low halves of all bytes, then the high ones."""
    return np.concatenate([raw & 15, raw >> 4], axis=1).astype(np.float32)


def fifth_bits(raw: Array, first: int) -> Array:
    """Thirty-two bits as sixteens, in the order of `nibbles`."""
    return 16 * np.unpackbits(raw[:, first : first + 4], axis=1, bitorder="little").astype(np.float32)


def q8_0(raw: Array) -> Array:
    return halves(raw, 0) * raw[:, 2:].view(np.int8).astype(np.float32)


def q4_0(raw: Array) -> Array:
    return halves(raw, 0) * (nibbles(raw[:, 2:]) - 8)


def q4_1(raw: Array) -> Array:
    return halves(raw, 0) * nibbles(raw[:, 4:]) + halves(raw, 2)


def q5_0(raw: Array) -> Array:
    return halves(raw, 0) * (nibbles(raw[:, 6:]) + fifth_bits(raw, 2) - 16)


def q5_1(raw: Array) -> Array:
    return halves(raw, 0) * (nibbles(raw[:, 8:]) + fifth_bits(raw, 4)) + halves(raw, 2)


def scales_and_minima(raw: Array) -> tuple[Array, Array]:
    """Eight scales and eight minima of six bits, packed into twelve bytes."""
    low, middle, high = raw[:, 0:4], raw[:, 4:8], raw[:, 8:12]
    scales = np.concatenate([low & 63, (high & 15) | ((low >> 6) << 4)], axis=1)
    minima = np.concatenate([middle & 63, (high >> 4) | ((middle >> 6) << 4)], axis=1)
    return scales.astype(np.float32), minima.astype(np.float32)


def q4_k(raw: Array) -> Array:
    return of_k(raw, in_thirty_twos(raw[:, 16:]))


def q5_k(raw: Array) -> Array:
    bits = np.stack([(raw[:, 16:48] >> number) & 1 for number in range(8)], axis=1)
    return of_k(raw, in_thirty_twos(raw[:, 48:]) + 16 * bits.astype(np.float32))


def in_thirty_twos(raw: Array) -> Array:
    """Four runs of 32 bytes as eight runs of 32 numbers: the low halves of a run, then its high ones."""
    runs = raw.reshape(len(raw), 4, 1, 32)
    return np.concatenate([runs & 15, runs >> 4], axis=2).reshape(len(raw), 8, 32).astype(np.float32)


def of_k(raw: Array, numbers: Array) -> Array:
    scales, minima = scales_and_minima(raw[:, 4:16])
    scaled = (halves(raw, 0) * scales)[:, :, None] * numbers
    return (scaled - (halves(raw, 2) * minima)[:, :, None]).reshape(len(raw), 256)


def q6_k(raw: Array) -> Array:
    low, high = raw[:, :128].reshape(-1, 2, 2, 32), raw[:, 128:192].reshape(-1, 2, 1, 32)
    four = np.concatenate([low & 15, low >> 4], axis=2)
    two = np.concatenate([(high >> shift) & 3 for shift in (0, 2, 4, 6)], axis=2)
    numbers = (four | (two << 4)).astype(np.float32).reshape(len(raw), 16, 16) - 32
    scales = raw[:, 192:208].view(np.int8).astype(np.float32)
    return ((halves(raw, 208) * scales)[:, :, None] * numbers).reshape(len(raw), 256)


# ggml's number of a type: its name, elements of a block, bytes of a block
PLAIN = {0: ("F32", 1, 4), 1: ("F16", 1, 2), 28: ("F64", 1, 8), 30: ("BF16", 1, 2)}
PACKED = {
    2: ("Q4_0", 32, 18), 3: ("Q4_1", 32, 20), 6: ("Q5_0", 32, 22), 7: ("Q5_1", 32, 24), 8: ("Q8_0", 32, 34),
    12: ("Q4_K", 256, 144), 13: ("Q5_K", 256, 176), 14: ("Q6_K", 256, 210),
}  # fmt: skip
UNPACK: dict[str, Callable[[Array], Array]] = {
    "Q4_0": q4_0, "Q4_1": q4_1, "Q5_0": q5_0, "Q5_1": q5_1, "Q8_0": q8_0, "Q4_K": q4_k, "Q5_K": q5_k, "Q6_K": q6_k,
}  # fmt: skip
