"""A model's card is scored on what it says, and each point shows its words."""

import json
from dataclasses import replace

import pytest

from openness import model_card
from openness.card_lint import judged_card
from openness.cards.scoring import score
from openness.rubric import load
from openness.state import RepoState
from registry.cards import read_card

RUBRIC = load("model-card")
FIRST = load("model-card", "0.1")
DECIDED = {"M01", "M03", "M04", "M08", "M09", "M10", "M14", "M15", "M17", "M19", "M22", "M24"}


def found(text, **more):
    """The findings on a card, by id."""
    return {finding.id: finding for finding in score(read_card(text), RUBRIC, **more).findings}


def tier(text, criterion, **more):
    return found(text, **more)[criterion].tier


def test_what_a_version_cannot_judge_is_unknown_and_neither_failed_nor_passed():
    answers = score(read_card("# Tiny\n\n## Bias\n\nIt prefers the names of flowers.\n"), FIRST).findings
    unknown = {finding.id for finding in answers if finding.tier == "unknown"}
    assert unknown == {criterion.id for criterion in FIRST.criteria} - DECIDED


def test_an_empty_card_answers_nothing():
    answers = found("")
    assert {finding.tier for finding in answers.values()} == {"none"}
    assert score(read_card(""), RUBRIC).score == 0.0


def test_a_missing_card_has_no_score_and_an_unseen_one_is_unknown():
    absent = model_card.assess(RepoState("model", "acme/tiny", card_state="absent", files=()))
    unseen = model_card.assess(RepoState("model", "acme/tiny"))
    assert (absent.score, absent.label) == (None, "no_card")
    assert unseen.score is None
    assert {finding.tier for finding in unseen.findings} == {"unknown"}


BLANK = """---
library_name: transformers
tags: []
---
# Model Card for Model ID

<!-- Provide a quick summary of what the model is/does. -->

## Model Details

### Model Description

<!-- Provide a longer summary of what this model is. -->

This is the model card of a 🤗 transformers model that has been pushed on the Hub. This model card has been \
automatically generated.

- **Developed by:** [More Information Needed]
- **Model type:** [More Information Needed]
- **License:** [More Information Needed]
- **Finetuned from model [optional]:** [More Information Needed]

### Model Sources [optional]

- **Paper [optional]:** [More Information Needed]

## Bias, Risks, and Limitations

[More Information Needed]

### Recommendations

Users (both direct and downstream) should be made aware of the risks, biases and limitations of the model. More \
information needed for further recommendations.

## How to Get Started with the Model

Use the code below to get started with the model.

[More Information Needed]

## Training Details

### Training Data

[More Information Needed]

## Evaluation

### Testing Data, Factors & Metrics

#### Testing Data

[More Information Needed]

### Results

[More Information Needed]

#### Summary

## Environmental Impact

Carbon emissions can be estimated using the [Machine Learning Impact calculator](https://mlco2.github.io/) \
presented in [Lacoste et al. (2019)](https://arxiv.org/abs/1910.09700).

- **Hardware Type:** [More Information Needed]
- **Hours used:** [More Information Needed]
- **Carbon Emitted:** [More Information Needed]

## Citation [optional]

**BibTeX:**

[More Information Needed]
"""


def test_a_blank_template_earns_nothing_from_its_body():
    answers = found(BLANK)
    earned = {id: (f.tier, f.evidence) for id, f in answers.items() if f.value and not all(e.field for e in f.evidence)}
    assert earned == {}
    asked = {id for id, f in answers.items() if f.tier == "placeholder"}
    assert asked >= {"M01", "M03", "M04", "M10", "M15", "M19", "M22", "M24"}


TRAINED = """---
base_model: acme/tiny
tags:
- generated_from_trainer
---
<!-- This model card has been generated automatically according to the information the Trainer had access to. -->

# tiny-poems

This model is a fine-tuned version of [acme/tiny](https://huggingface.co/acme/tiny) on an unknown dataset.
It achieves the following results on the evaluation set:
- Loss: 0.41
- Accuracy: 0.87

## Model description

More information needed

## Intended uses & limitations

More information needed

## Training and evaluation data

More information needed

## Training procedure

### Training results

| Training Loss | Epoch | Step | Validation Loss |
|:-------------:|:-----:|:----:|:---------------:|
| 0.61          | 1.0   | 100  | 0.41            |
"""


def test_a_trainer_s_card_earns_what_the_trainer_knew_and_no_more():
    answers = found(TRAINED)
    tiers = {id: answers[id].tier for id in DECIDED}
    assert {id for id, tier in tiers.items() if tier in ("metadata", "section", "prose")} == {"M01", "M04", "M17"}
    assert tiers["M01"] == "prose"
    assert tiers["M10"] == tiers["M15"] == tiers["M19"] == "placeholder"


