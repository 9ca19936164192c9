"""Reports held against physics and against themselves: slips of units are found, and clean reports left alone."""

import itertools

import pytest
import yaml

from openness.carbon import Ancestor, Surroundings, carbon_block
from tests.bench.carbon import published_reports

HARDWARE = [("8 x NVIDIA A100", 8, 400), ("1 x Tesla T4", 1, 70), ("4 V100 16GB", 4, 300), ("1 TPU v3-8", 4, 283),
            ("2x RTX 3090", 2, 350)]  # fmt: skip
HOURS = (0.5, 12, 100, 720)
PLACES = [("France", 56.0), ("USA", 369.5), ("Germany", 381.0), ("India", 713.0), (None, 300.0)]
SHARES = (0.35, 0.6, 1.0)  # of the makers' power that a training draws


def reports():
    """Reports as careful authors write them: grams that follow from hardware, hours, place and a real load."""
    for (words, count, watts), hours, (place, intensity), share in itertools.product(HARDWARE, HOURS, PLACES, SHARES):
        grams = count * watts / 1000 * hours * share * intensity
        said = {"emissions": round(grams, 3), "source": "codecarbon", "hardware_used": words, "hours_used": hours}
        yield said | ({"geographical_location": place} if place else {})


def suspected_unit(said, **more):
    return carbon_block({"co2_eq_emissions": said}, "", {}, **more)["suspected_unit"]


def finding(block, rule):
    return next(found for found in block["findings"] if found["id"] == rule)


def test_clean_reports_raise_no_alarm():
    clean = list(reports())
    assert len(clean) == 300
    assert [said for said in clean if suspected_unit(said)] == []


def test_kilograms_given_as_grams_are_found():
    slips = [said | {"emissions": said["emissions"] / 1000} for said in reports()]
    missed = [said for said in slips if suspected_unit(said) != "kg"]
    assert len(missed) <= 0.03 * len(slips)  # eight devices at a third of their power, nobody says where
    assert [said for said in missed if "geographical_location" in said] == []


def test_grams_multiplied_twice_are_found():
    slips = [said | {"emissions": said["emissions"] * 1000} for said in reports()]
    assert [said for said in slips if suspected_unit(said) != "mg"] == []


def test_hours_may_be_of_the_clock_or_of_all_devices():
    for grams in (8 * 0.4 * 100 * 370, 0.4 * 100 * 370):
        said = {"emissions": grams, "hardware_used": "8 x A100", "hours_used": 100, "geographical_location": "USA"}
        assert finding(carbon_block({"co2_eq_emissions": said}, ""), "R2")["status"] == "passed"


def test_a_figure_that_passes_for_want_of_a_device_count_is_not_called_a_grid_s():
    said = {"hardware_used": "A100", "hours_used": 8, "geographical_location": "Netherlands"}
    for grams, status, words in ((5_400, "passed", "near enough"), (54_000, "unexplained", "More devices")):
        found = finding(carbon_block({"co2_eq_emissions": said | {"emissions": grams}}, ""), "R2")
        assert (found["status"], words in found["reason"]) == (status, True)


def test_a_market_based_figure_is_odd_but_no_slip():
    said = {"emissions": 1250, "hardware_used": "1 TPU v3-8", "hours_used": 100, "geographical_location": "Netherlands"}
    block = carbon_block({"co2_eq_emissions": said}, "")
    assert block["suspected_unit"] is None
    assert finding(block, "R2")["status"] in ("passed", "unexplained")


def test_a_slip_between_header_and_text_comes_with_the_header_to_paste():
    block = carbon_block({"co2_eq_emissions": {"emissions": 5.6, "source": "codecarbon"}}, "- Emissions: 5.6 kgCO2\n")
    assert (block["suspected_unit"], block["suggested_emissions_g"]) == ("kg", 5600)
    assert block["fix"] == 'co2_eq_emissions:\n  emissions: 5600\n  source: "codecarbon"'
    assert finding(block, "R3")["numbers"]["other_g"] == [5600]


