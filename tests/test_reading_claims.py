"""Who says that a repository has a parent, and where: cards, tags, configurations, sentences."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lineage.claims import Reading
from lineage.readers.config_files import load_json, read_adapter_config, read_config
from lineage.readers.header import read_header
from lineage.readers.hub_tags import base_models, read_api, read_tags
from lineage.readers.places import Place
from lineage.readers.prose import read_prose
from lineage.readers.repository import ShownRepo, evidence_of
from lineage.references import read_reference

CARD = """---
license: mit
base_model:
- acme/tiny
- https://huggingface.co/acme/small
datasets: [acme/corpus]
base_model_relation: finetune
new_version: acme/tiny-2
---
# Tiny, tuned
This model is a fine-tuned version of [acme/tiny](https://huggingface.co/acme/tiny) on the acme/dialogues dataset.
"""


def claims_of(card, kind="model", **shown):
    return evidence_of(ShownRepo(kind, "me/mine", card, **shown)).reading.claims


def said(reading: Reading):
    return [(claim.relation, claim.parent) for claim in reading.claims]


def test_each_parent_in_a_header_is_claimed_with_its_line():
    found = {claim.parent: claim for claim in claims_of(CARD) if claim.source == "card"}
    assert found["acme/tiny"].lines == (4, 4)
    assert found["acme/tiny"].quote == "- acme/tiny"
    assert found["https://huggingface.co/acme/small"].lines == (5, 5)
    assert found["acme/corpus"].relation == "trained_on" and found["acme/corpus"].lines == (6, 6)
    assert found["acme/tiny-2"].relation == "new_version" and found["acme/tiny-2"].lines == (8, 8)


def test_the_declared_relation_belongs_to_every_base_model():
    relations = {claim.relation for claim in claims_of(CARD) if claim.field == "base_model"}
    assert relations == {"finetune"}


def test_a_sentence_names_the_base_and_the_dataset_behind_it():
    prose = [claim for claim in claims_of(CARD) if claim.source == "prose"]
    assert [(c.relation, c.parent, c.lines) for c in prose] == [
        ("finetune", "acme/tiny", (11, 11)),
        ("trained_on", "acme/dialogues", (11, 11)),
    ]


@pytest.mark.parametrize("value", [None, "", [], ["", "None", "[More Information Needed]"], "n/a", [None, 3]])
def test_a_placeholder_is_no_parent(value):
    assert read_header("model", {"base_model": value}).claims == ()


def test_a_field_that_cannot_name_a_repository_is_a_problem_and_not_silence():
    assert "base_model" in read_header("model", {"base_model": 7}).problem
    assert read_header("model", {"base_model": []}).problem == ""


def test_a_base_named_twice_is_one_claim():
    assert said(read_header("model", {"base_model": ["acme/a", "acme/a", "acme/b"]})) == [
        ("", "acme/a"),
        ("", "acme/b"),
    ]


def test_datasets_and_spaces_have_parents_of_their_own():
    assert said(read_header("dataset", {"source_datasets": ["original", "extended|acme/corpus"]})) == [
        ("derived_data", "acme/corpus")
    ]
    space = {"models": ["acme/tiny"], "datasets": "acme/corpus", "duplicated_from": "acme/demo"}
    assert said(read_header("space", space)) == [
        ("uses", "acme/tiny"),
        ("uses", "acme/corpus"),
        ("duplicated_from", "acme/demo"),
    ]


def test_the_header_that_the_hub_parsed_speaks_where_the_card_is_not_kept():
    found = claims_of(None, info={"cardData": {"base_model": "acme/tiny"}})
    assert [(c.source, c.parent, c.lines) for c in found] == [("card", "acme/tiny", None)]


def test_the_key_of_quantizers_says_how_the_base_was_taken_over():
    assert said(read_header("model", {"base_model": "acme/tiny", "quantized_by": "me"})) == [("quantized", "acme/tiny")]
    told = {"base_model": "acme/tiny", "base_model_relation": "finetune", "quantized_by": "me"}
    assert said(read_header("model", told)) == [("finetune", "acme/tiny")]
    assert said(read_header("model", {"base_model": "acme/tiny", "quantized_by": []})) == [("", "acme/tiny")]


def test_a_header_that_cannot_be_read_is_a_problem():
    evidence = evidence_of(ShownRepo("model", "me/mine", "---\nbase_model: [a\n---\n"))
    assert evidence.reading.problem and not evidence.is_card_read


def test_the_typed_tag_stands_for_the_bare_one():
    tags = ["base_model:acme/a", "base_model:adapter:acme/a", "base_model:acme/b", "dataset:acme/corpus", "en"]
    assert said(read_tags("model", tags)) == [("adapter", "acme/a"), ("", "acme/b"), ("trained_on", "acme/corpus")]


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ({"relation": "merge", "models": [{"_id": "1", "id": "acme/a"}, {"id": "acme/b"}]}, ["acme/a", "acme/b"]),
        ([{"id": "acme/a"}], ["acme/a"]),
        (["acme/a", 7, None], ["acme/a"]),
        ({"relation": ["merge"], "models": "acme/a"}, []),
        (None, []),
    ],
)
def test_base_models_of_the_api_are_read_in_every_shape(value, expected):
    assert [name for _, name in base_models(value)] == expected


def test_a_space_uses_what_the_hub_found_in_its_code():
    info = {"models": ["acme/tiny"], "datasets": [{"id": "acme/corpus"}]}
    assert [(c.relation, c.parent_kind, c.parent) for c in read_api("space", info).claims] == [
        ("uses", "model", "acme/tiny"),
        ("uses", "dataset", "acme/corpus"),
    ]


def test_an_adapter_names_its_base_at_a_revision():
    claim = read_adapter_config({"base_model_name_or_path": "acme/tiny", "revision": "v1", "peft_type": "LORA"}).claims[
        0
    ]
    assert (claim.relation, claim.role, claim.parent_revision) == ("adapter", "base", "v1")


@pytest.mark.parametrize(
    "config",
    [
        {"model_name": "acme/tiny", "model_type": "bert", "hidden_size": 8, "config": {}},
        {"model": "acme/tiny", "fine_tune_type": "lora", "adapter_path": "adapters"},
    ],
)
def test_an_adapter_of_another_library_names_its_base_by_another_key(config):
    assert said(read_adapter_config(config)) == [("adapter", "acme/tiny")]


def test_a_base_that_is_no_text_is_a_problem():
    reading = read_adapter_config({"base_model_name_or_path": ["acme/tiny"]})
    assert reading.claims == () and "base_model_name_or_path holds a list" in reading.problem


def test_the_parts_of_a_composed_model_hint_at_their_own_beginnings():
    text = (
        '{\n"_name_or_path": "",\n"decoder": {\n"_name_or_path": "acme/a"},\n"encoder": {\n"_name_or_path": "acme/b"}}'
    )
    config, _ = load_json("\ufeff" + text, "config.json")
    found = read_config(config, Place.of("config.json", text)).claims
    assert [(c.parent, c.role, c.lines) for c in found] == [
        ("acme/b", "encoder", (6, 6)),
        ("acme/a", "decoder", (4, 4)),
    ]
    assert read_config({"_name_or_path": "acme/a", "quantization": {"bits": 4}}).claims[0].relation == "quantized"


@pytest.mark.parametrize(
    ("header", "expected"),
    [
        ({"base_model": "acme/a, acme/b"}, [("", "acme/a"), ("", "acme/b")]),
        ({"base_model": "acme/a", "base_model_relation": ["quantized"]}, [("quantized", "acme/a")]),
        ({"base_model": "acme/a", "base_model_relation": "Fine-Tuned"}, [("finetune", "acme/a")]),
        ({"base_model": "acme/a", "base_model_relation": "distill"}, [("distilled", "acme/a")]),
        ({"base_model": "acme/a", "base_model_relation": "new_version"}, [("", "acme/a")]),
    ],
)
def test_a_header_in_spellings_that_the_hub_does_not_take(header, expected):
    assert said(read_header("model", header)) == expected


def test_a_space_uses_what_it_loads_beforehand():
    header = {"sdk": "gradio", "preload_from_hub": ["acme/tiny config.json,model.safetensors 1f2e", "acme/b"]}
    assert said(read_header("space", header)) == [("uses", "acme/tiny"), ("uses", "acme/b")]


def test_the_api_shows_the_adapter_inside_the_configuration():
    claim = read_config({"peft": {"base_model_name_or_path": "acme/tiny"}}).claims[0]
    assert (claim.source, claim.field) == ("adapter_config", "peft.base_model_name_or_path")


def test_the_calibration_set_of_a_quantizer_is_a_dataset():
    claim = read_config({"quantization_config": {"quant_method": "gptq", "dataset": "acme/corpus"}}).claims[0]
    assert (claim.relation, claim.parent_kind, claim.role) == ("trained_on", "dataset", "calibration")


@pytest.mark.parametrize("text", ["", "[1, 2]", "{", "[" * 100_000, '{"a": ' * 5_000, "x" * (5 << 20)])
def test_a_bad_configuration_is_one_sentence(text):
    config, problem = load_json(text, "config.json")
    assert config is None and problem.startswith("config.json") and problem.endswith(".")


TINY = "[`acme/tiny`](https://huggingface.co/acme/tiny)"


@pytest.mark.parametrize(
    ("sentence", "relation"),
    [
        ("- **Finetuned from model [optional]:** acme/tiny", "finetune"),
        ("- **Finetuned from model :** acme/tiny", "finetune"),
        (f"This is a quantized version of {TINY} made today.", "quantized"),
        (f"This model was converted to GGUF format from {TINY} using a script.", "quantized"),
        (f"The model [a/b](https://huggingface.co/a/b) was converted to MLX format from {TINY}", "converted"),
        ("These are LoRA adaption weights for acme/tiny. They were trained with x.", "adapter"),
        ("A distilled version of the [Tiny base model](https://huggingface.co/acme/tiny).", "distilled"),
        ("This is a dreambooth model derived from acme/tiny. The weights", "finetune"),
        ("An abliterated version of **acme/tiny**, with refusals removed", "edited"),
        ("A pruned version of `acme/tiny`", "pruned"),
        ("static quants of https://huggingface.co/acme/tiny", "quantized"),
        (f"This repo contains GGUF format model files for {TINY}.", "quantized"),
        ("A quantized version of [the base model](https://huggingface.co/acme/tiny)", "quantized"),
        ("https://huggingface.co/acme/tiny with ONNX weights to be compatible with a library.", "converted"),
        (f"本模型是 {TINY} 的微调版本。", "finetune"),
        (f"{TINY}をファインチューニングしたモデルです。", "finetune"),
        (f"{TINY}의 양자화 모델", "quantized"),
        (f"Ce modèle est une version affinée de {TINY}.", "finetune"),
        (f"We fine-tuned {TINY} on our own data.", "finetune"),
        (f"A DPO-tuned version of {TINY}", "finetune"),
        (f"A QLoRA adapter trained on top of {TINY}", "adapter"),
        (f"It is a copy of {TINY}.", "copied"),
        (f"Eine quantisierte Version von {TINY}.", "quantized"),
    ],
)
def test_a_sentence_says_how_a_model_comes_from_its_parent(sentence, relation):
    assert said(read_prose(sentence)) == [(relation, "acme/tiny")]


@pytest.mark.parametrize(
    "text",
    [
        "```\nfine-tuned version of acme/tiny\n```",
        "<!-- fine-tuned version of acme/tiny -->",
        "We compare with models fine-tuned from acme/tiny.",
        "It is better than the quantized version of acme/tiny.",
        "You can use a LoRA adapter for acme/tiny.",
        "See also: a distilled version of acme/tiny",
        "Unlike models that were fine-tuned from acme/tiny, it was trained from scratch.",
        "To fine-tune from acme/tiny, run the script.",
        "It is neither a fine-tune of acme/tiny nor a merge of acme/tiny and acme/b.",
        "Soon we will release a fine-tuned version of acme/tiny.",
        "Previous work was fine-tuned from acme/tiny.",
        "Is this a fine-tuned version of acme/tiny?",
        "No quantized version of acme/tiny exists yet.",
        "There is a quantized version of acme/tiny by others.",
        f"Quantized versions of {TINY} are available at me/quants.",
        "<!--\nfine-tuned version of acme/tiny\n-->",
        "It was fine-tuned from scratch on acme/corpus or so",
        "a fine-tuned version of [Tiny](https://example.org/acme/tiny)",
        "**Finetuned from model [optional]:** [More Information Needed]",
        "quantized of his own accord",
    ],
)
def test_code_comments_and_other_sites_do_not_speak(text):
    assert read_prose(text).claims == ()


def test_a_merge_lists_its_models_in_the_lines_below():
    text = "It is a merge of these models using a tool:\n\n* [A](https://huggingface.co/acme/a)\n* acme/b\n\nacme/c"
    assert said(read_prose(text)) == [("merge", "acme/a"), ("merge", "acme/b")]


def test_a_link_to_a_dataset_is_no_model():
    text = "fine-tuned from [Corpus](https://huggingface.co/datasets/acme/corpus)"
    assert [(c.relation, c.parent_kind) for c in read_prose(text).claims] == [("trained_on", "dataset")]


def test_a_sentence_names_the_data_of_the_training():
    text = "The weights were fine-tuned on the acme/corpus dataset."
    assert said(read_prose(text)) == [("trained_on", "acme/corpus")]


def test_a_path_behind_the_hubs_address_is_a_path():
    dotted = read_prose("a fine-tuned version of [./out/tiny](https://huggingface.co/./out/tiny)").claims[0]
    assert dotted.parent == "./out/tiny"
    text = "a fine-tuned version of [/root/out/tiny](https://huggingface.co//root/out/tiny) on data"
    claim = read_prose(text).claims[0]
    assert claim.parent == "/root/out/tiny" and read_reference(claim.parent).is_path


def test_a_list_of_parents_is_cut_and_says_so():
    reading = sum(
        (read_header("model", {"base_model": [f"acme/m{n}-{k}" for n in range(150)]}) for k in range(5)), Reading()
    )
    assert len(reading.claims) == 500 and "500" in reading.problem


anything = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=30),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=12), inner, max_size=4),
    max_leaves=12,
)
fields = st.sampled_from(
    "base_model base_model_relation new_version datasets source_datasets models tags duplicated_from".split()
)


@given(st.sampled_from(["model", "dataset", "space"]), st.dictionaries(fields, anything), anything, anything)
def test_no_header_and_no_answer_of_the_hub_is_an_error(kind, metadata, config, bases):
    info = {"cardData": metadata, "config": config, "baseModels": bases, "models": bases, "library_name": config}
    reading = evidence_of(ShownRepo(kind, "me/mine", None, info=info)).reading
    assert all(isinstance(claim.parent, str) and claim.parent for claim in reading.claims)


@given(st.text())
def test_no_text_is_an_error(text):
    read_reference(text)
    read_prose(text)
    evidence_of(ShownRepo("model", "me/mine", text))
