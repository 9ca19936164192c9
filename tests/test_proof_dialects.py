"""Whether merges are followed in the arithmetic of the tool: rounded at each step, cut among equals, masked, rescaled.

The second implementation is torch in bfloat16, written after the words of the methods; recipes are of mergekit's form.
"""

import numpy as np
import pytest

from lineage.proof.judging import verify
from lineage.proof.weights import open_folder
from lineage.readers.yaml_blocks import read_recipe_file
from tests.weight_families import model, tuned, write

torch = pytest.importorskip("torch")
ONE = "  - {{model: {0}, parameters: {{weight: {1}, density: {2}}}}}\n"


def recipe(method, weights=(0.6, 0.4), density=0.5):
    models = "".join(ONE.format(name, weight, density) for name, weight in zip("ab", weights, strict=True))
    return f"merge_method: {method}\nbase_model: base\nmodels:\n{models}dtype: bfloat16\n"


def family(drift):
    """Base and two fine-tunes as bfloat16 tensors."""
    base = model(1)
    trio = {"base": base, "a": tuned(base, 2, drift), "b": tuned(base, 3, drift)}
    return {name: {n: torch.from_numpy(v).bfloat16() for n, v in each.items()} for name, each in trio.items()}


def merged(trio, method, seed=5):
    """The merge as the tool's arithmetic makes it, each step rounded to bfloat16."""
    generator = torch.Generator().manual_seed(seed)
    out = {}
    for name, base in trio["base"].items():
        deltas = []
        for other in ("a", "b"):
            delta = trio[other][name] - base
            if method.startswith("dare"):
                mask = torch.rand(delta.shape, generator=generator) < 0.5
                kept = delta * mask
                delta = kept * (delta.abs().sum() / kept.abs().sum()) if kept.abs().sum() > 0 else kept
            if method == "ties":
                order = torch.argsort(delta.abs().float().reshape(-1), descending=True)
                mask = torch.zeros(delta.numel(), dtype=delta.dtype)
                mask[order[: delta.numel() // 2]] = 1
                delta = delta * mask.reshape(delta.shape)
            deltas.append(delta)
        weights = torch.tensor([0.6, 0.4], dtype=base.dtype).reshape(-1, *[1] * base.dim())
        moves = torch.stack(deltas) * weights
        agree = torch.ones_like(moves, dtype=torch.bool)
        if method.endswith("ties"):
            agree = moves.sign() == (moves.sum(dim=0) >= 0).to(base.dtype) * 2 - 1
        change = (moves * agree).sum(dim=0)
        if method == "ties":
            divisor = (weights * agree).sum(dim=0)
            divisor[divisor == 0] = 1
            change = change / divisor
        out[name] = base + change
    return out


def judge(tmp_path, trio, child, text):
    def opened(name, tensors):
        arrays = {n: np.asarray(v.float() if torch.is_tensor(v) else v) for n, v in tensors.items()}
        return open_folder(write(tmp_path / name, arrays, "BF16"))

    parents = {name: opened(name, tensors) for name, tensors in trio.items()}
    return verify(opened("child", child), parents, "base", read_recipe_file(text, "mergekit_config.yml").recipes[0])


@pytest.mark.parametrize("drift", [0.3, 0.03])
@pytest.mark.parametrize("method", ["task_arithmetic", "ties"])
def test_each_step_is_rounded_and_equal_changes_may_fall_to_either_side(tmp_path, method, drift):
    trio = family(drift)
    found = judge(tmp_path, trio, merged(trio, method), recipe(method))
    assert (found.verdict, found.exactness) == ("recomputed", "bit_exact")
    swapped = judge(tmp_path, trio, merged(trio, method), recipe(method, (0.4, 0.6)))
    assert swapped.verdict == "contradicted"


@pytest.mark.parametrize("method", ["dare_linear", "dare_ties"])
def test_random_merges_with_a_factor_of_their_own_for_each_tensor_are_followed(tmp_path, method):
    trio = {  # without vectors of 32 elements, which are too short to tell their factor
        name: {n: v for n, v in tensors.items() if v.dim() > 1} for name, tensors in family(0.3).items()
    }
    child = merged(trio, method)
    found = judge(tmp_path, trio, child, recipe(method))
    assert found.verdict == "recomputed" and found.remade["share_exact"] > 0.98
    assert found.remade["densities"] == pytest.approx([0.5, 0.5], abs=0.02)
    for weights, density in (((0.4, 0.6), 0.5), ((0.6, 0.4), 0.8), ((0.5, 0.4), 0.5)):
        assert judge(tmp_path, trio, child, recipe(method, weights, density)).verdict == "contradicted"


@pytest.mark.parametrize("drift", [0.0005, 0.0001])
@pytest.mark.parametrize("method", ["task_arithmetic", "ties", "dare_linear"])
def test_a_fine_tune_below_the_last_place_is_no_proof_of_any_recipe(tmp_path, method, drift):
    trio = family(drift)
    child = tuned(model(1), 9, drift)
    found = judge(tmp_path, trio, child, recipe(method))
    assert found.verdict in ("consistent", "contradicted")


def test_a_slerp_in_float32_may_have_added_up_in_another_order(tmp_path):
    one, two = model(1), model(2)
    child = {}
    for name in one:
        a, b = one[name].ravel(), two[name].ravel()
        dot = (a / np.linalg.norm(a)) @ (b / np.linalg.norm(b))  # float32, as the tool has it
        angle = np.arccos(np.float32(dot))
        first, second = (np.float32(np.sin(share * angle) / np.sin(angle)) for share in (0.63, 0.37))
        mixed = first * a + second * b
        child[name] = (mixed if dot <= 0.9995 else 0.63 * a + 0.37 * b).reshape(one[name].shape)
    text = (
        "merge_method: slerp\nbase_model: a\nmodels: [{model: a}, {model: b}]\nparameters: {t: 0.37}\ndtype: float32\n"
    )
    parents = {"a": open_folder(write(tmp_path / "a", one)), "b": open_folder(write(tmp_path / "b", two))}
    low = open_folder(write(tmp_path / "c", child))
    read = [read_recipe_file(each, "mergekit_config.yml").recipes[0] for each in (text, text.replace("0.37", "0.371"))]
    assert [verify(low, parents, "a", each).verdict for each in read] == ["recomputed", "contradicted"]
