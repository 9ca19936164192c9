"""Makes a merge again from its recipe, tensor by tensor, and counts how much of the child comes out."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import product

import numpy as np

from lineage.claims import RecipeInput, RecipeRecord
from lineage.proof.fitting import FITTED, Made
from lineage.proof.layering import at_layer, layer_of
from lineage.proof.masks import Decoded, decoded
from lineage.proof.methods import METHODS, NEEDS_BASE, RANDOM, TRIMMED, Parts
from lineage.proof.pairs import bare, named
from lineage.proof.rounding import STORED, rounded_to, to_bits, ulp
from lineage.proof.weights import Tensor, Weights
from lineage.recipes import value_at

LAST = ("norm.", "final_layernorm", "ln_f", "lm_head", "head.", "score.", "classifier", "pooler")  # behind the layers
MASKED_MOST = 4  # random parts whose masks are tried together: two to their power ways for every element
TENSOR_ELEMENTS_MOST = 1 << 30  # held in memory at once, a handful of times
NAMED_TYPES = {"bfloat16": "BF16", "float16": "F16", "float32": "F32"}


class Unverifiable(ValueError):
    """A recipe that cannot be made again; the message is one sentence."""


@dataclass(frozen=True)
class Plan:
    """What goes into one tensor of the child: the tensors, their inputs, and where in its slice the layer stands."""

    base: Tensor | None
    sources: tuple[tuple[Tensor, RecipeInput], ...]
    t: float


@dataclass
class Remade:
    """How much of the child the recipe gives."""

    elements: int = 0
    exact: int = 0
    within_ulp: int = 0
    trivial: int = 0  # elements that one of the parents alone gives exactly
    ambiguous: int = 0  # elements that several masks of a random method give
    kept: list[float] = field(default_factory=list)  # elements that each random part kept, among the unambiguous
    leeway: float = 0.0  # of della: its epsilon, as small changes are told apart less often than large ones
    wanted: list[float] = field(default_factory=list)  # how many of those the recipe's densities let expect
    tensors: int = 0
    passed_over: list[str] = field(default_factory=list)  # tensors that the recipe or the parents have nothing for

    @property
    def match(self) -> float | None:
        return self.within_ulp / self.elements if self.elements else None

    @property
    def tells(self) -> bool:
        """Does the recipe give much more of the child than its nearest parent alone, or all of it to the bit?

        Where changes are smaller than the type can hold, any recipe comes within the last place.
        """
        if self.kept:
            return self.elements - self.ambiguous >= self.elements / 50
        return 2 * (self.elements - self.exact) <= self.elements - self.trivial

    @property
    def keeps_densities(self) -> bool:
        """Were as many changes kept as the recipe says, by a fiftieth and what ranks may move? True without chance."""
        clear = self.elements - self.ambiguous
        return not clear or all(
            abs(a - b) <= clear * (0.02 + self.leeway) for a, b in zip(self.kept, self.wanted, strict=True)
        )

    def as_dict(self) -> dict:
        share = {
            name: getattr(self, name) / self.elements if self.elements else None for name in ("exact", "within_ulp")
        }
        clear = self.elements - self.ambiguous
        return {
            "tensors_remade": self.tensors,
            "elements_remade": self.elements,
            "share_exact": share["exact"],
            "share_within_one_ulp": share["within_ulp"],
            "densities": [round(each / clear, 4) for each in self.kept] if self.kept and clear else None,
            "share_unambiguous": clear / self.elements if self.kept and self.elements else None,
            "tensors_passed_over": self.passed_over[:20],
        }


def remake(child: Weights, parents: Mapping[str, Weights], recipe: RecipeRecord, changes: int | None = None) -> Remade:
    """Apply `recipe` to `parents`, by the names it uses, and hold the result against `child`. Raises Unverifiable.

    `changes`: look at no more than that many tensors, spread over the model.
    """
    check(recipe, parents)
    layers = 1 + max((layer_of(name) or 0 for name in child.tensors), default=0)
    by_name = {name: named(weights) for name, weights in parents.items()}
    found = Remade()
    tensors = list(child.tensors.values())
    step = max(1, len(tensors) // changes) if changes else 1
    for tensor in tensors[::step]:
        plan = plan_of(tensor, recipe, by_name, layers)
        if plan is None or tensor.dtype not in STORED or tensor.elements > TENSOR_ELEMENTS_MOST:
            found.passed_over.append(tensor.name)
        elif tensor.elements:
            compare(tensor, plan, recipe, found)
    return found


def check(recipe: RecipeRecord, parents: Mapping[str, Weights]) -> None:
    """Raise Unverifiable where the recipe cannot be followed at all."""
    if recipe.problem:
        raise Unverifiable(f"The recipe cannot be followed: {recipe.problem}")
    if recipe.method not in METHODS and recipe.method not in RANDOM:
        raise Unverifiable(f"Stemma does not make {recipe.method!r} again.")
    if any(each.lora or each.module for each in recipe.inputs):
        raise Unverifiable("The recipe merges adapters or modules, which is not made again.")
    if missing := sorted({each.parent for each in recipe.inputs} - parents.keys()):
        raise Unverifiable(f"The weights of {missing[0][:120]} were not given.")
    if (recipe.method in NEEDS_BASE or recipe.method in RANDOM) and not recipe.settings.get("base_model"):
        raise Unverifiable(f"{recipe.method} needs a base model, and the recipe names none.")
    sources = [each for each in recipe.inputs if each.role != "base"]
    if recipe.method in RANDOM and len(sources) > MASKED_MOST:
        raise Unverifiable(f"The masks of {recipe.method} over more than {MASKED_MOST} models cannot be told apart.")


def plan_of(
    tensor: Tensor, recipe: RecipeRecord, parents: Mapping[str, Mapping[str, Tensor]], layers: int
) -> Plan | None:
    """Which tensors of the parents go into one of the child; None where a parent lacks its own."""
    name, layer = bare(tensor.name), layer_of(tensor.name)
    t = layer / (layers - 1) if layer is not None and layers > 1 else float(name.startswith(LAST))
    inputs: Iterable[RecipeInput] = recipe.inputs
    sliced = [each for each in inputs if each.child_layers]
    if sliced:
        chosen, t = in_slice(sliced, name, layer)
        spanless = [each for each in inputs if not each.child_layers and each.role == "base"]
        inputs = [*chosen, *(each for each in spanless if each.parent not in {one.parent for one in chosen})]
    base, sources = None, []
    for each in inputs:
        found = parents[each.parent].get(renumbered(name, layer, each))
        if found is None or found.shape != tensor.shape:
            return None
        is_base = each.parent == recipe.settings.get("base_model") and each.role == "base"
        if is_base:
            base = found
        if not is_base or recipe.method == "linear":
            sources.append((found, each))
    return Plan(base, tuple(sources), t) if sources else None


def in_slice(sliced: Sequence[RecipeInput], name: str, layer: int | None) -> tuple[list[RecipeInput], float]:
    """The inputs of the slice that holds a layer, and where in it; of tensors outside of the layers the end slices'."""
    if layer is None:
        spans = sorted(each.child_layers for each in sliced)
        span = spans[-1] if name.startswith(LAST) else spans[0]
        return [each for each in sliced if each.child_layers == span], float(name.startswith(LAST))
    chosen = [each for each in sliced if each.child_layers[0] <= layer < each.child_layers[1]]
    first, last = chosen[0].child_layers if chosen else (0, 1)
    return chosen, (layer - first) / (last - first - 1) if last - first > 1 else 1.0