def test_codecarbon_s_file_without_a_header_comes_with_the_header_to_paste():
    csv_text = "run_id,duration,emissions,energy_consumed,country_name\nr,5400,0.0000085,0.0001,France\n"
    block = carbon_block({}, "", {"emissions.csv": csv_text})
    assert block["suspected_unit"] is None
    assert block["fix"].splitlines() == [
        "co2_eq_emissions:",
        "  emissions: 0.0085",
        '  geographical_location: "France"',
        "  energy_consumed: 0.0001",
        "  hours_used: 1.5",
    ]


def test_a_sound_header_needs_no_fix():
    assert carbon_block({"co2_eq_emissions": 17.3}, "")["fix"] is None


def test_one_device_s_share_is_told_from_a_slip_of_units():
    block = carbon_block({"co2_eq_emissions": 7540}, "- Carbon Emitted: 30.16 kg CO2\n")
    assert block["suspected_unit"] is None
    assert "4 times" in finding(block, "R3")["reason"]


def test_a_rounded_text_agrees_with_its_header():
    for text in ("42 kg", "41.8 kg", "41-43 kg"):
        block = carbon_block({"co2_eq_emissions": 41_800}, f"- Carbon Emitted: {text} CO2eq\n")
        assert finding(block, "R3")["status"] == "passed", text


def test_energy_times_intensity_must_give_the_emissions():
    body = "- Energy consumed: 100 kWh\n- Carbon intensity: 400 gCO2/kWh\n"
    for grams, status in (
        (40_000, "passed"),
        (41_900, "passed"),
        (30_000, "unexplained"),
        (200_000, "failed"),
        (40, "failed"),
    ):
        assert finding(carbon_block({"co2_eq_emissions": grams}, body), "R4")["status"] == status, grams


def test_training_cannot_take_less_energy_than_its_operations():
    said = {"training_type": "pre-training", "hardware_used": "A100"}
    body = "It saw 300B tokens."
    around = Surroundings(parameters=1e9, ancestors=())
    for grams, unit in ((600_000.0, None), (600.0, "kg")):
        block = carbon_block({"co2_eq_emissions": said | {"emissions": grams}}, body, around=around)
        assert (finding(block, "R5")["numbers"].get("suspected_unit"), block["suspected_unit"]) == (unit, unit)


def test_the_tokens_of_a_fine_tune_s_base_decide_nothing():
    said = {"emissions": 5.0, "training_type": "fine-tuning"}
    block = carbon_block({"co2_eq_emissions": said}, "Its base saw 300B tokens.", around=Surroundings(parameters=1e9))
    assert finding(block, "R5")["status"] == "not_possible"


@pytest.mark.parametrize(
    ("ancestor_g", "status", "unit"),
    [
        (41_100.0, "failed", "kg"),
        (41.1, "inherited", None),
        (411.0, "failed", None),
        (77.0, "passed", None),
        (None, "passed", None),
    ],
)
def test_an_ancestor_s_value_is_inherited_and_its_digits_are_a_slip(ancestor_g, status, unit):
    around = Surroundings(ancestors=(Ancestor("acme/base", ancestor_g),))
    block = carbon_block({"co2_eq_emissions": 41.1}, "", around=around)
    assert (finding(block, "R6")["status"], block["suspected_unit"]) == (status, unit)


def test_an_inherited_value_earns_nothing_for_being_its_own_but_does_not_cap_the_grade():
    own, inherited = (
        carbon_block({"co2_eq_emissions": 41.1}, "", around=Surroundings(ancestors=(Ancestor("acme/base", g),)))
        for g in (3.7, 41.1)
    )
    assert own["score"] - inherited["score"] == 6


def test_what_nobody_looked_for_is_not_possible_rather_than_passed():
    block = carbon_block({"co2_eq_emissions": 41.1, "base_model": "acme/base"}, "")
    assert finding(block, "R6")["status"] == "not_possible"


@pytest.mark.parametrize("value", [1, 1.2345, 123.45])
def test_the_numbers_of_the_documentation_are_placeholders(value):
    assert finding(carbon_block({"co2_eq_emissions": value}, ""), "R7")["status"] == "failed"


