"""A suite: labelled items, and how a model is asked about them. Data in files, versioned by a digest of all of it."""

from __future__ import annotations

import hashlib
import json
import tomllib
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, fields
from functools import cached_property
from pathlib import Path

from lineage.suite_rows import BadSuite, read_rows

CLASSIFICATION = "sequence-classification"
IMAGES = "image-classification"
CHOICE = "multiple-choice"
GENERATION = "generation"
TASKS = (CLASSIFICATION, IMAGES, CHOICE, GENERATION)
NORMALISED = ("sum", "tokens", "bytes")
MATCHED = ("exact", "folded", "last_number")
MAX_DEFINITION_BYTES = 1 << 20


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


def read_suite(path: Path, datasets: Path | None = None) -> Suite:
    """The suite that a TOML file defines. `datasets` holds mirrored data sets, by id and commit. Raises BadSuite."""
    definition = read_definition(path)
    task = definition.get("task")
    if task not in TASKS:
        raise BadSuite(f"{path.name}: the task is {task!r} and not one of {', '.join(TASKS)}.")
    settings = settings_of(definition.get("settings", {}), path.name)
    folder, rows_file = rows_place(definition, path, datasets)
    rows = read_rows(rows_file, table_of(definition, "columns", path.name))
    items = tuple(item_of(number, row, settings, task, folder) for number, row in enumerate(rows, 1))
    refuse_doubled(items, path.name)
    name = str(definition.get("name", path.stem))[:200]
    labels = {str(theirs): str(ours) for theirs, ours in table_of(definition, "labels", path.name).items()}
    return Suite(name, task, items, settings, labels, path, folder)


def read_definition(path: Path) -> dict:
    try:
        if path.stat().st_size > MAX_DEFINITION_BYTES:
            raise BadSuite(f"{path.name} has more than {MAX_DEFINITION_BYTES:,} bytes.")
        return tomllib.loads(path.read_text("utf8"))
    except OSError:
        raise BadSuite(f"The suite {path.name} cannot be read.") from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError, RecursionError) as problem:
        raise BadSuite(f"The suite {path.name} is not TOML: {str(problem)[:200]}.") from None


def table_of(definition: dict, name: str, file: str) -> dict:
    found = definition.get(name, {})
    if not isinstance(found, dict):
        raise BadSuite(f"{file}: {name} is no table.")
    return found


def rows_place(definition: dict, path: Path, datasets: Path | None) -> tuple[Path, Path]:
    """The folder that rows and pictures lie in, and the file of rows, which is inside it."""
    folder = path.parent
    if dataset := definition.get("dataset"):
        sha = str(definition.get("revision", ""))
        if len(sha) != 40 or not set(sha) <= set("0123456789abcdef"):
            raise BadSuite(f"{path.name}: the data set {dataset!r} needs a revision of 40 hexadecimal digits.")
        folder = inside(datasets or path.parent, f"{dataset}/{sha}", path.name)
        if not folder.is_dir():
            raise BadSuite(f"{path.name}: the files of {dataset}@{sha} are not on this machine.")
    return folder, inside(folder, str(definition.get("rows", f"{path.stem}.jsonl")), path.name)


def inside(folder: Path, name: str, file: str) -> Path:
    """A path below `folder`. Raises BadSuite where it would lead out of it."""
    found = (folder / name).resolve()
    if not found.is_relative_to(folder.resolve()):
        raise BadSuite(f"{file}: {name!r} leads out of the suite's folder.")
    return found


def settings_of(given: object, file: str) -> Settings:
    """The settings of a definition. Raises BadSuite on a name or value that is none."""
    known = {one.name: one for one in fields(Settings)}
    if not isinstance(given, dict) or not set(given) <= set(known):
        raise BadSuite(f"{file}: settings are {', '.join(known)} and no others.")
    values = {name: tuple(value) if isinstance(value, list) else value for name, value in given.items()}
    for name, value in values.items():
        kind = type(known[name].default)
        texts = not isinstance(value, tuple) or all(isinstance(one, str) and one for one in value)
        if type(value) is not kind or not texts or (kind is int and not 1 <= value <= 1_000_000):
            raise BadSuite(f"{file}: the setting {name} cannot be {str(given[name])[:80]!r}.")
    settings = Settings(**values)
    if settings.normalise not in NORMALISED or settings.match not in MATCHED:
        raise BadSuite(f"{file}: normalise is one of {', '.join(NORMALISED)}, match one of {', '.join(MATCHED)}.")
    return settings


def item_of(number: int, row: Mapping, settings: Settings, task: str, folder: Path) -> Item:
    """One row as an item. Raises BadSuite where it has no label, nothing to ask, or a label that is no choice."""
    if row.get("label") is None or row["label"] == "":
        raise BadSuite(f"Row {number} of the suite has no label.")
    choices = tuple(row.get("choices") or ())
    item = Item(**{**row, "id": row.get("id") or str(number), "choices": choices})
    if task == IMAGES and item.image is None and item.pixels is None:
        raise BadSuite(f"Row {number} of the suite has neither an image nor pixels.")
    if item.image is not None:
        inside(folder, item.image, f"Row {number}")
    if task == CHOICE:
        offered = choices or settings.choices
        if len(offered) < 2:
            raise BadSuite(f"Row {number} of the suite offers fewer than two choices.")
        right = {str(place) for place in range(len(offered))} if choices else {choice.strip() for choice in offered}
        if item.label not in right:
            raise BadSuite(f"The label of row {number} of the suite, {item.label[:80]!r}, is none of its choices.")
    return item


def refuse_doubled(items: tuple[Item, ...], file: str) -> None:
    if not items:
        raise BadSuite(f"The suite {file} holds no items.")
    seen: set[str] = set()
    for item in items:
        if item.id in seen:
            raise BadSuite(f"The suite {file} holds the id {item.id[:80]!r} more than once.")
        seen.add(item.id)
