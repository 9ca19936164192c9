"""Merge recipes as mergekit writes them: `models`, `slices` or `modules`, MoE files, and several stages in one file.

Schema: mergekit 0.1.5, config.py, moe/config.py, scripts/multimerge.py. The list in a card's header is an unordered
set without roles, so roles, order, layers and weights are read here. The text is parsed by the caller.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from itertools import chain, islice

from lineage.claims import ClaimRecord, Reading, RecipeInput, RecipeRecord, quoted
from lineage.readers.places import Place, holds
from lineage.references import is_placeholder

INPUTS_MOST = 300
TEXT_MOST = 100_000  # characters of a recipe that are kept
SETTINGS = (
    "base_model dtype out_dtype tokenizer_source tokenizer chat_template parameters random_seed gate_mode"
    " experts_per_token architecture residual_scale shared_experts_gate name"
).split()
METHODS = frozenset(
    "linear slerp nuslerp multislerp karcher task_arithmetic ties dare_linear dare_ties della della_linear breadcrumbs"
    " breadcrumbs_ties sce ram ramplus_tl model_stock nearswap arcee_fusion passthrough".split()
)


def is_recipe(document: object) -> bool:
    """Does a parsed YAML document read as a recipe of mergekit or of mergekit-moe?

    >>> is_recipe({"merge_method": "ties", "models": []}), is_recipe({"base_model": "acme/tiny"})
    (True, False)
    """
    if not isinstance(document, dict):
        return False
    is_merge = isinstance(document.get("merge_method"), str) and any(
        isinstance(document.get(key), list | dict) for key in ("models", "slices", "modules")
    )
    return is_merge or is_moe(document)


def is_moe(document: dict) -> bool:
    experts = document.get("experts")
    return isinstance(experts, list) and any(isinstance(each, dict) and "source_model" in each for each in experts)


def split_reference(text: str) -> tuple[str, str, str, str]:
    """(model, revision, lora, revision of the lora) of `path[@revision][+lora[@revision]]`.

    >>> split_reference("acme/tiny@v1+acme/lora@main")
    ('acme/tiny', 'v1', 'acme/lora', 'main')
    """
    model, _, lora = text.strip().partition("+")
    model, _, revision = model.partition("@")
    lora, _, lora_revision = lora.partition("@")
    return model.strip(), revision.strip(), lora.strip(), lora_revision.strip()


def reference_of(value: object) -> str:
    """The reference in a field that holds a text or mergekit's dict form; empty where it holds neither."""
    if isinstance(value, dict):
        value = value.get("model")
        if isinstance(value, dict):
            path, revision = value.get("path"), value.get("revision")
            value = f"{path}@{revision}" if isinstance(path, str) and isinstance(revision, str) else path
    return value if isinstance(value, str) and not is_placeholder(value) else ""


def layers_of(value: object) -> tuple[int, int] | None:
    """`[first, last)` where both are whole numbers.

    >>> layers_of([0, 24]), layers_of("0-24"), layers_of([True, 3])
    ((0, 24), None, None)
    """
    ok = isinstance(value, list) and len(value) == 2 and all(type(each) is int and abs(each) < 10**6 for each in value)
    return (value[0], value[1]) if ok else None


def parameters_of(source: object) -> dict:
    value = source.get("parameters") if isinstance(source, dict) else None
    return value if isinstance(value, dict) else {}


class Lines:
    """Finds the lines of references in the order in which they are asked for: each next one further down."""

    def __init__(self, place: Place):
        self.place = place
        self.last = place.first + len(place.lines) - 1
        self.next: dict[str, int] = {}

    def of(self, word: str) -> tuple[int, int] | None:
        start = self.next.get(word, self.place.first)
        for number in range(start, self.last + 1):
            if holds(self.place.line(number), word):
                self.next[word] = number + 1
                return number, number
        return self.place.find(word)


