"""Which files hold weights, and whether all of them are there."""

from dataclasses import replace

import pytest

from openness.mof import assess
from openness.mof.weights import kind_of, weights_of
from openness.state import FileFact
from tests.test_mof_evidence import STATE


def of(*paths):
    return weights_of([FileFact(path) for path in paths])


@pytest.mark.parametrize(
    "path",
    ["model.safetensors", "pytorch_model.bin", "tf_model.h5", "flax_model.msgpack", "unet/diffusion_pytorch_model.bin"]
    + ["tiny.Q4_K_M.gguf", "onnx/model.onnx", "consolidated.00.pth", "model_state.pdparams", "best-model.pt"],
)
def test_weights_are_known_in_every_format(path):
    assert kind_of(path) == "final"


@pytest.mark.parametrize(
    "path",
    ["training_args.bin", "optimizer.pt", "scheduler.pt", "rng_state_0.pth", "scaler.pt", "random_states_0.pkl"]
    + ["global_step5/bf16_zero_pp_rank_0_mp_rank_00_optim_states.pt", "checkpoint-500/optimizer.bin"],
)
def test_what_training_leaves_behind_is_no_weights(path):
    assert kind_of(path) == "leftover"


@pytest.mark.parametrize("path", ["tokenizer.model", "vocab.json", "spiece.model", "README.md", "config.json", "a.png"])
def test_other_files_are_no_weights(path):
    assert kind_of(path) == ""


def test_every_shard_must_be_there():
    shards = [f"model-0000{n}-of-00003.safetensors" for n in (1, 2, 3)]
    assert of(*shards).problem == ""
    assert of(*shards[:2]).problem == "model has 2 of its 3 parts"
    assert of("model-000001-of-000002.safetensors", "model-000002-of-000002.safetensors").problem == ""
    assert of("a.gguf.part1of2").problem == "a.gguf has 1 of its 2 parts"


def test_an_index_without_its_files_is_no_weights():
    assert of("model.safetensors.index.json").problem
    assert of("model.safetensors.index.json", "model-00001-of-00001.safetensors").problem == ""


def test_a_pointer_instead_of_weights_is_a_placeholder():
    found = weights_of([FileFact("model.safetensors", size_bytes=135)])
    assert (found.final, found.problem) == ((), "model.safetensors has 135 bytes and holds no weights")


def test_an_adapter_is_not_a_model():
    found = of("adapter_model.safetensors", "adapter_config.json")
    assert (found.final, found.adapter) == ((), ("adapter_model.safetensors",))


def test_checkpoints_with_the_same_bytes_count_once():
    same = [FileFact(f"checkpoint-{n}/model.safetensors", lfs_sha256="a" * 64) for n in (100, 200)]
    assert len(weights_of(same).checkpoints) == 1
    assert len(of("checkpoint-100/model.safetensors", "checkpoint-200/model.safetensors").checkpoints) == 2
    assert of("checkpoint-100/model.safetensors").final == ()


def test_the_index_of_a_checkpoint_says_nothing_of_the_final_weights():
    files = ("model.safetensors", "checkpoint-618/model.safetensors.index.json", "checkpoint-618/optimizer.pt")
    found = weights_of(FileFact(path, 10**8) for path in files)
    assert (found.final, found.problem) == (("model.safetensors",), "")


def refs(*names, sha="0" * 40):
    branches = [{"name": name, "targetCommit": f"{number:040x}"} for number, name in enumerate(names, 1)]
    info = STATE.info | {"sha": sha, "refs": {"branches": [{"name": "main", "targetCommit": sha}, *branches]}}
    state = replace(STATE, info=info)
    return next(r for r in assess(state).extra["components"] if r["slug"] == "intermediate-model-parameters")


def test_branches_of_steps_are_intermediate_parameters_where_their_commits_differ():
    found = refs("step1000", "stage1-step20000-tokens84B")
    assert (found["presence"], found["status"]) == ("B", "included")
    assert refs("step1000")["presence"] == "C"
    assert refs("step1000", sha=f"{1:040x}")["presence"] == "absent"


@pytest.mark.parametrize(
    "names", [("gptq-4bit-32g-actorder_True", "4.0bpw"), ("fp16", "int8-step1"), ("de", "fr", "dev")]
)
def test_branches_for_precisions_and_languages_are_none(names):
    assert refs(*names)["presence"] == "absent"


@pytest.mark.parametrize("broken", [7, [], {"branches": 3}, {"branches": [3, {"name": None}]}, {"branches": None}])
def test_references_of_any_shape_are_borne(broken):
    assert assess(replace(STATE, info=STATE.info | {"refs": broken})).rubric
