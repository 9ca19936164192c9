"""How open a mirrored model is, from evidence: what is seen, what is only said, and what is not known."""

import json
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from openness.mof import READER, assess
from openness.mof.components import COMPONENTS
from openness.state import FileFact, LinkedRepo, RepoState

CARD = """---
license: apache-2.0
library_name: transformers
datasets:
- acme/corpus
model-index:
- name: tiny
  results:
  - task: {type: text-generation}
    dataset: {name: Bench, type: acme/bench}
    metrics: [{type: accuracy, value: 0.71}]
---
# Tiny

Tiny is a small language model that Acme trained for writing limericks in plain English. It is meant for play and
for teaching, knows nothing of the world after last summer, and should not be asked for advice of any kind. It was
trained on a single machine over a weekend by two people.

## Training data

Two million limericks, collected from public archives, without names of living people and without duplicates.
"""
WEIGHTS = (FileFact("README.md"), FileFact("config.json"), FileFact("model.safetensors", 10**8))
CORPUS = LinkedRepo("dataset", "acme/corpus", True, "no", "cc-by-4.0", True)
STATE = RepoState(
    kind="model",
    name="acme/tiny",
    card_state="present",
    card_text=CARD,
    info={"config": {"architectures": ["GPT2LMHeadModel"]}, "pipeline_tag": "text-generation"},
    files=WEIGHTS,
    gated="no",
    linked=(CORPUS,),
)


def component(state, slug):
    return next(row for row in assess(state).extra["components"] if row["slug"] == slug)


def rules(state):
    return {found["rule"] for found in assess(state).extra["openwashing"]}


def with_card(old, new, **more):
    assert old in CARD
    return replace(STATE, card_text=CARD.replace(old, new), **more)


def test_what_is_seen_confirms_and_what_is_looked_for_in_vain_is_absent():
    presence = {row["slug"]: row["presence"] for row in assess(STATE).extra["components"]}
    assert presence["final-model-parameters"] == "A"
    assert presence["model-card"] == "A" and presence["evaluation-results"] == "A"
    assert presence["model-architecture"] == "B" and presence["datasets"] == "B" and presence["data-card"] == "B"
    assert presence["evaluation-data"] == "C"
    assert presence["technical-report"] == "absent" and presence["training-code"] == "absent"


def test_the_class_is_told_with_the_next_step():
    result = assess(STATE)
    assert (result.label, result.extra["class"], result.score) == ("Unclassified", 0, None)
    assert result.extra["confirmed"]["progress"]["3"] == pytest.approx(500 / 6)
    step = result.extra["next_step"]
    assert (step["class"], [row["slug"] for row in step["components"]]) == (3, ["technical-report"])
    assert step["components"][0]["do"] == "publish"


def test_a_paper_of_its_own_makes_a_class_possible_but_its_licence_is_not_known():
    cited = CARD + "\nIt was introduced in [our paper](https://arxiv.org/abs/2401.00001).\n"
    result = assess(replace(STATE, card_text=cited))
    assert result.label == "Unclassified; possibly Class III - Open Model"
    assert [row["slug"] for row in result.extra["next_step"]["components"]] == ["research-paper"]


def test_a_report_in_the_repository_completes_class_iii():
    state = replace(STATE, files=(*WEIGHTS, FileFact("tiny_technical_report.pdf")))
    result = assess(state)
    assert (result.label, result.extra["confirmed"]["class"]) == ("Class III - Open Model", 3)
    assert result.extra["strict"]["confirmed"]["class"] == 0  # Apache-2.0 was not written for weights
    assert result.extra["next_step"]["class"] == 2


def test_findings_name_every_component_with_its_evidence():
    result = assess(STATE)
    assert [f.id for f in result.findings] == [f"MOF{c.id:02d}" for c in COMPONENTS]
    weights = next(f for f in result.findings if f.id == "MOF10")
    assert (weights.tier, weights.value, weights.evidence[0].field) == ("metadata", 1.0, "model.safetensors")
    card = next(f for f in result.findings if f.id == "MOF13")
    assert CARD.split("\n")[card.evidence[0].lines[0] - 1].startswith("Tiny is a small language model")
    assert (result.rubric, result.reader) == ("mof/1", READER)


def test_unknown_is_not_absent():
    unread = RepoState(kind="model", name="acme/unread")
    presence = {row["presence"] for row in assess(unread).extra["components"]}
    assert presence == {"unknown"}
    assert (assess(unread).label, assess(unread).extra["class"]) == ("Not decided", None)
    unlisted = replace(STATE, files=None)
    assert component(unlisted, "final-model-parameters")["presence"] == "unknown"
    assert component(unlisted, "model-card")["presence"] == "A"
    assert assess(replace(STATE, card_state="absent", card_text=None)).extra["class"] == 0


