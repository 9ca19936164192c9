"""Whether odd models are judged rightly: cut, stacked, quantized, full of offsets, and files that lie in odd ways."""

import json
import tracemalloc

import numpy as np
import pytest

from lineage.proof.judging import verify
from lineage.proof.weights import BadWeights, open_folder
from tests.weight_families import model, tuned, write


def with_layers(tensors, kept):
    """The model with the layers `kept`, counted anew."""
    found = {name: values for name, values in tensors.items() if ".layers." not in name}
    for new, old in enumerate(kept):
        start = f".layers.{old}."
        found |= {n.replace(start, f".layers.{new}."): v for n, v in tensors.items() if start in n}
    return found


def judged(tmp_path, child, *parents, dtype="BF16"):
    high = {f"p{n}": open_folder(write(tmp_path / f"p{n}", each, dtype)) for n, each in enumerate(parents)}
    return verify(open_folder(write(tmp_path / "child", child, dtype)), high)


def test_layers_that_were_cut_are_found_also_after_a_fine_tune(tmp_path):
    parent = model(1, layers=8)
    cut = with_layers(parent, [1, 2, 3, 5, 6, 7])
    for child in (cut, tuned(cut, 3, 0.2)):
        found = judged(tmp_path, child, parent)
        assert (found.verdict, found.relation) == ("derived", "pruned")
        taken = found.parents[0].statistics["layers_by_parent_layer"]
        assert taken == [[0, 1], [1, 2], [2, 3], [3, 5], [4, 6], [5, 7]]
    stranger = judged(tmp_path, with_layers(model(50, layers=8), range(6)), parent)
    assert stranger.verdict == "contradicted" and "layers_by_parent_layer" not in stranger.parents[0].statistics


def test_layers_laid_twice_are_known_by_their_parent(tmp_path):
    parent = model(1, layers=6)
    found = judged(tmp_path, with_layers(parent, [0, 1, 2, 3, 2, 3, 4, 5]), parent)
    assert (found.verdict, found.relation) == ("derived", "finetune")


def offsets(seed, matrices):
    """Rows far from zero, each by its own distance: unrelated models correlate by the chance of their few rows."""
    rng = np.random.default_rng(seed)
    return {
        f"layers.{n}.w.weight": (rng.normal(size=(64, 1)) + 0.05 * rng.normal(size=(64, 64))).astype(np.float32)
        for n in range(matrices)
    }


def test_offsets_of_rows_make_no_kin_of_strangers(tmp_path):
    parent = open_folder(write(tmp_path / "p", offsets(0, 1)))
    words = [
        verify(open_folder(write(tmp_path / "c", offsets(seed, 1))), {"p": parent}).verdict for seed in range(1, 101)
    ]
    assert words.count("derived") == 0
    assert judged(tmp_path, tuned(offsets(0, 5), 1, 0.01), offsets(0, 5), dtype="F32").verdict == "derived"


def test_norms_that_a_quantizer_folded_its_scales_into_refute_nothing(tmp_path):
    parent, rng, packed = model(1), np.random.default_rng(0), {}
    for name, values in parent.items():
        if "proj" in name:
            packed[name.replace(".weight", ".qweight")] = np.zeros((4, 4), np.int32)
        else:
            packed[name] = values / np.exp(rng.normal(0, 0.3, values.shape)) if "layernorm" in name else values
    assert judged(tmp_path, packed, parent).verdict == "consistent"
    assert judged(tmp_path, packed, model(9)).verdict == "contradicted"


def loose(folder, header, data=b""):
    folder.mkdir(exist_ok=True)
    raw = json.dumps(header).encode()
    (folder / "model.safetensors").write_bytes(len(raw).to_bytes(8, "little") + raw + data)
    return folder


def test_empty_tensors_and_numbers_that_are_none_are_no_error(tmp_path):
    empty = {"dtype": "F32", "shape": [0, 8], "data_offsets": [0, 0]}
    whole = {"dtype": "F32", "shape": [16, 16], "data_offsets": [0, 1024]}
    for value in (np.inf, np.nan, 3e38):
        odd = open_folder(loose(tmp_path / "odd", {"e": empty, "a": whole}, np.full(256, value, "<f4").tobytes()))
        fine = loose(tmp_path / "fine", {"e": empty, "a": whole}, np.arange(256, dtype="<f4").tobytes())
        for child, parents in ((odd, {"p": odd, "q": open_folder(fine)}), (open_folder(fine), {"p": odd, "q": odd})):
            assert verify(child, parents).verdict in ("consistent", "same_files")


@pytest.mark.parametrize("said", ["[" * 200_000, '{"lora_alpha": 1e400}', '{"lora_alpha": true}', "\0", "[]"])
def test_an_adapters_configuration_that_lies_leaves_its_merge_unmade(tmp_path, said):
    start = "base_model.model.model.layers.0.self_attn.q_proj.lora_"
    lora = {f"{start}A.weight": np.ones((4, 32), np.float32), f"{start}B.weight": np.ones((32, 4), np.float32)}
    folder = write(tmp_path / "lora", lora, "F32", "adapter_model.safetensors")
    (folder / "adapter_config.json").write_text(said)
    base = open_folder(write(tmp_path / "base", model(1)))
    found = verify(base, {"base": base, "lora": open_folder(folder)})
    assert found.verdict == "consistent" and "could not be merged again" in found.reason


def test_types_and_shards_with_impossible_names_are_refused(tmp_path):
    row = {"dtype": ["F32"], "shape": [1], "data_offsets": [0, 4]}
    with pytest.raises(BadWeights, match="not read"):
        open_folder(loose(tmp_path / "odd", {"a": row}, b"\0" * 4))
    folder = write(tmp_path / "sharded", model(1))
    for name in ("x" * 5000 + ".safetensors", "x\0.safetensors", ["x"], "model.bin"):
        (folder / "model.safetensors.index.json").write_text(json.dumps({"weight_map": {"a": name}}))
        with pytest.raises(BadWeights):
            open_folder(folder)


@pytest.mark.parametrize(
    "many", ['"{}":{{"dtype":"F32","shape":[0],"data_offsets":[0,0]}}', '"__metadata__{}":"x"', '"{}":[0,0,0,0]']
)
def test_a_header_of_too_many_things_is_refused_before_it_is_read(tmp_path, many):
    raw = ("{" + ",".join(many.format(n) for n in range(310_000)) + "}").encode()
    (tmp_path / "model.safetensors").write_bytes(len(raw).to_bytes(8, "little") + raw)
    tracemalloc.start()
    with pytest.raises(BadWeights, match="lists more than"):
        open_folder(tmp_path)
    peak_bytes = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak_bytes < 2 * len(raw)
    (tmp_path / "model.safetensors.index.json").write_bytes(b'{"weight_map":' + raw + b"}")
    with pytest.raises(BadWeights, match="names more than"):
        open_folder(tmp_path)
