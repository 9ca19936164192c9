"""Where a card contradicts itself is found, and what only looks like it is left alone."""

import re
from pathlib import Path

import pytest

import openness.cards.scoring
import registry.cards
from openness.card_lint import judged_card
from openness.cards.advice import table
from openness.cards.consistency import CHECKS, CHECKS_OF_NAME
from openness.cards.scoring import score
from openness.lint_hook import readable
from openness.rubric import load
from registry.cards import read_card

INTRODUCTION = "# M\n\nA small model that labels short Danish news texts by topic.\n\n"

OTHER_LICENCES = [
    ("mit", "## License\n\nApache 2.0\n"),
    ("mit", "## License\n\nSee LICENSE: Apache License, Version 2.0.\n"),
    ("mit", "The model is released under the GPL-3.0 license.\n"),
    ("mit", "## Licence\n\nLicensed under a [Creative Commons Attribution 4.0 International License](LICENSE).\n"),
    ("mit", "- **License**: [llama3](https://llama.meta.com/llama3/license/)\n"),
    ("mit", "[![License](https://img.shields.io/badge/License-Apache_2.0-blue.svg)](LICENSE)\n"),
    ("mit", "[![License: CC BY 4.0](badge.svg)](LICENSE)\n"),
    ("mit", "## License\n\nThis model and its code are released under the\nApache License, Version 2.0.\n"),
    ("apache-2.0", "**License:** CC BY-NC 4.0\n"),
    ("apache-2.0", "## 许可证\n\nMIT 许可证\n"),
    ("apache-2.0", "| Field | Value |\n|---|---|\n| License | MIT |\n| Language | en |\n"),
    ("apache-2.0", "## License\n\nThe code is under Apache 2.0, while the weights are CC BY-NC 4.0.\n"),
    ("cc-by-4.0", "## Licensing\n\nThe weights are available under the CC-BY-NC-SA-4.0 licence.\n"),
    ("cc-by-4.0", "## Licensing\n\nCreative Commons Attribution-ShareAlike 3.0 Unported\n"),
    ("llama3", "## License\n\nLlama 3.1 Community License\n"),
    ("apache-2.0", "## License\n\nThis model inherits the Llama 2 Community License from its base.\n"),
    ("mit", "## Lizenz\n\nDieses Modell steht unter der Apache-Lizenz 2.0.\n"),
    ("mit", "## Licencia\n\nEste modelo se publica bajo la licencia Apache 2.0.\n"),
]
SAME_LICENCES = [
    ("mit", "## License\n\nMIT. The code in `tools/` comes from a project under Apache 2.0.\n"),
    ("mit", "## Training data\n\nTexts of Wikipedia (CC BY-SA 3.0).\n"),
    ("mit", "## License\n\nThe training data is licensed under CC BY 4.0; for the weights see the header.\n"),
    ("mit", "## License\n\nThe base model is under the Llama 3 Community License.\n"),
    ("mit", "## License\n\nApache 2.0 for the code\n"),
    ("mit", "## Data license\n\nCC BY 4.0\n"),
    ("mit", "The model is not released under the GPL-3.0 license.\n"),
    ("mit", "It was made at MIT with Apache Spark, and we cc the authors of Llama 3.\n"),
    ("mit", "![Code License](https://img.shields.io/badge/Code%20License-Apache_2.0-green.svg)\n"),
    ("apache-2.0", "## License\n\nApache License 2.0\n"),
    ("apache-2.0", "## License\n\nApache-2.0 or MIT, as you like\n"),
    ("bsd-3-clause", "**License:** BSD 3-Clause\n"),
    ("bsd-3-clause", "**License:** 3-clause BSD\n"),
    ("gpl-3.0", "## License\n\nGNU GPL\n"),
    ("gpl-3.0", "## License\n\nGPLv3 or later\n"),
    ("llama3", "## License\n\nMETA LLAMA 3 COMMUNITY LICENSE AGREEMENT\n"),
    ("apache-2.0", "| Component | License |\n|---|---|\n| Code | MIT |\n| Weights | Apache-2.0 |\n"),
    ("apache-2.0", "## License\n\n- Code: MIT\n- Weights: Apache 2.0\n"),
    ("unlicense", "## License\n\nPublic domain\n"),
    ("mit", "We thank the authors of X, which is released under the Apache 2.0 license.\n"),
    ("cc-by-4.0", "## License\n\nCreative Commons\n"),
    ("cc-by-4.0", "## License\n\nCreative Commons Attribution 4.0 International\n"),
    ("creativeml-openrail-m", "## License\n\nAn OpenRAIL license\n"),
    ("other", "## License\n\nLlama 3 Community License\n"),
    ("llama3.1", "## License\n\n[Llama 3.1 Community License](https://example.org)\n"),
]
NAMED_BASES = [
    "This model is a fine-tuned version of [bert-base-uncased](https://huggingface.co/bert-base-uncased) on a corpus.",
    "Fine-tuned from `google/flan-t5-base` on our own dialogues.",
    "**Finetuned from model:** mistralai/Mistral-7B-v0.1",
    "**Base model:** [Qwen/Qwen2.5-7B](https://huggingface.co/Qwen/Qwen2.5-7B)",
    "| Base model | meta-llama/Llama-3.1-8B |\n|---|---|\n| Rank | 16 |",
    "## Base model\n\nfacebook/wav2vec2-large-xlsr-53",
    "We fine-tuned\nfacebook/bart-large on\nthe XSum data.",
    "本模型基于 Qwen/Qwen2-7B 微调而成。",
    "Dieses Modell ist eine feinabgestimmte Version von deepset/gbert-base.",
    "This is a LoRA adapter for stabilityai/stable-diffusion-xl-base-1.0.",
    "Merge of [a/one](https://huggingface.co/a/one) and [b/two](https://huggingface.co/b/two) made with mergekit.",
    "The model was trained starting from the weights of roberta-base.",
    "T5-base fine-tuned on questions of children.",
    "[Tiny](https://huggingface.co/acme/tiny) model fine-tuned for poems",
    "The encoder was initialized with `acme/tiny-base`.",
]
NO_BASES = [
    "We compare with google/flan-t5-base, which is larger.",
    "Trained from scratch; the tokenizer is that of google/mt5-small.",
    "## Related models\n\n- org/m-large\n- org/m-small",
    "- [m-large](https://huggingface.co/org/m-large) fine-tuned on the same poems",
    "The code is at https://github.com/org/project.",
    "Fine-tuned on the dataset org/news-da from our lab.",
    "You can fine-tune this model further with axolotl/examples.",
    "See also org/other-model, a fine-tuned version of this one.",
    "It is better than a roberta-base-like model, spanbert-base-cased and others.",
    "Metrics and/or results follow.",
]
PASTED_HEADERS = ["---\nlicense: mit\n---\n", "---\nlanguage: en\ntags:\n- a\n---\n"]
NO_HEADERS = [
    "```yaml\n---\nlicense: mit\n---\n```\n",
    "Text one.\n\n---\n\n## Uses\n\nText two: with a colon.\n\n---\n\n## More\n",
    "A table\n\nName: value\n---\n\nText\n",
]


