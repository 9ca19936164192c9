"""Whether weights prove a parent: families of known kinship, merges made by a second hand, and files that lie."""

import json
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lineage.proof.judging import verify
from lineage.proof.rounding import rounded_to, to_bits, ulp
from lineage.proof.weights import BadWeights, decoded, open_folder
from lineage.readers.yaml_blocks import read_recipe_file
from tests.weight_families import model, renamed, tuned, write


def judge(tmp_path, child, parents, *, dtype="BF16", base=None, recipe=None):
    """The finding about arrays written as `dtype`."""
    low = open_folder(write(tmp_path / "child", child, dtype))
    high = {name: open_folder(write(tmp_path / name.replace("/", "-"), each, dtype)) for name, each in parents.items()}
    read = read_recipe_file(recipe, "mergekit_config.yml").recipes[0] if recipe else None
    return verify(low, high, base, read)


def stored(tensors, dtype="BF16"):
    return {name: rounded_to(values.astype(np.float32), dtype) for name, values in tensors.items()}


@pytest.mark.parametrize("size", [0.001, 0.1, 0.5, 1.0])
def test_a_fine_tune_is_derived_however_far_it_went(tmp_path, size):
    parent = model(1)
    found = judge(tmp_path, tuned(parent, 2, size), {"acme/base": parent})
    assert (found.verdict, found.relation) == ("derived", "finetune")
    assert found.parents[0].statistics["matrices_compared"] == 20


@pytest.mark.parametrize("seed", range(5))
def test_a_model_of_another_start_contradicts(tmp_path, seed):
    found = judge(tmp_path, model(100 + seed), {"acme/base": model(1)})
    assert found.verdict == "contradicted"
    assert found.parents[0].statistics["share_unlike"] == 1.0


def test_the_same_tensors_are_the_same_files_under_any_name_and_in_any_shards(tmp_path):
    parent = model(1)
    found = judge(tmp_path, renamed(parent, "model.", "base_model.model.model."), {"acme/base": parent})
    assert (found.verdict, found.exactness, found.relation) == ("same_files", "bit_exact", "copied")
    names = list(parent)
    write(tmp_path / "shards", {n: parent[n] for n in names[:9]}, "BF16", "model-00001-of-00002.safetensors")
    write(tmp_path / "shards", {n: parent[n] for n in names[9:]}, "BF16", "model-00002-of-00002.safetensors")
    assert verify(open_folder(tmp_path / "shards"), {"p": open_folder(tmp_path / "acme-base")}).verdict == "same_files"


def test_another_type_is_a_conversion(tmp_path):
    parent = model(1)
    write(tmp_path / "base", parent, "F32")
    low = open_folder(write(tmp_path / "child", parent, "BF16"))
    found = verify(low, {"acme/base": open_folder(tmp_path / "base")})
    assert (found.verdict, found.exactness, found.relation) == ("recomputed", "bit_exact", "converted")


def test_an_enlarged_vocabulary_hides_no_parent(tmp_path):
    parent = model(1)
    child = tuned(parent, 2)
    for name in ("model.embed_tokens.weight", "lm_head.weight"):
        child[name] = np.concatenate([child[name], child[name][:7]])
    found = judge(tmp_path, child, {"acme/base": parent})
    assert (found.verdict, found.parents[0].statistics["tensors_resized"]) == ("derived", 2)


def test_a_quantized_model_is_known_by_the_norms_that_were_left(tmp_path):
    parent = model(1)
    packed = {}
    for name, values in parent.items():
        if "proj" in name:
            packed[name.replace(".weight", ".qweight")] = np.zeros((4, 4), np.int32)
        else:
            packed[name] = values
    low = open_folder(write(tmp_path / "child", packed, "F16"))
    base = {"acme/base": open_folder(write(tmp_path / "base", parent, "BF16"))}
    assert verify(low, base).verdict == "consistent"  # halves of what bfloat16 never was, of matrices that are alike
    low = open_folder(write(tmp_path / "child", stored(packed) | {k: v for k, v in packed.items() if "q" in k}, "F16"))
    found = verify(low, base)
    assert (found.verdict, found.relation) == ("derived", "quantized")
    assert verify(low, {"other": open_folder(write(tmp_path / "other", model(9), "BF16"))}).verdict == "contradicted"


