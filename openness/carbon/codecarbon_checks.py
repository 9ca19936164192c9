"""R8: what codecarbon's own rows betray, from sums that do not close to a place that was never looked up."""

from __future__ import annotations

import math
from collections.abc import Iterator

from openness.carbon.hardware import find_hardware
from openness.carbon.report import Report, Run
from openness.carbon.verdict import Check, failed, not_possible, passed

QUEBEC = (46.8, -71.2)  # where codecarbon puts a machine whose place it could not look up
LEAST_S = 45.0  # three of codecarbon's default measuring intervals
WORLD_MOST_G_PER_KWH = 1500.0
RAM_SHARE_MOST = 0.5
RUNS_MOST = 1_000
POWER_MOST = 1.2  # of the makers' figure
SOCKETS_MOST = 8  # on one board; codecarbon writes threads, and nothing of sockets


def check_runs(report: Report) -> Check:
    """Each row's own arithmetic, its place, its shares and its power."""
    if not report.runs:
        return not_possible("R8", "There is no emissions.csv.")
    runs = report.runs[:RUNS_MOST]
    if found := [f"run {run.run_id}: {problem}" for run in runs for problem in problems_of(run, report)]:
        return failed("R8", found[0], problems=found[:20])
    if doubts := [f"run {run.run_id}: {doubt}" for run in runs for doubt in doubts_about(run)]:
        return Check("R8", "unexplained", doubts[0], {"doubts": doubts[:20]})
    return passed("R8", "Every row of emissions.csv closes.", runs=len(report.runs))


def problems_of(run: Run, report: Report) -> Iterator[str]:
    parts = [run.cpu_energy_kwh, run.gpu_energy_kwh, run.ram_energy_kwh]
    if run.energy_kwh is not None and None not in parts:
        if not math.isclose(run.energy_kwh, sum(parts), rel_tol=1e-6, abs_tol=1e-12):
            yield f"energy_consumed is {run.energy_kwh:g} kWh, but its parts add up to {sum(parts):g}."
    if run.energy_kwh:
        intensity = run.emissions_kg * 1000 / run.energy_kwh
        if not 1 <= intensity <= WORLD_MOST_G_PER_KWH:
            yield f"emissions over energy is {intensity:.3g} g/kWh, which no grid carries."
    if is_quebec_by_default(run):
        yield "the place is codecarbon's default, Quebec at 4 g/kWh: the look-up failed."
    yield from device_problems(run, report)


def doubts_about(run: Run) -> Iterator[str]:
    """What makes a row an estimate rather than an error."""
    if run.energy_kwh and run.ram_energy_kwh and run.ram_energy_kwh / run.energy_kwh > RAM_SHARE_MOST:
        yield f"memory took {run.ram_energy_kwh / run.energy_kwh:.0%} of the energy, which is guessed from its size."
    if run.duration_s is not None and run.duration_s < LEAST_S:
        yield f"it lasted {run.duration_s:.1f} s, fewer than three measurements."


def is_quebec_by_default(run: Run) -> bool:
    if run.latitude is None or run.longitude is None:
        return False
    return run.region.lower() == "quebec" and (round(run.latitude, 1), round(run.longitude, 1)) == QUEBEC


def device_problems(run: Run, report: Report) -> Iterator[str]:
    said = [s for s in report.all("hardware") if s.source != "csv" and s.value.device.kind == "gpu"]
    if said and not run.gpu_count and not run.gpu_model:
        yield f"it saw no GPU, but the card names {said[0].raw}."
    uses = find_hardware(run.gpu_model)
    if uses and uses[0].device.power_w and run.gpu_energy_kwh and run.duration_s:
        drawn_w = run.gpu_energy_kwh * 3.6e6 / run.duration_s
        most_w = uses[0].device.power_w * max(run.gpu_count or 1, 1)
        if drawn_w > POWER_MOST * most_w:
            yield f"its GPUs drew {drawn_w:.0f} W, more than the {most_w:.0f} W they are made for."
    sockets = find_hardware(run.cpu_model)
    if sockets and sockets[0].device.power_w and run.cpu_energy_kwh and run.duration_s:
        drawn_w, most_w = run.cpu_energy_kwh * 3.6e6 / run.duration_s, sockets[0].device.power_w * SOCKETS_MOST
        if drawn_w > POWER_MOST * most_w:
            yield f"its processors drew {drawn_w:.0f} W, more than {SOCKETS_MOST} of their kind are made for."