def found_in(text: str, name: str = "") -> dict[str, list[dict]]:
    result = score(read_card(text), load("model-card"), name=name)
    return {each["id"]: each["evidence"] for each in result.extra["consistency"]}


def flags(body: str, licence: str = "mit", name: str = "") -> set[str]:
    card = read_card(f"---\nlicense: {licence}\n---\n{INTRODUCTION}{body}\n")
    return set(score(card, load("model-card"), name=name).extra["flags"])


@pytest.mark.parametrize(("licence", "body"), OTHER_LICENCES)
def test_a_licence_in_the_text_that_is_not_the_headers_is_found(licence, body):
    assert "licence_conflict" in flags(body, licence)


@pytest.mark.parametrize(("licence", "body"), SAME_LICENCES)
def test_licences_of_other_things_and_other_words_for_the_same_are_no_conflict(licence, body):
    assert "licence_conflict" not in flags(body, licence)


@pytest.mark.parametrize("body", NAMED_BASES)
def test_a_base_that_only_the_text_names_is_found(body):
    assert "base_only_in_text" in flags(body)


@pytest.mark.parametrize("body", NO_BASES)
def test_other_repositories_in_the_text_are_no_base(body):
    assert "base_only_in_text" not in flags(body)


def test_a_card_that_names_its_own_repository_names_no_base():
    body = "[Tiny](https://huggingface.co/acme/tiny) fine-tuned on poems."
    assert "base_only_in_text" in flags(body) and "base_only_in_text" not in flags(body, name="acme/tiny")