LINEAR = """merge_method: linear
models:
  - {model: acme/a, parameters: {weight: 0.6}}
  - {model: acme/b, parameters: {weight: 0.4}}
dtype: float32
"""


def family(count=3):
    base = model(1)
    return base, [tuned(base, 10 + n, 0.2) for n in range(count)]


def test_a_linear_merge_comes_out_of_its_recipe_and_its_weights_out_of_the_merge(tmp_path):
    _, (a, b, _) = family()
    a, b = stored(a), stored(b)
    child = {name: np.float32(0.6) * a[name] + np.float32(0.4) * b[name] for name in a}
    found = judge(tmp_path, child, {"acme/a": a, "acme/b": b}, recipe=LINEAR)
    assert (found.verdict, found.exactness, found.method) == ("recomputed", "bit_exact", "linear")
    recovered = judge(tmp_path, child, {"acme/a": a, "acme/b": b})
    assert recovered.verdict == "recomputed"
    assert recovered.recovered_recipe["weights"] == {"acme/a": 0.6, "acme/b": 0.4}
    wrong = judge(tmp_path, child, {"acme/a": a, "acme/b": b}, recipe=LINEAR.replace("0.6", "0.9"))
    assert (wrong.verdict, wrong.exactness) == ("contradicted", None)


TIES = """merge_method: ties
base_model: acme/base
models:
  - {model: acme/a, parameters: {weight: 0.5, density: 0.6}}
  - {model: acme/b, parameters: {weight: [0.3, 0.7], density: 0.4}}
dtype: float32
"""


def literal_ties(base, models, weights, densities):
    """Element by element, after the words of the method: trim, elect by weighted sign, mean of those that agree."""
    flat, kept = base.ravel(), []
    for values, density in zip(models, densities, strict=True):
        delta = values.ravel() - flat
        count = delta.size - int(density * delta.size)
        small = set(sorted(range(delta.size), key=lambda n: (abs(delta[n]), n))[:count])
        kept.append([0.0 if n in small else delta[n] for n in range(delta.size)])
    out = []
    for n in range(flat.size):
        parts = [np.float32(w) * np.float32(delta[n]) for w, delta in zip(weights, kept, strict=True)]
        sign = 1 if np.float32(sum(parts, np.float32(0))) >= 0 else -1
        agreeing = [(w, part) for w, part in zip(weights, parts, strict=True) if np.sign(part) == sign]
        total = sum((part for _, part in agreeing), np.float32(0))
        divisor = sum((np.float32(w) for w, _ in agreeing), np.float32(0)) or np.float32(1)
        out.append(flat[n] + total / divisor)
    return np.array(out, np.float32).reshape(base.shape)


def test_a_ties_merge_agrees_with_one_made_element_by_element(tmp_path):
    base, (a, b, _) = family()
    base, a, b = stored(base), stored(a), stored(b)
    child = {}
    for name in base:
        layer = int(name.split(".")[2]) if "layers." in name else None
        t = layer / 2 if layer is not None else float(name.startswith(("model.norm", "lm_head")))
        child[name] = literal_ties(base[name], [a[name], b[name]], [0.5, 0.3 + 0.4 * t], [0.6, 0.4])
    found = judge(tmp_path, child, {"acme/base": base, "acme/a": a, "acme/b": b}, recipe=TIES, base="acme/base")
    assert found.verdict == "recomputed" and found.remade["share_within_one_ulp"] > 0.9999
    swapped = judge(tmp_path, child, {"acme/base": base, "acme/a": b, "acme/b": a}, recipe=TIES, base="acme/base")
    assert swapped.verdict == "contradicted"


