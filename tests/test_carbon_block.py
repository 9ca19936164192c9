"""codecarbon's kilograms become a card's grams, in digits that every client reads."""

import json
from io import StringIO

import pytest
import yaml
from django.core.management import CommandError, call_command
from hypothesis import given
from hypothesis import strategies as st

from openness.carbon import carbon_block
from openness.carbon.card_block import NoRuns, block_of_csv
from registry.models import EnergyRun
from tests.mirrored import SEEN

V3 = (
    "timestamp,project_name,run_id,experiment_id,duration,emissions,emissions_rate,cpu_power,gpu_power,ram_power,"
    "cpu_energy,gpu_energy,ram_energy,energy_consumed,water_consumed,country_name,country_iso_code,region,"
    "cloud_provider,cloud_region,os,python_version,codecarbon_version,cpu_count,cpu_model,gpu_count,gpu_model,longitude,"
    "latitude,ram_total_size,tracking_mode,cpu_utilization_percent,gpu_utilization_percent,ram_utilization_percent,"
    "ram_used_gb,on_cloud,pue,wue\n"
)


def v3(run="a", end="2026-01-02T10:00:00", seconds=7200, kg=0.0280, kwh=0.5, place=("France", "FRA", "")):
    country, iso, region = place
    shares = f"{kwh * 0.4!r},{kwh * 0.5!r},{kwh * 0.1!r},{kwh!r}"
    return (
        f"{end},p,{run},e,{seconds},{kg!r},0.1,10,20,5,{shares},0,{country},{iso},{region},,,Linux,3.11,3.3.2,8,"
        "Some CPU,1,1 x NVIDIA A100-SXM4-80GB,2.3,48.8,64.0,machine,1,1,1,4,N,1.0,0\n"
    )


def test_a_run_of_version_3_becomes_the_documented_mapping_in_grams():
    block = block_of_csv(V3 + v3(), "fine-tuning")
    assert yaml.safe_load(block.yaml)["co2_eq_emissions"] == block.values
    assert block.values == {
        "emissions": 28.0,
        "source": "codecarbon 3.3.2",
        "training_type": "fine-tuning",
        "geographical_location": "France",
        "hardware_used": "1 x NVIDIA A100-SXM4-80GB",
        "energy_consumed": 0.5,
        "hours_used": 2.0,
        "on_cloud": False,
        "cpu_model": "Some CPU",
        "ram_total_size": 64.0,
        "intensity": 56.0,
        "pue": 1.0,
        "tracking_mode": "machine",
        "run_ids": ["a"],
    }
    assert block.warnings == ()


def test_cumulative_rows_count_once_and_runs_add_up():
    text = V3 + v3(kg=0.01) + v3(kg=0.0280) + v3("b", end="2026-01-02T13:00:00", kg=0.0280)
    block = block_of_csv(text)
    assert (block.values["emissions"], block.values["energy_consumed"], block.runs) == (56.0, 1.0, 2)


def test_an_old_file_of_few_columns_gives_what_it_has():
    assert block_of_csv("timestamp,duration,emissions\n2021-01-01,60,0.002\n").values["emissions"] == 2.0


def test_trackers_that_ran_at_once_and_a_place_that_was_never_looked_up_are_warned_of():
    text = V3 + v3("a") + v3("b", end="2026-01-02T10:30:00")
    assert "overlap" in block_of_csv(text).warnings[0]
    quebec = v3(place=("Canada", "CAN", "quebec"), kg=0.002).replace("2.3,48.8", "-71.2,46.8")
    block = block_of_csv(V3 + quebec)
    assert "geographical_location" not in block.values
    assert any("look-up failed" in warning for warning in block.warnings)


def test_no_exponent_is_ever_written():
    block = block_of_csv("run_id,emissions\nr,8.5e-09\n")
    assert "  emissions: 0.0000085" in block.yaml.splitlines()


