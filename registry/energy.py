"""Meters our own work: how much energy a comparison, a verification or a re-assessment took.

The tracker counts the whole machine, so that two of them at once would count everything twice. Whoever comes second,
in this process or another of the same machine, leaves a row that says so and no figure.
"""

from __future__ import annotations

import fcntl
import logging
import os
import socket
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path

from django.conf import settings
from django.utils.timezone import now

from registry.energy_tracker import LEAST_S, Tracker, TrackerFailed
from registry.models import EnergyRun

log = logging.getLogger(__name__)
BOOT_ID = Path("/proc/sys/kernel/random/boot_id")  # one for all containers of a machine


@contextmanager
def metered(activity: str, subject: str) -> Iterator[None]:
    """Meter the work inside and keep one EnergyRun of it. Metering never fails the work, nor hides its failure.

    `activity` is one of EnergyRun.Activity. With METER_ENERGY off nothing is kept.
    """
    if not settings.METER_ENERGY:
        yield
        return
    row = EnergyRun(activity=activity, subject=subject[:200], started_at=now(), status=EnergyRun.Status.FAILED)
    row.country, row.region = settings.ENERGY_COUNTRY[:3], settings.ENERGY_REGION[:80]
    lock = None
    tracker = None
    try:
        lock = only_meter()
        tracker = begun(row) if lock is not None else None
        if lock is None:
            row.status = EnergyRun.Status.SHARED
            row.problem = "Other work on this machine was being metered, and this is part of its figure."
    except Exception as error:
        row.problem = f"Metering could not begin: {type(error).__name__}: {error}."
    start = time.monotonic()
    try:
        yield
    finally:
        row.duration_s = time.monotonic() - start
        keep(row, tracker)
        if lock is not None:
            os.close(lock)


def only_meter() -> int | None:
    """The machine's one lock, held; None where somebody holds it. A killed holder loses it with its process."""
    try:
        machine = BOOT_ID.read_text("ascii").strip()
    except OSError:
        machine = socket.gethostname()
    path = settings.DATA_DIR / f"energy-{machine.replace('/', '_')}.lock"
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        os.close(descriptor)
        return None
    return descriptor


def begun(row: EnergyRun) -> Tracker | None:
    """The tracker, measuring; None where it cannot, with the reason on the row."""
    tracker = Tracker(settings.ENERGY_COUNTRY, settings.ENERGY_REGION)
    try:
        tracker.start()
    except TrackerFailed as failure:
        row.problem = str(failure)
        return None
    return tracker


def keep(row: EnergyRun, tracker: Tracker | None) -> None:
    """Store what was measured, or why nothing was."""
    try:
        if tracker is not None:
            fill(row, tracker)
        row.save()
    except Exception:
        log.exception("the energy of %s could not be kept", row.subject)


def fill(row: EnergyRun, tracker: Tracker) -> None:
    try:
        found = asdict(tracker.stop())
    except TrackerFailed as failure:
        row.problem = str(failure)
        return
    row.tool, row.method, row.hardware = found["tool"], found["method"], found["hardware"]
    if found["duration_s"] < LEAST_S:
        row.status = EnergyRun.Status.TOO_SHORT
        row.problem = f"It lasted less than {LEAST_S:g} s, too few measurements for a figure."
        return
    row.status = EnergyRun.Status.MEASURED
    for name in ("duration_s", "energy_kwh", "cpu_energy_kwh", "gpu_energy_kwh", "ram_energy_kwh"):
        setattr(row, name, found[name])
    row.emissions_g = found["emissions_g"] if settings.ENERGY_COUNTRY else None
