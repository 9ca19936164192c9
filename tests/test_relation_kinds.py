"""How a repository comes from its parents: our own reading beside what the card declares and the Hub inferred."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lineage.claims import KINDS
from lineage.kinds import decide
from lineage.readers.repository import ShownRepo, evidence_of
from tests.bench import relations

WHOLE = ("config.json", "model.safetensors")
ADAPTER = ("adapter_config.json", "adapter_model.safetensors")
RECIPE = "```yaml\nmerge_method: slerp\nmodels:\n- model: acme/a\n- model: acme/b\nbase_model: acme/a\n```\n"


def verdict(name="me/mine", *, base=None, relation=None, tags=(), paths=WHOLE, body="", hub=True, **info):
    """What we read of a model; the Hub's tags say `finetune` of each base, as they nearly always do."""
    bases = [base] if isinstance(base, str) else list(base or ())
    header = "".join(f"- {each}\n" for each in bases)
    card = "---\nlicense: mit\n" + (f"base_model:\n{header}" if bases else "")
    card += f"base_model_relation: {relation}\n" if relation else ""
    tags = (*tags, *(f"base_model:finetune:{each}" for each in bases if hub))
    return decide(evidence_of(ShownRepo("model", name, f"{card}---\n{body}", tags, info, paths)))


def test_whole_weights_with_one_base_are_a_finetune():
    found = verdict(base="acme/tiny")
    assert (found.relation, found.contradictions) == ("finetune", ())
    assert [(p.name, p.relation, p.hub_relation) for p in found.parents] == [("acme/tiny", "finetune", "finetune")]


@pytest.mark.parametrize(
    "shown",
    [
        {"paths": ADAPTER},
        {"paths": ("adapter_model.bin", "training_args.bin", "model.safetensors")},  # no config.json: nothing loads it
        {"paths": ("pytorch_lora_weights.safetensors",)},
        {"paths": ("learned_embeds.bin",)},
        {"paths": (), "library_name": "peft"},
        {"paths": ("odd-1000.safetensors",), "tags": ("LoRA",)},
        {"paths": None, "config": {"peft": {"base_model_name_or_path": "acme/tiny"}}},
    ],
)
def test_adapter_weights_without_whole_ones_are_an_adapter(shown):
    found = verdict(base="acme/tiny", **shown)
    assert found.relation == found.parents[0].relation == "adapter"
    assert "The Hub says finetune of acme/tiny, but we read adapter" in found.contradictions[0]


def test_an_adapter_kept_beside_the_whole_model_that_it_was_merged_into_is_a_finetune():
    assert verdict(base="acme/tiny", paths=WHOLE + ADAPTER).relation == "finetune"


@pytest.mark.parametrize(
    "shown",
    [
        {"paths": ("tiny.Q4_K_M.gguf",)},
        {"paths": ("tiny.Q2_K.gguf.part1of3", "tiny.Q2_K.gguf.part2of3")},
        {"name": "me/tiny-GPTQ"},
        {"name": "me/tiny-mlx-4Bit"},
        {"name": "me/tiny-exl2", "paths": ("README.md",)},
        {"paths": (*WHOLE, "quantize_config.json")},
        {"paths": ("config.json", "qmodel.pt", "smash_config.json")},
        {"config": {"quantization_config": {"bits": 4}}},
        {"tags": ("4-bit", "awq")},
        {"body": "This is a quantized version of [t](https://huggingface.co/acme/tiny)."},
    ],
)
def test_quantized_files_formats_and_names_are_a_quantization(shown):
    assert verdict(base="acme/tiny", **shown).relation == "quantized"


def test_a_relation_that_a_quantizer_copied_is_contradicted_by_its_files():
    found = verdict(base="acme/tiny", relation="finetune", paths=("tiny-q8_0.gguf",))
    parent = found.parents[0]
    assert (parent.declared_relation, parent.hub_relation, parent.relation) == ("finetune", "finetune", "quantized")
    assert found.contradictions == (
        "The card says finetune and the Hub says finetune of acme/tiny, but we read quantized:"
        " it holds tiny-q8_0.gguf and no full weights.",
    )


@pytest.mark.parametrize(
    "shown",
    [
        {"paths": (*WHOLE, "tiny.gguf")},  # a whole model with a quantization beside it
        {"config": {"quantization_config": {"quant_method": "fp8"}}},  # a format that models are released in
        {"config": {"quantization_config": {"quant_method": "bitsandbytes"}}, "tags": ("trl", "sft")},
        {"base": "acme/tiny-bnb-4bit", "config": {"quantization_config": {"bits": 4}}},  # trained on a quantization
    ],
)
def test_what_only_looks_quantized_is_not(shown):
    assert verdict(**({"base": "acme/tiny"} | shown)).relation == "finetune"


