"""Cards and configurations as tools and people write them: what each names, and what nobody meant is left out."""

import io
import struct

import pytest

from lineage.readers.gguf import read_gguf
from lineage.readers.header import read_header
from lineage.readers.loose import answer, read_text
from lineage.readers.prose import read_prose

TRAINED = "learning_rate: 1\nnum_epochs: 3\noutput_dir: out\n"


def claims(name, text):
    """(relation, parent, source) of each claim of a loose file."""
    return [(each["relation"], each["parent"], each["source"]) for each in answer(*read_text(name, text))["claims"]]


def sentence(text):
    return [(each.relation, each.parent, each.role) for each in read_prose(text).claims]


@pytest.mark.parametrize(
    ("header", "expected"),
    [
        ("base_model: {name: acme/tiny, revision: v2}", [("finetune", "acme/tiny", "card")]),
        (
            "base_model: [{id: acme/a}, 3, acme/b]\nbase_model_relation: merge",
            [("merge", "acme/a", "card"), ("merge", "acme/b", "card")],
        ),
        ("base_model: https://huggingface.co/acme/tiny/tree/v1", [("finetune", "acme/tiny", "card")]),
        ("base_model: []", []),
        ("base_model: acme/tiny\nlibrary_name: peft", [("adapter", "acme/tiny", "card")]),
        ("tags: ['base_model:adapter:acme/tiny', 'base_model:', 3]", [("adapter", "acme/tiny", "card")]),
        (
            "source_datasets: [original, extended|other-web, extended|acme/corpus]",
            [("derived_data", "acme/corpus", "card")],
        ),
    ],
)
def test_every_form_of_a_header_names_its_parents(header, expected):
    assert claims("README.md", f"---\n{header}\n---\n") == expected


def test_a_mapping_carries_the_revision():
    (claim,) = read_header("model", {"base_model": {"name": "acme/tiny", "revision": "v2"}}).claims
    assert claim.parent_revision == "v2"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (
            "A fine-tuned version of <a href='https://huggingface.co/acme/tiny'>Tiny</a>.",
            [("finetune", "acme/tiny", "")],
        ),
        ("<b>Finetuned from model:</b> acme/tiny", [("finetune", "acme/tiny", "")]),
        ("| Base model | acme/tiny |", [("", "acme/tiny", "")]),
        (
            "This LoRA adapter was extracted from [t](https://huggingface.co/acme/tuned)",
            [("adapter", "acme/tuned", "extracted_from")],
        ),
        ("It is not a fine-tuned version of acme/tiny; unlike the quantized version of acme/tiny it is slow.", []),
        ("This model is a fine-tuned version of [None](https://huggingface.co/None).", []),
        ("<a href=>fine-tuned version of <a href='https://example.org/acme/tiny'>", []),
    ],
)
def test_sentences_in_html_and_tables_speak_and_denials_do_not(text, expected):
    assert sentence(text) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (
            "base_model: acme/tiny\nadapter: lora\ndatasets: [{path: acme/corpus}, {path: json}]\n",
            ["adapter", "trained_on"],
        ),
        (
            "model_name_or_path: acme/tiny\nfinetuning_type: full\ndataset: identity,acme/corpus\n",
            ["finetune", "trained_on"],
        ),
        ("model_name_or_path: acme/tiny\nuse_peft: true\ndataset_name: acme/corpus\n", ["adapter", "trained_on"]),
        ("base_model: acme/tiny\nparams: {peft: true}\ndata: {path: acme/corpus}\n", ["adapter", "trained_on"]),
        (
            "model_name_or_path: acme/tiny\nadapter_name_or_path: acme/lora\nfinetuning_type: lora\n",
            ["adapter", "adapter"],
        ),
        ("model_name_or_path: /mnt/tiny\nfinetuning_type: [1]\n", ["finetune"]),
    ],
)
def test_the_files_of_trainers_name_base_and_data(text, expected):
    assert [relation for relation, _, _ in claims("train.yaml", text + TRAINED)] == expected
    card = f"# M\n\n```yaml\n{text}{TRAINED}```\n"
    assert [r for r, _, source in claims("README.md", card) if source == "training_config"] == expected


