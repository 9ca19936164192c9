"""Forms in which cards state emissions: tables, units in labels, other languages, and sentences on other subjects."""

import pytest

from openness.carbon import carbon_block
from openness.carbon.body import read_body


def said(text: str, title: str = "# Tiny\n\n") -> dict[str, list]:
    found: dict[str, list] = {}
    for each in read_body(title + text).statements:
        value = getattr(each.value, "grams", None)
        value = getattr(each.value, "hours", each.value) if value is None else value
        found.setdefault(each.name, []).append(value)
    return found


@pytest.mark.parametrize(
    ("text", "grams"),
    [
        ("Training emitted 12.3 metric tons of CO2e.", 12.3e6),
        ("Training emitted an estimated 4.2 kg of CO\u2082e.", 4_200),
        ("Emissions: 5.3 $kgCO_2eq$", 5_300),
        ("**CO2 emissions [kg]**: 12.5", 12_500),
        ("Carbon emitted, kg: 12.5", 12_500),
        ("CO2 (kg CO2eq): 12,5", 12_500),
        ("- **Emiss\u00f5es de carbono:** 0,85 kgCO2eq", 850),
        ("| Metric | Value | Unit |\n|---|---|---|\n| Emissions | 4.7 | kg CO2eq |", 4_700),
        ("| Model | Hardware | Hours | CO2 (kg) |\n|---|---|---|---|\n| Tiny | A100 | 10 | 1.3 |", 1_300),
        ("While GPT-3's training emitted 502 tonnes of CO2, our model emitted only 25 kg.", 25_000),
        ("A flight emits 1.8 t of CO2. Training Tiny in Germany emitted 175 kg of CO2.", 175_000),
    ],
)
def test_amounts_are_read_with_the_unit_that_stands_beside_them(text, grams):
    assert said(text)["emissions"] == [pytest.approx(grams)]


@pytest.mark.parametrize(
    "text",
    [
        "Llama 2 7B, the base model, was trained with 31.22 tCO2eq.",
        "In 2020, Germany emitted 675 million tonnes of CO2.",
        "The average household emits 3 t of CO2 a year, a cow emits 100 kg of CO2.",
        "Each inference emits 0.3 g CO2.",
        "Generating 1,000 images emits 1.6 kg of CO2.",
        "It predicts how many kg of CO2 a household emits. Input: electricity 300 kWh. Output: 120 kg CO2.",
        "<!-- <table><tr><td>Carbon emitted</td><td>12 kg</td></tr></table> -->",
    ],
)
def test_what_others_or_uses_of_the_model_emit_is_not_its_training_s(text):
    assert "emissions" not in said(text)


def test_html_tables_are_read_by_their_rows_and_by_their_headings():
    rows = (
        "<table>\n<tr><td>Hardware Type</td><td>8 x V100</td></tr>\n<tr><td>Hours used</td><td>120</td></tr>\n"
        "<tr>\n<td>Carbon Emitted</td>\n<td>106 kg CO<sub>2</sub>eq</td></tr>\n</table>"
    )
    found = read_body("x\n" + rows).statements
    assert {each.name: each.lines for each in found if each.name in ("emissions", "duration", "hardware")} == {
        "hardware": (3, 3), "duration": (4, 4), "emissions": (5, 5),
    }  # fmt: skip
    assert said(rows.replace("\n", ""))["emissions"] == [106_000]
    headed = (
        "<table><tr><th>Model</th><th>GPU hours</th><th>CO2 (kg)</th></tr><tr><td>Tiny</td><td>100</td><td>11</td></tr>"
    )
    assert said(headed + "<tr><td>Big</td><td>900</td><td>99</td></tr></table>")["emissions"] == [11_000]


def test_a_label_may_open_with_an_emoji():
    found = said(
        "| | |\n|---|---|\n| \U0001f5a5\ufe0f Hardware | 4x A100 |\n"
        "| \u23f1\ufe0f Hours | 72 |\n| \U0001f4a8 Emissions | 38 kg |"
    )
    assert (found["duration"], found["hardware"][0].count, found["emissions"]) == ([72], 4, [38_000])


def test_codecarbon_s_columns_in_a_table_keep_its_units():
    found = said("| duration | emissions | energy_consumed |\n|---|---|---|\n| 3600.0 | 0.0425 | 0.115 |")
    assert (found["emissions"], found["duration"], found["energy"]) == ([42.5], [1.0], [0.115])


def test_the_questions_of_a_climate_performance_card_are_labels():
    text = """| 2. How much time does the training of the final model take? | 8 hours |
| 6. What was the energy mix at the geo location? | 470 gCO2eq/kWh |
| 7. How much CO2eq was emitted to train the final model? | 2.63 kg |
| 9. What is the average CO2eq emission for the inference of one sample? | 0.62 mg |"""
    found = said(text)
    assert (found["emissions"], found["duration"], found["intensity"]) == ([2_630], [8], [470])
    assert said("- **Energy (kWh):** 12.5")["energy"] == [12.5]


@pytest.mark.parametrize(
    ("value", "grams"),
    [({"emissions": 12.5, "unit": "kg CO2eq"}, 12_500), ("kg 12.5", 12_500), ("=2+3", None), ("t CO2: 3", 3e6)],
)
def test_a_header_s_unit_may_stand_apart_or_before_and_a_formula_is_no_amount(value, grams):
    assert carbon_block({"co2_eq_emissions": value}, "")["emissions_g"] == grams
