"""Our own work is metered once, in kWh first, and a tracker that fails says so instead of saying nothing."""

import json
import os
import subprocess
import sys
import time
from datetime import UTC, datetime
from pathlib import Path

import pytest
from django.db import connection

from openness.assess import METERED_LEAST, assess_due
from registry.energy import metered, only_meter
from registry.energy_tracker import Tracker, TrackerFailed, known_place
from registry.models import EnergyRun
from tests.mirrored import mirrored

pytestmark = pytest.mark.django_db
ROOT = Path(__file__).resolve().parent.parent

WITHOUT_NETWORK = """
import json, sys
reached = []
def told(event, arguments):
    if event in ("socket.connect", "socket.getaddrinfo", "socket.gethostbyname", "socket.sendto"):
        reached.append([event, str(arguments[-1])])
sys.addaudithook(told)
from registry.energy_tracker import Tracker
import time
tracker = Tracker("FRA", "")
tracker.start()
time.sleep(1.5)
found = tracker.stop()
print(json.dumps({"reached": reached, "g_per_kwh": found.emissions_g / found.energy_kwh, "method": found.method}))
"""


@pytest.fixture
def metering(settings, tmp_path):
    settings.METER_ENERGY, settings.ENERGY_COUNTRY, settings.ENERGY_REGION = True, "FRA", ""
    settings.DATA_DIR = tmp_path
    return settings


def only_row():
    (row,) = EnergyRun.objects.all()
    return row


def test_the_tracker_reaches_for_no_network_and_no_variable_changes_its_figure():
    meddling = {"CODECARBON_PUE": "1.7", "CODECARBON_SAVE_TO_API": "true", "CODECARBON_OUTPUT_DIR": "/nowhere"}
    run = [sys.executable, "-c", WITHOUT_NETWORK]
    answer = subprocess.run(run, cwd=ROOT, env=os.environ | meddling, capture_output=True, text=True, check=True)
    found = json.loads(answer.stdout)
    assert found["reached"] == []
    assert found["g_per_kwh"] == pytest.approx(56.04, rel=0.01)  # France in the bundled table, times a PUE of 1
    assert found["method"] in ("counters", "load", "constant")
    assert "codecarbon" not in answer.stderr


def test_work_is_metered_in_kwh_with_the_method_and_its_parts(metering):
    with metered("comparison", "comparison 1"):
        time.sleep(3.3)
    row = only_row()
    assert (row.status, row.problem, row.country) == ("measured", "", "FRA")
    assert row.energy_kwh == pytest.approx(row.cpu_energy_kwh + row.gpu_energy_kwh + row.ram_energy_kwh)
    assert row.emissions_g == pytest.approx(row.energy_kwh * 56.04, rel=0.01)
    assert row.method in EnergyRun.Method.values
    assert row.tool.startswith("codecarbon 3.")


def test_work_of_a_moment_has_no_figure(metering):
    with metered("assessment", "one card"):
        pass
    row = only_row()
    assert (row.status, row.energy_kwh, row.emissions_g) == ("too_short", None, None)


def test_without_a_country_there_is_energy_and_no_emissions(metering):
    metering.ENERGY_COUNTRY = ""
    with metered("comparison", "comparison 1"):
        time.sleep(3.3)
    assert (only_row().energy_kwh > 0, only_row().emissions_g) == (True, None)


def test_work_inside_of_metered_work_is_not_counted_twice(metering):
    with metered("comparison", "outer"), metered("comparison", "inner"):
        pass
    inner, outer = EnergyRun.objects.order_by("pk")
    assert (inner.subject, inner.status, inner.energy_kwh) == ("inner", "shared", None)
    assert outer.status == "too_short"


