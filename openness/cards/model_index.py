"""Evaluation results that a repository states for machines: `model-index` in the header, `.eval_results/*.yaml`."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from openness.cards.header_fields import number_of, rows_of
from registry.cards import YamlProblem, load_yaml

RESULTS_MOST = 5_000
FOLDER = ".eval_results/"


@dataclass(frozen=True)
class Result:
    """One stated result. `value` None: not a number. `path`: the file that states it, "" for the header."""

    dataset: str
    metric: str
    value: float | None
    subset: str = ""  # configuration, split or language within the dataset
    field: str = "model-index"
    path: str = ""


def results_of(metadata: dict, small_files: dict[str, str]) -> list[Result]:
    """The stated results, files before the header; what is not shaped as a result is passed over."""
    found: list[Result] = []
    for result in (*_in_files(small_files), *_in_header(metadata)):
        found.append(result)
        if len(found) >= RESULTS_MOST:
            break
    return found


def _mapping(value: object) -> dict:
    return value if isinstance(value, dict) else {}


def _text(value: object) -> str:
    return value.strip() if isinstance(value, str) else ""


def _in_header(metadata: dict) -> Iterator[Result]:
    for model in rows_of(metadata.get("model-index")):
        for result in rows_of(model.get("results")):
            dataset = _mapping(result.get("dataset"))
            for metric in rows_of(result.get("metrics")):
                yield Result(
                    dataset=_text(dataset.get("name")) or _text(dataset.get("type")),
                    metric=_text(metric.get("type")) or _text(metric.get("name")),
                    value=number_of(metric.get("value")),
                    subset=_subset(dataset),
                )


def _subset(dataset: dict) -> str:
    args = dataset.get("args")
    language = _text(args) or " ".join(f"{k}={v}" for k, v in _mapping(args).items() if isinstance(v, str | int))
    return " ".join(filter(None, (_text(dataset.get("config")), language)))[:300]


def _in_files(small_files: dict[str, str]) -> Iterator[Result]:
    for path in sorted(small_files):
        if not path.startswith(FOLDER) or not path.endswith((".yaml", ".yml")):
            continue
        try:
            rows = load_yaml(small_files[path])
        except YamlProblem:
            continue  # the file says nothing that can be read; other files may
        for row in rows_of(rows):
            dataset = _mapping(row.get("dataset"))
            yield Result(
                dataset=_text(dataset.get("id")),
                metric=_text(dataset.get("task_id")),
                value=number_of(row.get("value")),
                field="dataset.id",
                path=path,
            )
