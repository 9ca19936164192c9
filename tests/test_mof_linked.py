"""What other repositories say about a model: a parent's results, a dataset's files, the data it was measured on."""

from dataclasses import replace

import pytest

from openness.mof import assess
from openness.reading import state_of
from openness.state import LinkedRepo
from tests.mirrored import mirrored
from tests.test_mof_evidence import CARD, CORPUS, STATE, component

RESULTS = """
## Results

| Benchmark | Accuracy |
|---|---|
| MMLU | 61.2 |
| GSM8K | 40.9 |
"""
INDEX = CARD[CARD.index("model-index") : CARD.index("---\n#")]
TABLED = CARD.replace(INDEX, "") + RESULTS
PARENT = LinkedRepo("model", "acme/large", True, "no", "apache-2.0", True, card_text=f"# Large\n{RESULTS}")


def test_results_that_stand_word_for_word_in_a_parent_s_card_are_the_parent_s():
    own = component(replace(STATE, card_text=TABLED), "evaluation-results")
    copied = component(replace(STATE, card_text=TABLED, linked=(CORPUS, PARENT)), "evaluation-results")
    assert (own["presence"], copied["presence"]) == ("B", "L")
    assert copied["notes"] == ["the same lines stand in the card of acme/large"]


def test_one_row_of_its_own_beside_copied_ones_is_a_result():
    card = TABLED.replace("| GSM8K | 40.9 |", "| GSM8K | 44.0 |")
    result = assess(replace(STATE, card_text=card, linked=(CORPUS, PARENT)))
    found = next(f for f in result.findings if f.id == "MOF12")
    assert found.tier == "metadata" and [e.quote for e in found.evidence] == ["| GSM8K | 44.0 |"]


def test_a_dataset_without_a_file_of_data_is_only_named():
    hollow = replace(CORPUS, has_data_files=False)
    found = component(replace(STATE, linked=(hollow,)), "datasets")
    assert found["presence"] == "C" and "without a file of data: acme/corpus" in found["notes"][0]


@pytest.mark.parametrize(
    ("sentence", "licence"),
    [
        ("The code is released under MIT, the model weights under CC-BY-4.0.", "CC-BY-4.0"),
        ("The model weights are licensed under the Apache-2.0 license.", "Apache-2.0"),
        ("Nothing is said of it here and nobody will ever know.", "Apache-2.0"),
    ],
)
def test_a_sentence_that_names_the_weights_licence_comes_before_the_header(sentence, licence):
    state = replace(STATE, card_text=f"{CARD}\n{sentence}\n")
    assert component(state, "final-model-parameters")["licence"] == licence


@pytest.mark.django_db
def test_the_mirror_shows_the_parent_s_card_the_dataset_s_files_and_what_a_model_was_measured_on():
    mirrored("acme/large", card=f"# Large\n{RESULTS}")
    mirrored("acme/corpus", kind="dataset", files={"README.md": 10, ".gitattributes": 10})
    mirrored("acme/exam", kind="dataset", licence="mit", gated="no", files={"data.parquet": 10})
    header = {"base_model": "acme/large", "datasets": ["acme/corpus"], "license": "mit"}
    text = "---\nbase_model: acme/large\ndatasets: [acme/corpus]\nlicense: mit\n---\n# Tiny\n"
    results = {".eval_results/exam.yaml": "- dataset: {id: acme/exam, task_id: default}\n  value: 20.9\n"}
    state = state_of(mirrored("acme/tiny", card=text, header=header, texts=results))
    parent, corpus = state.linked
    assert RESULTS in parent.card_text and corpus.has_data_files is False
    assert [(repo.name, repo.has_data_files) for repo in state.evaluated_on] == [("acme/exam", True)]
    assert component(state, "evaluation-data")["presence"] == "B"
