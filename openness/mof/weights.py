"""Which files of a repository hold weights: final ones, adapters, checkpoints; and whether all are there."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass

from openness.mof.rubric import patterns, rubric
from openness.state import FileFact

SHARD = re.compile(r"^(?P<stem>.+?)[-_.](?:part)?(?P<number>\d{1,6})[-_]?of[-_]?(?P<of>\d{1,6})(?P<end>.*)$")
INDEX = re.compile(r"^(?P<stem>.+)\.(?:safetensors|bin)\.index", re.IGNORECASE)
LISTED = 5  # paths that are quoted as evidence


@dataclass(frozen=True)
class Weights:
    """The weights of one file list. `problem` says why files that look like weights are not the whole of them."""

    final: tuple[str, ...] = ()
    adapter: tuple[str, ...] = ()
    checkpoints: tuple[str, ...] = ()  # folders that each hold weights of one moment of training
    problem: str = ""


def kind_of(path: str, size_bytes: int | None = None) -> str:
    """What one file is: final, adapter, leftover of training, placeholder, or "" for no weights.

    >>> kind_of("training_args.bin"), kind_of("model-00001-of-00002.safetensors"), kind_of("tokenizer.model")
    ('leftover', 'final', '')
    """
    name = path.rsplit("/", 1)[-1].lower()
    if patterns("weights", "training_leftovers").search(name):
        return "leftover"
    if patterns("weights", "not_weights").search(name) or name.endswith((".index.json", ".md", ".json", ".txt")):
        return ""
    for kind in ("adapter", "final"):
        if patterns("weights", kind).search(name):
            small = size_bytes is not None and size_bytes < rubric()["weights"]["least_bytes"]
            return "placeholder" if small else kind
    return ""


def weights_of(files: Iterable[FileFact]) -> Weights:
    """Tell the weights of a file list apart."""
    kinds: dict[str, list[FileFact]] = defaultdict(list)
    checkpoints: dict[str, list[FileFact]] = defaultdict(list)
    indexes = []
    for file in files:
        folder = patterns("weights", "checkpoint_folder").search(file.path.lower())
        kind = kind_of(file.path, file.size_bytes)
        if not folder and patterns("weights", "index").search(file.path):
            indexes.append(file.path)
        if folder and kind in ("final", "adapter"):
            checkpoints[file.path[: folder.end()]].append(file)
        elif kind:
            kinds[kind].append(file)
    final = [file.path for file in kinds["final"]]
    return Weights(
        final=tuple(final),
        adapter=tuple(file.path for file in kinds["adapter"]),
        checkpoints=_distinct(checkpoints),
        problem=_incomplete(final, indexes) or _placeholders(kinds),
    )


def _distinct(checkpoints: dict[str, list[FileFact]]) -> tuple[str, ...]:
    """Checkpoint folders without those whose weights are the same bytes as an earlier one's, where hashes are known."""
    seen, kept = set(), []
    for folder, files in sorted(checkpoints.items()):
        hashes = tuple(sorted(file.lfs_sha256 for file in files))
        if all(hashes) and hashes in seen:
            continue
        seen.add(hashes)
        kept.append(folder)
    return tuple(kept)


def _incomplete(final: list[str], indexes: list[str]) -> str:
    """Which shards are missing: of a numbered series, or all that an index names."""
    series: dict[tuple[str, int, str], set[int]] = defaultdict(set)
    for path in final:
        if shard := SHARD.match(path):
            series[shard["stem"], int(shard["of"]), shard["end"]].add(int(shard["number"]))
    for (stem, of, _), numbers in sorted(series.items()):
        if len(numbers) < of:
            return f"{stem} has {len(numbers)} of its {of} parts"
    for index in sorted(indexes):
        stem = INDEX.match(index)
        if stem and not any(path.startswith(stem["stem"]) for path in final):
            return f"{index} is there, but none of the files that it lists"
    return ""


def _placeholders(kinds: dict[str, list[FileFact]]) -> str:
    if kinds["placeholder"] and not kinds["final"] and not kinds["adapter"]:
        file = kinds["placeholder"][0]
        return f"{file.path} has {file.size_bytes} bytes and holds no weights"
    return ""