def input_of(source: object, role: str, lines: Lines, **said) -> RecipeInput | None:
    """One input from a `model:` entry of any form; None where it names nothing."""
    reference = reference_of(source.get("model") if isinstance(source, dict) and "model" in source else source)
    if not reference:
        return None
    model, revision, lora, lora_revision = split_reference(reference)
    return RecipeInput(
        parent=model,
        role=role,
        parent_revision=revision,
        lora=lora,
        lora_revision=lora_revision,
        parameters=parameters_of(source),
        lines=lines.of(reference),
        **said,
    )


def from_models(models: object, lines: Lines, module: str = "") -> Iterator[RecipeInput]:
    for source in models if isinstance(models, list) else []:
        if found := input_of(source, "expert", lines, module=module):
            yield found


def from_slices(slices: object, lines: Lines, module: str = "") -> Iterator[RecipeInput]:
    """Inputs of a frankenmerge: the child's layers follow from the lengths of the slices before."""
    start = 0
    for piece in slices if isinstance(slices, list) else []:
        sources = piece.get("sources") if isinstance(piece, dict) else None
        sources = [source for source in sources if isinstance(source, dict)] if isinstance(sources, list) else []
        ranges = [layers_of(source.get("layer_range")) for source in sources]
        length = max((last - first for each in ranges if each for first, last in [each]), default=0)
        for source, layers in zip(sources, ranges, strict=True):
            child = (start, start + length) if layers and length > 0 else None
            found = input_of(source, "expert", lines, module=module, parent_layers=layers, child_layers=child)
            if found:
                yield replace(found, parameters=parameters_of(piece) | found.parameters)
        start += max(length, 0)


def from_modules(modules: object, lines: Lines) -> Iterator[RecipeInput]:
    for name, part in modules.items() if isinstance(modules, dict) else ():
        if isinstance(part, dict):
            yield from from_models(part.get("models"), lines, module=str(name))
            yield from from_slices(part.get("slices"), lines, module=str(name))


def from_experts(document: dict, lines: Lines) -> Iterator[RecipeInput]:
    for role, key in (("moe_expert", "experts"), ("moe_shared_expert", "shared_experts")):
        sources = document.get(key)
        for source in sources if isinstance(sources, list) else []:
            reference = reference_of(source.get("source_model")) if isinstance(source, dict) else ""
            if not reference:
                continue
            model, revision, lora, lora_revision = split_reference(reference)
            scales = {name: source[name] for name in ("noise_scale", "residual_scale") if name in source}
            found = lines.of(reference)
            yield RecipeInput(model, role, revision, lora, lora_revision, parameters=scales, lines=found)


def with_base(inputs: list[RecipeInput], base: str, role: str, lines: Lines) -> list[RecipeInput]:
    """Mark the base among the inputs; mergekit adds one that is not listed, so it comes last here."""
    if not base:
        return inputs
    model, revision, lora, lora_revision = split_reference(base)
    is_base = [each.parent == model and each.lora == lora for each in inputs]
    if any(is_base):
        return [replace(each, role=role) if hit else each for each, hit in zip(inputs, is_base, strict=True)]
    return [*inputs, RecipeInput(model, role, revision, lora, lora_revision, lines=lines.of(base))]


