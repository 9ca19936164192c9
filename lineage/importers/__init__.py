"""Reads what evaluators record of a version's answers: one module a format, the format found by its content."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from types import ModuleType
from typing import BinaryIO

from lineage.importers import (
    generic_csv,
    generic_json,
    generic_jsonl,
    generic_parquet,
    inspect_log,
    lighteval,
    lm_eval,
    openai_evals,
)
from lineage.importers.bounds import MAX_FILE_BYTES, checked_size
from lineage.importers.lm_eval_results import companion_of, read_results
from lineage.importers.options import ReadOptions
from lineage.importers.parquet_rows import is_parquet
from lineage.outcomes import BadOutcomes, OutcomeTable

# Asked in this order: the generic formats recognise what the named ones leave over.
IMPORTERS: Mapping[str, ModuleType] = {
    module.NAME: module
    for module in (
        lm_eval,
        openai_evals,
        inspect_log,
        lighteval,
        generic_parquet,
        generic_json,
        generic_jsonl,
        generic_csv,
    )
}
HEAD_BYTES = 65_536


def detect(stream: BinaryIO, name: str) -> str | None:
    """The format of a file by its content, its name where that leaves a choice; None when none fits."""
    head = stream.read(HEAD_BYTES)
    stream.seek(0)
    if not head.strip():
        raise BadOutcomes("it is empty")
    if lm_eval.is_summary(head):
        raise BadOutcomes("it sums up a whole run; what is compared is the sample log beside it")
    if is_parquet(head):
        return lighteval.NAME if lighteval.is_details(stream) else generic_parquet.NAME
    return next((format for format, module in IMPORTERS.items() if module.recognises(head, name)), None)


def read_outcomes(stream: BinaryIO, name: str, options: ReadOptions | None = None) -> OutcomeTable:
    """The outcomes in an open, seekable file. Raises BadOutcomes, whose sentence begins with the file's name."""
    options = options or ReadOptions()
    try:
        checked_size(stream, options.max_file_bytes)
        format = detect(stream, name)
        if options.format or format:
            return IMPORTERS[options.format or format].read(stream, name, options)
        raise BadOutcomes(f"it is in none of the formats that are read ({', '.join(IMPORTERS)})")
    except BadOutcomes as problem:
        raise BadOutcomes(f"{name}: {problem}.") from None


def read_outcome_file(path: Path, options: ReadOptions | None = None) -> OutcomeTable:
    """The outcomes in the file at `path`, and what a results file beside it says of the run.

    Raises BadOutcomes, also where a file cannot be opened.
    """
    try:
        with path.open("rb") as stream:
            table = read_outcomes(stream, str(path), options)
        found = companion_of(path) if table.format == lm_eval.NAME else None
        if not found:
            return table
        results, task = found
        about = {**read_results(results, task), **table.about}
        return replace(table, suite=table.suite or task, about=about)
    except OSError as error:
        raise BadOutcomes(f"{path}: it cannot be read ({error.strerror or 'not a plain file'}).") from None


__all__ = ["IMPORTERS", "MAX_FILE_BYTES", "ReadOptions", "detect", "read_outcome_file", "read_outcomes"]