def test_a_quantized_configuration_says_how_its_model_was_made():
    config = '{"_name_or_path": "acme/tiny", "quantization_config": {"quant_method": "%s"}}'
    assert claims("config.json", config % "gptq") == [("quantized", "acme/tiny", "config")]
    assert claims("config.json", config % "fp8") == [("finetune", "acme/tiny", "config")]


def test_a_gguf_of_an_adapter_names_the_model_that_it_goes_on():
    def text(value):
        return struct.pack("<Q", len(value)) + value.encode()

    fields = {"general.type": "adapter", "general.base_model.0.repo_url": "https://huggingface.co/acme/tiny"}
    pairs = b"".join(text(key) + struct.pack("<I", 8) + text(value) for key, value in fields.items())
    pairs += text("general.base_model.count") + struct.pack("<II", 4, 1)
    (claim,) = read_gguf(io.BytesIO(b"GGUF" + struct.pack("<IQQ", 3, 0, 3) + pairs)).claims
    assert (claim.relation, claim.parent, claim.role) == ("adapter", "acme/tiny", "base")


def test_a_quantizer_that_lists_the_grandparents_twice_and_its_source_in_a_sentence():
    card = (
        "---\nbase_model: [acme/a, acme/b, acme/a, acme/b]\ntags: [merge]\n---\n"
        "This is quantized version of [me/mix](https://huggingface.co/me/mix) created using llama.cpp\n"
    )
    assert claims("README.md", card) == [
        ("quantized", "acme/a", "card"),
        ("quantized", "acme/b", "card"),
        ("quantized", "me/mix", "prose"),
    ]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("# T5-base fine-tuned on QuaRel", [("finetune", "t5-base", "sentence")]),
        ("A fine-tuned version of `bert-base-uncased`.", [("finetune", "bert-base-uncased", "sentence")]),
        ("A fine-tuned version of spanbert-base-cased.", []),  # has an owner, whom nobody named
        ("Here [Tiny](https://hf.co/acme/tiny) is used, fine-tuned on poems", []),
        (
            "This is an [acme/tiny](https://hf.co/acme/tiny) model fine-tuned for poems",
            [("finetune", "acme/tiny", "sentence")],
        ),
        ("We used the model acme/tiny fine-tuned on poems", [("finetune", "acme/tiny", "mention")]),
        ("- [acme/tiny](https://hf.co/acme/tiny) fine-tuned on poems", []),  # one of a list of siblings
        (
            "It is a fine-tuned version of\n[acme/tiny](https://hf.co/acme/tiny).",
            [("finetune", "acme/tiny", "sentence")],
        ),
        ("It was fine-tuned from\n\nacme/tiny", []),
        ("## Fine-tuned from\nacme/tiny", []),
        ("The encoder was initialized with the weights of `acme/tiny`.", [("finetune", "acme/tiny", "sentence")]),
        ("本模型基于 acme/tiny 在十万首古诗上微调而成。", [("finetune", "acme/tiny", "sentence")]),
        ("我们比较了 acme/tiny 和微调模型。", []),
        ("이 모델은 acme/tiny를 파인튜닝한 모델입니다.", [("finetune", "acme/tiny", "sentence")]),
        ("Это дообученная версия модели acme/tiny.", [("finetune", "acme/tiny", "sentence")]),
        ("本模型使用 acme/tiny 作为基座模型。", [("", "acme/tiny", "mention")]),
        ("Questo modello è basato su acme/tiny.", [("", "acme/tiny", "mention")]),
        ("This adapter was trained on top of acme/tiny.", [("adapter", "acme/tiny", "sentence")]),
        (
            "The following models were included in the merge:\n* a/one\n* b/two",
            [("merge", "a/one", "sentence"), ("merge", "b/two", "sentence")],
        ),
        ("The following models were included in the merge:\n* /home/me/out/one\n* /home/me/out/two", []),
        ("The base model is [T](https://hf.co/acme/tiny).", [("", "acme/tiny", "mention")]),
    ],
)
def test_names_before_the_verb_names_without_owner_and_broken_sentences(text, expected):
    assert [(each.relation, each.parent, each.field) for each in read_prose(text).claims] == expected
