"""The border to codecarbon: its offline tracker, started, stopped and asked, with every failure that it swallows.

Measured with 3.3.2: it opens no connection; constructor, start and stop swallow every exception and only log it; an
unknown country silently becomes the world's mean; environment variables silently change what is not given here.
"""

from __future__ import annotations

import logging
import math
from dataclasses import dataclass, field
from typing import Any

INTERVAL_S = 1.0
LEAST_S = 3 * INTERVAL_S  # fewer measurements than three say nothing
COUNTERS = {"intel_rapl", "intel_power_gadget", "windows_emi"}
LOADS = {"cpu_load"}
REGIONAL = {"USA", "CAN"}  # whose states and provinces the bundled table tells apart


class TrackerFailed(Exception):
    """The tracker gave no measurement; the message is one sentence."""


@dataclass(frozen=True)
class Measured:
    """What the tracker says of one stretch of time: the whole machine's energy in kWh, its emissions in grams."""

    duration_s: float
    energy_kwh: float
    cpu_energy_kwh: float
    gpu_energy_kwh: float
    ram_energy_kwh: float
    emissions_g: float
    method: str
    hardware: str
    tool: str


@dataclass
class Swallowed(logging.Filter):
    """Keeps what codecarbon logs of its own exceptions, and lets nothing of its chatter through."""

    said: list[str] = field(default_factory=list)

    def filter(self, record: logging.LogRecord) -> bool:
        if record.exc_info and record.exc_info[1] is not None:
            error = record.exc_info[1]
            self.said.append(f"{type(error).__name__}: {error}"[:300])
        return False


def known_place(country: str, region: str) -> str:
    """Why the bundled tables know no intensity for a place; blank when they do, or when none is given."""
    from codecarbon.input import DataSource

    if country and country not in DataSource().get_global_energy_mix_data():
        return f"ENERGY_COUNTRY {country!r} is no ISO 3166 code of three capital letters that codecarbon knows."
    if region and country not in REGIONAL:
        return "ENERGY_REGION is only known for the USA and Canada."
    if region and region.lower() not in known_regions(country):
        return f"ENERGY_REGION {region!r} is no state or province that codecarbon knows."
    return ""


def known_regions(country: str) -> set[str]:
    from codecarbon.input import DataSource

    table = DataSource().get_country_emissions_data if country == "USA" else DataSource().get_country_energy_mix_data
    return {name.lower() for name in table(country.lower())}


class Tracker:
    """One stretch of metering. `start` and `stop` raise TrackerFailed where codecarbon would say nothing."""

    def __init__(self, country: str, region: str):
        self.country, self.region = country, region
        self.swallowed = Swallowed()
        self.tracker: Any = None

    def start(self) -> None:
        """Begin to measure; the first time in a process this looks at the machine for one to two seconds."""
        logger = logging.getLogger("codecarbon")
        logger.addFilter(self.swallowed)
        try:
            from codecarbon import OfflineEmissionsTracker

            if problem := known_place(self.country, self.region):
                raise TrackerFailed(problem)
            self.tracker = OfflineEmissionsTracker(**self.options())
            self.tracker.start()
        except TrackerFailed:
            logger.removeFilter(self.swallowed)
            raise
        except Exception as error:
            logger.removeFilter(self.swallowed)
            raise TrackerFailed(f"codecarbon cannot be used: {type(error).__name__}: {error}.") from error

    def options(self) -> dict:
        """Everything that decides the figure, said outright: what is not said, variables and files may change."""
        return {
            "country_iso_code": self.country or "FRA",  # without ours no emissions are kept
            "region": self.region.lower() or None,
            "cloud_provider": None,
            "cloud_region": None,
            "country_2letter_iso_code": None,
            "electricitymaps_api_token": None,
            "output_methods": [],
            "output_dir": ".",
            "tracking_mode": "machine",  # the versions of a comparison run in processes of their own
            "measure_power_secs": INTERVAL_S,
            "pue": 1.0,
            "wue": 0.0,
            "force_cpu_power": None,
            "force_ram_power": None,
            "force_mode_cpu_load": False,
            "force_carbon_intensity_g_co2e_kwh": None,
            "gpu_ids": None,
            "allow_multiple_runs": True,  # else it takes a lock of its own and replaces signal handlers
            "log_level": "warning",
        }

    def stop(self) -> Measured:
        """End it, and read what was measured."""
        try:
            self.tracker.stop()
            said = getattr(self.tracker, "final_emissions_data", None)
            if said is None:
                raise TrackerFailed(self.why("codecarbon measured nothing and said nothing."))
            return self.measured(said)
        except TrackerFailed:
            raise
        except Exception as error:
            raise TrackerFailed(f"codecarbon failed at its end: {type(error).__name__}: {error}.") from error
        finally:
            logging.getLogger("codecarbon").removeFilter(self.swallowed)

    def measured(self, said: Any) -> Measured:
        values = [said.duration, said.energy_consumed, said.emissions]
        if not all(math.isfinite(value) and value >= 0 for value in values):
            raise TrackerFailed(self.why("codecarbon's figures are negative or no numbers."))
        if self.swallowed.said:
            raise TrackerFailed(self.why(""))
        return Measured(
            duration_s=said.duration,
            energy_kwh=said.energy_consumed,
            cpu_energy_kwh=said.cpu_energy,
            gpu_energy_kwh=said.gpu_energy,
            ram_energy_kwh=said.ram_energy,
            emissions_g=said.emissions * 1000,  # codecarbon speaks kilograms
            method=method_of(getattr(self.tracker, "_hardware", ())),
            hardware=", ".join(filter(None, (said.gpu_model, said.cpu_model)))[:300],
            tool=f"codecarbon {said.codecarbon_version}",
        )

    def why(self, otherwise: str) -> str:
        said = self.swallowed.said
        return f"codecarbon swallowed an error: {said[0]}." if said else otherwise


def method_of(devices: Any) -> str:
    """How the processor's power was known: counters, load, constant; blank where the tracker does not tell.

    Its rows never say it. The memory's share is a guess from its size by any method, a GPU's is a counter.

    >>> method_of([type("CPU", (), {"_mode": "cpu_load"})()])
    'load'
    """
    modes = {mode for device in devices if isinstance(mode := getattr(device, "_mode", None), str)}
    if modes & COUNTERS:
        return "counters"
    if modes & LOADS:
        return "load"
    return "constant" if "constant" in modes else ""