def test_zero_beside_hardware_is_no_answer_and_alone_is_a_zero():
    used = {"emissions": 0, "hardware_used": "Colab T4 free tier - 17 minutes"}
    assert finding(carbon_block({"co2_eq_emissions": used}, ""), "R7")["status"] == "failed"
    assert finding(carbon_block({"co2_eq_emissions": 0}, ""), "R7")["status"] == "passed"


COLUMNS = (
    "run_id,duration,emissions,energy_consumed,cpu_energy,gpu_energy,ram_energy,region,country_name,latitude,longitude,"
    "gpu_count,gpu_model\n"
)


@pytest.mark.parametrize(
    ("row", "status", "words"),
    [
        ("r,3600,0.056,1,0.2,0.7,0.1,,France,,,1,1 x NVIDIA A100-SXM4-80GB", "failed", "W"),
        ("r,7200,0.03,0.5,0.2,0.25,0.05,,France,,,1,1 x NVIDIA A100-SXM4-80GB", "passed", "closes"),
        ("r,7200,0.03,0.5,0.2,0.2,0.05,,France,,,1,NVIDIA A100", "failed", "add up"),
        ("r,7200,3,0.5,0.2,0.25,0.05,,France,,,1,NVIDIA A100", "failed", "no grid"),
        ("r,7200,0.002,0.5,0.2,0.25,0.05,quebec,Canada,46.8,-71.2,1,NVIDIA A100", "failed", "look-up failed"),
        ("r,7200,0.03,0.5,0.2,0,0.3,,France,,,,", "unexplained", "memory"),
        ("r,12,0.03,0.5,0.4,0,0.1,,France,,,,", "unexplained", "three measurements"),
    ],
)
def test_codecarbon_s_own_rows_betray_what_went_wrong(row, status, words):
    found = finding(carbon_block({}, "", {"emissions.csv": COLUMNS + row + "\n"}), "R8")
    assert found["status"] == status
    assert words in found["reason"]


def test_a_card_that_names_a_gpu_that_codecarbon_did_not_see_is_told():
    csv_text = COLUMNS + "r,7200,0.03,0.5,0.4,0,0.1,,France,,,,\n"
    block = carbon_block(
        {"co2_eq_emissions": {"emissions": 30, "hardware_used": "1 x T4"}}, "", {"emissions.csv": csv_text}
    )
    assert "saw no GPU" in finding(block, "R8")["reason"]


def test_codecarbon_s_kilograms_pasted_as_grams_are_found():
    csv_text = "run_id,emissions\nr,0.25\n"
    for value, unit in ((0.25, "kg"), (250, None)):
        assert carbon_block({"co2_eq_emissions": value}, "", {"emissions.csv": csv_text})["suspected_unit"] == unit


FULL = {
    "emissions": 70_300,
    "energy_consumed": 190.0,
    "intensity": 370,
    "source": "RAPL and NVML counters through codecarbon 3.3.2, see https://doi.org/10.1000/example",
    "training_type": "pre-training, final run; 0.2 g CO2 per query",
    "geographical_location": "Iowa, USA",
    "hardware_used": "8 x A100",
    "hours_used": 100,
    "pue": 1.1,
    "scope": "final run",
}


def test_a_large_and_well_told_training_scores_a_hundred():
    block = carbon_block({"co2_eq_emissions": FULL}, "- Carbon Emitted: 70.3 kg CO2\n")
    assert [p["id"] for p in block["points"] if p["value"] < 1] == []
    assert (block["score"], block["grade"], block["reporting_class"]) == (100, "A", "Energy Awareness")


def test_a_failed_check_caps_the_grade_and_takes_only_its_own_points():
    clean = carbon_block({"co2_eq_emissions": FULL}, "- Carbon Emitted: 70.3 kg CO2\n")
    torn = carbon_block({"co2_eq_emissions": FULL}, "- Carbon Emitted: 90 kg CO2\n")
    assert (torn["grade"], clean["score"] - torn["score"]) == ("D", 3)


