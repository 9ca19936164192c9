"""What a card's text says of its own training's emissions, and not of other models, of uses or of beef."""

import pytest

from openness.carbon.body import read_body


def said(text: str, title: str = "# Tiny\n\n") -> dict[str, list]:
    found: dict[str, list] = {}
    for each in read_body(title + text).statements:
        value = getattr(each.value, "grams", None)
        value = getattr(each.value, "hours", each.value) if value is None else value
        found.setdefault(each.name, []).append(value)
    return found


@pytest.mark.parametrize(
    "text",
    [
        "For comparison, GPT-3 emitted 552 tonnes of CO2.",
        "GPT-3 emitted 552 t of CO2 in its training.",
        "The base model emitted 539 tCO2eq during pretraining.",
        "The carbon footprint of the original model was 12 t CO2.",
        "The carbon footprint of 1 kg of beef is 27 kg CO2.",
        "Carbon emissions: not measured (see issue 12).",
        "Emissions: see Table 3",
    ],
)
def test_emissions_of_others_and_numbers_of_other_things_are_not_read(text):
    assert "emissions" not in said(text)


@pytest.mark.parametrize(
    ("text", "grams"),
    [
        ("The base model emitted 539 tCO2eq. Fine-tuning emitted 5.4 kg CO2eq.", 5_400),
        ("Training emitted 5 kg of CO2, as much as a car does on 20 km.", 5_000),
        ("Carbon emissions: about 12", 12),
        ("Carbon emissions: 12 (see Table 3)", 12),
    ],
)
def test_the_model_s_own_emissions_are_read_beside_those_of_others(text, grams):
    assert said(text)["emissions"] == [pytest.approx(grams)]


def test_a_model_that_the_title_names_is_the_card_s_own():
    assert said("GPT-3 emitted 552 t of CO2.", "# GPT-3 175B\n\n")["emissions"] == [552e6]
    assert said("GPT-3 emitted 552 t of CO2.", "")["emissions"] == [552e6]  # no title says otherwise


def test_what_stands_in_the_paragraph_of_emissions_is_read_without_a_heading():
    found = said(
        "It used a cumulative 3.3M GPU hours on hardware of type A100-80GB.\nEstimated total emissions were 539 tCO2eq."
    )
    assert (found["duration"], found["hardware"][0].device.name) == ([3.3e6], "NVIDIA A100")
    assert "duration" not in said("Emissions were 539 tCO2eq.\nInference takes 20 s on an A100.")
    calculated = said("A grid of a carbon efficiency of 0.432 kgCO2eq/kWh. 100 hours of computation on a V100.")
    assert (calculated["intensity"], calculated["duration"]) == ([432], [100])


def test_a_sentence_on_training_names_its_hardware_and_time_anywhere():
    found = said("It was trained for 90 min on one A100 in Frankfurt.")
    assert (found["duration"], found["hardware"][0].count) == ([1.5], 1)
    assert said("Inference takes 90 min on one A100, fine-tuning can be done on it too.") == {}
    assert said("It was trained on a corpus of A100 manuals.") == {}


TABLE = """| Model | Time (GPU hours) | Carbon Emitted (tCO2eq) |
|---|---|---|
| Tiny 7B | 184,320 | 31.22 |
| Other 13B | 368640 | 62.44 |
"""


def test_a_table_with_its_headings_in_the_first_row_gives_the_row_of_the_model():
    one = said("| Hardware Type | Hours used | Carbon Emitted |\n|---|---|---|\n| RTX A6000 | 300 | 42 kg |\n")
    assert (one["duration"], one["emissions"], one["hardware"][0].device.name) == ([300], [42_000], "NVIDIA RTX A6000")
    assert said(TABLE + "| Total | 552960 | 93.66 |\n")["emissions"] == [pytest.approx(93.66e6)]
    assert said(TABLE, "# Tiny 7B\n\n")["emissions"] == [pytest.approx(31.22e6)]
    assert said(TABLE, "# Nobody\n\n") == {}  # a list of other models


@pytest.mark.parametrize(("text", "place"), [("0.0002 (KgCO2)", None), ("5 kg (Frankfurt, Germany)", "Germany")])
def test_a_unit_in_brackets_is_no_place(text, place):
    found = said(f"- **Emissions:** {text}")
    assert [each.country for each in found.get("place", [])] == ([place] if place else [])
    assert place or "place_text" not in found