@pytest.mark.parametrize("body", PASTED_HEADERS)
def test_a_header_in_the_text_is_found(body):
    assert "header_in_body" in flags(body)


@pytest.mark.parametrize("body", NO_HEADERS)
def test_a_header_shown_as_code_and_rules_between_texts_are_no_header(body):
    assert "header_in_body" not in flags(body)


def test_a_licence_of_data_is_held_against_the_header_of_a_dataset():
    header = "---\nlicense: mit\n---\n# D\n\n## Licensing Information\n\n"
    for body, is_conflict in [("The data is under CC BY 4.0.", True), ("The code is under CC BY 4.0.", False)]:
        found = score(read_card(f"{header}{body}\n"), load("data-card")).extra["flags"]
        assert ("licence_conflict" in found) is is_conflict


def test_each_contradiction_says_where_it_stands():
    text = (
        "---\nlicense: mit\nmodel-index:\n- name: other\n  results: []\nco2_eq_emissions: 42\n---\n"
        "# Model Card for Model ID\n\nMade from [Tiny](https://huggingface.co/acme/tiny).\n\n"
        "Fine-tuned from acme/tiny.\n\n- **License:** Apache 2.0\n\n"
        "- **Carbon Emitted:** 42 kg\n\n---\nlicense: mit\n---\n"
    )
    found = found_in(text, "acme/mine")
    assert {id: [each["lines"] for each in evidence] for id, evidence in found.items()} == {
        "base_only_in_text": [[12, 12]],
        "emissions_against_text": [[6, 6]],
        "header_in_body": [[18, 18]],
        "licence_conflict": [[2, 2], [14, 14]],
        "model_index_name": [[3, 5]],
        "template_title": [[8, 8]],
    }
    assert found["licence_conflict"][0]["field"] == "license" and "Apache" in found["licence_conflict"][1]["quote"]


def test_a_card_pasted_below_another_is_cited_by_its_titles():
    part = "## Uses\n\nFor one.\n\n## Limitations\n\nMany.\n\n## Citation\n\nSmith\n\n"
    assert [each["lines"][0] for each in found_in(f"# M\n\n{part}{part}")["two_cards"]] == [15, 19, 23]


def test_two_titles_of_cards_make_two_cards_and_the_people_of_one_do_not():
    both = "# Model Card for Tiny\n\nIt rhymes.\n\n# Model Card for Big\n\nIt sings.\n"
    assert [each["lines"][0] for each in found_in(both)["two_cards"]] == [1, 5]
    assert "two_cards" not in found_in(
        "# Model Card for Tiny\n\n## Model Card Authors\n\nAda\n\n## Model Card Contact\n\nAda\n"
    )


def test_every_flag_is_told_in_a_sentence():
    source = Path(openness.cards.scoring.__file__).read_text("utf8") + Path(registry.cards.__file__).read_text("utf8")
    checks = {check.__name__ for check in (*CHECKS, *CHECKS_OF_NAME)}
    told = set(table()["odd"])
    assert checks <= told and all(f'"{flag}"' in source for flag in told - checks)
    for flag in re.findall(r'(?:flags\.add\(|flags \| \{|, \{)"(\w+)"', source):
        assert flag in told, flag


def test_the_linter_says_what_to_mend_and_on_which_line():
    line, odd = judged_card("README.md", b"---\nlicense: mit\n---\n# M\n\n## License\n\nApache 2.0\n", "model")
    said = readable(line, odd)
    assert "  ! The text states another licence than the header; make the two agree. (lines 2 and 8)" in said
    assert odd[0]["write"].startswith("The text states another licence")
