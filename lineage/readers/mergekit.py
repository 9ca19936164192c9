"""Merge recipes as mergekit writes them: `models`, `slices` or `modules`, MoE files, and several stages in one file.

Schema: mergekit 0.1.5, config.py, moe/config.py, scripts/multimerge.py. The list in a card's header is an unordered
set without roles, so roles, order, layers and weights are read here. The text is parsed by the caller.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import chain, islice

from lineage.claims import ClaimRecord, Reading, RecipeInput, RecipeRecord, quoted
from lineage.readers.mergekit_inputs import (
    Lines,
    ModelReference,
    from_experts,
    from_models,
    from_modules,
    from_slices,
    has_unread_layers,
    reference_of,
    scope_of,
    unequal_slices,
    with_base,
)
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


def read_recipe(document: dict, place: Place, text: str) -> RecipeRecord:
    """The recipe in one parsed document that `is_recipe`."""
    lines = Lines(place)
    scope = scope_of(document, lines)
    if is_moe(document):
        method, dialect = "moe", "mergekit-moe"
        experts = islice(from_experts(document, lines), INPUTS_MOST + 1)
        inputs = with_base(list(experts), scope.base, "moe_trunk", lines)
    else:
        method, dialect = document["merge_method"].strip().lower()[:40], "mergekit"
        sources = chain(
            from_models(document.get("models"), scope),
            from_slices(document, scope),
            from_modules(document.get("modules"), scope),
        )
        inputs = with_base(list(islice(sources, INPUTS_MOST + 1)), scope.base, "base", lines)
    return RecipeRecord(
        method=method,
        dialect=dialect,
        inputs=tuple(inputs[:INPUTS_MOST]),
        settings={key: document[key] for key in SETTINGS if key in document},
        file=place.file,
        lines=(place.first, max(place.first, lines.last)),
        text=text[:TEXT_MOST],
        problem=problem_of(document, method, dialect, len(inputs)),
    )


def problem_of(document: dict, method: str, dialect: str, inputs: int) -> str:
    """The first reason why mergekit would refuse the recipe, or why it is not read whole; empty where there is none."""
    ways = [key for key in ("models", "slices", "modules") if document.get(key)]
    if inputs > INPUTS_MOST:
        return f"The recipe has more than {INPUTS_MOST} inputs; the rest was not read."
    if not inputs:
        return "The recipe names no model."
    if dialect == "mergekit-moe":
        return ""
    if method not in METHODS:
        return f"mergekit 0.1.5 has no method {method!r}."
    if len(ways) > 1:
        return f"The recipe gives {' and '.join(ways)}; mergekit takes exactly one of them."
    if unequal_slices(document):
        return "A slice takes ranges of different lengths, which mergekit refuses."
    if has_unread_layers(document):
        return "A slice gives a range of layers that is none."
    if document.get("tokenizer_source") and document.get("tokenizer"):
        return "The recipe gives both tokenizer_source and tokenizer; mergekit takes one of them."
    return ""


def tokenizer_sources(settings: dict) -> list[ModelReference]:
    """Models that a recipe takes a tokenizer, or tokens, from; `union` and `base` name none.

    >>> [found.path for found in tokenizer_sources({"tokenizer": {"tokens": {"<s>": {"source": "acme/tiny"}}}})]
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
    read = [reference_of(each.removeprefix("model:") if isinstance(each, str) else each) for each in found]
    return list(dict.fromkeys(each for each in read if each and each.path not in ("union", "base")))


FIELD_OF_ROLE = {
    "base": "base_model",
    "moe_trunk": "base_model",
    "moe_expert": "source_model",
    "moe_shared_expert": "source_model",
    "lora": "lora",
    "tokenizer_source": "tokenizer_source",
}


def claims_of(recipe: RecipeRecord, place: Place, stages: frozenset[str] = frozenset()) -> Iterator[ClaimRecord]:
    """One claim for each distinct parent and role of a recipe; another stage of the same file is no parent."""
    seen, bases = set(), Lines(place)
    for each in recipe.inputs:
        is_base = (
            FIELD_OF_ROLE.get(each.role) == "base_model"
        )  # cited where the recipe says so, not where it is a source
        for parent, revision, role, lines in (
            (each.parent, each.parent_revision, each.role, bases.of_base(each.parent) if is_base else each.lines),
            (each.lora, each.lora_revision, "lora", lines_of_lora(each, place)),
        ):
            if parent and parent not in stages and not is_placeholder(parent) and (parent, revision, role) not in seen:
                seen.add((parent, revision, role))
                relation = "moe_expert" if each.role.startswith("moe_") else "merge"
                yield claim_of(parent, revision, role, relation, place, lines)
    for found in tokenizer_sources(recipe.settings):
        role, name = "tokenizer_source", found.path
        if name not in stages:
            lines = place.find_both("source: ", name) or place.find(name)
            yield claim_of(name, found.revision, role, role, place, lines)


def lines_of_lora(each: RecipeInput, place: Place) -> tuple[int, int] | None:
    """Where its adapter is named: on its own line, or in a mapping below it."""
    if not each.lora or (each.lines and holds(place.line(each.lines[0]), each.lora)):
        return each.lines
    return place.find(each.lora) or each.lines


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
        field=FIELD_OF_ROLE.get(role, "model"),
        lines=lines,
        quote=quoted(place.line(lines[0])) if lines else parent,
    )


def read_recipes(documents: list[tuple[object, Place, str]]) -> Reading:
    """The recipes of one file's documents, and their claims; a later stage may name an earlier one."""
    found = [(read_recipe(document, place, text), place) for document, place, text in documents if is_recipe(document)]
    names = (document.get("name") for document, _, _ in documents if isinstance(document, dict))
    stages = frozenset(name for name in names if isinstance(name, str)) if len(documents) > 1 else frozenset()
    claims = [claim for recipe, place in found for claim in claims_of(recipe, place, stages)]
    cut = dict.fromkeys(recipe.problem for recipe, _ in found if len(recipe.inputs) == INPUTS_MOST and recipe.problem)
    return Reading(tuple(claims), tuple(recipe for recipe, _ in found), tuple(cut))