def test_a_recipe_makes_a_merge_even_of_one_base():
    found = verdict(base="acme/a", tags=("merge",), body=RECIPE)
    assert found.relation == "merge"
    assert [(p.name, p.relation, p.role) for p in found.parents] == [
        ("acme/a", "merge", "base"),
        ("acme/b", "merge", "expert"),
    ]


def test_several_bases_with_the_tag_of_a_merge_are_a_merge():
    found = verdict(base=["acme/a", "acme/b"], tags=("merge",))
    assert {p.relation for p in found.parents} == {"merge"}


def test_several_bases_without_it_are_not_and_the_hubs_missing_tags_are_told():
    card = "---\nbase_model: [acme/a, acme/b]\n---\n"
    shown = ShownRepo("model", "me/mine", card, ("base_model:finetune:acme/a",), {}, WHOLE)
    found = decide(evidence_of(shown))
    assert found.relation == "finetune"
    assert found.contradictions == ("The card names 2 base models, the Hub's tags only 1 of them.",)


def test_a_model_that_is_trunk_and_expert_stands_in_both_roles():
    moe = "```yaml\nbase_model: acme/a\nexperts:\n- source_model: acme/a\n- source_model: acme/b\n```\n"
    found = verdict(base=["acme/a", "acme/b"], body=moe)
    assert found.relation == "moe_expert"
    assert [(p.name, p.role) for p in found.parents] == [
        ("acme/a", "moe_trunk"),
        ("acme/a", "moe_expert"),
        ("acme/b", "moe_expert"),
    ]


def test_a_copied_header_names_ancestors_and_the_sentence_the_true_parent():
    found = verdict(
        "me/mix-GGUF",
        base=["acme/a", "acme/b"],
        tags=("merge", "mergekit"),
        paths=("mix.Q4_K_M.gguf",),
        body="This is quantized version of [acme/mix](https://huggingface.co/acme/mix) made with a tool.\n\n" + RECIPE,
    )
    assert [(p.name, p.relation, p.role) for p in found.parents] == [
        ("acme/mix", "quantized", ""),
        ("acme/a", "quantized", "inherited"),
        ("acme/b", "quantized", "inherited"),
    ]
    assert "acme/mix was converted" in " ".join(found.contradictions)


def test_a_sentence_of_a_copied_card_makes_no_second_parent():
    body = "Original card: a fine-tuned version of [acme/base](https://huggingface.co/acme/base)."
    found = verdict("me/tiny-GGUF", base="acme/tiny", paths=("tiny.gguf",), body=body)
    assert [p.name for p in found.parents] == ["acme/tiny"]
    assert [c.parent for c in found.unbound] == ["acme/base"]


def test_a_disagreeing_configuration_keeps_both_bases_and_says_so():
    text = '{"base_model_name_or_path": "acme/tiny-bnb-4bit"}'
    shown = ShownRepo("model", "me/mine", "---\nbase_model: acme/tiny\n---\n", paths=ADAPTER, texts={ADAPTER[0]: text})
    found = decide(evidence_of(shown))
    assert {p.name for p in found.parents} == {"acme/tiny", "acme/tiny-bnb-4bit"}
    assert found.contradictions == ("The card names acme/tiny, adapter_config.json names acme/tiny-bnb-4bit.",)


@pytest.mark.parametrize(
    ("shown", "kind"),
    [
        ({"paths": ("openvino_model.xml", "openvino_model.bin")}, "converted"),
        ({"paths": ("onnx/model.onnx", "config.json")}, "converted"),
        ({"tags": ("mlx",), "name": "me/tiny-bf16"}, "converted"),
        ({"name": "me/tiny-abliterated"}, "edited"),
        ({"name": "me/tiny-pruned"}, "pruned"),
        ({"body": "A distilled version of acme/tiny."}, "distilled"),
        ({"name": "me/tiny"}, "copied"),
        ({"name": "unsloth/tiny", "tags": ("unsloth",)}, "copied"),
        ({"name": "unsloth/tiny-unsloth", "tags": ("unsloth",)}, "copied"),
        ({"name": "me/tiny", "tags": ("unsloth",)}, "finetune"),
        ({"name": "me/tiny-BF16"}, "converted"),
        ({"name": "me/tiny-BF16", "tags": ("trl",)}, "finetune"),
        ({"name": "me/other-BF16"}, "finetune"),
        ({"name": "me/tiny-4layers"}, "pruned"),
        ({"name": "me/tiny-sliced"}, "pruned"),
        ({"name": "me/tiny", "tags": ("trl",)}, "finetune"),
        ({"relation": "adapter", "paths": None}, "adapter"),
    ],
)
def test_other_ways_of_coming_from_a_model(shown, kind):
    assert verdict(base="acme/tiny", **shown).relation == kind


