"""Reads everything that a repository says of its carbon: header, text and codecarbon's own files."""

from __future__ import annotations

from collections.abc import Mapping

from openness.carbon.body import read_body
from openness.carbon.emissions_csv import read_files
from openness.carbon.header import KEY, read_header
from openness.carbon.report import Report

READER = "carbon/7"


def read_report(metadata: dict | None, body: str, files: Mapping[str, str] | None = None, body_line: int = 1) -> Report:
    """The report in a card's header and text and in the small files beside it.

    >>> report = read_report({"co2_eq_emissions": {"emissions": "1.5 kg"}}, "")
    >>> report.amount().value.grams
    1500.0
    """
    header, text = read_header(metadata), read_body(body or "", body_line)
    table, runs = read_files(files or {})
    return Report(
        statements=(*header.statements, *text.statements, *table.statements),
        runs=runs,
        problems=(*header.problems, *text.problems, *table.problems),
        has_key=isinstance(metadata, dict) and KEY in metadata,
    )
