"""What counts as evidence in real layouts: HTML tables, labels in HTML, copied docstrings, lists of versions."""

import pytest

from openness.cards.scoring import score
from openness.rubric import load
from registry.cards import read_card

RUBRICS = {"M": load("model-card"), "D": load("data-card")}


def finding(criterion, text):
    return next(each for each in score(read_card(text), RUBRICS[criterion[0]]).findings if each.id == criterion)


HTML_TABLE = "<table>\n<tr><td>Model</td><td>ARC</td></tr>\n<tr><td>tiny</td><td><b>41.5</b></td></tr>\n</table>"

MET = [
    ("M17", f"# Tiny\n\n## Academic benchmarks\n\n{HTML_TABLE}\n", "section"),
    ("M15", f"# Tiny\n\n{HTML_TABLE}\n", "prose"),
    ("M02", "# Tiny\n\n<br>\n- Model creator: Acme Poems\n<br>\n", "section"),
    (
        "D01",
        "# Tiny\n\n### Dataset Summary\n\n        A set of ten thousand old poems, read aloud.\n",
        "section",
    ),
    ("M14", "# Tiny\n\n| Parameter | Value |\n|---|---|\n| hidden_size | 768 |\n| num_layers | 12 |\n", "prose"),
    ("M23", "# Tiny\n\nIt was trained on 8x A100 for two days.\n", "prose"),
    ("M22", "# Tiny\n\nIt was trained on 8x A100 for two days.\n", "prose"),
    ("M24", "---\ntags:\n- arxiv:2307.09288\n---\n# Tiny\n", "metadata"),
    ("M14", "# Tiny\n\n- **Model type:** Causal language model\n", "section"),
    ("M17", "# Tiny\n\n## Results\n\n![scores](a.png)\n", "pointer"),
    ("M04", "# Tiny\n\nBERT-base fine-tuned on letters.\n", "prose"),
    ("M17", "# Tiny\n\n## Performance\n\n```\nPoems18 Coarse: 78.17\n```\n", "section"),
    ("M17", "# Tiny\n\nIt printed:\n\n```\n{\n  'exact': 70.9,\n  'f1': 74.60,\n}\n```\n", "prose"),
    ("M17", "# Tiny\n\nOn old poems it reaches an F1\nof 84.3.\n", "prose"),
    ("M15", "# Tiny\n\nIt was evaluated on a subset of nursing reports.\n", "prose"),
    ("M15", "# Tiny\n\nOn the DaNE test set it did well.\n", "prose"),
    ("M10", "# Tiny\n\n| Model | Training data |\n|---|---|\n| tiny | Old poems (4 GB) |\n", "prose"),
    ("M05", "# Tiny\n\nReleased, Oct 2020, this is a poet.\n", "prose"),
    ("M04", "# Tiny\n\nBERT-Small created by Acme Poems and fine tuned on letters.\n", "prose"),
    ("M04", "# Tiny\n\nIt is a fine tuned RoBERTa for poems.\n", "prose"),
    ("M02", "# Tiny\n\nit was developed by the poetry group of aarhus university.\n", "prose"),
    (
        "M19",
        "# Tiny\n\nDisclaimer: The team releasing Tiny did not write a model card for it so this model card has been\n"
        "written by the Hugging Face team.\n",
        "stock",
    ),
    ("M13", "# Tiny\n\nWe could train a cased model\non a TPU for 2M steps.\n", "prose"),
    ("M13", "# Tiny\n\nIt was fine-tuned using LlamaFactory.\n", "prose"),
    ("M13", "# Tiny\n\n```\npython run.py \\\n  --learning_rate 3e-5\n```\n", "prose"),
    ("M03", "# Tiny\n\n**License: MIT**\n", "section"),
    ("M05", "# Tiny\n\n**(Knowledge cut-off date: May 2025)**\n", "prose"),
    (
        "M10",
        "# Tiny\n\nA baseline of [Bert](https://example.org) fine-tuned on [FQuAD](https://example.org).\n",
        "prose",
    ),
    ("M10", "# Tiny\n\nIt was trained on the\n[Old Poems corpus](https://example.org).\n", "prose"),
    ("M10", "# Tiny\n\ndataset generated from the subtitles of old films\n", "prose"),
    ("M02", "# Tiny\n\nIt is authored by [Ada](https://example.org).\n", "prose"),
    ("M04", "# Tiny\n\nThe base tokenizer and model used for training is *'camembert-base'*.\n", "prose"),
    ("M15", "# Tiny\n\n| Split | VQA | GQA |\n|---|---|---|\n| test | 72.4 | 60.0 |\n", "prose"),
    ("M21", "# Tiny\n\n## Usage Guidelines\n\nAlways review what it says before you use it.\n", "section"),
    ("M02", "# Tiny\n\n🔗 **Created by**: [Ada]  \n📍 **License**: MIT\n", "section"),
    ("M03", "# Tiny\n\n🔗 **Created by**: [Ada]  \n📍 **License**: MIT\n", "section"),
    ("M08", "# Tiny\n\n#### Hands-on\n\n```python\nx = load(tiny)\n```\n", "section"),
    ("M21", "# Tiny\n\nExtreme care must be taken when reading it aloud.\n", "prose"),
    ("M11", "# Tiny\n\nFor sentence splitting, we use rules.\n", "prose"),
    ("M15", "# Tiny\n\n| Kind | F1 | Test data |\n|---|---|---|\n| all | .8 | old letters |\n", "prose"),
    ("M16", "# Tiny\n\n| | ours | theirs |\n|---|---|---|\n| | F1 | Precision |\n| all | 0.8 | 0.7 |\n", "prose"),
    ("M17", "# Tiny\n\n## Results\n\nFor results, please refer to [this page](https://example.org).\n", "pointer"),
    ("M17", "# Tiny\n\n## Results\n\n[More Information Needed]\n", "placeholder"),
    ("M08", "# Tiny\n\n## Example pipeline\n\n```python\nx = load(tiny)\n```\n", "section"),
    ("M13", "# Tiny\n\n## Fine-tuning approach\n\nEvery second layer was kept frozen.\n", "section"),
]


