"""What a mergekit file says of its models: order, roles, layers, revisions, adapters, experts."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lineage.readers.mergekit import METHODS
from lineage.readers.repository import ShownRepo, evidence_of
from lineage.readers.yaml_blocks import read_blocks, read_recipe_file
from lineage.recipes import points, told, value_at

TIES = """models:
  - model: acme/base
  - model: acme/chat@v2
    parameters: {density: 0.5, weight: 0.3}
  - model: acme/code+acme/code-lora@main
    parameters:
      weight: [0, 0.5, 1]
merge_method: ties
base_model: acme/base
parameters:
  normalize: true
dtype: float16
"""
SLICES = """slices:
- sources:
  - model: acme/a
    layer_range: [0, 24]
- sources:
  - model: acme/b
    layer_range: [8, 32]
merge_method: passthrough
"""
MOE = """base_model: acme/a
gate_mode: hidden
experts:
  - source_model: acme/a
    positive_prompts: [chat]
  - source_model: acme/b
    positive_prompts: [code]
"""


def nested(children):
    conditions = st.fixed_dictionaries({"value": children}, optional={"filter": children})
    return st.lists(children | conditions, max_size=4) | conditions


def recipe(text):
    reading = read_recipe_file(text, "mergekit_config.yml")
    assert reading.problem == ""
    return reading.recipes[0]


def test_models_keep_their_order_roles_revisions_and_lines():
    found = recipe(TIES)
    assert (found.method, found.dialect, found.lines) == ("ties", "mergekit", (1, 12))
    assert [(i.parent, i.role, i.parent_revision, i.lora, i.lora_revision, i.lines) for i in found.inputs] == [
        ("acme/base", "base", "", "", "", (2, 2)),
        ("acme/chat", "expert", "v2", "", "", (3, 3)),
        ("acme/code", "expert", "", "acme/code-lora", "main", (5, 5)),
    ]
    assert found.inputs[1].parameters == {"density": 0.5, "weight": 0.3}
    assert found.settings["parameters"] == {"normalize": True}


def test_every_parent_of_a_recipe_is_a_claim_in_its_role():
    claims = read_recipe_file(TIES, "mergekit_config.yml").claims
    assert [(c.parent, c.role, c.parent_revision) for c in claims] == [
        ("acme/base", "base", ""),
        ("acme/chat", "expert", "v2"),
        ("acme/code", "expert", ""),
        ("acme/code-lora", "lora", "main"),
    ]


def test_the_layers_of_the_child_follow_from_the_slices_before():
    found = recipe(SLICES)
    assert [(i.parent, i.parent_layers, i.child_layers) for i in found.inputs] == [
        ("acme/a", (0, 24), (0, 24)),
        ("acme/b", (8, 32), (24, 48)),
    ]


def test_a_base_that_is_not_listed_is_an_input_all_the_same():
    found = recipe("merge_method: task_arithmetic\nbase_model: acme/base\nmodels:\n- model: acme/a\n")
    assert [(i.parent, i.role, i.lines) for i in found.inputs] == [
        ("acme/a", "expert", (4, 4)),
        ("acme/base", "base", (2, 2)),
    ]


def test_slices_under_modules_are_read():
    found = recipe(
        "merge_method: linear\nmodules:\n  text:\n    slices:\n    - sources: [{model: acme/a, layer_range: [0, 4]}]\n"
    )
    assert [(i.parent, i.module, i.child_layers) for i in found.inputs] == [("acme/a", "text", (0, 4))]


def test_a_mixture_of_experts_has_a_trunk_and_experts():
    reading = read_recipe_file(MOE, "mergekit_moe_config.yml")
    assert reading.recipes[0].method == "moe" and reading.recipes[0].dialect == "mergekit-moe"
    assert {claim.relation for claim in reading.claims} == {"moe_expert"}
    assert [(i.parent, i.role) for i in reading.recipes[0].inputs] == [
        ("acme/a", "moe_expert"),
        ("acme/b", "moe_expert"),
        ("acme/a", "moe_trunk"),
    ]


def test_shared_experts_and_adapters_of_experts_are_read():
    found = recipe(
        "base_model: {model: {path: acme/a, revision: v1}}\nexperts:\n- source_model: acme/b+acme/lora\n"
        "shared_experts:\n- {source_model: acme/c, residual_scale: 0.1}\n"
    )
    assert [(i.parent, i.role, i.parent_revision, i.lora, i.parameters) for i in found.inputs] == [
        ("acme/b", "moe_expert", "", "acme/lora", {}),
        ("acme/c", "moe_shared_expert", "", "", {"residual_scale": 0.1}),
        ("acme/a", "moe_trunk", "v1", "", {}),
    ]


def test_a_reference_as_a_mapping_keeps_its_adapter():
    found = recipe(
        "merge_method: linear\nmodels:\n- model:\n    model: {path: acme/a, revision: r1}\n"
        "    lora: {path: acme/lora, revision: r2}\n    override_architecture: X\n"
    )
    (one,) = found.inputs
    assert (one.parent, one.parent_revision, one.lora, one.lora_revision) == ("acme/a", "r1", "acme/lora", "r2")
    assert one.lines == (4, 4)


def test_a_slice_has_a_base_and_a_residual_of_its_own():
    found = recipe(
        "merge_method: slerp\nbase_model: acme/a\nslices:\n"
        "- sources: [{model: acme/a, layer_range: [0, 4]}, {model: acme/b, layer_range: [0, 4]}]\n"
        "- base_model: acme/b\n  residual_weight: 0.2\n"
        "  sources: [{model: acme/a, layer_range: [4, 6]}, {model: acme/b, layer_range: [6, 8]}]\n"
        "- base_model: acme/c\n  sources: [{model: acme/b, layer_range: [8, 9]}]\n"
    )
    assert [(i.parent, i.role, i.child_layers, i.parameters) for i in found.inputs] == [
        ("acme/a", "base", (0, 4), {}),
        ("acme/b", "expert", (0, 4), {}),
        ("acme/a", "expert", (4, 6), {"residual_weight": 0.2}),
        ("acme/b", "base", (4, 6), {"residual_weight": 0.2}),
        ("acme/b", "expert", (6, 7), {}),
        ("acme/c", "base", (6, 7), {}),
    ]


def test_the_nearest_parameter_counts_and_a_filter_that_fails_asks_further_out():
    found = recipe(
        "merge_method: ties\nbase_model: acme/a\nparameters: {weight: 0.9, density: 0.5, normalize: true}\n"
        "modules:\n  text:\n    parameters: {weight: 0.7}\n    slices:\n    - parameters: {weight: 0.5}\n"
        "      sources:\n      - {model: acme/a, layer_range: [0, 4]}\n"
        "      - {model: acme/b, layer_range: [0, 4], parameters: {weight: [{filter: mlp, value: [0, 1]}]}}\n"
    )
    assert [(i.parent, i.parameters) for i in found.inputs] == [
        ("acme/a", {"weight": 0.5, "density": 0.5}),
        ("acme/b", {"weight": [{"value": [0, 1], "filter": "mlp"}, {"value": 0.5}], "density": 0.5}),
    ]
    weight = found.inputs[1].parameters["weight"]
    assert [value_at(weight, "layers.0.mlp.up", t) for t in (0, 0.5, 1)] == [0, 0.5, 1]
    assert value_at(weight, "layers.0.self_attn.q", 0.5) == 0.5


@given(
    st.recursive(st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=3), nested, max_leaves=9)
)
def test_no_setting_is_an_error(setting):
    value_at(setting, "mlp", 0.3)
    list(told({"weight": setting}))
    points(setting, 5)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (
            "merge_method: linear\nmodels: [acme/a]\nslices: [{sources: [{model: acme/b, layer_range: [0, 1]}]}]",
            "exactly one",
        ),
        (
            "merge_method: slerp\nslices: [{sources: [{model: a/a, layer_range: [0, 2]},"
            " {model: a/b, layer_range: [0, 3]}]}]",
            "different lengths",
        ),
        ("merge_method: linear\nmodels: [acme/a]\ntokenizer_source: base\ntokenizer: {source: union}", "one of them"),
    ],
)
def test_what_mergekit_refuses_is_said_and_read_all_the_same(text, words):
    found = recipe(text)
    assert words in found.problem and found.inputs


def test_a_token_may_come_from_a_model_of_its_own():
    claims = read_recipe_file(
        TIES + "tokenizer:\n  source: union\n  tokens:\n"
        "    <s>: {source: {kind: model_token, model: acme/words, token: <s>}}\n"
        "    <e>: {source: {kind: zero}}\n",
        "m.yml",
    ).claims
    assert [(c.parent, c.role) for c in claims if c.relation == "tokenizer_source"] == [
        ("acme/words", "tokenizer_source")
    ]


def test_the_tokenizer_may_come_from_elsewhere():
    claims = read_recipe_file(TIES + "tokenizer_source: acme/words@v1\n", "m.yml").claims
    assert [(c.parent, c.parent_revision, c.lines) for c in claims if c.relation == "tokenizer_source"] == [
        ("acme/words", "v1", (13, 13))
    ]


def test_a_stage_of_the_same_file_is_no_parent():
    stages = (
        "name: first\n" + SLICES + "---\nname: last\nmerge_method: linear\nmodels:\n- model: first\n- model: acme/c\n"
    )
    reading = read_recipe_file(stages, "merge.yml")
    assert [r.method for r in reading.recipes] == ["passthrough", "linear"]
    assert [c.parent for c in reading.claims] == ["acme/a", "acme/b", "acme/c"]
    assert reading.claims[-1].lines == (15, 15)


@pytest.mark.parametrize("method", sorted(METHODS))
def test_every_method_of_mergekit_is_known(method):
    assert recipe(f"merge_method: {method}\nmodels: [{{model: acme/a}}, acme/b]\n").problem == ""


def test_an_unknown_method_is_kept_and_said():
    reading = read_recipe_file("merge_method: alchemy\nmodels: [{model: acme/a}]\n", "m.yml")
    assert reading.recipes[0].method == "alchemy" and "alchemy" in reading.recipes[0].problem


@pytest.mark.parametrize(
    "text", ["merge_method: [", "a: 1", "", "&a [*a]", "merge_method: ties\nmerge_method: ties\nmodels: []", "[" * 9999]
)
def test_a_file_without_a_readable_recipe_is_one_problem(text):
    reading = read_recipe_file(text, "mergekit_config.yml")
    assert not reading.claims and "mergekit_config.yml" in reading.problem


@pytest.mark.parametrize("models", ["3", "[3, null, {model: 4}, {model: {model: {path: []}}}, [acme/a]]", "{a: b}"])
def test_a_recipe_of_nonsense_has_no_inputs(models):
    found = read_recipe_file(f"merge_method: ties\nmodels: {models}\nslices: [3, {{sources: 4}}]", "m.yml")
    assert not found.claims and "names no model" in found.recipes[0].problem if found.recipes else found.problem


def test_a_recipe_in_a_card_keeps_the_lines_of_the_card():
    card = "# Merge\n\n```yaml\n" + SLICES + "```\n\n```python\nmerge_method = 'ties'\n```\n"
    reading = read_blocks(card, first=21)
    assert reading.recipes[0].lines[0] == 24
    assert [(c.parent, c.lines) for c in reading.claims] == [("acme/a", (26, 26)), ("acme/b", (29, 29))]


def test_the_training_file_of_axolotl_names_base_and_data():
    card = (
        "<details>\n\n```yaml\nbase_model: acme/tiny\nadapter: qlora\nsequence_len: 2048\nlearning_rate: 2e-4\n"
        "datasets:\n  - path: acme/corpus\n  - path: ./data.jsonl\n```\n"
    )
    assert [(c.relation, c.parent, c.source) for c in read_blocks(card, first=1).claims] == [
        ("adapter", "acme/tiny", "training_config"),
        ("trained_on", "acme/corpus", "training_config"),
    ]


def test_a_recipe_of_thousands_of_models_is_cut_and_says_so():
    text = "merge_method: linear\nmodels:\n" + "".join(f"- model: acme/m{n}\n" for n in range(5_000))
    found = read_recipe_file(text, "m.yml").recipes[0]
    assert len(found.inputs) == 300 and "300" in found.problem


def test_the_index_of_the_shards_tells_the_version_of_the_tool():
    texts = {
        "mergekit_config.yml": TIES,
        "model.safetensors.index.json": '{"metadata": {"mergekit_version": "0.1.4"}, "weight_map": {}}',
    }
    (found,) = evidence_of(ShownRepo("model", "me/mix", None, texts=texts)).reading.recipes
    assert (found.as_dict()["tool_version"], found.as_dict()["dtype"]) == ("0.1.4", "float16")
    for text in ("[", "[]", '{"metadata": 3}', '{"metadata": {"mergekit_version": 3}}'):
        shown = ShownRepo("model", "me/mix", None, texts=texts | {"model.safetensors.index.json": text})
        assert evidence_of(shown).reading.recipes[0].as_dict()["tool_version"] is None


def test_after_a_slice_whose_layers_are_not_known_those_of_the_child_are_not_known_either():
    for odd in ("[5, 2]", "[-1, 3]", "[0, 1e20]", "7"):
        found = recipe(
            "merge_method: passthrough\nslices:\n- sources: [{model: acme/a, layer_range: [0, 4]}]\n"
            f"- sources: [{{model: acme/b, layer_range: {odd}}}]\n"
            "- sources: [{model: acme/a, layer_range: [2, 6]}]\n"
        )
        assert [each.child_layers for each in found.inputs] == [(0, 4), None, None]
        assert found.problem == "A slice gives a range of layers that is none."


def test_a_short_file_of_axolotl_names_base_and_data_too():
    card = "```yaml\nbase_model: acme/base\nadapter: qlora\nload_in_4bit: true\ndatasets:\n  - path: acme/chats\n```\n"
    assert {(claim.relation, claim.parent) for claim in read_blocks(card, first=1).claims} == {
        ("adapter", "acme/base"),
        ("trained_on", "acme/chats"),
    }


def test_a_base_is_found_where_it_is_a_source_and_a_lora_where_its_mapping_names_it():
    text = (
        "base_model: acme/a\nmerge_method: task_arithmetic\nmodules:\n  text:\n    models:\n"
        "    - model: acme/a\n    - model:\n        model: {path: acme/b}\n        lora: {path: acme/l}\n"
        "  vision:\n    models:\n    - model: acme/a\n"
    )
    reading = read_recipe_file(text, "mergekit_config.yml")
    assert [(each.parent, each.lines) for each in reading.recipes[0].inputs] == [
        ("acme/a", (6, 6)),
        ("acme/b", (8, 8)),
        ("acme/a", (12, 12)),
    ]
    assert [(each.parent, each.lines) for each in reading.claims if each.role == "lora"] == [("acme/l", (9, 9))]
    unlisted = recipe("merge_method: ties\nmodels:\n- model: acme/b\nbase_model: acme/a\n")
    assert [(each.parent, each.lines) for each in unlisted.inputs] == [("acme/b", (3, 3)), ("acme/a", (4, 4))]


def test_a_recipe_with_anchors_is_read_as_mergekit_reads_it():
    found = recipe(
        "merge_method: linear\nmodels:\n- &one {model: acme/a, parameters: {weight: 0.5}}\n"
        "- {<<: *one, model: acme/b}\n"
    )
    assert [(each.parent, each.parameters) for each in found.inputs] == [
        ("acme/a", {"weight": 0.5}),
        ("acme/b", {"weight": 0.5}),
    ]


def test_the_share_of_the_whole_merge_counts_where_no_slice_has_its_own():
    text = (
        "merge_method: slerp\nbase_model: acme/a\nslices:\n- sources: [{model: acme/a, layer_range: [0, 4]}]\n"
        "- sources: [{model: acme/b, layer_range: [4, 8]}]\n  parameters: {t: 0.4}\n"
        "parameters: {t: 0.3, normalize: true}\n"
    )
    assert [each.parameters for each in recipe(text).inputs] == [{"t": 0.3}, {"t": 0.4}]
