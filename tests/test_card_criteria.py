"""Each criterion of the card rubrics has an answer that meets it, and one that does not."""

import pytest

from openness.cards.scoring import score
from openness.rubric import load
from registry.cards import read_card

MODEL, DATA = load("model-card"), load("data-card")

MET = [
    ("M02", "- **Developed by:** Acme Labs\n", "section"),
    ("M02", "Haiku was developed by Acme Labs.\n", "prose"),
    ("M05", "## Version\n\n1.2\n", "section"),
    ("M05", "---\nnew_version: acme/tiny-2\n---\n", "metadata"),
    ("M05", "Haiku was released in March 2026.\n", "prose"),
    ("M06", "## Intended use\n\nWriting short poems for birthday cards.\n", "section"),
    ("M06", "The model is intended for writing short poems.\n", "prose"),
    ("M07", "### Out-of-Scope Use\n\nIt is not meant for legal or medical advice.\n", "section"),
    ("M07", "The model should not be used for legal advice.\n", "prose"),
    ("M11", "### Preprocessing\n\nLines were lower-cased and split into words.\n", "section"),
    ("M11", "The texts are lowercased and tokenized using WordPiece.\n", "prose"),
    ("M12", "## Privacy\n\nNo names of living people are in the poems.\n", "section"),
    ("M12", "Personal data was removed before training.\n", "prose"),
    ("M13", "## Training procedure\n\nThree epochs with a batch of 32 poems.\n", "section"),
    ("M13", "It was trained for 3 epochs with AdamW.\n", "prose"),
    ("M13", "### Training hyperparameters\n\n```yaml\nlr: 2e-5\n```\n", "section"),
    ("M16", "## Metrics\n\nSyllables that match the pattern, by line.\n", "section"),
    ("M16", "| model | accuracy |\n|---|---|\n| ours | 91.2 |\n", "prose"),
    ("M18", "## Results\n\n| language | BLEU |\n|---|---|\n| German | 31.2 |\n| French | 33.0 |\n", "section"),
    (
        "M18",
        "## Results\n\n| class | precision | recall |\n|---|---|---|\n| cat | 0.9 | 0.8 |\n| dog | 0.7 | 0.9 |\n",
        "section",
    ),
    ("M20", "## Bias\n\nIt prefers the names of flowers to those of trees.\n", "section"),
    ("M20", "Outputs may repeat stereotypes about poets.\n", "prose"),
    ("M21", "### Recommendations\n\nHave a person read each poem before it is printed.\n", "section"),
    ("M23", "- **Hardware Type:** one A100\n", "section"),
    ("M23", "It was trained on 8 NVIDIA A100 GPUs.\n", "prose"),
    ("M05", "It is version 2.1 of our poet.\n", "prose"),
    ("M13", "It was trained with the following params:\n\n- `warmup: 10`\n", "prose"),
    ("M14", "| model | # Params |\n|---|---|\n| ours | 17M |\n", "prose"),
    ("M25", "## Contact\n\n[our page](https://example.org)\n", "section"),
    ("M25", "Write to poems@example.org with questions.\n", "prose"),
    ("D02", "### Dataset Curators\n\nAnn and Bob of Acme.\n", "section"),
    ("D04", "## Maintenance\n\nA new release each spring.\n", "section"),
    ("D06", '### Data Instances\n\n```json\n{"text": "an old pond"}\n```\n', "section"),
    ("D06", "### Data Instances\n\nHere is an example:\n\n- an old pond\n", "section"),
    ("D11", "### Curation Rationale\n\nTo study how syllables are counted by models.\n", "section"),
    ("D11", "The dataset was created to study how models count syllables.\n", "prose"),
    ("D12", "### Source Data\n\nPoems of public-domain books from two libraries.\n", "section"),
    ("D12", "The poems were collected from public-domain books.\n", "prose"),
    ("D13", "#### Who are the source language producers?\n\nPoets of the 18th century.\n", "section"),
    ("D14", "## Preprocessing\n\nVerses were split and titles removed.\n", "section"),
    (
        "D14",
        "#### Initial Data Collection and Normalization\n\nBooks were cleaned of headers.\n",
        "section",
    ),
    ("D16", "#### Annotation process\n\nTwo readers counted the syllables of each line.\n", "section"),
    ("D16", "Poems were labelled manually by students.\n", "prose"),
    (
        "D21",
        "## Bias, Risks, and Limitations\n\n[More Information Needed]\n\n### Recommendations\n\nUsers should be made "
        "aware of the risks, biases and limitations of the dataset.\n",
        "placeholder",
    ),
    ("D17", "#### Who are the annotators?\n\nStudents of literature, paid by the hour.\n", "section"),
    ("D18", "### Personal and Sensitive Information\n\nNone.\n", "section"),
    ("D18", "Names were anonymized.\n", "prose"),
    ("D19", "## Uses\n\nTraining and testing counters of syllables.\n", "section"),
    ("D20", "### Discussion of Biases\n\nMost poets in it are men of one country.\n", "section"),
    ("D21", "### Other Known Limitations\n\nNo additional known limitations.\n", "section"),
    ("D22", "### Social Impact of Dataset\n\nIt may help learners of the language read aloud.\n", "section"),
    ("D23", "```python\nfrom datasets import load_dataset\nds = load_dataset('acme/poems')\n```\n", "prose"),
    ("D25", "- **Point of Contact:** [Ann](mailto:ann@example.org)\n", "section"),
]
UNMET = [
    ("M02", "Acme Labs sells poems.\n", "none"),
    ("M02", "This model is not owned or developed by Acme Labs.\n", "none"),
    ("M05", "### Framework versions\n\n- Transformers 4.40\n", "none"),
    ("M01", "import os\nimport torch\nfrom poems import write, read, count, sort\n", "none"),
    ("M05", "It needs Haikulib version 2024.4.0 and higher.\n", "none"),
    ("M06", "## Uses\n\nPoems.\n", "placeholder"),
    ("M13", "## Parameters of a call\n\n- **`steps`** (a list of texts): what to write, line by line.\n", "none"),
    ("M07", "## Uses\n\nWriting short poems for birthday cards.\n", "none"),
    ("M13", "### Training results\n\nGood.\n", "none"),
    ("M16", "## Metrics\n\n[More Information Needed]\n", "placeholder"),
    ("M18", "## Results\n\n| model | accuracy |\n|---|---|\n| ours | 91.2 |\n| theirs | 90.1 |\n", "none"),
    ("M18", "#### Factors\n\n[More Information Needed]\n", "placeholder"),
    ("M23", "Runs with one GPU.\n", "none"),
    ("M25", "## Resources for more information\n\nA book about poems.\n", "none"),
    ("D06", "### Data Instances\n\n```\n\n```\n", "none"),
    ("D06", "### Data Instances\n\n```\n{\n  'example_field': ...,\n}\n```\n", "none"),
    ("D06", "### Data Instances\n\nHere are some examples of poems and birds:\n\n### Data Fields\n\nx\n", "none"),
    ("D07", "### Data Splits\n\n| | train | test |\n|---|---|---|\n| Sentences | | |\n", "none"),
    ("D24", "### Citation\n\n```\n@article{article_id,\n  title = {Dataset Paper Title}\n}\n```\n", "none"),
    ("D17", "#### Who are the annotators?\n\n[N/A]\n", "na"),
    ("D16", "---\nannotations_creators:\n- no-annotation\n---\n", "na"),
    ("D18", "### Personal and Sensitive Information\n\nN/A\n", "placeholder"),
    ("D20", "### Discussion of Biases\n\nSee the paper.\n", "pointer"),
    ("D21", "### Limitations\n\nThanks to [@ann](https://github.com/ann) for adding this dataset.\n", "stock"),
    ("D02", "### Contributions\n\nThanks to [@ann](https://github.com/ann) for adding this dataset.\n", "none"),
]