def test_the_reporting_class_climbs_the_ladder():
    def classes(header, tags=()):
        block = carbon_block(header, "", tags=tags)
        return block["reporting_class"], block["reporting_class_as_coded"]

    hardware = {"hardware_used": "1 x T4"}
    said = {"co2_eq_emissions": {"emissions": 5.0}}
    both = {"co2_eq_emissions": {"emissions": 5.0} | hardware}
    assert classes({"co2_eq_emissions": None}) == ("Unknown Energy Efficiency",) * 2
    assert classes({"co2_eq_emissions": hardware}) == ("Context Reporting",) * 2
    assert classes(said) == ("Basic Energy Reporting",) * 2
    assert classes(both) == ("Energy Awareness",) * 2
    assert classes(both, ["pruned"]) == ("Energy Optimization", "Energy Awareness")
    assert classes(both, ["pruned", "EcoCard"]) == ("Certified Energy Efficiency", "Energy Awareness")


def test_published_reports_raise_no_alarm_and_their_slips_are_found():
    assert [said for said in published_reports() if suspected_unit(said)] == []
    for factor, unit in ((1 / 1000, "kg"), (1e-6, "t")):
        assert [said for said in published_reports(factor) if suspected_unit(said) != unit] == []


ROW = "run_id,emissions,duration,cpu_energy,energy_consumed,cpu_model\n{}\n"


def test_a_run_in_two_files_counts_once_as_far_as_it_came_and_nameless_rows_count_each():
    files = {
        "emissions.csv": ROW.format("r1,0.1,60,,,"),
        "logs/emissions.csv": ROW.format("r1,0.25,120,,,\nr2,0.2,9,,,"),
    }
    assert carbon_block({}, "", files)["emissions_g"] == 450.0
    nameless = {path: ROW.format(",0.1,60,,,") for path in files}
    assert carbon_block({}, "", nameless)["emissions_g"] == 200.0


@pytest.mark.parametrize(("kwh", "status"), [(0.2, "passed"), (20, "failed")])
def test_processors_draw_no_more_than_a_board_of_them_is_made_for(kwh, status):
    files = {"emissions.csv": ROW.format(f"r,{kwh * 0.3},3600,{kwh},{kwh},AMD EPYC 7742 64-Core Processor")}
    assert finding(carbon_block({}, "", files), "R8")["status"] == status


@pytest.mark.parametrize(("grams", "status"), [(370, "passed"), (46, "unexplained"), (3_000, "unexplained")])
def test_energy_at_a_place_closes_within_a_factor_of_two_of_its_grid(grams, status):
    said = {"emissions": grams, "energy_consumed": 1, "geographical_location": "East US"}
    assert finding(carbon_block({"co2_eq_emissions": said}, ""), "R4")["status"] == status


def test_the_rounding_of_a_sentence_is_that_of_its_own_number():
    body = "# M\n\nIn run 7.1 of 2023, training emitted 5.23 kg of CO2.\n"
    for grams, status in ((5_232, "passed"), (5_000, "failed")):
        assert finding(carbon_block({"co2_eq_emissions": grams}, body), "R3")["status"] == status


def test_a_fix_keeps_what_else_the_header_says():
    said = {"emissions": 0.0425, "hardware_used": "1 x RTX 3090", "hours_used": 0.35, "on_cloud": False,
            "cpu_model": "i7: 13700K", "ram_total_size": 31.78, "energy_consumed": 0.11, "emissions_kg": 0.0425,
            "geographical_location": "Germany", "odd": 10**400, "deep": {"a": 1}}  # fmt: skip
    fix = yaml.safe_load(carbon_block({"co2_eq_emissions": said}, "")["fix"])["co2_eq_emissions"]
    assert fix == {
        "emissions": 42.5,
        "geographical_location": "Germany",
        "hardware_used": "1 x RTX 3090",
        "energy_consumed": 0.11,
        "hours_used": 0.35,
        "on_cloud": False,
        "cpu_model": "i7: 13700K",
        "ram_total_size": 31.78,
    }
