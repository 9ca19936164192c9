"""Answers that are one label of a fixed set: the largest of a row of scores, by its name."""

from __future__ import annotations

from collections.abc import Sequence

import torch

from lineage.runs.engine import Encoded
from lineage.runs.problems import BadRun


class LabelTask:
    """What all classifiers share. `labels` are names by number, as the version's own configuration has them."""

    def __init__(self, labels: Sequence[str], device: torch.device):
        self.labels, self.device = list(labels), device

    def answers(self, batch: Sequence[Encoded], computed: torch.Tensor) -> list[dict]:
        """The name of each row's largest score, and its lead over the next. Raises BadRun where a score is no number.

        `computed` has one row an item and one column a label, in float32.
        """
        scores = computed.to("cpu")
        refuse_nan(batch, scores)
        if scores.shape[1] != len(self.labels):
            raise BadRun(f"The version gives {scores.shape[1]} scores and names {len(self.labels)} labels.")
        best = scores.topk(min(2, scores.shape[1]), dim=1)
        picked = best.indices[:, 0].tolist()
        lead = (best.values[:, 0] - best.values[:, -1]).tolist()
        return [
            {"id": one.item.id, "prediction": self.labels[label], "margin": margin}
            for one, label, margin in zip(batch, picked, lead, strict=True)
        ]


def refuse_nan(batch: Sequence[Encoded], scores: torch.Tensor) -> None:
    """Raise BadRun with the first item whose scores are not all finite numbers."""
    bad = ~torch.isfinite(scores).reshape(len(batch), -1).all(dim=1)
    if bool(bad.any()):
        first = batch[int(bad.nonzero()[0])].item.id
        raise BadRun(f"The version gives no numbers (NaN or infinite) for {int(bad.sum())} items, {first!r} the first.")


def padded(rows: Sequence[Sequence[int]], pad: int, device: torch.device, *, left: bool = False) -> tuple:
    """Token ids and mask, both [rows, longest], on the device; to a GPU from pinned memory, without waiting."""
    width = max(len(row) for row in rows)
    ids = torch.full((len(rows), width), pad, dtype=torch.long)
    mask = torch.zeros((len(rows), width), dtype=torch.long)
    for place, row in enumerate(rows):
        part = slice(width - len(row), None) if left else slice(len(row))
        ids[place, part] = torch.tensor(row, dtype=torch.long)
        mask[place, part] = 1
    return moved(ids, device), moved(mask, device)


def moved(tensor: torch.Tensor, device: torch.device) -> torch.Tensor:
    """A tensor on the device; the copy to a GPU does not hold the next batch up."""
    return tensor.pin_memory().to(device, non_blocking=True) if device.type == "cuda" else tensor