def test_evidence_names_its_lines_in_the_file():
    text = "---\nlicense: mit\n---\n# Tiny\n\n## Limitations\n\nIt repeats itself on long prompts.\n"
    answers = found(text)
    assert answers["M03"].evidence[0].as_dict() == {
        "lines": [2, 2],
        "quote": "license: mit",
        "field": "license",
        "inherited": False,
    }
    assert answers["M19"].evidence[0].lines == (6, 8)
    assert answers["M19"].evidence[0].quote == "It repeats itself on long prompts."


@pytest.mark.parametrize(
    ("header", "expected"),
    [
        ("license: mit", "metadata"),
        ("license: [mit, apache-2.0]", "metadata"),
        ("license: other\nlicense_name: acme\nlicense_link: LICENSE", "metadata"),
        ("license: other", "placeholder"),
        ("license: unknown", "placeholder"),
        ("license: ours", "none"),
        ("license: 5", "none"),
        ("licence: license", "none"),
        ("tags: [a]", "none"),
    ],
)
def test_a_licence_in_the_header_counts_when_it_names_one(header, expected):
    assert tier(f"---\n{header}\n---\n", "M03") == expected


def test_a_licence_may_stand_under_a_heading_a_label_or_a_link():
    assert tier("## License\n\nMIT\n", "M03") == "section"
    assert tier("- **License:** [terms](https://example.org)\n", "M03") == "section"
    assert tier("Released under the MIT license.\n", "M03") == "prose"


def test_an_unreadable_header_leaves_its_criteria_unknown_where_the_text_is_silent():
    answers = found("---\nlicense: [mit\n---\n# Tiny\n\n## Limitations\n\nIt repeats itself on long prompts.\n")
    assert answers["M03"].tier == "unknown"
    assert answers["M19"].tier == "section"


def test_a_parent_does_not_inherit_a_child_of_another_kind():
    text = "## Intended uses & limitations\n\n### How to use\n\nCall the pipeline and it may fail on long text.\n"
    assert tier(text, "M19") == "none"
    assert tier(text, "M08") == "section"


def test_a_parent_inherits_its_neutral_children():
    assert tier("## Limitations\n\n### Long text\n\nIt repeats itself after two pages.\n", "M19") == "section"


def test_words_about_uses_alone_are_no_limitations():
    shared = "## Intended uses & limitations\n\nWrite poems for birthdays and weddings with it.\n"
    assert tier(shared, "M19") == "none"
    assert tier(shared + "\nIt does not rhyme in French.\n", "M19") == "section"


def test_a_pointer_is_worth_less_except_where_a_link_is_the_content():
    pointing = found(
        "## Limitations\n\nSee the [paper](https://example.org).\n\n## Citation\n\n[paper](https://example.org)\n"
    )
    assert (pointing["M19"].tier, pointing["M19"].value) == ("pointer", 0.4)
    assert (pointing["M24"].tier, pointing["M24"].value) == ("section", 1.0)


def test_a_fence_holding_a_placeholder_is_no_code():
    assert tier("## How to use\n\n```python\n# TODO\n```\n", "M08") == "none"
    assert tier("## How to use\n\n```python\nmodel = load()\n```\n", "M08") == "section"
    assert tier("## A day\n\n```python\nfrom x import y\n```\n", "M08") == "prose"


def test_a_library_name_alone_is_worth_two_fifths():
    finding = found("---\nlibrary_name: transformers\n---\n")["M08"]
    assert (finding.tier, finding.value) == ("metadata", 0.4)


@pytest.mark.parametrize(
    ("header", "value"),
    [
        ("pipeline_tag: text-generation\nlanguage: en", 1.0),
        ("pipeline_tag: image-classification", 1.0),
        ("pipeline_tag: text-generation", 0.5),
        ("language: no", 0.5),
        ("pipeline_tag: making-coffee\nlanguage: klingon", 0.0),
    ],
)
def test_a_task_on_text_needs_its_language(header, value):
    assert found(f"---\n{header}\n---\n")["M09"].value == value


def test_names_of_datasets_are_half_and_words_about_them_all():
    header = "---\ndatasets:\n- acme/poems\n---\n"
    assert found(header)["M10"].value == 0.5
    assert found(header + "## Training data\n\n5,000 poems from public-domain books.\n")["M10"].value == 1.0
    assert found("---\ndatasets: our own data\n---\n")["M10"].value == 0.0


def test_results_need_a_number_on_a_measure():
    assert tier("## Results\n\nIt works very well.\n", "M17") == "none"
    assert tier("## Results\n\n- F1: 91.2\n", "M17") == "section"
    table = found("## About\n\n| model | accuracy |\n|---|---|\n| ours | 91.2 |\n")["M17"]
    assert (table.tier, table.value) == ("prose", 1.0)  # as good as under a title of its own
    assert tier("## About\n\n| file | size |\n|---|---|\n| a.gguf | 4.1 |\n", "M17") == "none"
    assert tier("It reaches an accuracy of 91.2 on poems.\n", "M17") == "prose"
    assert found("## Results\n\n![curve](curve.png)\n")["M17"].value == 0.25