def test_a_hint_in_the_configuration_counts_only_where_nothing_else_speaks():
    hint = {"_name_or_path": "acme/other"}
    assert [p.name for p in verdict(base="acme/tiny", config=hint).parents] == ["acme/tiny"]
    assert [p.name for p in verdict(config=hint).parents] == ["acme/other"]
    assert verdict(config={"_name_or_path": "./out/checkpoint-3"}).parents == ()


def test_a_repository_that_names_itself_is_told():
    found = verdict("Me/Mine", base="me/mine")
    assert found.contradictions == ("It names itself, me/mine, as its own parent.",)


def test_a_base_that_is_also_the_newer_version_is_told():
    card = "---\nbase_model: acme/tiny\nnew_version: acme/tiny\n---\n"
    found = decide(evidence_of(ShownRepo("model", "me/mine", card, paths=WHOLE)))
    assert [p.relation for p in found.parents] == ["finetune", "new_version"]
    assert "both as what it was made from and as its newer version" in found.contradictions[0]


def test_a_path_on_a_disk_stays_a_parent_that_nobody_can_find():
    found = verdict(base="/home/me/out", hub=False)
    assert found.parents[0].reference.is_path and "a path on a disk" in found.contradictions[0]


def test_base_and_unknown_are_two_things():
    assert verdict().relation == "base"
    assert decide(evidence_of(ShownRepo("model", "me/mine"))).relation == "unknown"
    assert decide(evidence_of(ShownRepo("model", "me/mine", paths=("tiny.gguf",)))).relation == "quantized"


def test_the_same_parent_under_other_capitals_and_an_address_is_one():
    found = verdict(base=["acme/tiny", "Acme/Tiny", "https://huggingface.co/acme/tiny/tree/main"], hub=False)
    assert len(found.parents) == 1 and len(found.parents[0].claims) == 3


names = st.sampled_from(["acme/a", "acme/b", "me/mine", "./out", "None", "https://huggingface.co/acme/a", "a b"])
files = st.sampled_from(
    [*WHOLE, *ADAPTER, "a.gguf", "model.onnx", "training_args.bin", "checkpoint-1/model.safetensors"]
)
words = st.sampled_from(["merge", "mergekit", "lora", "4-bit", "mlx", "trl", "pruned", "en"])


@given(
    st.sampled_from(["me/mine", "me/a-GGUF", "me/a", "me/a-abliterated"]),
    st.lists(names, max_size=4),
    st.none() | st.sampled_from(["adapter", "merge", "quantized", "finetune", "child"]),
    st.none() | st.lists(files, max_size=5),
    st.lists(words, max_size=3),
)
def test_every_parent_has_one_of_the_closed_kinds_and_every_claim_one_place(name, bases, relation, paths, tags):
    paths = None if paths is None else tuple(paths)
    found = verdict(name, base=bases, relation=relation, paths=paths, tags=tuple(tags))
    assert all(parent.relation in KINDS for parent in found.parents)
    keys = [(*parent.key, parent.relation, parent.role) for parent in found.parents]
    assert len(keys) == len(set(keys))
    claims = [claim for parent in found.parents for claim in parent.claims] + list(found.unbound)
    assert len(claims) == len(set(claims))


def test_a_port_to_mlx_is_known_by_its_name_where_its_tags_are_a_copied_cards():
    assert verdict("me/tiny-mlx-fp16", base="acme/tiny", tags=("mlx", "trl", "sft")).relation == "converted"


def test_a_quantization_called_after_the_tuned_variant_of_its_header_is_told():
    for name in ("me/Tiny-Instruct-4bit", "me/acme-Tiny-Instruct-4bit"):
        found = verdict(name, base="acme/Tiny", relation="quantized", hub=False)
        assert found.contradictions == ("Its name says that Tiny-Instruct was quantized, the card names acme/Tiny.",)
    assert not verdict("me/Tiny-Iterated-4bit", base="acme/Tiny", relation="quantized", hub=False).contradictions


def test_a_sentence_that_names_another_origin_than_the_header_is_told():
    found = verdict(base="acme/large", body="**Finetuned from model:** `acme/small`", hub=False)
    assert [p.name for p in found.parents] == ["acme/large", "acme/small"]
    assert found.contradictions == ("The header names acme/large, the text acme/small.",)


def test_the_names_of_the_labels_are_the_kinds_of_relations():
    labels = relations.labels()
    assert len(labels) > 300
    assert {label.relation for label in labels.values()} <= {*KINDS, "base"}
    assert set(map(relations.half_of, labels)) == set(relations.HALVES)


def test_a_merge_whose_header_lacks_one_of_its_models_contradicts_nothing_else():
    found = verdict(base="acme/a", hub=False, body="It is a merge of acme/a and acme/b.\n\n" + RECIPE)
    assert found.relation == "merge" and not any("the text" in sentence for sentence in found.contradictions)
