"""Low-rank adapters of PEFT: whether one fits a base, and what base and adapter give when they are merged.

Hu et al. 2021 (arXiv 2106.09685): W + s·BA, with s = alpha/r, or alpha/√r in its rank-stabilised form (2312.03732).
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from lineage.proof.merging import Remade
from lineage.proof.pairs import bare, named
from lineage.proof.rounding import STORED, rounded_to, to_bits, ulp
from lineage.proof.weights import Tensor, Weights

CONFIG, CONFIG_BYTES_MOST = "adapter_config.json", 4 << 20
ALPHA_MOST = 1e6  # nobody scales so far; beyond float32 nothing can be compared


@dataclass(frozen=True)
class Pair:
    """The two factors of one target: A is rank × inputs, B is outputs × rank."""

    target: str  # bare name of the base's matrix
    a: Tensor
    b: Tensor


def factors(weights: Weights) -> list[Pair]:
    """The pairs of a LoRA's factors; none for a model that is no adapter."""
    found = []
    for name, tensor in weights.tensors.items():
        if ".lora_A." in name and (other := weights.tensors.get(name.replace(".lora_A.", ".lora_B."))):
            found.append(Pair(bare(name.partition(".lora_A.")[0]) + ".weight", tensor, other))
    return found


def fits(pairs: list[Pair], base: Weights) -> tuple[int, list[str]]:
    """How many targets the base has in the right shape, and the names of those that it has not."""
    high = named(base)
    wrong = [pair.target for pair in pairs if shape_in(high, pair) is None]
    return len(pairs) - len(wrong), wrong


def shape_in(base: Mapping[str, Tensor], pair: Pair) -> bool | None:
    """Whether the base holds the target turned (as GPT-2's layers do); None where it does not fit at all."""
    target = base.get(pair.target)
    if target is None or len(pair.a.shape) != 2 or len(pair.b.shape) != 2 or pair.a.shape[0] != pair.b.shape[1]:
        return None
    straight = (pair.b.shape[0], pair.a.shape[1])
    if target.shape == straight:
        return False
    return True if target.shape == straight[::-1] else None


def scales_of(folder: Path, rank: int) -> Iterator[float]:
    """The scale that the adapter's configuration gives. Raises ValueError where it gives none."""
    path = folder / CONFIG
    if not path.is_file() or path.stat().st_size > CONFIG_BYTES_MOST:
        raise ValueError(f"{CONFIG} is not there, or too large.")
    try:
        said = json.loads(path.read_bytes())
    except RecursionError:
        raise ValueError(f"{CONFIG} is nested too deeply.") from None
    alpha = said.get("lora_alpha") if isinstance(said, dict) else None
    if type(alpha) not in (int, float) or not abs(alpha) < ALPHA_MOST or not rank:
        raise ValueError(f"{CONFIG} gives no lora_alpha.")
    yield alpha / (rank**0.5 if said.get("use_rslora") is True else rank)


def remake_merged(child: Weights, base: Weights, adapter: Weights) -> Remade:
    """Base plus adapter against the child. Raises ValueError where the adapter cannot be read."""
    low, high = named(child), named(base)
    changes = {pair.target: pair for pair in factors(adapter)}
    found = Remade()
    for name, tensor in low.items():
        source = high.get(name)
        if source is None or source.shape != tensor.shape or tensor.dtype not in STORED:
            found.passed_over.append(tensor.name)
            continue
        stored = tensor.values().astype(np.float32).reshape(tensor.shape)
        value = source.values().astype(np.float32).reshape(tensor.shape)
        bits = to_bits(stored, tensor.dtype)
        made = [value]
        if (pair := changes.get(name)) and (turned := shape_in(high, pair)) is not None:
            scale = next(scales_of(adapter.folder, pair.a.shape[0]))
            square = tensor.shape[0] == tensor.shape[1]  # GPT-2 keeps its matrices turned, which a square one hides
            ways = (False, True) if square else (turned,)
            made = [each for way in ways for each in merged(value, pair, way, scale, tensor.dtype)]
        best = max(made, key=lambda each: int(np.count_nonzero(to_bits(each, tensor.dtype) == bits)))
        same = to_bits(best, tensor.dtype) == bits
        room = ulp(np.maximum(np.abs(value), np.abs(stored)), tensor.dtype)
        found.exact += int(np.count_nonzero(same))
        found.within_ulp += int(np.count_nonzero(same | (np.abs(best.astype(np.float64) - stored) <= room)))
        found.elements += tensor.elements
        found.tensors += 1
    return found


def merged(value: np.ndarray, pair: Pair, turned: bool, scale: float, dtype: str) -> Iterator[np.ndarray]:
    """The sum in float32, and with the change rounded first, as PEFT does in a model of a smaller type."""
    a, b = (each.values().astype(np.float32).reshape(each.shape) for each in (pair.a, pair.b))
    change = np.float32(scale) * (b @ a)
    change = change.T if turned else change
    yield value + change
    if dtype in ("BF16", "F16"):
        yield value + rounded_to(change, dtype)
        low = rounded_to(rounded_to(rounded_to(b, dtype) @ rounded_to(a, dtype), dtype) * np.float32(scale), dtype)
        yield value + (low.T if turned else low)