def renumbered(name: str, layer: int | None, source: RecipeInput) -> str:
    """The name of a child's tensor in a parent whose layers are counted otherwise."""
    if layer is None or not source.child_layers or not source.parent_layers:
        return name
    own = layer - source.child_layers[0] + source.parent_layers[0]
    return at_layer(name, own)


def compare(tensor: Tensor, plan: Plan, recipe: RecipeRecord, found: Remade) -> None:
    """Make one tensor again in every arithmetic that the tool may have used, and count the best."""
    bits = tensor.raw().view(to_bits(np.zeros(1, np.float32), tensor.dtype).dtype)
    stored = tensor.values().astype(np.float32).reshape(tensor.shape)
    tensors = [each.values().astype(np.float32).reshape(tensor.shape) for each, _ in plan.sources]
    base = plan.base.values().astype(np.float32).reshape(tensor.shape) if plan.base is not None else None
    parts = parts_of(tensor, plan, recipe, tensors, base)
    if recipe.method in RANDOM:
        every = list(typed(recipe, parts, tensor.dtype))
        count_masks(decoded(stored, tensor.dtype, every, recipe.method), parts, found)
    else:
        made = arithmetics(recipe, parts, tensor.dtype, stored)
        exact, near = max(agreement(each, stored, bits, tensor.dtype) for each in made)
        found.exact += exact
        found.within_ulp += near
    found.trivial += max(
        int(np.count_nonzero(to_bits(each, tensor.dtype).ravel() == bits))
        for each in (*tensors, *([base] if base is not None else []))
    )
    found.elements += tensor.elements
    found.tensors += 1


