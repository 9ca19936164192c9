"""Writes codecarbon's runs as the block of a card's header: in grams, where codecarbon speaks kilograms.

Keys beyond the Hub's documented five are those of sentence-transformers, and `pue`, `intensity`, `measurement`,
`tracking_mode` and `run_ids`.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal

from openness.carbon.codecarbon_checks import doubts_about, is_quebec_by_default, problems_of
from openness.carbon.emissions_csv import known_sum, read_runs
from openness.carbon.report import Report, Run
from openness.carbon.verdict import fixed_point

STAGES = ("pre-training", "fine-tuning")
RUN_IDS_MOST = 20
WARNINGS_MOST = 20
CLOUD = {"Y": True, "N": False}


class NoRuns(ValueError):
    """There is nothing to write; one sentence says why."""


@dataclass(frozen=True)
class CardBlock:
    """What stands under `co2_eq_emissions`, and what a reader of the runs should know before pasting it."""

    values: dict[str, object]
    runs: int
    warnings: tuple[str, ...]

    @property
    def yaml(self) -> str:
        """The block to paste, numbers in fixed point: clients of the Hub read `8.5e-06` as 8.5."""
        return "\n".join(["co2_eq_emissions:", *(f"  {key}: {written(value)}" for key, value in self.values.items())])

    def as_json(self) -> dict:
        """The answer of the command and of REST."""
        return {
            "emissions_g": self.values["emissions"],
            "energy_kwh": self.values.get("energy_consumed"),
            "runs": self.runs,
            "block": {"co2_eq_emissions": self.values},
            "yaml": self.yaml,
            "warnings": list(self.warnings),
        }


def written(value: object) -> str:
    """A value as YAML and as JSON read it alike."""
    if isinstance(value, float):
        return fixed_point(value)
    return json.dumps(value, ensure_ascii=False)


def grams(kilograms: float) -> float:
    """Kilograms as grams, by the digits that are written.

    >>> grams(0.0000085), grams(2.53), 1.1 * 1000 == grams(1.1)
    (0.0085, 2530.0, True)
    """
    return float(Decimal(repr(kilograms)) * 1000)


def block_of_csv(text: str, training_type: str = "") -> CardBlock:
    """The block of an `emissions.csv`. Raises NoRuns."""
    runs, problem = read_runs(text)
    if not runs:
        raise NoRuns(problem or "It holds no run.")
    return block_of_runs(runs, training_type, warnings=[problem] if problem else [])


def block_of_runs(
    runs: Sequence[Run], training_type: str = "", *, measurement: str = "", warnings: Sequence[str] = ()
) -> CardBlock:
    """The block of runs that belong together; `training_type` is one of STAGES, or blank where nobody said it."""
    first = runs[0]
    emissions_g = grams(known_sum([run.emissions_kg for run in runs]))
    energy_kwh = known_sum([run.energy_kwh for run in runs])
    seconds = known_sum([run.duration_s for run in runs])
    values: dict[str, object] = {
        "emissions": emissions_g,
        "source": " ".join(["codecarbon", *sorted({run.version for run in runs if run.version})]),
        "training_type": training_type or None,
        "geographical_location": None if is_quebec_by_default(first) else same(runs, place_of),
        "hardware_used": same(runs, hardware_of),
        "energy_consumed": energy_kwh,
        "hours_used": None if seconds is None else round(seconds / 3600, 3),
        "on_cloud": CLOUD.get(first.on_cloud) if same(runs, lambda run: run.on_cloud) else None,
        "cpu_model": same(runs, lambda run: run.cpu_model),
        "ram_total_size": first.ram_gb if len({run.ram_gb for run in runs}) == 1 else None,
        "intensity": round(emissions_g / energy_kwh, 4) if energy_kwh else None,
        "pue": first.pue if len({run.pue for run in runs}) == 1 else None,
        "measurement": measurement or None,
        "tracking_mode": same(runs, lambda run: run.tracking_mode),
        "run_ids": [run.run_id for run in runs[:RUN_IDS_MOST]],
    }  # fmt: skip
    said = {key: value for key, value in values.items() if value is not None and value != ""}
    return CardBlock(said, len(runs), tuple([*warnings, *warnings_about(runs)][:WARNINGS_MOST]))


def same(runs: Sequence[Run], read) -> str:
    """What all runs say alike; blank where they differ or say nothing."""
    said = {read(run) for run in runs}
    return said.pop() if len(said) == 1 else ""


def place_of(run: Run) -> str:
    return ", ".join(filter(None, (run.region, run.country)))


def hardware_of(run: Run) -> str:
    return run.gpu_model or (f"1 x {run.cpu_model}" if run.cpu_model else "")


def warnings_about(runs: Sequence[Run]) -> Iterator[str]:
    """What would make the block wrong: rows that do not close, a place that was never looked up, parallel trackers."""
    if overlapping(runs):
        yield "Runs overlap in time: each tracker counts its whole machine, and of one machine the sum is too large."
    if sum(not run.emissions_kg for run in runs) == len(runs):
        yield "The emissions are zero: the tracker measured nothing."
    report = Report(runs=tuple(runs))
    for run in runs[:RUN_IDS_MOST]:
        for sentence in [*problems_of(run, report), *doubts_about(run)]:
            yield f"Run {run.run_id}: {sentence}"


def overlapping(runs: Sequence[Run]) -> bool:
    """Whether two runs of machine mode were under way at once; rows name their end and how long they lasted."""
    spans = sorted(span for run in runs if run.tracking_mode != "process" and (span := span_of(run)))
    return any(later[0] < earlier[1] - timedelta(seconds=1) for earlier, later in zip(spans, spans[1:], strict=False))


def span_of(run: Run) -> tuple[datetime, datetime] | None:
    try:
        end = datetime.fromisoformat(run.ended_at).replace(tzinfo=None)
        return end - timedelta(seconds=run.duration_s), end
    except (ValueError, TypeError, OverflowError):
        return None