def tier_of(criterion, text):
    rubric = MODEL if criterion.startswith("M") else DATA
    return {f.id: f.tier for f in score(read_card(text), rubric).findings}[criterion]


@pytest.mark.parametrize(("criterion", "text", "tier"), MET)
def test_a_criterion_is_met_by_words_of_its_own(criterion, text, tier):
    assert tier_of(criterion, text) == tier


@pytest.mark.parametrize(("criterion", "text", "tier"), UNMET)
def test_a_criterion_is_not_met_by_less(criterion, text, tier):
    assert tier_of(criterion, text) == tier


def test_every_criterion_that_is_decided_is_tried_by_a_test():
    elsewhere = {"M01", "M03", "M04", "M08", "M09", "M10", "M14", "M15", "M17", "M19", "M22", "M24"}
    elsewhere |= {"D01", "D03", "D05", "D07", "D08", "D09", "D10", "D15", "D24"}
    tried = {criterion for criterion, _, _ in MET} | elsewhere
    assert tried == {criterion.id for rubric in (MODEL, DATA) for criterion in rubric.criteria}


@pytest.mark.parametrize("rubric", [MODEL, DATA])
def test_weights_are_of_a_hundred(rubric):
    assert sum(criterion.weight for criterion in rubric.criteria) == 100
    assert len(rubric.criteria) == 25


