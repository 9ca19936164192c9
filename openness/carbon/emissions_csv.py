"""Reads the `emissions.csv` that codecarbon leaves, of any version: columns by name, the last row of each run."""

from __future__ import annotations

import csv
import io
import math
from collections.abc import Mapping
from decimal import Decimal

from openness.carbon.report import Notes, Run
from openness.carbon.wording import Amount, note_place

FILE_NAME = "emissions.csv"
AMOUNT_MOST = 1e15  # kg, kWh, s …; sums of such cells stay finite
ROWS_MOST = 200_000
CHARACTERS_MOST = 64 * 1024 * 1024


def is_emissions_csv(path: str) -> bool:
    return path.rpartition("/")[2].lower() == FILE_NAME


def read_files(files: Mapping[str, str]) -> tuple[Notes, tuple[Run, ...]]:
    """The runs of every emissions.csv among `files`, and what they add up to; a run in two files counts once."""
    notes, runs = Notes("csv"), {}
    for path in sorted(files):
        if is_emissions_csv(path):
            found, problem = read_runs(files[path], path)
            for run in found:
                key = run.run_id if run.is_named else f"{path} {run.run_id}"
                runs[key] = max(runs.get(key, run), run, key=progress)
            if problem:
                notes.problems.append(f"{path}: {problem}")
    if runs:
        note_runs(notes, tuple(runs.values()))
    return notes, tuple(runs.values())


def progress(run: Run) -> tuple[float, float]:
    """How far a run had come when its row was written; codecarbon's rows of one run are cumulative."""
    return run.duration_s or 0.0, run.emissions_kg


def read_runs(text: str, path: str = FILE_NAME) -> tuple[tuple[Run, ...], str]:
    """The last row of each run in `text`, and why the rest cannot be read (blank: nothing was left out).

    >>> runs, _ = read_runs("run_id,emissions,energy_consumed\\nr,0.1,1\\nr,0.25,2\\ns,0.5,1\\n")
    >>> [(run.run_id, run.emissions_kg) for run in runs]
    [('r', 0.25), ('s', 0.5)]
    """
    rows = csv.DictReader(io.StringIO(text[:CHARACTERS_MOST].lstrip("\ufeff"), newline=""))
    last: dict[str, Run] = {}
    problem = ""
    try:
        if "emissions" not in (rows.fieldnames or ()):
            return (), "It has no column `emissions`."
        key = "run_id" if "run_id" in rows.fieldnames else "experiment_id"
        for number, row in enumerate(rows, 1):
            if number > ROWS_MOST:
                return (), f"It has more than {ROWS_MOST} rows."
            run = run_of(row, row.get(key) or "", number, path)
            if run is None:
                problem = problem or f"Row {number} holds no amount of emissions."
            else:
                last[run.run_id] = run
    except csv.Error as error:
        return (), f"It is no CSV: {error}."
    return tuple(last.values()), problem


def run_of(row: dict, run_id: str, number: int, path: str) -> Run | None:
    emissions_kg = amount(row.get("emissions"))
    if emissions_kg is None or emissions_kg < 0:
        return None
    gpus = amount(row.get("gpu_count"))
    return Run(
        run_id=run_id[:80] or f"row {number}",
        is_named=bool(run_id),
        path=path,
        emissions_kg=emissions_kg,
        energy_kwh=amount(row.get("energy_consumed")),
        duration_s=amount(row.get("duration")),
        cpu_energy_kwh=amount(row.get("cpu_energy")),
        gpu_energy_kwh=amount(row.get("gpu_energy")),
        ram_energy_kwh=amount(row.get("ram_energy")),
        gpu_count=int(gpus) if gpus is not None and 0 <= gpus < 1e6 else None,
        gpu_model=words(row.get("gpu_model")),
        cpu_model=words(row.get("cpu_model")),
        country=words(row.get("country_name")),
        region=words(row.get("region")),
        latitude=amount(row.get("latitude")),
        longitude=amount(row.get("longitude")),
        pue=amount(row.get("pue")),
        version=words(row.get("codecarbon_version")),
        tracking_mode=words(row.get("tracking_mode")),
        on_cloud=words(row.get("on_cloud")),
        ram_gb=amount(row.get("ram_total_size")),
        ended_at=words(row.get("timestamp")),
    )


def amount(text: object) -> float | None:
    """A number that something can have, or None: an empty cell, a formula, NaN and 1e308 are none."""
    try:
        value = float(text) if isinstance(text, str) and len(text) < 60 else math.nan
    except ValueError:
        return None
    return value if abs(value) <= AMOUNT_MOST else None


def words(text: object) -> str:
    return text.strip()[:120] if isinstance(text, str) else ""


def known_sum(values: list[float | None]) -> float | None:
    """The sum of all values by the digits that are written; None where one is unknown.

    >>> known_sum([0.1, 0.2]), known_sum([0.1, None])
    (0.3, None)
    """
    return None if any(value is None for value in values) else float(sum(Decimal(repr(value)) for value in values))


def note_runs(notes: Notes, runs: tuple[Run, ...]) -> None:
    """What the runs add up to, as statements. Parallel trackers of one machine would count it twice; nothing tells."""
    path = runs[0].path
    total_kg = known_sum([run.emissions_kg for run in runs])
    total_g = float(Decimal(repr(total_kg)) * 1000)
    notes.add("emissions", Amount(f"{total_kg!r} kg", total_g, "kg"), f"{total_kg!r} kg", path)
    for name, total in (
        ("energy", known_sum([run.energy_kwh for run in runs])),
        ("seconds", known_sum([run.duration_s for run in runs])),
    ):
        if total is not None:
            notes.add(name, total, repr(total), path)
    notes.add("tool", "codecarbon", "emissions.csv", path)
    notes.add("method", "estimate", "emissions.csv", path)
    first = runs[0]
    if first.version:
        notes.add("tool_version", first.version, first.version, path)
    if first.gpu_model:
        notes.add("hardware_text", first.gpu_model, first.gpu_model, path)
    if first.pue is not None:
        notes.add("pue", first.pue, repr(first.pue), path)
    note_place(notes, ", ".join(filter(None, (first.region, first.country))), path)
