"""Readers of header fields as evidence: each yields what it found, with the field and its lines."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator

from openness.cards import header_fields as fields
from openness.cards.judging import Found
from openness.cards.model_index import Result, results_of
from openness.cards.view import CardView, quote_of
from openness.findings import Evidence

PAPER_ID = re.compile(r"\b\d{4}\.\d{4,5}\b|\b10\.\d{4,9}/\S|\barxiv\.org/", re.I)

Reader = Callable[[CardView], Iterator[Found]]


def found(view: CardView, field: str, value: object, points: float | None = None, tier: str = "metadata") -> Found:
    """Evidence in the header's `field`, quoted as JSON where it is not text."""
    words = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)[:1_000]
    evidence = Evidence(view.field_lines(field.partition(".")[0]), quote_of(f"{field}: {words}"), field)
    return Found(tier, evidence, points)


def licence(view: CardView) -> Iterator[Found]:
    verdict = fields.licence_verdict(view.metadata)
    if verdict == "stated":
        yield found(view, "license", view.metadata["license"])
    elif verdict == "unnamed":
        yield found(view, "license", view.metadata["license"], tier="placeholder")


def base_model(view: CardView) -> Iterator[Found]:
    names = [name for name in fields.texts_of(view.metadata.get("base_model")) if fields.is_repo_id(name)]
    if names:
        yield found(view, "base_model", names)


def version(view: CardView) -> Iterator[Found]:
    for field in ("new_version", "version", "model_version", "dataset_version", "date", "release_date"):
        if texts := list(fields.texts_of(view.metadata.get(field))):
            yield found(view, field, texts[0])


def task_and_language(view: CardView) -> Iterator[Found]:
    """Task and, for tasks on text, language; one of the two where both are asked is worth half."""
    task = next(filter(fields.is_task, fields.texts_of(view.metadata.get("pipeline_tag"))), None)
    language = next(_languages(view), None)
    needs_language = task is None or task.lower() in fields.text_tasks()
    points = 1.0 if task and (language or not needs_language) else 0.5
    if task:
        yield found(view, "pipeline_tag", task, points)
    if language:
        yield found(view, *language, points)


def languages(view: CardView) -> Iterator[Found]:
    for field, code in _languages(view):
        yield found(view, field, code)
        return


def _languages(view: CardView) -> Iterator[tuple[str, str]]:
    for field in ("language", "languages", "language_bcp47"):
        yield from ((field, code) for code in fields.texts_of(view.metadata.get(field)) if fields.is_language(code))


def library(view: CardView) -> Iterator[Found]:
    if names := list(fields.texts_of(view.metadata.get("library_name"))):
        yield found(view, "library_name", names[0], 0.4)


def training_datasets(view: CardView) -> Iterator[Found]:
    """Names of datasets say which data, not what is in it: half."""
    names = [name for name in fields.texts_of(view.metadata.get("datasets")) if fields.is_repo_id(name)]
    if names:
        yield found(view, "datasets", names, 0.5)


def parameters(view: CardView) -> Iterator[Found]:
    """The count that the Hub read from the safetensors headers; nothing for a loose file."""
    counted = view.info.get("safetensors")
    total = counted.get("total") if isinstance(counted, dict) else None
    if isinstance(total, int) and not isinstance(total, bool) and total > 0:
        yield Found("metadata", Evidence(None, f"safetensors.total: {total}", "safetensors.total"))


def _result(view: CardView, result: Result, what: str) -> Found:
    lines = None if result.path else view.field_lines("model-index")
    return Found("metadata", Evidence(lines, quote_of(f"{result.field}: {what}"), result.path or result.field))


def evaluation_datasets(view: CardView) -> Iterator[Found]:
    named = [result for result in results_of(view.metadata, view.small_files) if result.dataset]
    if named:
        yield _result(view, named[0], named[0].dataset)


def metric_names(view: CardView) -> Iterator[Found]:
    named = [result for result in results_of(view.metadata, view.small_files) if result.metric]
    if named:
        yield _result(view, named[0], named[0].metric)
    elif names := list(fields.texts_of(view.metadata.get("metrics"))):
        yield found(view, "metrics", names, 0.5)