def test_task_arithmetic_is_recovered_as_changes_from_the_base(tmp_path):
    base, (a, b, c) = (family()[0], [stored(each) for each in family()[1]])
    base = stored(base)
    child = {n: base[n] + np.float32(0.5) * (a[n] - base[n]) + np.float32(0.3) * (b[n] - base[n]) for n in base}
    parents = {"acme/base": base, "acme/a": a, "acme/b": b, "acme/c": c}
    found = judge(tmp_path, child, parents, base="acme/base")
    assert found.verdict == "recomputed"
    assert found.recovered_recipe["weights"] == {"acme/a": 0.5, "acme/b": 0.3, "acme/c": 0.0}


SLERP = """merge_method: slerp
base_model: acme/a
slices:
  - sources:
      - {model: acme/a, layer_range: [0, 3]}
      - {model: acme/b, layer_range: [0, 3]}
parameters:
  t: [{filter: self_attn, value: [0, 0.5, 1]}, {value: 0.37}]
dtype: bfloat16
"""


def test_a_slerp_follows_the_arc(tmp_path):
    a, b = stored(model(1)), stored(model(2))
    child = {}
    for name in a:
        t = 0.37
        if "self_attn" in name:
            t = int(name.split(".")[2]) / 2
        one, two = a[name].ravel().astype(np.float64), b[name].ravel().astype(np.float64)
        angle = np.arccos(one @ two / np.linalg.norm(one) / np.linalg.norm(two))
        mixed = (np.sin((1 - t) * angle) * one + np.sin(t * angle) * two) / np.sin(angle)
        if np.cos(angle) > 0.9995:
            mixed = (1 - t) * one + t * two
        child[name] = mixed.reshape(a[name].shape)
    found = judge(tmp_path, child, {"acme/a": a, "acme/b": b}, recipe=SLERP)
    assert (found.verdict, found.remade["share_within_one_ulp"]) == ("recomputed", 1.0)


STACKED = """merge_method: passthrough
slices:
  - sources: [{model: acme/a, layer_range: [0, 2]}]
  - sources: [{model: acme/b, layer_range: [1, 3]}]
dtype: bfloat16
"""


def test_a_stack_of_layers_is_made_again_and_read_off_the_weights(tmp_path):
    a, b = model(1), model(2)
    child = {n: v for n, v in a.items() if not n.startswith(("model.layers.2", "model.norm", "lm_head"))}
    for n, v in b.items():
        if n.startswith(("model.layers.1.", "model.layers.2.")):
            layer = int(n.split(".")[2])
            child[n.replace(f"layers.{layer}", f"layers.{layer + 1}")] = v
    child |= {n: b[n] for n in ("model.norm.weight", "lm_head.weight")}
    found = judge(tmp_path, child, {"acme/a": a, "acme/b": b}, recipe=STACKED)
    assert (found.verdict, found.exactness) == ("recomputed", "bit_exact")
    recovered = judge(tmp_path, child, {"acme/a": a, "acme/b": b})
    assert recovered.recovered_recipe["slices"] == [
        {"parent": "acme/a", "child_layers": [0, 2], "parent_layers": [0, 2]},
        {"parent": "acme/b", "child_layers": [2, 4], "parent_layers": [1, 3]},
    ]


DARE = """merge_method: dare_linear
base_model: acme/base
models:
  - {model: acme/a, parameters: {weight: 0.5, density: 0.5}}
  - {model: acme/b, parameters: {weight: 0.3, density: 0.7}}
dtype: float32
"""