@given(st.floats(1e-12, 1e6))
def test_our_own_reader_reads_every_block_back_as_the_same_grams(kilograms):
    block = block_of_csv(f"run_id,emissions\nr,{kilograms!r}\n")
    read = carbon_block(yaml.safe_load(block.yaml), "")
    assert read["emissions_g"] == block.values["emissions"]
    assert read["emissions_g"] == pytest.approx(kilograms * 1000, rel=1e-15)


def test_amounts_beyond_all_measure_are_no_amounts():
    with pytest.raises(NoRuns):
        block_of_csv("run_id,emissions\na,1e308\nb,1e308\n")
    block = block_of_csv("run_id,emissions,energy_consumed,duration\na,1,1e308,1e308\nb,1,1e308,1e308\n")
    assert "energy_consumed" not in block.values


@pytest.mark.parametrize("text", ["", "a,b\n1,2\n", "run_id,emissions\nr,=1+1\n", "run_id,emissions\nr,nan\n", '"\x00'])
def test_what_holds_no_run_is_refused_in_a_sentence(text):
    with pytest.raises(NoRuns, match=r"\.$"):
        block_of_csv(text)


def test_a_formula_stays_text():
    text = V3 + v3().replace("Some CPU", "=HYPERLINK(1)")
    assert yaml.safe_load(block_of_csv(text).yaml)["co2_eq_emissions"]["cpu_model"] == "=HYPERLINK(1)"


def test_the_command_prints_the_block_and_its_json(tmp_path):
    (tmp_path / "emissions.csv").write_text(V3 + v3(), "utf8")
    out = StringIO()
    call_command("carbon_block", str(tmp_path / "emissions.csv"), "--json", stdout=out)
    assert json.loads(out.getvalue())["emissions_g"] == 28.0
    with pytest.raises(CommandError) as error:
        call_command("carbon_block", str(tmp_path / "missing.csv"), stdout=StringIO())
    assert error.value.returncode == 3


@pytest.mark.django_db
def test_our_own_metered_work_becomes_a_block_too():
    known = {"activity": "comparison", "started_at": SEEN, "duration_s": 3600.0}
    row = EnergyRun.objects.create(
        status="measured",
        energy_kwh=0.25,
        emissions_g=14.0,
        method="load",
        country="FRA",
        tool="codecarbon 3.3.2",
        **known,
    )
    out = StringIO()
    call_command("carbon_block", "--run", str(row.pk), "--json", stdout=out)
    found = json.loads(out.getvalue())
    assert (found["emissions_g"], found["block"]["co2_eq_emissions"]["measurement"]) == (14.0, "load")
    silent = EnergyRun.objects.create(status="shared", problem="Other work.", **known)
    for number in (silent.pk, 10**30, -1):
        with pytest.raises(CommandError):
            call_command("carbon_block", "--run", str(number), stdout=StringIO())


@pytest.mark.django_db
def test_rest_converts_and_refuses(client):
    def send(text, query=""):
        return client.post(f"/api/v1/carbon/block{query}", text, content_type="text/csv")

    answer = send(V3 + v3(), "?training_type=pre-training")
    assert (answer.status_code, answer.json()["emissions_g"]) == (200, 28.0)
    assert answer.json()["block"]["co2_eq_emissions"]["training_type"] == "pre-training"
    assert [send(V3 + v3(), "?training_type=x").status_code, send("").status_code, send(b"\xff").status_code] == [
        400
    ] * 3
    assert send(b"," * (9 << 20)).status_code == 413
    assert client.get("/api/v1/carbon/block").status_code == 405


@pytest.mark.django_db
def test_rest_tells_a_model_s_family_and_history(client):
    from tests.test_carbon_lineage import family

    family()
    found = client.get("/api/v1/carbon/model/carol/child").json()
    assert (found["family"]["ancestors"], found["family"]["least_g"]) == (3, 41140.5)
    assert found["report"]["emissions_g"] == 17
    assert found["history"][0]["words"] == "first stated"
    assert client.get("/api/v1/carbon/model/no/body").status_code == 404
