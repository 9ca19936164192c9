"""Small modules of our own, in pure torch: a directory holds `stemma_module.json` and `model.safetensors`.

They need neither transformers nor a tokenizer, so the shipped example runs in seconds, and a head over an encoder's
states is a version of its own.
"""

from __future__ import annotations

import zlib
from collections.abc import Sequence

import torch
from torch import nn
from torch.nn import functional

from lineage.runs.problems import BadRun

MAX_BYTES = 20_000  # of one text
MAX_SIZE = 1 << 24  # of one dimension


class ByteNgrams(nn.Module):
    """A text's n-grams of bytes, hashed into buckets; their mean vector goes through a linear layer."""

    def __init__(self, labels: Sequence[str], buckets: int, width: int, lengths: Sequence[int] = (1, 2, 3, 4)):
        super().__init__()
        self.labels, self.buckets, self.lengths = list(labels), buckets, tuple(lengths)
        self.vectors = nn.EmbeddingBag(buckets, width, mode="mean")
        self.head = nn.Linear(width, len(self.labels))

    def encode(self, text: str) -> list[int]:
        """Buckets of all n-grams of the lower-cased text with a space at both ends, and of whole words."""
        folded = f" {text.lower()} ".encode()[:MAX_BYTES]
        grams = (folded[at : at + n] for n in self.lengths for at in range(len(folded) - n + 1))
        return [zlib.crc32(gram) % self.buckets for gram in [*grams, *(b"w" + word for word in folded.split())]]

    def forward(self, flat: torch.Tensor, starts: torch.Tensor) -> torch.Tensor:
        """Scores [texts, labels] of bags given as one flat tensor and where each starts."""
        return self.head(self.vectors(flat, starts))


class PixelNetwork(nn.Module):
    """A small picture's numbers through one hidden layer."""

    def __init__(self, labels: Sequence[str], height: int, width: int, hidden: int):
        super().__init__()
        self.labels, self.shape = list(labels), (height, width)
        self.hidden, self.head = nn.Linear(height * width, hidden), nn.Linear(hidden, len(self.labels))

    def forward(self, pixels: torch.Tensor) -> torch.Tensor:
        """Scores [pictures, labels] of pictures [pictures, height, width] between 0 and 1."""
        return self.head(functional.gelu(self.hidden(pixels.flatten(1))))


class EncoderHead(nn.Module):
    """Pools an encoder's states over the tokens that are no padding, and gives one score a label."""

    def __init__(self, labels: Sequence[str], width: int, pooling: str = "mean", normalise: bool = True):
        super().__init__()
        if pooling not in ("mean", "first"):
            raise BadRun(f"A head pools by mean or first, not by {str(pooling)[:40]!r}.")
        self.labels, self.pooling, self.normalise = list(labels), pooling, normalise
        self.head = nn.Linear(width, len(self.labels))

    def pooled(self, states: torch.Tensor, mask: torch.Tensor) -> torch.Tensor:
        """States [texts, tokens, width] as one vector a text, in float32."""
        states = states.float()
        if self.pooling == "first":
            found = states[:, 0]
        else:
            weights = mask.unsqueeze(-1).float()
            found = (states * weights).sum(1) / weights.sum(1).clamp(min=1)
        return functional.normalize(found, dim=-1) if self.normalise else found

    def forward(self, states: torch.Tensor, mask: torch.Tensor) -> torch.Tensor:
        return self.head(self.pooled(states, mask).to(self.head.weight.dtype)).float()


MODULES = {"byte-ngrams": ByteNgrams, "pixel-network": PixelNetwork, "encoder-head": EncoderHead}


def build(definition: dict) -> nn.Module:
    """The module that a `stemma_module.json` describes, without weights. Raises BadRun."""
    kind = definition.get("architecture")
    labels = definition.get("labels")
    sizes = definition.get("sizes", {})
    if kind not in MODULES:
        raise BadRun(f"The architecture {str(kind)[:60]!r} is none of ours: {', '.join(MODULES)}.")
    if not isinstance(labels, list) or len(labels) < 2 or not all(isinstance(label, str) for label in labels):
        raise BadRun("stemma_module.json names fewer than two labels.")
    if not isinstance(sizes, dict) or not all(is_size(value) for value in sizes.values()):
        raise BadRun("stemma_module.json gives a size that is none.")
    try:
        with torch.device("meta"):
            MODULES[kind](labels, **sizes)  # costs no memory, whatever the sizes say
    except (TypeError, ValueError, RuntimeError):
        raise BadRun(f"stemma_module.json does not give the sizes that {kind} needs.") from None
    return MODULES[kind](labels, **sizes)


def is_size(value: object) -> bool:
    """Whether a size is a whole number in bounds, a list of such, or a named choice."""
    if isinstance(value, list):
        return 1 <= len(value) <= 16 and all(is_size(one) and not isinstance(one, list) for one in value)
    return isinstance(value, str | bool) or (isinstance(value, int) and 1 <= value <= MAX_SIZE)