def test_a_random_merge_is_checked_without_its_seed(tmp_path):
    base, (a, b, _) = family()
    base, a, b = stored(base), stored(a), stored(b)
    rng = np.random.default_rng(5)
    child = {}
    for n in base:
        parts = [(0.5, 0.5, a[n]), (0.3, 0.7, b[n])]
        masks = [rng.random(base[n].shape) < density for _, density, _ in parts]
        moves = [np.float32(w / d) * (each - base[n]) * m for (w, d, each), m in zip(parts, masks, strict=True)]
        child[n] = base[n] + sum(moves)
    parents = {"acme/base": base, "acme/a": a, "acme/b": b}
    found = judge(tmp_path, child, parents, recipe=DARE, base="acme/base")
    assert found.verdict == "recomputed"
    assert found.remade["densities"] == pytest.approx([0.5, 0.7], abs=0.05)
    wrong = judge(tmp_path, child, parents, recipe=DARE.replace("density: 0.5", "density: 0.9"), base="acme/base")
    assert wrong.verdict == "contradicted"


def test_what_cannot_be_made_again_says_so(tmp_path):
    base, (a, b, _) = family()
    for recipe, words in (
        (DARE, "Other shares"),
        (TIES.replace("ties", "karcher"), "karcher"),
        (TIES.replace("acme/b", "acme/nowhere"), "acme/nowhere"),
        (LINEAR.replace("parameters: {weight: 0.6}", "parameters: {density: 1}"), "no weight"),
    ):
        found = judge(tmp_path, a, {"acme/base": base, "acme/a": a, "acme/b": b}, recipe=recipe, base="acme/base")
        assert found.verdict in ("unverifiable", "contradicted", "consistent")
        assert words in found.reason


def adapter(rank=4, seed=3):
    rng = np.random.default_rng(seed)
    found = {}
    for layer in range(3):
        start = f"base_model.model.model.layers.{layer}.self_attn.q_proj."
        found[f"{start}lora_A.weight"] = rng.normal(0, 0.02, (rank, 32)).astype(np.float32)
        found[f"{start}lora_B.weight"] = rng.normal(0, 0.02, (32, rank)).astype(np.float32)
    return found


def test_an_adapter_fits_its_base_by_shape_and_its_merge_by_value(tmp_path):
    base, lora = stored(model(1)), adapter()
    low = open_folder(write(tmp_path / "lora", lora, "F32", "adapter_model.safetensors"))
    (tmp_path / "lora" / "adapter_config.json").write_text(json.dumps({"lora_alpha": 8, "r": 4}))
    high = open_folder(write(tmp_path / "base", base, "BF16"))
    found = verify(low, {"acme/base": high})
    assert (found.verdict, found.relation) == ("consistent", "adapter")
    narrow = {name: values[:, :16] for name, values in model(1).items() if values.ndim == 2}
    assert verify(low, {"x": open_folder(write(tmp_path / "narrow", narrow))}).verdict == "contradicted"
    child = dict(base)
    for layer in range(3):
        start = f"base_model.model.model.layers.{layer}.self_attn.q_proj."
        change = np.float32(2) * (lora[f"{start}lora_B.weight"] @ lora[f"{start}lora_A.weight"])
        name = f"model.layers.{layer}.self_attn.q_proj.weight"
        child[name] = base[name] + change
    merged = open_folder(write(tmp_path / "merged", child, "BF16"))
    found = verify(merged, {"acme/base": high, "acme/lora": low})
    assert (found.verdict, found.method) == ("recomputed", "lora")
    assert verify(high, {"acme/base": merged, "acme/lora": low}).verdict != "recomputed"


def header(tensors):
    text = json.dumps(tensors).encode()
    return len(text).to_bytes(8, "little") + text


ROW = {"dtype": "F32", "shape": [2], "data_offsets": [0, 8]}