def reported_results(view: CardView) -> Iterator[Found]:
    numeric = [result for result in results_of(view.metadata, view.small_files) if result.value is not None]
    if numeric:
        yield _result(view, numeric[0], f"{numeric[0].metric or 'value'} {numeric[0].value:g} on {numeric[0].dataset}")


def results_by_subset(view: CardView) -> Iterator[Found]:
    """Two results of one metric on one dataset, of different subsets."""
    seen: dict[tuple[str, str], str] = {}
    for result in results_of(view.metadata, view.small_files):
        if result.value is None or not result.subset:
            continue
        other = seen.setdefault((result.dataset.lower(), result.metric.lower()), result.subset)
        if other != result.subset:
            yield _result(view, result, f"{result.metric} on {result.dataset}: {other} and {result.subset}")
            return


def paper(view: CardView) -> Iterator[Found]:
    """A paper's id in a field or a tag of its own."""
    for name in ("arxiv", "doi", "paper"):
        said = [text for text in fields.texts_of(view.metadata.get(name)) if PAPER_ID.search(text)]
        if said:
            yield found(view, name, said[0])
            return
    tags = [tag for tag in fields.texts_of(view.metadata.get("tags")) if tag.startswith(("arxiv:", "doi:"))]
    if tags:
        yield found(view, "tags", tags[0])


def emissions(view: CardView) -> Iterator[Found]:
    said = view.metadata.get("co2_eq_emissions")
    amount = fields.number_of(said.get("emissions") if isinstance(said, dict) else said)
    if amount is not None and amount > 0:
        yield found(view, "co2_eq_emissions", said)


def hardware(view: CardView) -> Iterator[Found]:
    said = view.metadata.get("co2_eq_emissions")
    if isinstance(said, dict) and (names := list(fields.texts_of(said.get("hardware_used")))):
        yield found(view, "co2_eq_emissions.hardware_used", names[0])


def _subsets(view: CardView) -> list[dict]:
    """`dataset_info`: one subset, or a list of them."""
    said = view.metadata.get("dataset_info")
    return list(fields.rows_of(said if isinstance(said, list) else [said]))


def features(view: CardView) -> Iterator[Found]:
    for subset in _subsets(view):
        named = [row["name"] for row in fields.rows_of(subset.get("features")) if row.get("name")]
        if named:
            yield found(view, "dataset_info.features", named)
            return


def splits(view: CardView) -> Iterator[Found]:
    for subset in _subsets(view):
        rows = fields.rows_of(subset.get("splits"))
        if counted := {str(row.get("name")): n for row in rows if fields.number_of(n := row.get("num_examples"))}:
            yield found(view, "dataset_info.splits", counted)
            return


def data_size(view: CardView) -> Iterator[Found]:
    for subset in _subsets(view):
        if fields.number_of(subset.get("dataset_size")):
            yield found(view, "dataset_info.dataset_size", subset["dataset_size"])
            break
    sizes = [text for text in fields.texts_of(view.metadata.get("size_categories")) if fields.is_size_category(text)]
    if sizes:
        yield found(view, "size_categories", sizes, 0.5)


def data_tasks(view: CardView) -> Iterator[Found]:
    for field, known in (("task_categories", fields.is_task), ("task_ids", fields.is_subtask)):
        named = [text for text in fields.texts_of(view.metadata.get(field)) if known(text)]
        if named:
            yield found(view, field, named)
            return


def source_datasets(view: CardView) -> Iterator[Found]:
    named = [text for text in fields.texts_of(view.metadata.get("source_datasets")) if fields.is_source_dataset(text)]
    if named:
        yield found(view, "source_datasets", named)


READERS: dict[str, Reader] = {
    reader.__name__: reader
    for reader in (
        *(licence, base_model, version, task_and_language, languages, library, training_datasets, parameters),
        *(evaluation_datasets, metric_names, reported_results, results_by_subset, emissions, hardware, paper),
        *(features, splits, data_size, data_tasks, source_datasets),
    )
}
