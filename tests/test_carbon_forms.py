"""Every form that reports of emissions take, and what is read from each."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from openness.carbon import carbon_block
from openness.carbon.quantities import MOST_G, decimal_of
from openness.carbon.reading import read_report

CALCULATOR = """
## Environmental Impact

<!-- Total emissions (in grams of CO2eq) -->
Carbon emissions can be estimated with the Machine Learning Impact calculator.

- **Hardware Type:** 8 16GB V100
- **Hours used:** 168 (1 week)
- **Cloud Provider:** Azure
- **Compute Region:** unavailable, assumed East US for calculations
- **Carbon Emitted** *(power x time x intensity of the grid)*: 149.2 kg eq. CO2
"""


def header(value, body="", files=None):
    return carbon_block({"co2_eq_emissions": value}, body, files or {})


@pytest.mark.parametrize(
    ("value", "grams", "assumed"),
    [
        (0.0121, 0.0121, True),
        (8.5e-06, 8.5e-06, True),
        ("1e-05", 1e-05, True),
        ("17g", 17, False),
        ("149.2 kg eq. CO2", 149_200, False),
        ("1,234.5", 1234.5, True),
        ("1.234,5 g", 1234.5, False),
        ("0,38", 0.38, True),
        ("~ 2 t CO2e", 2e6, False),
        ("0.5 KgCO2", 500, False),
        ("12 lbs of CO2", 12 * 453.59237, False),
        ("10-20", 15, True),
        ("10 to 20 kg", 15_000, False),
        ("0.04 kg (432 g/kWh)", 40, False),
        (0, 0, True),
        ({"emissions": 12.5}, 12.5, True),
        ({"emissions": "12.5 kg"}, 12_500, False),
        ({"emissions": 3, "unit": "kg"}, 3000, False),
        ({"Emissions": 3, "geographical location": "France"}, 3, True),
        ([{"emissions": 5}, {"source": "codecarbon"}], 5, True),
    ],
)
def test_a_header_s_amount_is_read_in_every_form(value, grams, assumed):
    block = header(value)
    assert block["emissions_g"] == pytest.approx(grams, rel=1e-12)
    assert block["unit_assumed"] is assumed
    assert block["raw"]


@pytest.mark.parametrize(
    ("value", "problem"),
    [
        ("-3", "negative"),
        (-3, "negative"),
        (float("nan"), "finite"),
        (float("inf"), "finite"),
        ("1e400", "finite"),
        (10**400, "finite"),
        (1e30, "world"),
        (True, "not an amount"),
        ([1, [2]], "not an amount"),
        ({"emissions": {"a": 1}}, "not an amount"),
        ({"emissions": "soon"}, "No amount"),
        ({"source": "x"}, "no key `emissions`"),
        ("432 g/kWh", "rate"),
        ("3 kWh", "energy"),
    ],
)
def test_what_is_no_amount_is_a_finding_and_no_number(value, problem):
    block = header(value)
    finding = next(f for f in block["findings"] if f["id"] == "R1")
    assert block["emissions_g"] is None
    assert finding["status"] == "failed"
    assert problem in finding["reason"]


@pytest.mark.parametrize("value", [None, "", "unknown", "N/A", "[More Information Needed]", "not measured", "TBD"])
def test_a_placeholder_is_no_answer_and_no_error(value):
    block = header(value)
    assert block["emissions_g"] is None
    assert block["findings"][0]["status"] == "not_possible"


def test_a_card_that_says_nothing_of_carbon_has_no_block():
    assert carbon_block({"license": "mit"}, "# Tiny\n\nTrained on 3 GPUs for 300B tokens.") is None
    assert carbon_block(None, "") is None


def test_a_blank_template_says_nothing():
    body = "## Environmental Impact\n- **Hardware Type:** [More Information Needed]\n- **Carbon Emitted:** TODO\n"
    assert carbon_block({}, body) is None


def test_the_labelled_lines_of_a_calculator_are_read_with_their_lines():
    block = carbon_block({}, CALCULATOR, body_line=5)
    assert (block["emissions_g"], block["unit"], block["source"]) == (149_200, "kg", "body")
    said = {part["name"]: (part["quote"], part["lines"]) for part in block["said"]}
    assert said["hardware_text"] == ("8 16GB V100", [11, 11])
    assert said["place"] == ("East US", [14, 14])


def test_the_calculator_s_sentences_are_read_without_taking_an_intensity_for_emissions():
    body = (
        "## Carbon\nExperiments were conducted in region us-east-1, "
        "which has a carbon efficiency of 0.37 kgCO$_2$eq/kWh. "
        "A cumulative of 100 hours of computation was performed on hardware of type Tesla V100-SXM2-16GB. "
        "Total emissions are estimated to be 11.1 kgCO$_2$eq.\n"
    )
    report = read_report({}, body)
    assert report.amount().value.grams == 11_100
    assert report.value("intensity") == 370
    assert report.value("duration").hours == 100
    assert report.value("place").country == "United States"


def test_autotrain_s_body_repeats_the_header():
    block = header(12.345678, "# Model Trained Using AutoTrain\n- CO2 Emissions (in grams): 12.3457\n")
    assert next(f for f in block["findings"] if f["id"] == "R3")["status"] == "passed"


def test_a_label_may_carry_the_unit():
    assert carbon_block({}, "- Carbon emitted (kg): 12\n")["emissions_g"] == 12_000


def test_code_and_comments_state_nothing():
    assert carbon_block({}, "```\nemissions: 12 kg CO2\n```\n<!-- Carbon Emitted: 3 kg -->\n") is None


def test_a_comparison_is_not_the_model_s_own_emission():
    assert carbon_block({}, "Saves about 40 kg of CO2, as much as driving a car.") is None


def test_hours_and_hardware_are_found_in_the_wrong_fields():
    report = read_report(
        {"co2_eq_emissions": {"emissions": 5, "hardware_used": "TPUv3-8 for about 180 hours or 7.5 days",
                              "geographical_location": "Frankfurt, Germany (500-600 gCO2eq/kWh)"}}, ""
    )  # fmt: skip
    assert report.value("hardware").count == 4
    assert report.value("duration").hours == 180
    assert report.value("intensity") == 550


def test_the_extended_mapping_of_sentence_transformers_is_read_whole():
    report = read_report(
        {"co2_eq_emissions": {"emissions": 23.5, "energy_consumed": 0.06, "source": "codecarbon", "on_cloud": False,
                              "training_type": "fine-tuning", "ram_total_size": 31.7, "hours_used": 0.2,
                              "hardware_used": "1 x NVIDIA GeForce RTX 3090"}}, ""
    )  # fmt: skip
    assert (report.value("energy"), report.value("duration").hours) == (0.06, 0.2)
    assert (report.value("hardware").device.name, report.value("hardware").count) == ("NVIDIA RTX 3090", 1)
    assert (report.value("tool"), report.value("stage")) == ("codecarbon", "fine-tuning")


ROWS = "run_id,duration,emissions,energy_consumed,cpu_energy,gpu_energy,ram_energy,country_name\n"


def test_cumulative_rows_count_once_and_runs_add_up():
    text = ROWS + "a,60,0.001,0.01,0,0.01,0,France\na,120,0.003,0.03,0,0.03,0,France\nb,90,0.002,0.02,0,0.02,0,France\n"
    block = carbon_block({}, "", {"logs/emissions.csv": text})
    assert block["emissions_g"] == pytest.approx(5.0)
    assert block["unit"] == "kg"


def test_a_csv_of_2021_has_its_runs_in_another_column():
    text = "timestamp,experiment_id,project_name,duration,emissions\nt,x,p,5,0.5\nt,x,p,9,0.75\n"
    assert carbon_block({}, "", {"emissions.csv": text})["emissions_g"] == 750


@pytest.mark.parametrize(
    "text", ["", "a,b\n1,2\n", "emissions\n=1+1\n", "emissions\nNaN\n", 'emissions\n"' + "x" * 200_000]
)
def test_a_csv_that_is_none_is_a_finding(text):
    block = carbon_block({}, "", {"emissions.csv": text})
    assert block["emissions_g"] is None
    assert block["findings"][0]["status"] == "failed"


@pytest.mark.timeout(20)
def test_a_csv_of_a_million_rows_is_refused_in_bounded_time():
    block = carbon_block({}, "", {"emissions.csv": "run_id,emissions\n" + "r,1\n" * 1_000_000})
    assert "rows" in block["findings"][0]["reason"]


@pytest.mark.timeout(20)
@pytest.mark.parametrize(
    "text",
    [part * (500_000 // len(part)) for part in ("1", "1.1,", "1-", "8x", "kg ", "carbon ", "[", "-", "emissions: ",
     "1 kg CO2 per ", "A100-", "\n", "<!--", "## carbon\n", "carbon emitted: 1 kg\n", "GPU: 8 A100\n", "1 h ")],
)  # fmt: skip
def test_hostile_text_is_read_in_bounded_time(text):
    assert header(text, text) is not None


@given(st.recursive(st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
                    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner), max_leaves=8))  # fmt: skip
def test_no_header_value_raises(value):
    block = header(value)
    assert block["emissions_g"] is None or 0 <= block["emissions_g"] <= MOST_G


@given(st.text())
def test_no_text_raises(text):
    carbon_block({}, text)
    header(text)


@given(st.floats(min_value=1e-6, max_value=1e10), st.sampled_from(["g", "kg", "t", "mg"]))
def test_a_number_with_a_unit_is_read_as_it_was_written(number, unit):
    scale = {"g": 1, "kg": 1e3, "t": 1e6, "mg": 1e-3}[unit]
    block = header(f"{number!r} {unit}")
    assert block["emissions_g"] == pytest.approx(number * scale, rel=1e-9)


@given(st.integers(min_value=1, max_value=10**9), st.integers(min_value=0, max_value=99))
def test_english_and_continental_spellings_are_one_number(whole, hundredths):
    english = f"{whole:,}.{hundredths:02d}"
    continental = english.translate(str.maketrans(",.", ".,"))
    assert decimal_of(english) == decimal_of(continental)


@pytest.mark.parametrize(
    ("value", "grams", "low", "high"),
    [
        ("149 200 g", 149_200, None, None),
        ("1 234,5 g", 1234.5, None, None),
        ("5 000 000", 5e6, None, None),
        ("5\u00b11 kg", 5_000, 4_000, 6_000),
        ("2.5 +/- 0.5 t", 2.5e6, 2e6, 3e6),
        ("10 kg - 20 kg", 15_000, 10_000, 20_000),
        ("500 g to 2 kg", 1_250, 500, 2_000),
        ("between 10 and 20 kg", 15_000, 10_000, 20_000),
        ("1.5\u00d710\u207b\u00b2 kg", 15, None, None),
        ("1.5x10-2 kg", 15, None, None),
        ("10^3 g", 1_000, None, None),
        ("5 million tonnes", 5e12, None, None),
        ("2 short tons", 1_814_369.48, None, None),
        ("4 oz", 113.3980925, None, None),
        ("40 \u00b5g CO2eq", 4e-5, None, None),
        ({"value": 5, "unit": "kg"}, 5_000, None, None),
        ({"emissions": {"value": "5", "unit": "t"}}, 5e6, None, None),
        ({"emissions": {"min": 5, "max": 6}}, 5.5, 5, 6),
        ({"Emissions (kg)": 5}, 5_000, None, None),
        ({"total_emissions": 5}, 5, None, None),
        ([{"emissions": 5}, {"emissions": 7}], 5, None, None),
    ],
)
def test_groups_of_digits_errors_ranges_powers_and_further_units(value, grams, low, high):
    block = header(value)
    assert block["emissions_g"] == pytest.approx(grams)
    assert block["range_g"] == (None if low is None else pytest.approx([low, high]))


@pytest.mark.parametrize(
    ("value", "problem"),
    [
        ("5T", "unit 'T' is not known"),
        ("1.5K", "not known"),
        ("5 Mt", "not known"),
        ("0x10", "not known"),
        ("1/2 kg", "No amount"),
        ("2023-01-01", "No amount"),
        ("-5 to 5", "negative"),
        ("5 g per 1000 tokens", "rate"),
        ("3 kg a day", "rate"),
        ("3 kg daily", "rate"),
    ],
)
def test_a_unit_that_is_not_known_and_a_rate_are_not_taken_for_grams(value, problem):
    block = header(value)
    assert block["emissions_g"] is None
    assert any(problem in found["reason"] for found in block["findings"])


@pytest.mark.parametrize(
    ("hardware", "hours", "kwh"),
    [
        ("4 GPUs (V100)", 24, 28.8),
        ("8 GPUs of type A100", 10, 32.0),
        ("A100", "1h30m", 0.6),
        ("A100-80GB (400W)", "3.3M GPU hours", 1_320_000),
        ("A100", "12 000 GPU-hours", 4_800),
        (["T4", "T4"], 10, 0.7),
    ],
)
def test_devices_are_no_seconds_and_millions_of_hours_no_units(hardware, hours, kwh):
    block = header({"emissions": 10_000, "hardware_used": hardware, "hours_used": hours})
    again = header({"hours_used": hours, "hardware_used": hardware, "emissions": 10_000})
    assert block["energy"]["kwh"] == pytest.approx(kwh)
    assert again["energy"] == block["energy"]


def test_codecarbon_s_duration_is_in_seconds():
    assert header({"emissions": 100, "hardware_used": "A100", "duration": 5_400})["energy"]["kwh"] == pytest.approx(0.6)