def test_gated_weights_are_not_public():
    row = component(replace(STATE, gated="manual"), "final-model-parameters")
    assert (row["presence"], row["status"], row["possible_status"]) == ("C", "missing", "included")
    assert "open-licence-on-gated-weights" in rules(replace(STATE, gated="manual"))


def test_an_adapter_leaves_the_weights_to_another_repository():
    adapter = replace(STATE, files=(FileFact("README.md"), FileFact("adapter_model.safetensors")))
    assert component(adapter, "final-model-parameters")["presence"] == "L"


def test_missing_shards_are_said():
    row = component(replace(STATE, files=(FileFact("model-00001-of-00002.safetensors"),)), "final-model-parameters")
    assert (row["presence"], row["notes"]) == ("C", ["model has 1 of its 2 parts"])


def test_library_code_stands_under_the_librarys_licence():
    row = component(with_card("apache-2.0", "llama3"), "model-architecture")
    assert (row["licence"], row["licence_from"], row["status"]) == ("Apache-2.0", "library transformers", "included")
    own = replace(STATE, files=(*WEIGHTS, FileFact("modeling_tiny.py")), card_text=CARD.replace("apache-2.0", "llama3"))
    assert component(own, "model-architecture")["licence"] == "llama3"


def test_datasets_stand_under_their_own_licences_and_all_must_be_open():
    assert component(STATE, "datasets")["licence"] == "CC-BY-4.0"
    closed = LinkedRepo("dataset", "acme/more", True, "no", "cc-by-nc-4.0", True)
    assert component(replace(STATE, linked=(CORPUS, closed)), "datasets")["status"] == "invalid"
    unseen = replace(STATE, linked=(CORPUS, LinkedRepo("dataset", "acme/other", False)))
    assert component(unseen, "datasets")["presence"] == "C"
    unlicensed = replace(STATE, linked=(replace(CORPUS, licence=""),))
    assert component(unlicensed, "datasets")["status"] == "unlicensed"
    gated = replace(STATE, linked=(replace(CORPUS, gated="manual"),))
    assert component(gated, "datasets")["presence"] == "C"


@pytest.mark.parametrize(
    "body",
    [
        "# Model Card for Model ID\n\n- **Developed by:** [More Information Needed]\n\n## Uses\n\n"
        "[More Information Needed]",
        "# out\n\nThis model is a fine-tuned version of [x](y) on an unknown dataset.\n\n"
        "### Training hyperparameters\n\n- optimizer: Adam with betas=(0.9,0.999) and epsilon=1e-08",
        "# out\n\n### Framework versions\n\n- Transformers 4.3 on a machine with four of the newest accelerators",
        "<!-- This comment is long enough to pass for a model card, if comments were read as prose by anyone. -->",
    ],
    ids=["template", "trainer", "versions", "comment"],
)
def test_a_template_and_a_trainers_card_are_no_model_card(body):
    row = component(replace(STATE, card_text=f"---\nlicense: mit\n---\n{body}\n"), "model-card")
    assert row["presence"] in ("absent", "C") and row["status"] == "missing"


def test_a_loss_alone_is_no_evaluation():
    only_loss = with_card("type: accuracy, value: 0.71", "type: loss, value: 0.71")
    assert component(only_loss, "evaluation-results")["presence"] == "C"


def test_tables_of_results_count_but_not_on_a_conversion():
    table = "## Results\n\n| Model | MMLU |\n|---|---|\n| tiny | 31.2 |\n"
    plain = RepoState("model", "acme/tiny", "present", f"---\nlicense: mit\n---\n{table}", files=WEIGHTS)
    assert component(plain, "evaluation-results")["presence"] == "B"
    converted = replace(plain, tags=("base_model:quantized:acme/big",))
    assert component(converted, "evaluation-results")["presence"] == "C"


def test_the_arxiv_id_of_the_template_and_of_methods_is_noise():
    assert (
        component(replace(STATE, tags=("arxiv:1910.09700", "arxiv:2106.09685")), "research-paper")["presence"]
        == "absent"
    )
    assert component(replace(STATE, tags=("arxiv:2401.00001",)), "research-paper")["presence"] == "C"


def test_one_checkpoint_is_a_leftover_and_two_are_intermediate_parameters():
    one = replace(STATE, files=(*WEIGHTS, FileFact("checkpoint-10/model.safetensors")))
    assert component(one, "intermediate-model-parameters")["presence"] == "C"
    two = replace(one, files=(*one.files, FileFact("checkpoint-20/model.safetensors")))
    assert component(two, "intermediate-model-parameters")["presence"] == "A"