def read_recipe(document: dict, place: Place, text: str) -> RecipeRecord:
    """The recipe in one parsed document that `is_recipe`."""
    lines = Lines(place)
    base = reference_of(document.get("base_model"))
    if is_moe(document):
        method, dialect = "moe", "mergekit-moe"
        experts = islice(from_experts(document, lines), INPUTS_MOST + 1)
        inputs = with_base(list(experts), base, "moe_trunk", lines)
    else:
        method, dialect = document["merge_method"].strip().lower()[:40], "mergekit"
        sources = chain(
            from_models(document.get("models"), lines),
            from_slices(document.get("slices"), lines),
            from_modules(document.get("modules"), lines),
        )
        inputs = with_base(list(islice(sources, INPUTS_MOST + 1)), base, "base", lines)
    problem = "" if method in METHODS or dialect == "mergekit-moe" else f"mergekit 0.1.5 has no method {method!r}."
    if not inputs:
        problem = "The recipe names no model."
    if len(inputs) > INPUTS_MOST:
        problem = f"The recipe has more than {INPUTS_MOST} inputs; the rest was not read."
    return RecipeRecord(
        method=method,
        dialect=dialect,
        inputs=tuple(inputs[:INPUTS_MOST]),
        settings={key: document[key] for key in SETTINGS if key in document},
        file=place.file,
        lines=(place.first, max(place.first, lines.last)),
        text=text[:TEXT_MOST],
        problem=problem,
    )


def tokenizer_sources(settings: dict) -> list[str]:
    """Models that a recipe takes a tokenizer, or tokens, from; `union` and `base` name none.

    >>> tokenizer_sources({"tokenizer": {"source": "union", "tokens": {"<s>": {"source": "acme/tiny"}}}})
    ['acme/tiny']
    """
    tokenizer = settings.get("tokenizer")
    found = [settings.get("tokenizer_source")]
    if isinstance(tokenizer, dict):
        tokens = tokenizer.get("tokens")
        found.append(tokenizer.get("source"))
        found += (
            [each.get("source") for each in tokens.values() if isinstance(each, dict)]
            if isinstance(tokens, dict)
            else []
        )
    names = [
        reference_of(each).removeprefix("model:") for each in found if not isinstance(each, dict) or "model" in each
    ]
    return list(dict.fromkeys(name for name in names if name and name not in ("union", "base")))


FIELD_OF_ROLE = {"base": "base_model", "moe_trunk": "base_model", "moe_expert": "source_model", "lora": "lora"}


def claims_of(recipe: RecipeRecord, place: Place, stages: frozenset[str] = frozenset()) -> Iterator[ClaimRecord]:
    """One claim for each distinct parent and role of a recipe; another stage of the same file is no parent."""
    seen = set()
    for each in recipe.inputs:
        for parent, revision, role in (
            (each.parent, each.parent_revision, each.role),
            (each.lora, each.lora_revision, "lora"),
        ):
            if parent and parent not in stages and not is_placeholder(parent) and (parent, revision, role) not in seen:
                seen.add((parent, revision, role))
                relation = "moe_expert" if each.role.startswith("moe_") else "merge"
                yield claim_of(parent, revision, role, relation, place, each.lines)
    for name in tokenizer_sources(recipe.settings):
        parent, revision, _, _ = split_reference(name)
        role = "tokenizer_source"
        yield claim_of(parent, revision, role, role, place, place.find_both("source: ", name) or place.find(name))


def claim_of(
    parent: str, revision: str, role: str, relation: str, place: Place, lines: tuple[int, int] | None
) -> ClaimRecord:
    return ClaimRecord(
        parent=parent,
        source="recipe",
        relation=relation,
        parent_revision=revision,
        role=role,
        file=place.file,
        field=FIELD_OF_ROLE.get(role, role if role == "tokenizer_source" else "model"),
        lines=lines,
        quote=quoted(place.line(lines[0])) if lines else parent,
    )


def read_recipes(documents: list[tuple[object, Place, str]]) -> Reading:
    """The recipes of one file's documents, and their claims; a later stage may name an earlier one."""
    found = [(read_recipe(document, place, text), place) for document, place, text in documents if is_recipe(document)]
    names = (document.get("name") for document, _, _ in documents if isinstance(document, dict))
    stages = frozenset(name for name in names if isinstance(name, str)) if len(documents) > 1 else frozenset()
    claims = [claim for recipe, place in found for claim in claims_of(recipe, place, stages)]
    return Reading(tuple(claims), tuple(recipe for recipe, _ in found))