KINDS = [
    ("", "empty"),
    ("---\nlicense: mit\n---\n", "empty"),
    ("# Tiny\n\nIt writes poems of three lines.\n", "written"),
    ("---\ntags: [generated_from_trainer]\n---\n# Tiny\n\nA fine-tuned version of x.\n", "trainer"),
    ("# Tiny\n\nIt has been trained using [TRL](https://github.com/x).\n", "trl"),
    ("# Model Trained Using AutoTrain\n\nThis model was trained using AutoTrain.\n", "autotrain"),
    ("This is a merge of pre-trained language models created using [mergekit](x).\n", "mergekit"),
    ("This model was converted to GGUF format from acme/tiny.\n", "quantizer"),
    ("This llama model was trained 2x faster with [Unsloth](x).\n", "unsloth"),
    (
        "---\nsdk: gradio\n---\nCheck out the configuration reference at https://huggingface.co/docs/hub/spaces\n",
        "spaces_config",
    ),
    ("Dataset automatically created during the evaluation run of model acme/tiny.\n", "autoeval"),
    ("---\ntags: [autotrain]\n---\n# Poems\n\nIt holds model predictions generated by [AutoTrain](x).\n", "autoeval"),
    ("# Help\n\nCall our customer support, toll-free number +1 (555) 010-9999 now.\n", "spam"),
    ("".join(f"## Part {n}\n\n[More Information Needed]\n\n" for n in range(12)), "blank_template"),
    (
        "".join(f"## Part {n}\n\n[More Information Needed]\n\n" for n in range(12))
        + "### Framework versions\n\n- PEFT 0.7.1\n",
        "peft",
    ),
    (
        "".join(f"## Part {n}\n\n[More Information Needed]\n\n" for n in range(8))
        + "".join(f"## Told {n}\n\nIt rhymes.\n\n" for n in range(4)),
        "partial_template",
    ),
]


@pytest.mark.parametrize(("text", "kind"), KINDS)
def test_a_card_s_kind_is_known_by_its_own_signs(text, kind):
    assert score(read_card(text), MODEL).extra["card_kind"] == kind


FLAGS = [
    ("---\nlicense: mit\n---\n## License\n\nThis model is under Apache 2.0.\n", "licence_conflict"),
    ("## Base model\n\n[acme/tiny](https://huggingface.co/acme/tiny)\n", "base_only_in_text"),
    ("# A\n\nThis is a fine-tuned version of [big](https://huggingface.co/acme/big).\n", "base_only_in_text"),
    ("---\nlicense: mit\n---\n# A\n\nIt was merged from [acme/big] and itself.\n", "base_only_in_text"),
    ("# A\n\n## License\n\nMIT\n\n## Citation\n\nx\n\n## Limitations\n\ny\n" * 2, "two_cards"),
    ("---\nlicense: mit\n---\n\n---\nlicense: mit\nlanguage: en\n---\n# Tiny\n", "header_in_body"),
    ("# Model Card for Model ID\n", "template_title"),
    ("---\nlicense: [mit\n---\n", "header_unreadable"),
    ("---\nco2_eq_emissions: 42\n---\n## Impact\n\n- **Carbon Emitted:** 42 kg\n", "emissions_against_text"),
]


@pytest.mark.parametrize(("text", "flag"), FLAGS)
def test_what_does_not_fit_together_is_flagged_and_costs_nothing(text, flag):
    assert flag in score(read_card(text), MODEL).extra["flags"]


def test_the_header_s_licence_in_other_words_is_no_conflict():
    card = read_card("---\nlicense: apache-2.0\n---\n## License\n\nApache License, Version 2.0\n")
    assert score(card, MODEL).extra["flags"] == []


@pytest.mark.parametrize(
    "text",
    [
        "## Related Models\n\n- [acme/small](https://huggingface.co/acme/small)\n",
        "---\nlicense: cc-by-4.0\n---\n## License\n\nIts code is under BSD-3-Clause.\n\n"
        "The poems are under a Creative Commons Attribution 4.0 International License.\n",
    ],
)
def test_siblings_are_no_bases_and_one_of_two_licences_is_the_header_s(text):
    assert not {"base_only_in_text", "licence_conflict"} & set(score(read_card(text), MODEL).extra["flags"])


def test_the_same_emissions_in_header_and_text_are_no_contradiction():
    card = read_card("---\nco2_eq_emissions: 42000\n---\n## Impact\n\n- **Carbon Emitted:** 42 kg\n")
    assert score(card, MODEL).extra["flags"] == []


def test_results_under_another_name_than_the_repository_s_are_flagged():
    card = read_card("---\nmodel-index:\n- name: other\n  results: []\n---\n")
    assert "model_index_name" in score(card, MODEL, name="acme/tiny").extra["flags"]
    assert "model_index_name" not in score(card, MODEL, name="acme/Other").extra["flags"]
    assert "model_index_name" not in score(card, MODEL).extra["flags"]
