"""How much energy a report implies, by each way to read it, and what its grid can carry."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from openness.carbon.hardware import HardwareUse, devices
from openness.carbon.places import WORLD_G_PER_KWH
from openness.carbon.report import Report, Statement

MOST_DEVICES_UNSAID = 8.0  # a report that names no number may mean a whole machine
JOULES_A_KWH = 3.6e6


@dataclass(frozen=True)
class EnergyReading:
    """One way to read the energy. The true energy may be up to `most_times` as much."""

    kwh: float
    words: str
    most_times: float = 1.0


def energy_stated(report: Report) -> list[EnergyReading]:
    """The energy that the report states itself."""
    statement = next((s for s in report.all("energy") if s.value > 0), None)
    return [EnergyReading(statement.value, statement.raw)] if statement else []


def hardware_used(report: Report) -> Sequence[HardwareUse]:
    """The devices of the first place that names any: a header's field, or a line of the text."""
    first = report.first("hardware")
    if first is None:
        return ()
    place = (first.source, first.field, first.lines)
    same = [s.value for s in report.all("hardware") if (s.source, s.field, s.lines) == place]
    return tuple({use.device.name: use for use in reversed(same)}.values())


def longest_duration(report: Report) -> Statement | None:
    """The first duration, from the most believed source; durations of seconds are steps, not trainings."""
    return next((s for s in report.all("duration") if s.value.hours > 0), None)


def energy_from_hardware(report: Report) -> list[EnergyReading]:
    """Devices times their power times hours, by both readings: hours of the clock, and hours of one device."""
    uses, statement = hardware_used(report), longest_duration(report)
    if not uses or statement is None or any(use.power_w is None for use in uses):
        return []
    hours, pue = statement.value.hours, report.value("pue") or 1.0
    one_kw = sum(use.device.power_w for use in uses) / len(uses) / 1000
    all_kw = sum(use.power_w for use in uses) / 1000
    unsaid = MOST_DEVICES_UNSAID if any(use.count is None for use in uses) else 1.0
    names = " + ".join(f"{use.count or 1} x {use.device.name}" for use in uses)
    readings = [EnergyReading(one_kw * hours * pue, f"{one_kw:g} kW x {hours:g} device hours")]
    if not statement.value.of_devices and all_kw != one_kw or unsaid > 1:
        readings.insert(0, EnergyReading(all_kw * hours * pue, f"{names} x {hours:g} h", unsaid))
    return readings


def grid_range(report: Report) -> tuple[float, float]:
    """Least and most g CO2 per kWh that the grid of the stated place, or any, carries over a year."""
    place = report.value("place")
    return (place.low_g_per_kwh, place.high_g_per_kwh) if place else WORLD_G_PER_KWH


def least_energy_kwh(report: Report, parameters: float, tokens: float) -> float:
    """6 operations a parameter and token, at the peak of the named hardware or of the thriftiest there is."""
    named = [use.device for use in hardware_used(report) if use.device.peak_tflops and use.device.power_w]
    known = named or [d for d in devices().values() if d.peak_tflops and d.power_w]
    joules_a_flop = min(device.power_w / (device.peak_tflops * 1e12) for device in known)
    return 6 * parameters * tokens * joules_a_flop / JOULES_A_KWH
