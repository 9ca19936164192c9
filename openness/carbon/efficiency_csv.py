"""Reads a corpus for the efficiency classes from a CSV, and gives the labels a line a row."""

from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import Iterator
from decimal import Decimal, InvalidOperation
from fractions import Fraction
from functools import lru_cache

from openness.carbon.efficiency import (
    EMISSIONS,
    LETTERS,
    SCORED,
    WEIGHTS,
    Bounds,
    Label,
    Model,
    bounds_of,
    labels_of,
    left_out,
)

COLUMNS = ("id", "emissions_g", "size_bytes", "dataset_size_bytes", "downloads", "metrics")
# The names of the study's own file, HFCO2.csv, which writes metrics as Python does.
OF_THE_STUDY = {
    "modelId": "id",
    "co2_eq_emissions": "emissions_g",
    "size": "size_bytes",
    "datasets_size": "dataset_size_bytes",
    "performance_metrics": "metrics",
}
PYTHON_PAIR = re.compile(r"'([^']{1,60})'\s*:\s*([-+.\deE]{1,40})\s*[,}]")
ROWS_MOST = 200_000
MAGNITUDE_MOST = 60  # powers of ten
ASKED = (*SCORED, "performance_score")
NO_PART = Fraction(0)
BLANK = {"", "nan", "none", "null", "na", "n/a"}


class BadCorpus(ValueError):
    """The CSV is no corpus; one sentence says why."""


def lines_of(content: bytes) -> Iterator[dict]:
    """A line for each row, then the bounds and the reference values they were made from."""
    models, problems = read_models(content)
    del content  # as large as the models
    bounds = bounds_of(models)
    for found, problem in zip(labels_of(models, bounds), problems, strict=True):
        yield line_of(found, problem, bounds.version)
    yield closing_line(bounds, len(models))


def read_models(content: bytes) -> tuple[list[Model], list[str]]:
    """The rows of a CSV with the columns COLUMNS, or those of the study, and what was not read in each (blank: all)."""
    rows = csv.DictReader(io.TextIOWrapper(io.BytesIO(content), "utf-8-sig", newline=""))
    models, problems = [], []
    try:
        if rows.fieldnames and "emissions_g" not in rows.fieldnames:
            rows.fieldnames = [OF_THE_STUDY.get(name, name) for name in rows.fieldnames]
        missing = [name for name in COLUMNS[:2] if name not in (rows.fieldnames or ())]
        if missing:
            raise BadCorpus(f"The CSV has no column {missing[0]!r}.")
        for row in rows:
            if len(models) == ROWS_MOST:
                raise BadCorpus(f"The CSV has more than {ROWS_MOST} rows.")
            model, problem = read_model(row)
            models.append(model)
            problems.append(problem)
    except csv.Error as error:
        raise BadCorpus(f"The file is no CSV: {error}.") from None
    except UnicodeDecodeError:
        raise BadCorpus("It is no UTF-8 text.") from None
    return models, problems


def read_model(row: dict) -> tuple[Model, str]:
    """One row's model, and what could not be read of it, or why its labels are not whole.

    The study drops a row of zero emissions; one whose emissions cannot be read takes no part either, in no metric.
    """
    said: dict[str, Fraction | None] = {}
    problem = ""
    for name in COLUMNS[1:5]:
        try:
            said[name] = fraction_of(row.get(name))
        except ValueError as error:
            said[name], problem = NO_PART if name == "emissions_g" else None, problem or f"{name}: {error}"
    try:
        metrics = metrics_of(row.get("metrics"))
    except ValueError as error:
        metrics, problem = {}, problem or f"metrics: {error}"
    if not said["emissions_g"]:
        problem = problem or f"emissions_g: {'none are stated' if said['emissions_g'] is None else 'they are zero'}."
    return Model(id=str(row.get("id") or "")[:300], metrics=metrics, **said), problem


@lru_cache(20_000)  # downloads and scores come again and again; one of each value is kept
def fraction_of(cell: object) -> Fraction | None:
    """The exact value of a cell; None of an empty one.

    >>> fraction_of("0.35"), fraction_of("NaN")
    (Fraction(7, 20), None)
    """
    text = str(cell if cell is not None else "").strip()
    if text.lower() in BLANK:
        return None
    try:
        number = Decimal(text) if len(text) < 200 else Decimal("NaN")
    except InvalidOperation:
        raise ValueError("it is no number.") from None
    if not number.is_finite() or abs(number.adjusted()) > MAGNITUDE_MOST:
        raise ValueError("it is no amount.")
    if number < 0:
        raise ValueError("it is negative.")
    return Fraction(number)


def metrics_of(cell: object) -> dict[str, Fraction]:
    """The metrics in a cell of JSON that the classes ask for; those that are no numbers are left out."""
    text = str(cell if cell is not None else "").strip()
    if text.lower() in BLANK:
        return {}
    if text.startswith("{'"):
        text = json.dumps(dict(PYTHON_PAIR.findall(text[:10_000])))
    try:
        said = json.loads(text[:10_000], parse_float=str, parse_int=str)
    except (ValueError, RecursionError):
        raise ValueError("it is no JSON.") from None
    if not isinstance(said, dict):
        raise ValueError("it is no JSON object.")
    read = {}
    for name in ASKED:
        try:
            number = fraction_of(str(said.get(name, "")).rstrip("%"))
        except ValueError:
            continue
        if number is not None:
            read[name] = number
    return read


def letter(value: int | None) -> str | None:
    return None if value is None else LETTERS[value]


def line_of(found: Label, problem: str, version: str) -> dict:
    return {
        "id": found.id,
        "bands": {metric: letter(value) for metric, value in found.bands.items()},
        "band_corrected": {EMISSIONS: letter(found.corrected_band)},
        "label_published": found.published,
        "label_corrected": found.corrected,
        "version": version,
        "problem": problem or None,
    }


def closing_line(bounds: Bounds, rows: int) -> dict:
    as_floats = {metric: [float(bound) for bound in found] for metric, found in bounds.published.items()}
    reference = {metric: None if value is None else float(value) for metric, value in bounds.reference.items()}
    return {
        "boundaries": as_floats,
        "boundaries_corrected": {EMISSIONS: [float(bound) for bound in bounds.corrected]},
        "reference": reference,
        "left_out": left_out(bounds),
        "weights": {metric: float(weight) for metric, weight in WEIGHTS.items()},
        "rows": rows,
        "version": bounds.version,
    }
