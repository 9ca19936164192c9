"""Carbon reports: `python -m tests.bench.carbon`. One JSON line a form of report, then slips, false alarms and speed.

With `energy` it measures the tracker of our own work instead: its overhead, and energy against power times time.
"""

from __future__ import annotations

import csv
import json
import os
import sys
import time
from collections.abc import Iterator
from pathlib import Path

os.environ |= {"DJANGO_SETTINGS_MODULE": "tests.settings", "LOG_LEVEL": "ERROR"}

BUSY_S, TRIES = 6.0, 3
FORMS = {  # name: header, text, files
    "number": (0.0121, "", {}),
    "number with exponent": (8.5e-06, "", {}),
    "text that YAML makes of 1e-05": ("1e-05", "", {}),
    "text with unit": ("149.2 kg eq. CO2", "", {}),
    "decimal comma": ("0,38", "", {}),
    "thousands": ("1,234.5", "", {}),
    "range": ("10-20", "", {}),
    "negative": (-3, "", {}),
    "zero": (0, "", {}),
    "not a number": (float("nan"), "", {}),
    "infinite": (1e400, "", {}),
    "words": ("unknown", "", {}),
    "nested lists": ([[[[1]]]], "", {}),
    "ten megabytes": ("9" * (10 << 20), "", {}),
    "mapping": ({"emissions": 17}, "", {}),
    "mapping without emissions": ({"source": "x"}, "", {}),
    "documented mapping": ({"emissions": 17, "hardware_used": "1 TPU v3-8 VM", "source": "x"}, "", {}),
    "sentence-transformers": ({"emissions": 2.1, "energy_consumed": 0.006, "hours_used": 0.1}, "", {}),
    "list of one-key mappings": ([{"emissions": 40}, {"hardware used": "8 V100"}], "", {}),
    "hours in the wrong field": ({"emissions": 900, "hardware_used": "P100 for about 1.5 hours"}, "", {}),
    "body line": (None, "- **Carbon Emitted:** 42 kg\n", {}),
    "body prose": (None, "Training emitted about 3.2 tCO2eq in all.\n", {}),
    "emissions.csv": (None, "", {"emissions.csv": "run_id,emissions\nr,0.1\nr,0.25\n"}),
}


def block(header, text: str = "", files: dict | None = None) -> dict | None:
    from openness.carbon import carbon_block

    return carbon_block({} if header is None else {"co2_eq_emissions": header}, text, files or {})


def show_forms() -> None:
    for name, (header, text, files) in FORMS.items():
        start = time.perf_counter()
        found = block(header, text, files) or {}
        problem = next((c["reason"] for c in found.get("findings", ()) if c["status"] == "failed"), None)
        keys = ("emissions_g", "unit", "unit_assumed", "range_g", "source")
        seconds = round(time.perf_counter() - start, 4)
        print(json.dumps({"form": name} | {k: found.get(k) for k in keys} | {"finding": problem, "s": seconds}))


def show_slips() -> None:
    """Both kinds of error: kilograms where grams are due, and grams multiplied once too often."""
    from tests.test_carbon_plausibility import reports

    clean = list(reports())
    start = time.perf_counter()
    alarms = sum(block(said)["suspected_unit"] is not None for said in clean)
    per_s = len(clean) / (time.perf_counter() - start)
    print(json.dumps({"clean": len(clean), "false_alarms": alarms, "reports_per_s": round(per_s)}))
    for name, factor, unit in (("kg as g", 1 / 1000, "kg"), ("g times 1000", 1000, "mg")):
        found = sum(block(said | {"emissions": said["emissions"] * factor})["suspected_unit"] == unit for said in clean)
        print(json.dumps({"slip": name, "planted": len(clean), "found": found}))


def published_reports(factor: float = 1.0) -> Iterator[dict]:
    """Headers of reports whose figures others worked out, the emissions times `factor`."""
    keys = {"hardware_used": str, "hours_used": float, "energy_consumed_kwh": float, "geographical_location": str}
    with (Path(__file__).parents[1] / "labels" / "carbon_reports.tsv").open(encoding="utf8", newline="") as lines:
        for row in csv.DictReader(lines, delimiter="\t"):
            said = {key.removesuffix("_kwh"): read(row[key]) for key, read in keys.items() if row[key]}
            yield said | {"emissions": float(row["emissions_g"]) * factor}


def show_published() -> None:
    """The published reports as they stand and with slips: no arithmetic of ours is in them."""
    for slip, factor, unit in (
        ("none", 1, None), ("kg as g", 1 / 1000, "kg"), ("t as g", 1e-6, "t"), ("g times 1000", 1000, "mg"),
    ):  # fmt: skip
        found = [block(said)["suspected_unit"] for said in published_reports(factor)]
        print(json.dumps({"published": len(found), "slip": slip, "right": found.count(unit)}))


def busy(seconds: float) -> int:
    """Turns of a loop that one core makes in `seconds`."""
    end, turns = time.perf_counter() + seconds, 0
    while time.perf_counter() < end:
        turns += 1
    return turns


def show_energy() -> None:
    from registry.energy_tracker import Tracker

    for attempt in range(TRIES):
        alone = busy(BUSY_S)
        tracker = Tracker("FRA", "")
        start = time.perf_counter()
        tracker.start()
        start_s = time.perf_counter() - start
        turns = busy(BUSY_S)
        start = time.perf_counter()
        found = tracker.stop()
        stop_s = time.perf_counter() - start
        inner = tracker.tracker
        samples = inner._power_measurement_count
        mean_w = (inner._cpu_power_sum + inner._gpu_power_sum + inner._ram_power_sum) / samples
        print(json.dumps({
            "attempt": attempt, "start_s": round(start_s, 3), "stop_s": round(stop_s, 3),
            "slowdown": round(1 - turns / alone, 4), "energy_kwh": found.energy_kwh, "method": found.method,
            "energy_over_power_times_time": round(found.energy_kwh * 3.6e6 / (mean_w * found.duration_s), 4),
        }))  # fmt: skip


if __name__ == "__main__":
    import django

    django.setup()
    if sys.argv[1:] == ["energy"]:
        show_energy()
    else:
        show_forms()
        show_slips()
        show_published()