@pytest.mark.parametrize(
    ("raw", "words"),
    [
        (b"", "does not fit"),
        (b"\xff" * 16, "does not fit"),
        ((10**9).to_bytes(8, "little") + b"{}", "does not fit"),
        (header({"a": ROW}), "data"),
        (header({"a": ROW}) + b"\0" * 9, "data"),
        (header({"a": ROW | {"data_offsets": [1, 9]}}) + b"\0" * 9, "gap"),
        (header({"a": ROW, "b": ROW}) + b"\0" * 8, "overlap"),
        (header({"a": ROW | {"shape": [3]}}) + b"\0" * 8, "another number"),
        (header({"a": ROW | {"shape": [-2]}}) + b"\0" * 8, "no tensor"),
        (header({"a": ROW | {"shape": [1] * 40}}) + b"\0" * 8, "no tensor"),
        (header({"a": ROW | {"dtype": "Q4"}}) + b"\0" * 8, "not read"),
        (header({"a": ROW | {"data_offsets": [0, 10**15]}}), "no tensor"),
        (header({"a": 5}), "no tensor"),
        (header([1]), "no object"),
        (b"\x10" + b"\0" * 7 + b'{"a":1,"a":2}   ', "cannot be read"),
        (b"\x08" + b"\0" * 7 + b"NaN     ", "cannot be read"),
        ((100_000).to_bytes(8, "little") + b"[" * 100_000, "cannot be read"),
    ],
)
def test_files_that_lie_are_refused_with_one_sentence(tmp_path, raw, words):
    (tmp_path / "model.safetensors").write_bytes(raw)
    with pytest.raises(BadWeights, match=words):
        open_folder(tmp_path)


def test_pickles_links_and_indexes_that_lead_elsewhere_are_refused(tmp_path):
    (tmp_path / "pickled").mkdir()
    (tmp_path / "pickled" / "pytorch_model.bin").write_bytes(b"x")
    with pytest.raises(BadWeights, match="can run code"):
        open_folder(tmp_path / "pickled")
    outside = write(tmp_path / "outside", model(1))
    (tmp_path / "linked").mkdir()
    (tmp_path / "linked" / "model.safetensors").symlink_to(outside / "model.safetensors")
    with pytest.raises(BadWeights, match="out of its folder"):
        open_folder(tmp_path / "linked")
    index = tmp_path / "outside" / "model.safetensors.index.json"
    for said in ({"weight_map": {"a": "../x.safetensors"}}, {"weight_map": {"a": "gone.safetensors"}}, [1]):
        index.write_text(json.dumps(said))
        with pytest.raises(BadWeights):
            open_folder(tmp_path / "outside")
    with pytest.raises(BadWeights, match="no folder"):
        open_folder(tmp_path / "nowhere")


@given(st.lists(st.floats(width=32, allow_nan=False), min_size=1, max_size=20), st.sampled_from(["BF16", "F16", "F32"]))
@settings(deadline=None)
def test_rounding_gives_the_nearest_number_that_the_type_holds(values, dtype):
    torch = pytest.importorskip("torch")
    kind = {"BF16": torch.bfloat16, "F16": torch.float16, "F32": torch.float32}[dtype]
    array = np.array(values, np.float32)
    expected = torch.from_numpy(array).to(kind)
    ours = decoded(to_bits(array, dtype).view(np.uint8), dtype)
    assert np.array_equal(ours, expected.to(torch.float32).numpy())
    finite = ours[np.isfinite(ours)]
    assert (ulp(finite, dtype) > 0).all()


@pytest.mark.parametrize("dtype", ["F8_E4M3", "F8_E5M2"])
def test_eight_bit_floats_are_those_of_torch(dtype):
    torch = pytest.importorskip("torch")
    kind = {"F8_E4M3": torch.float8_e4m3fn, "F8_E5M2": torch.float8_e5m2}[dtype]
    raw = np.arange(256, dtype=np.uint8)
    expected = torch.from_numpy(raw.copy()).view(kind).to(torch.float32).numpy()
    assert np.array_equal(decoded(raw, dtype), expected, equal_nan=True)


def test_safetensors_own_files_are_read_as_they_are(tmp_path):
    package = pytest.importorskip("safetensors.numpy")
    tensors = {"a": np.arange(12, dtype=np.float32).reshape(3, 4), "b": np.array([True, False])}
    package.save_file(tensors, tmp_path / "model.safetensors", {"format": "np"})
    found = open_folder(Path(tmp_path))
    assert np.array_equal(found.tensors["a"].values().reshape(3, 4), tensors["a"]) and found.metadata == {
        "format": "np"
    }
