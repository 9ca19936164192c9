"""Which other repositories a card's header and tags name, before anyone looks whether they exist."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping

from registry.cards import YamlProblem, load_yaml

NAMES_MOST = 1_000  # of one repository; more is no statement about where it comes from
NAME = re.compile(r"[A-Za-z0-9][\w.-]{0,95}(?:/[\w.-]{1,96})?", re.ASCII)
FIELDS = {
    "model": (("base_model", "model"), ("datasets", "dataset")),
    "dataset": (("source_datasets", "dataset"),),
    "space": (("models", "model"), ("datasets", "dataset")),
}
TAG_PREFIXES = {"dataset": "dataset", "base_model": "model", "source_datasets": "dataset"}
RESULT_FILE = re.compile(r"\.eval_results/[^/]{1,200}\.ya?ml")
RESULT_FILES_MOST = 50
NOT_NAMES = {"original", "extended", "other", "unknown", "none"}


def words_of(value: object) -> Iterator[str]:
    """The strings in a field that may be one string or a list of them."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, list):
        yield from (item for item in value if isinstance(item, str))


def as_name(word: str) -> str | None:
    """`word` as a repository's name, or None when it cannot be one.

    >>> as_name("extended|squad"), as_name("original"), as_name("acme/tiny "), as_name("our own data")
    ('squad', None, 'acme/tiny', None)
    """
    name = word.strip().removeprefix("extended|")
    return name if NAME.fullmatch(name) and name.lower() not in NOT_NAMES else None


def names_in_tags(tags: Iterable[str]) -> Iterator[tuple[str, str]]:
    """`dataset:acme/corpus` and `base_model:finetune:acme/tiny` name a repository; most tags do not."""
    for tag in tags:
        prefix, colon, rest = tag.partition(":")
        if colon and prefix in TAG_PREFIXES:
            yield TAG_PREFIXES[prefix], rest.rpartition(":")[2]


def named_repos(kind: str, metadata: dict | None, tags: Iterable[str]) -> tuple[tuple[str, str], ...]:
    """(kind, name) of each repository that the header or the tags name, once each, in the order they are named.

    >>> named_repos("model", {"base_model": "acme/tiny"}, ["base_model:finetune:acme/tiny", "dataset:acme/corpus"])
    (('model', 'acme/tiny'), ('dataset', 'acme/corpus'))
    """
    header = metadata if isinstance(metadata, dict) else {}
    said = [(other, word) for field, other in FIELDS[kind] for word in words_of(header.get(field))]
    said += names_in_tags(tags)
    found: dict[tuple[str, str], tuple[str, str]] = {}
    for other, word in said:
        if (name := as_name(word)) and len(found) < NAMES_MOST:
            found.setdefault((other, name.lower()), (other, name))
    return tuple(found.values())


def evaluation_datasets(metadata: dict | None, small_files: Mapping[str, str]) -> tuple[tuple[str, str], ...]:
    """("dataset", name) of each dataset on which results of the header or of `.eval_results/` were measured.

    >>> index = [{"results": [{"dataset": {"type": "acme/bench"}}, {"dataset": {"type": "Our own"}}]}]
    >>> evaluation_datasets({"model-index": index}, {".eval_results/a.yaml": "- {dataset: {id: acme/exam}, value: 1}"})
    (('dataset', 'acme/bench'), ('dataset', 'acme/exam'))
    """
    header = metadata if isinstance(metadata, dict) else {}
    said = [*_in_model_index(header.get("model-index")), *_in_result_files(small_files)]
    found: dict[str, tuple[str, str]] = {}
    for word in said:
        if isinstance(word, str) and (name := as_name(word)) and len(found) < NAMES_MOST:
            found.setdefault(name.lower(), ("dataset", name))
    return tuple(found.values())


def _in_model_index(index: object) -> Iterator[object]:
    for model in index if isinstance(index, list) else []:
        results = model.get("results") if isinstance(model, dict) else None
        for result in results if isinstance(results, list) else []:
            dataset = result.get("dataset") if isinstance(result, dict) else None
            yield dataset.get("type") if isinstance(dataset, dict) else None


def _in_result_files(small_files: Mapping[str, str]) -> Iterator[object]:
    """The ids in the Hub's own files of results; one that cannot be read names nothing."""
    paths = [path for path in sorted(small_files) if RESULT_FILE.fullmatch(path)]
    for path in paths[:RESULT_FILES_MOST]:
        try:
            entries = load_yaml(small_files[path])
        except YamlProblem:
            continue
        for entry in entries if isinstance(entries, list) else []:
            dataset = entry.get("dataset") if isinstance(entry, dict) else None
            yield dataset.get("id") if isinstance(dataset, dict) else None