def agreement(ways: Iterable[Made], stored: np.ndarray, bits: np.ndarray, dtype: str) -> tuple[int, int]:
    """How many elements one of the ways gives exactly, and how many to the last place of what was added up."""
    exact, near = np.zeros(stored.shape, bool), np.zeros(stored.shape, bool)
    for value, size in ways:
        exact |= (to_bits(value, dtype).ravel() == bits).reshape(stored.shape)
        near |= np.abs(value.astype(np.float64) - stored) <= ulp(np.maximum(size, np.abs(stored)), dtype)
    return int(np.count_nonzero(exact)), int(np.count_nonzero(near | exact))


def typed(recipe: RecipeRecord, parts: Parts, dtype: str) -> Iterator[Parts]:
    """The parts as float32, and where the tool computed in a smaller type, with every step rounded to that."""
    own = NAMED_TYPES.get(str(recipe.settings.get("dtype", "")).removeprefix("torch."), dtype)
    yield parts
    if own in ("BF16", "F16"):
        low = [rounded_to(model, own) for model in parts.models]
        small = replace(parts, models=low, base=None if parts.base is None else rounded_to(parts.base, own))
        yield small
        yield replace(small, rounding=lambda values: rounded_to(values, own))


def arithmetics(recipe: RecipeRecord, parts: Parts, dtype: str, stored: np.ndarray) -> Iterator[list[Made]]:
    """The result in each arithmetic; where equal changes are trimmed, in every way in which a sort may have cut."""
    trims = recipe.method in TRIMMED and min(parts.densities) < 1 and len(parts.models) <= MASKED_MOST
    ways = list(product((False, True), repeat=len(parts.models))) if trims else [()]
    for each in typed(recipe, parts, dtype):
        yield [METHODS[recipe.method](replace(each, ways=way)) for way in ways]
        for made in FITTED[recipe.method](each, stored) if recipe.method in FITTED else ():
            yield [made]


def count_masks(masks: Decoded, parts: Parts, found: Remade) -> None:
    """Add what one tensor of a random merge shows."""
    found.leeway = max([found.leeway, *parts.epsilons])
    found.exact += masks.exact
    found.within_ulp += masks.near
    found.ambiguous += parts.base.size - masks.clear
    found.kept = [a + b for a, b in zip(found.kept or [0.0] * len(masks.kept), masks.kept, strict=True)]
    wanted = [density * masks.clear for density in parts.densities]
    found.wanted = [a + b for a, b in zip(found.wanted or [0.0] * len(wanted), wanted, strict=True)]


def parts_of(tensor: Tensor, plan: Plan, recipe: RecipeRecord, models: list, base: np.ndarray | None) -> Parts:
    """The parameters of a recipe as they stand for one tensor. Raises Unverifiable."""

    def of(source: RecipeInput, name: str, default: float | None) -> float:
        value = value_at(source.parameters.get(name), tensor.name, plan.t) if name in source.parameters else default
        if type(value) not in (int, float):
            raise Unverifiable(f"The recipe gives {source.parent[:120]} no {name} for {tensor.name[:120]}.")
        return float(value)

    needs_weight = recipe.method not in ("slerp", "model_stock", "passthrough")
    whole = recipe.settings.get("parameters") if isinstance(recipe.settings.get("parameters"), dict) else {}
    options = {}
    for name in ("normalize", "lambda", "t", "rescale"):
        value = value_at(whole[name], tensor.name, plan.t) if name in whole else None
        if value is not None:
            options[name] = value
    if recipe.method == "slerp" and type(options.get("t")) not in (int, float):
        raise Unverifiable("The recipe of a slerp gives no t.")
    if recipe.method == "passthrough":
        options["scale"] = of(plan.sources[0][1], "scale", 1.0)
    return Parts(
        models=models,
        weights=[of(each, "weight", None) if needs_weight else 1.0 for _, each in plan.sources],
        densities=[of(each, "density", 1.0) for _, each in plan.sources],
        gammas=[of(each, "gamma", 0.01 if "breadcrumbs" in recipe.method else 0.0) for _, each in plan.sources],
        base=base,
        options=options,
        epsilons=[of(each, "epsilon", 0.15) for _, each in plan.sources] if "della" in recipe.method else (),
    )
