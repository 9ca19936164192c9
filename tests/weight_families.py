"""Small models with known kinship, written as safetensors by hand: no torch, no package, the format's own few bytes."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np

from lineage.proof.rounding import to_bits

LAYERS, WIDTH, INNER, VOCABULARY = 3, 32, 64, 96
BYTES = {"BF16": 2, "F16": 2, "F32": 4, "F64": 8, "I32": 4}


def write(folder: Path, tensors: dict[str, np.ndarray], dtype: str = "F32", name: str = "model.safetensors") -> Path:
    """Write float32 arrays, rounded to `dtype`, and arrays of int32 as they are."""
    folder.mkdir(parents=True, exist_ok=True)
    header, data = {}, b""
    for key, values in tensors.items():
        is_whole = values.dtype == np.int32
        raw = values.tobytes() if is_whole else to_bits(values.astype(np.float32), dtype).tobytes()
        said = {"dtype": "I32" if is_whole else dtype, "shape": list(values.shape)}
        header[key] = said | {"data_offsets": [len(data), len(data) + len(raw)]}
        data += raw
    text = json.dumps(header).encode()
    (folder / name).write_bytes(len(text).to_bytes(8, "little") + text + data)
    return folder


def model(seed: int, layers: int = LAYERS, scale: float = 0.02) -> dict[str, np.ndarray]:
    """A model of llama's names from one random start; its norms are near one, as everybody's."""
    rng = np.random.default_rng(seed)

    def matrix(*shape):
        return rng.normal(0, scale, shape).astype(np.float32)

    found = {"model.embed_tokens.weight": matrix(VOCABULARY, WIDTH)}
    for layer in range(layers):
        start = f"model.layers.{layer}."
        for part in ("q", "k", "v", "o"):
            found[f"{start}self_attn.{part}_proj.weight"] = matrix(WIDTH, WIDTH)
        found[f"{start}mlp.up_proj.weight"] = matrix(INNER, WIDTH)
        found[f"{start}mlp.down_proj.weight"] = matrix(WIDTH, INNER)
        for norm in ("input_layernorm", "post_attention_layernorm"):
            found[f"{start}{norm}.weight"] = (1 + matrix(WIDTH) / 4).astype(np.float32)
    found["model.norm.weight"] = (1 + matrix(WIDTH) / 4).astype(np.float32)
    found["lm_head.weight"] = matrix(VOCABULARY, WIDTH)
    return found


def tuned(parent: dict[str, np.ndarray], seed: int, size: float = 0.1) -> dict[str, np.ndarray]:
    """A fine-tune: every weight moved a little, at random; `size` is the change over the weights' own spread."""
    rng = np.random.default_rng(seed)
    return {
        name: (values + size * (values.std() or 0.01) * rng.normal(size=values.shape)).astype(np.float32)
        for name, values in parent.items()
    }


def renamed(parent: dict[str, np.ndarray], before: str, after: str) -> dict[str, np.ndarray]:
    return {name.replace(before, after, 1): values for name, values in parent.items()}
