"""The parameters that a card states, and the least energy that they and the tokens allow."""

import pytest

from openness.carbon import carbon_block
from openness.carbon.body import read_body


@pytest.mark.parametrize(
    ("text", "parameters"),
    [
        ("It has 162,417,408 parameters.", 162_417_408),
        ("A 1.5B-parameter decoder (1,543,714,304 parameters).", 1.5e9),
        ("- **Size:** 460 million parameters", 460e6),
        ("| Params | 1.1B |", 1.1e9),
        ("- **Number of parameters:** 7B", 7e9),
        ("# Tiny-1.1B-chat", 1.1e9),
        ("# Tiny-7B\n\n300M parameters are in the embedding of 7B parameters.", None),
        ("# Sparse 8x7B\n\n13B active parameters", None),
        ("LoRA with 4.2M trainable parameters", None),
        ("It saw 300B tokens.", None),
    ],
)
def test_parameters_are_read_where_the_text_leaves_no_doubt(text, parameters):
    found = [each.value for each in read_body(text).statements if each.name == "parameters"]
    assert found == ([parameters] if parameters else [])


def test_parameters_of_the_text_bound_the_energy_of_a_loose_card():
    said = {"training_type": "pre-training", "hardware_used": "A100", "emissions": 600.0}
    block = carbon_block({"co2_eq_emissions": said}, "It has 1B parameters and saw 300B tokens.")
    assert (next(each for each in block["findings"] if each["id"] == "R5")["status"], block["suspected_unit"]) == (
        "failed",
        "kg",
    )
    assert "parameters" in [each["name"] for each in block["said"]]
