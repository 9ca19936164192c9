"""Classifies pictures: with a transformers classifier and its image processor, or with a module of our own."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import torch

from lineage.runs.engine import Encoded
from lineage.runs.labels import LabelTask, moved
from lineage.runs.modules import PixelNetwork
from lineage.runs.problems import BadRun
from lineage.suites import Item

MAX_PICTURE_PIXELS = 40_000_000


class ImageClassifier(LabelTask):
    """A model of transformers that gives one score a label."""

    def __init__(self, model, processor, labels, folder: Path, device: torch.device):
        super().__init__(labels, device)
        self.model, self.processor, self.folder = model, processor, folder
        self.dtype = next(model.parameters()).dtype

    def encode(self, items: Sequence[Item]) -> list[Encoded]:
        """Pictures as the model's own processor prepares them; all of one size, so lengths are alike."""
        pictures = [picture_of(item, self.folder) for item in items]
        prepared = self.processor(images=pictures, return_tensors="pt")["pixel_values"]
        length = int(prepared.shape[-1] * prepared.shape[-2] // 256) or 1  # patches of 16 × 16
        return [Encoded(item, length, one) for item, one in zip(items, prepared, strict=True)]

    def compute(self, batch: Sequence[Encoded]) -> torch.Tensor:
        """Scores in float32, [pictures, labels]."""
        pixels = moved(torch.stack([one.parts for one in batch]), self.device)
        return self.model(pixel_values=pixels.to(self.dtype)).logits.float()


class PixelClassifier(LabelTask):
    """Our own small module over pixels of one fixed size."""

    def __init__(self, module: PixelNetwork, folder: Path, device: torch.device):
        super().__init__(module.labels, device)
        self.module, self.folder = module, folder
        self.dtype = next(module.parameters()).dtype

    def encode(self, items: Sequence[Item]) -> list[Encoded]:
        found = [(item, self.pixels(item)) for item in items]
        return [Encoded(item, max(1, pixels.numel() // 64), pixels) for item, pixels in found]

    def pixels(self, item: Item) -> torch.Tensor:
        """Brightness between 0 and 1, [height, width]. Raises BadRun on another size."""
        rows = item.pixels
        if rows is None:
            grey = picture_of(item, self.folder).convert("L")
            flat = list(grey.getdata())
            rows = [flat[at : at + grey.width] for at in range(0, len(flat), grey.width)]
        found = torch.tensor(rows) / 255
        if tuple(found.shape) != self.module.shape:
            raise BadRun(f"The picture of {item.id!r} has {tuple(found.shape)} pixels, not {self.module.shape}.")
        return found

    def compute(self, batch: Sequence[Encoded]) -> torch.Tensor:
        """Scores in float32, [pictures, labels]."""
        pixels = moved(torch.stack([one.parts for one in batch]), self.device)
        return self.module(pixels.to(self.dtype)).float()


def picture_of(item: Item, folder: Path):
    """An item's picture in RGB. Raises BadRun where it is none, or too large."""
    from PIL import Image

    Image.MAX_IMAGE_PIXELS = MAX_PICTURE_PIXELS // 2  # Pillow warns at this size and refuses twice of it
    try:
        if item.image is None:
            import numpy as np

            return Image.fromarray(np.asarray(item.pixels, dtype=np.uint8)).convert("RGB")
        with Image.open(folder / item.image, formats=("PNG", "JPEG", "WEBP", "BMP")) as picture:
            return picture.convert("RGB")
    except (OSError, ValueError, SyntaxError, Image.DecompressionBombError):
        raise BadRun(f"The picture of {item.id!r} cannot be read.") from None
