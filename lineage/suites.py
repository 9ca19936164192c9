"""A suite: labelled items, and how a model is asked about them. Data in files, versioned by a digest of all of it."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from functools import cached_property
from pathlib import Path

CLASSIFICATION = "sequence-classification"
IMAGES = "image-classification"
CHOICE = "multiple-choice"
GENERATION = "generation"
TASKS = (CLASSIFICATION, IMAGES, CHOICE, GENERATION)
NORMALISED = ("sum", "tokens", "bytes")
MATCHED = ("exact", "folded", "last_number")
READ_BY = {
    CLASSIFICATION: ("prompt", "max_tokens"),
    IMAGES: (),
    CHOICE: ("prompt", "max_tokens", "choices", "normalise", "chat"),
    GENERATION: ("prompt", "max_tokens", "max_new_tokens", "stop", "match", "chat"),
}
"""the settings that a task reads"""
EVERY = ("id", "input", "label", "slice", "cluster")
COLUMNS_OF = {
    CLASSIFICATION: (*EVERY, "pair"),
    IMAGES: (*EVERY, "image", "pixels"),
    CHOICE: (*EVERY, "pair", "choices"),
    GENERATION: (*EVERY, "pair"),
}
"""the columns that a task reads"""


@dataclass(frozen=True)
class Settings:
    """How items become what the model reads, and how its answer is read. Lengths are tokens."""

    prompt: str = "{input}"
    """the text asked; `{input}` and `{pair}` stand for the item's own"""
    max_tokens: int = 512
    """longer inputs are cut: a classifier's at its end, a language model's at its beginning"""
    choices: tuple[str, ...] = ()
    """what every item can be answered with, where items do not bring choices of their own"""
    normalise: str = "sum"
    """log-likelihood of a choice as it is, by token or by byte"""
    max_new_tokens: int = 64
    stop: tuple[str, ...] = ()
    """a written answer ends before any of these"""
    match: str = "exact"
    """when a written answer is right: the same text, the same but for case and punctuation, the same last number"""
    chat: bool = False
    """ask through the model's own chat template"""


@dataclass(frozen=True)
class Item:
    """One labelled case."""

    id: str
    label: str
    input: str = ""
    pair: str | None = None
    choices: tuple[str, ...] = ()
    slice: str | None = None
    cluster: str | None = None
    image: str | None = None
    """path of a picture within the suite's folder"""
    pixels: tuple | None = None
    """a small picture itself: rows of numbers between 0 and 255"""


@dataclass(frozen=True)
class Suite:
    """Everything that is asked, and what the right answers are."""

    name: str
    task: str
    items: tuple[Item, ...]
    settings: Settings = field(default_factory=Settings)
    labels: Mapping[str, str] = field(default_factory=dict)
    """the suite's name of a label by a version's name of it"""
    path: Path | None = None
    pictures: Path | None = None

    @cached_property
    def digest(self) -> str:
        """sha256 of task, settings, label names, items and pictures: whatever may change an outcome."""
        sha = hashlib.sha256()
        head = [self.task, asdict(self.settings), dict(self.labels), len(self.items)]
        sha.update(json.dumps(head, sort_keys=True).encode())
        for item in self.items:
            sha.update(json.dumps(asdict(item), sort_keys=True).encode())
            if item.image is not None:
                sha.update(hashlib.sha256((self.pictures / item.image).read_bytes()).digest())
        return sha.hexdigest()

    @cached_property
    def answers(self) -> frozenset[str]:
        """Every right answer that occurs."""
        return frozenset(item.label for item in self.items)

    def choices_of(self, item: Item) -> tuple[str, ...]:
        return item.choices or self.settings.choices
