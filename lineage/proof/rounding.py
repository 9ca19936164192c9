"""Rounds numbers to the types that weights are stored in, and counts how far two stored numbers are apart."""

from __future__ import annotations

import numpy as np

STORED = ("BF16", "F16", "F32", "F64")


def to_bits(values: np.ndarray, dtype: str) -> np.ndarray:
    """The stored bits of float32 numbers, rounded to nearest, ties to even.

    >>> [hex(each) for each in to_bits(np.array([1.0, 1.00390625], np.float32), "BF16")]
    ['0x3f80', '0x3f80']
    """
    if dtype == "BF16":
        bits = np.ascontiguousarray(values, np.float32).view(np.uint32)
        nan = np.isnan(values)
        found = ((bits + 0x7FFF + ((bits >> 16) & 1)) >> 16).astype(np.uint16)
        return np.where(nan, np.uint16(0x7FC0), found)
    if dtype == "F16":
        with np.errstate(over="ignore"):
            return values.astype(np.float16).view(np.uint16)
    if dtype == "F64":
        return values.astype(np.float64).view(np.uint64)
    return np.ascontiguousarray(values, np.float32).view(np.uint32)


def rounded_to(values: np.ndarray, dtype: str) -> np.ndarray:
    """Numbers as they are after being stored, again as float32 (float64 for F64)."""
    bits = to_bits(values, dtype)
    if dtype == "BF16":
        return (bits.astype(np.uint32) << 16).view(np.float32)
    if dtype == "F16":
        return bits.view(np.float16).astype(np.float32)
    return bits.view(np.float64 if dtype == "F64" else np.float32)


def ulp(values: np.ndarray, dtype: str) -> np.ndarray:
    """The distance from each number to the next that the type holds."""
    mantissa = {"BF16": 7, "F16": 10, "F32": 23, "F64": 52}[dtype]
    least = {"BF16": -126, "F16": -14, "F32": -126, "F64": -1022}[dtype]
    _, exponent = np.frexp(np.abs(values.astype(np.float64)))
    return np.ldexp(1.0, np.maximum(exponent - 1, least) - mantissa)