def test_the_header_and_the_licence_text_may_contradict_each_other():
    text = "META LLAMA 3 COMMUNITY LICENSE AGREEMENT\nMeta Llama 3 Version Release Date"
    state = replace(STATE, small_files={"LICENSE": text})
    licence = assess(state).extra["licence"]
    assert (licence["verdict"], licence["contradicted_by"]["licence"]) == ("contradicted", "llama3")
    assert "header-against-licence-text" in rules(state)
    assert component(state, "final-model-parameters")["status"] == "invalid"
    assert component(state, "final-model-parameters")["possible_status"] == "included"


def test_a_licence_file_for_code_goes_before_the_header():
    mit = "Permission is hereby granted, free of charge, to any person obtaining a copy of this software"
    state = replace(STATE, files=(*WEIGHTS, FileFact("modeling_tiny.py")), small_files={"LICENSE-CODE": mit})
    assert component(state, "model-architecture")["licence"] == "MIT"
    assert component(state, "final-model-parameters")["licence"] == "Apache-2.0"


def test_a_licence_text_alone_is_read_where_the_header_states_none():
    mit = "MIT License\n\nPermission is hereby granted, free of charge, to any person obtaining a copy"
    state = replace(STATE, card_text=CARD.replace("license: apache-2.0\n", ""), small_files={"LICENSE": mit})
    assert assess(state).extra["licence"]["licence"] == "MIT"


PARENT = LinkedRepo("model", "meta/big", True, "manual", "llama3", True)


@pytest.mark.parametrize(
    ("state", "rule"),
    [
        (replace(STATE, linked=(PARENT,)), "open-licence-under-restricted-parent"),
        (with_card("It is meant for play", "It is for research purposes only"), "restricted-in-prose"),
        (
            replace(STATE, card_text=CARD.replace("apache-2.0", "llama3") + "\nThis model is open source.\n"),
            "open-claim-over-refused-licence",
        ),
        (with_card("license: apache-2.0", "license: other\nlicense_name: apache-like"), "other-posing-as-open"),
        (replace(STATE, files=(FileFact("README.md"),)), "licence-without-weights"),
        (
            replace(STATE, card_text=CARD + "\n![](https://mot.isitopen.ai/badge_class1_qualified.png)\n"),
            "badge-not-confirmed",
        ),
    ],
    ids=["parent", "prose", "claim", "posing", "no-weights", "badge"],
)
def test_openwashing_is_found_with_its_evidence(state, rule):
    found = [f for f in assess(state).extra["openwashing"] if f["rule"] == rule]
    assert found and all(f["evidence"] for f in found)
    assert rule not in rules(STATE)


def test_a_restricted_parent_caps_what_is_inherited():
    files = (*WEIGHTS, FileFact("tiny_technical_report.pdf"))
    inherited = assess(replace(STATE, files=files, linked=(CORPUS, PARENT))).extra["inherited"]
    assert (inherited["class"], inherited["because"]) == (0, ["meta/big"])
    assert assess(STATE).extra["inherited"] is None


def test_the_same_state_gives_the_same_bytes():
    one, two = (assess(STATE) for _ in range(2))
    assert one == two and json.dumps(one.extra) == json.dumps(two.extra)


WORDS = st.sampled_from(
    ["# T", "```", "|a|1|", "<!--", "-->", "accuracy: 0.5", "- **Paper:** https://arxiv.org/abs/2401.00001"]
)


@given(
    st.lists(st.one_of(WORDS, st.text(max_size=40)), max_size=30),
    st.lists(st.text(min_size=1, max_size=40), max_size=8),
)
def test_any_card_and_any_file_list_get_an_answer(lines, paths):
    state = replace(STATE, card_text="---\nlicense: mit\n---\n" + "\n".join(lines), files=tuple(map(FileFact, paths)))
    result = assess(state)
    assert len(result.label) <= 60 and len(result.extra["components"]) == 17
    confirmed, possible, ceiling = (result.extra[level]["class"] for level in ("confirmed", "possible", "ceiling"))
    assert (not confirmed or 0 < possible <= confirmed) and (not possible or 0 < ceiling <= possible)


@pytest.mark.parametrize(
    "metadata",
    [{"model-index": 3}, {"model-index": [{"results": [{"metrics": 3}]}]}, {"widget": {"a": 1}}, {"datasets": 5}]
    + [{"license": {"a": 1}}, {"license_name": 3, "license": "other"}, {"library_name": ["x"]}, {"license": [["mit"]]}],
)
def test_headers_of_any_shape_are_borne(metadata):
    state = RepoState("model", "acme/odd", "absent", None, info={"cardData": metadata, "config": [], "library_name": 3})
    assert assess(state).extra["components"]