def test_results_in_the_header_count_when_they_are_numbers():
    dataset = "dataset: {type: acme/poems, name: Poems}"
    metrics = "metrics: [{type: accuracy, value: %s}]"
    entry = f"---\nmodel-index:\n- name: tiny\n  results:\n  - {dataset}\n    {metrics}\n---\n"
    assert found(entry % "0.91")["M17"].tier == "metadata"
    assert found(entry % "0.91")["M15"].evidence[0].quote == "model-index: Poems"
    assert tier(entry % "good", "M17") == "none"
    assert tier(entry % "true", "M17") == "none"


def test_results_in_files_beside_the_card_count_too():
    files = {".eval_results/poems.yaml": "- dataset: {id: acme/poems, task_id: rhyme}\n  value: 0.9\n"}
    finding = found("", small_files=files)["M17"]
    assert (finding.tier, finding.evidence[0].field) == ("metadata", ".eval_results/poems.yaml")
    assert tier("", "M17", small_files={".eval_results/poems.yaml": "- [&a *a]"}) == "none"


def test_parameters_counted_from_the_weights_are_metadata():
    assert tier("", "M14", info={"safetensors": {"total": 7_000_000}}) == "metadata"
    assert tier("It has 7 million parameters.\n", "M14") == "prose"


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("---\nco2_eq_emissions: 12.5\n---\n", 1.0),
        ("---\nco2_eq_emissions:\n  emissions: 12.5\n---\n", 1.0),
        ("---\nco2_eq_emissions: 0\n---\n", 0.0),
        ("---\nco2_eq_emissions: true\n---\n", 0.0),
        ("Training emitted 3.2 kg of CO2eq.\n", 1.0),
        ("- **Carbon Emitted:** 3.2 kg\n", 1.0),
        ("- **Hardware Type:** A100\n- **Hours used:** 12\n", 0.5),
        ("- **Hardware Type:** A100\n- **Hours used:** [More Information Needed]\n", 0.25),
        ("Runs on one GPU.\n", 0.0),
    ],
)
def test_emissions_are_numbers_and_hardware_with_hours_is_half(text, value):
    assert found(text)["M22"].value == value


def test_a_model_trained_from_scratch_has_no_base_to_name():
    assert tier("We trained it from scratch on poems.\n", "M04") == "na"
    assert tier("This model was trained from scratch on an unknown dataset.\n", "M04") == "none"


def test_what_tools_ask_to_be_cited_is_stock():
    bibtex = "## Citations\n\n```bibtex\n@misc{%s,\n title={x}}\n```\n"
    assert tier(bibtex % "vonwerra2022trl", "M24") == "stock"
    assert tier(bibtex % "ann2026poems", "M24") == "section"


def test_a_card_in_a_script_without_vocabulary_is_unknown_where_nothing_was_found():
    answers = found("---\nlicense: mit\n---\n# รุ่น\n\nแบบจำลองนี้เขียนบทกวีเป็นภาษาไทยสำหรับเด็กนักเรียน\n")
    assert (answers["M03"].tier, answers["M19"].tier) == ("metadata", "unknown")


def test_a_cut_card_is_unknown_where_nothing_was_found():
    text = "# Tiny\n\n## License\n\nMIT\n\n" + "And so on, verse after verse.\n\n" * 30_000
    answers = found(text)
    assert (answers["M03"].tier, answers["M19"].tier) == ("section", "unknown")


def test_a_changed_weight_changes_the_score():
    card = read_card("---\nlicense: mit\n---\n")
    heavier = [replace(c, weight=60.0) if c.id == "M03" else c for c in RUBRIC.criteria]
    assert score(card, replace(RUBRIC, criteria=tuple(heavier))).score != score(card, RUBRIC).score


def test_the_line_of_a_file_has_the_contract_s_keys_and_the_same_bytes_each_time():
    line = judged_card("README.md", BLANK.encode(), "model")[0]
    keys = [
        "file",
        "problem",
        "rubric",
        "reader",
        "score",
        "assessed_weight",
        "card_kind",
        "flags",
        "findings",
        "carbon",
    ]
    assert sorted(line) == sorted(keys)
    assert len(line["findings"]) == 25
    assert json.dumps(line) == json.dumps(judged_card("README.md", BLANK.encode(), "model")[0])


def test_a_file_that_is_not_text_is_a_problem_without_a_score():
    line = judged_card("model.bin", bytes(range(256)) * 0 + b"\x00\x01" * 500, "model")[0]
    assert (line["problem"], line["score"], line["findings"]) == ("The file is not text.", None, [])