def test_another_process_that_meters_keeps_this_one_from_it_and_its_death_frees_the_lock(metering):
    hold = (
        "import fcntl, os, sys, time; f = os.open(sys.argv[1], os.O_RDWR | os.O_CREAT);"
        "fcntl.flock(f, fcntl.LOCK_EX); print('held', flush=True); time.sleep(60)"
    )
    os.close(only_meter())
    (path,) = metering.DATA_DIR.glob("energy-*.lock")
    with subprocess.Popen([sys.executable, "-c", hold, str(path)], stdout=subprocess.PIPE, text=True) as other:
        assert other.stdout.readline() == "held\n"
        assert only_meter() is None
        other.kill()
    lock = only_meter()
    assert lock is not None
    os.close(lock)


@pytest.mark.parametrize(
    ("country", "region", "words"),
    [
        ("fra", "", "no ISO 3166 code"),
        ("ATL", "", "no ISO 3166 code"),
        ("FRA", "atlantis", "USA and Canada"),
        ("USA", "atlantis", "no state or province"),
    ],
)
def test_a_place_that_codecarbon_would_silently_replace_is_refused(metering, country, region, words):
    metering.ENERGY_COUNTRY, metering.ENERGY_REGION = country, region
    with metered("comparison", "comparison 1"):
        pass
    row = only_row()
    assert (row.status, row.energy_kwh) == ("failed", None)
    assert words in row.problem


def test_states_and_provinces_are_known():
    assert [known_place("USA", "Iowa"), known_place("CAN", "Quebec"), known_place("DEU", ""), known_place("", "")] == [
        ""
    ] * 4


def test_an_exception_that_the_tracker_swallows_is_its_failure():
    tracker = Tracker("FRA", "")
    tracker.options = lambda: {"no_such_option": 1}
    with pytest.raises(TrackerFailed, match="swallowed|cannot|failed|nothing"):
        tracker.start()
        tracker.stop()


def test_metering_neither_hides_a_failure_of_the_work_nor_makes_one(metering, tmp_path):
    with pytest.raises(ZeroDivisionError), metered("comparison", "comparison 1"):
        1 / 0  # noqa: B018
    assert EnergyRun.objects.count() == 1
    metering.DATA_DIR = tmp_path / "missing"
    with metered("comparison", "comparison 2"):
        pass
    assert "could not begin" in EnergyRun.objects.get(subject="comparison 2").problem


def test_a_large_reassessment_is_metered_and_a_small_one_is_not(metering):
    for n in range(3):
        mirrored(f"ada/m{n}", card="# m")
    assess_due(1000, ["carbon"])
    assert not EnergyRun.objects.exists()
    for n in range(METERED_LEAST):
        mirrored(f"bob/m{n}", card="# m")
    assert assess_due(1000, ["carbon"]) == METERED_LEAST
    assert only_row().activity == "assessment"


def test_page_and_rest_show_kwh_first_and_what_has_no_figure(client, django_assert_max_num_queries):
    assert "Nothing was metered yet" in client.get("/energy").content.decode()
    at = datetime(2026, 1, 2, tzinfo=UTC)
    known = {"started_at": at, "duration_s": 1800, "activity": "comparison"}
    EnergyRun.objects.create(status="measured", energy_kwh=0.25, emissions_g=14.0, method="load", **known)
    EnergyRun.objects.create(status="shared", problem="Other work <b>", **known)
    with django_assert_max_num_queries(10):
        text = client.get("/energy").content.decode()
    assert ">0.25<" in text and "14 g" in text and "500.0 W" in text and "1 counted elsewhere" in text
    assert "Other work &lt;b&gt;" in text
    rows = client.get("/api/v1/energy").json()["results"]
    assert [row["energy_kwh"] for row in rows] == [None, 0.25]
    assert client.get("/api/v1/energy?x=1").status_code == 400


def test_metering_that_is_off_leaves_nothing(settings):
    settings.METER_ENERGY = False
    with metered("comparison", "comparison 1"):
        assert connection.in_atomic_block  # the work runs
    assert not EnergyRun.objects.exists()