@pytest.mark.parametrize(("criterion", "text", "tier"), MET)
def test_a_criterion_is_met_in_this_layout(criterion, text, tier):
    assert finding(criterion, text).tier == tier


UNMET = [
    ("M10", "# Tiny\n\n## Training procedure\n\n### Framework versions\n\n- Datasets: 3.2.0\n- TRL: 0.12.0\n"),
    (
        "M25",
        "# Tiny\n\n## Model Card Contact\n\n[More Information Needed]\n\n### Framework versions\n\n- PEFT 0.14.0\n",
    ),
    ("M01", "# Tiny\n\n- Give a thumbs up if you like this model very much\n"),
    ("M16", "# Tiny\n\n## Training results\n\n| Step | Validation Loss |\n|---|---|\n| 10 | 0.81 |\n"),
    ("M24", "# Tiny\n\n## Citation\n\nIf you find this work helpful, please consider citing:\n\n```\nTODO\n```\n"),
    ("M14", "# Tiny\n\n- **Model type:** Text Generation\n"),
    ("M02", "# Tiny\n\n## Developer guide\n\nInstall the packages first.\n"),
    ("D25", "# Tiny\n\n- **Point of Contact:** []()\n"),
    ("D02", "# Tiny\n\n### Dataset Curators\n\nList the people involved in collecting the dataset.\n"),
    ("M05", "# Tiny\n\nIt is under the Apache License, Version 2.0 and nothing else.\n"),
    ("M02", "# Tiny\n\n| Entity | Number |\n|---|---|\n| Organization | 169 |\n| Place | 42 |\n"),
    ("M02", "# Tiny\n\n## Citing & Authors\n\nIf it helps you, feel free to cite our publication.\n"),
    ("M20", "# Tiny\n\n## The discriminator\n\nIt tells the words that were replaced from the others.\n"),
    ("M02", "# Tiny\n\nWe trained the model on the poems of old.\n"),
    ("M02", "# Tiny\n\nIt is a tagger (as proposed by Huang et al. 2015).\n"),
    ("M05", "# Tiny\n\nIt was converted with mlx-lm version 0.21.4.\n"),
    ("M08", "# Tiny\n\n### Using the following system & software\n\n```\nPython: 3.7\n```\n"),
    ("M10", "# Tiny\n\nIt was trained on NVIDIA cards for days.\n"),
    ("M14", "# Tiny\n\n**Parameters**:\n\n| Parameter | Value |\n|---|---|\n| Batch size | 64 |\n"),
    ("M18", "# Tiny\n\n| Dataset | LOC | ORG | PER |\n|---|---|---|---|\n| Train | 7140 | 6321 | 6600 |\n"),
    ("M25", "# Tiny\n\nSee [this](https://github.com/acme/tiny/issues/60) for the reason.\n"),
    ("M02", "# Tiny\n\nTiny introduces a novel way of rhyming.\n"),
    ("M10", "# Tiny\n\n| Model | Dataset |\n|---|---|\n| tiny | Old poems |\n"),
    ("M15", "# Tiny\n\nIf you tested Tiny on a public dataset, tell us.\n"),
    ("M17", "# Tiny\n\n```\n[{'score': 0.0602, 'token': 12},\n 'score': 0.0502,\n```\n"),
    ("M14", "# Tiny\n\nIt follows the licence of acme-tiny-7b before it, and that model was kept.\n"),
]


@pytest.mark.parametrize(("criterion", "text"), UNMET)
def test_a_criterion_is_not_met_by_what_only_looks_like_it(criterion, text):
    assert finding(criterion, text).value == 0


def test_one_sentence_broken_over_lines_still_only_points_elsewhere():
    text = "## Usage\n\nIf unsure, refer to one of [the\nguides](https://example.org/a) for\nmore details.\n"
    assert finding("M08", text).tier == "pointer"


def test_code_stays_code_where_it_is_only_indented():
    assert finding("M06", "## Intended use\n\n    x = load(tiny)\n    for poem in poems: print(x(poem))\n").value == 0


@pytest.mark.parametrize("text", ["<table>" + "<tr>" * 50_000, "<table><tr>" + "<td>" * 50_000, "<tr><td>" * 30_000])
def test_a_flood_of_table_tags_is_read(text):
    assert finding("M17", text + "\n").value == 0


@pytest.mark.parametrize(
    ("body", "tier"),
    [
        ("It was trained on\na corpus of letters.\n", "prose"),
        ("It was trained\nusing many texts.\n", "prose"),
        ("It was trained.\nwith texts of poets\n", "none"),
        ("- It was trained\n- with texts of poets\n", "none"),
    ],
)
def test_a_sentence_that_is_broken_over_lines_is_read_whole(body, tier):
    findings = score(read_card(f"# Tiny\n\n{body}"), load("model-card")).findings
    assert next(finding.tier for finding in findings if finding.id == "M10") == tier
