"""The models that go into a merge, from every form in which mergekit writes them: models, slices, modules, experts.

A reference is `path[@revision][+lora[@revision]]` or its dict form (mergekit 0.1.5, common.py); parameters are those
that count for the input, after mergekit's precedence: source, slice, module, whole merge (config.py).
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace

from lineage.claims import RecipeInput
from lineage.readers.places import Place, holds
from lineage.recipes import OF_ONE_INPUT, merged
from lineage.references import is_placeholder

LAYERS_MOST = 10**6
BASE = re.compile(r"[\s\-{]*[\"']?base_model[\"']?\s*:")


@dataclass(frozen=True)
class ModelReference:
    """A model, its revision, and the adapter that is merged into it first; `written` is how the line spells it."""

    path: str
    revision: str = ""
    lora: str = ""
    lora_revision: str = ""
    written: str = ""


def path_of(value: object) -> tuple[str, str]:
    """(path, revision) of `path[@revision]` or `{path, revision}`; blank where it is neither."""
    if isinstance(value, dict):
        path, revision = value.get("path"), value.get("revision")
        return (path.strip() if isinstance(path, str) else "", revision.strip() if isinstance(revision, str) else "")
    if not isinstance(value, str):
        return "", ""
    path, _, revision = value.partition("@")
    return path.strip(), revision.strip()


def reference_of(value: object) -> ModelReference | None:
    """The reference in a field, or None where it holds none.

    >>> reference_of("acme/tiny@v1+acme/lora@main")
    ModelReference(path='acme/tiny', revision='v1', lora='acme/lora', lora_revision='main', written='acme/tiny')
    >>> reference_of({"model": {"path": "acme/tiny"}, "lora": {"path": "acme/lora"}}).lora
    'acme/lora'
    """
    if isinstance(value, str):
        model, _, lora = value.strip().partition("+")
    elif isinstance(value, dict):
        model, lora = (value.get("model"), value.get("lora")) if "model" in value else (value, None)
    else:
        return None
    path, revision = path_of(model)
    if not path or is_placeholder(path):
        return None
    lora_path, lora_revision = path_of(lora)
    return ModelReference(path, revision, lora_path, lora_revision, path)


def layers_of(value: object) -> tuple[int, int] | None:
    """`[first, last)` where both are whole numbers and at least one layer lies between them.

    >>> layers_of([0, 24]), layers_of("0-24"), layers_of([True, 3]), layers_of([5, 2])
    ((0, 24), None, None, None)
    """
    ok = isinstance(value, list) and len(value) == 2 and all(type(e) is int and 0 <= e < LAYERS_MOST for e in value)
    return (value[0], value[1]) if ok and value[0] < value[1] else None


def parameters_of(part: object) -> dict:
    value = part.get("parameters") if isinstance(part, dict) else None
    return {str(name): each for name, each in value.items()} if isinstance(value, dict) else {}


def listed(part: object, key: str) -> list[dict]:
    """The mappings in a list under `key`; nothing where it is no list."""
    value = part.get(key) if isinstance(part, dict) else None
    return [each for each in value if isinstance(each, dict)] if isinstance(value, list) else []


class Lines:
    """Finds the lines of references in the order in which they are asked for: each next one further down."""

    def __init__(self, place: Place):
        self.place = place
        self.last = place.first + max((at for at, line in enumerate(place.lines) if line.strip()), default=0)
        self.next: dict[str, int] = {}

    def of(self, word: str) -> tuple[int, int] | None:
        """The next line that names it as a source; where it stands nowhere else, the line of `base_model`."""
        start = self.next.get(word, self.place.first)
        for number in range(start, self.last + 1):
            line = self.place.line(number)
            if holds(line, word) and not BASE.match(line):
                self.next[word] = number + 1
                return number, number
        return self.place.find(word)

    def of_base(self, word: str) -> tuple[int, int] | None:
        """The line of `base_model` that names it, or where its mapping does."""
        numbers = range(self.place.first, self.last + 1)
        named = (n for n in numbers if BASE.match(self.place.line(n)) and holds(self.place.line(n), word))
        return (number, number) if (number := next(named, None)) else self.of(word)


def input_of(found: ModelReference, role: str, lines: Lines, *, is_listed: bool = True, **said) -> RecipeInput:
    return RecipeInput(
        parent=found.path,
        role=role,
        parent_revision=found.revision,
        lora=found.lora,
        lora_revision=found.lora_revision,
        lines=(lines.of if is_listed else lines.of_base)(found.written),
        **said,
    )


@dataclass(frozen=True)
class Scope:
    """What surrounds a list of models: the module's name, and the parameters that hold there, the nearest first."""

    lines: Lines
    module: str = ""
    levels: tuple[dict, ...] = ()
    base: ModelReference | None = None

    def parameters(self, *nearer: dict) -> dict:
        return merged(*nearer, *self.levels)


def scope_of(document: dict, lines: Lines) -> Scope:
    """The scope of a whole recipe: its base, and of its parameters those that an input may have its own of."""
    own = {name: value for name, value in parameters_of(document).items() if name in OF_ONE_INPUT}
    return Scope(lines, levels=(own,) if own else (), base=reference_of(document.get("base_model")))


def role_of(found: ModelReference, base: ModelReference | None) -> str:
    is_base = base is not None and (found.path, found.lora) == (base.path, base.lora)
    return "base" if is_base else "expert"


def from_models(models: object, scope: Scope) -> Iterator[RecipeInput]:
    for source in models if isinstance(models, list) else []:
        if found := reference_of(source.get("model") if isinstance(source, dict) and "model" in source else source):
            parameters = scope.parameters(parameters_of(source))
            role = role_of(found, scope.base)
            yield input_of(found, role, scope.lines, module=scope.module, parameters=parameters)


def from_slices(part: object, scope: Scope) -> Iterator[RecipeInput]:
    """Inputs of a frankenmerge: the child's layers follow from the lengths of the slices before, if all are known."""
    start: int | None = 0
    for piece in listed(part, "slices"):
        sources = listed(piece, "sources")
        ranges = [layers_of(source.get("layer_range")) for source in sources]
        length = max((last - first for each in ranges if each for first, last in [each]), default=0)
        own = replace(scope, base=reference_of(piece.get("base_model")) or scope.base)
        shared = {"residual_weight": piece["residual_weight"]} if "residual_weight" in piece else {}
        named = set()
        for source, layers in zip(sources, ranges, strict=True):
            if not (found := reference_of(source.get("model"))):
                continue
            named.add(found.path)
            yield input_of(
                found,
                role_of(found, own.base),
                scope.lines,
                module=scope.module,
                parent_layers=layers,
                child_layers=(start, start + length) if layers and start is not None else None,
                parameters=scope.parameters(parameters_of(source), parameters_of(piece)) | shared,
            )
        if (
            own.base is not scope.base and own.base.path not in named
        ):  # a slice's own base, which is none of its sources
            child = (start, start + length) if length and start is not None else None
            yield input_of(own.base, "base", scope.lines, is_listed=False, module=scope.module, child_layers=child)
        start = start + length if length and start is not None else None


def from_modules(modules: object, scope: Scope) -> Iterator[RecipeInput]:
    for name, part in modules.items() if isinstance(modules, dict) else ():
        if isinstance(part, dict):
            own = replace(scope, module=str(name), levels=(parameters_of(part), *scope.levels))
            yield from from_models(part.get("models"), own)
            yield from from_slices(part, own)


def from_experts(document: dict, lines: Lines) -> Iterator[RecipeInput]:
    for role, key in (("moe_expert", "experts"), ("moe_shared_expert", "shared_experts")):
        for source in listed(document, key):
            if found := reference_of(source.get("source_model")):
                scales = {name: source[name] for name in ("noise_scale", "residual_scale") if name in source}
                yield input_of(found, role, lines, parameters=scales)


def with_base(inputs: list[RecipeInput], base: ModelReference | None, role: str, lines: Lines) -> list[RecipeInput]:
    """The inputs with the base among them; mergekit adds one that is not listed, so it comes last here."""
    if base is None:
        return inputs
    is_listed = any((each.parent, each.lora) == (base.path, base.lora) for each in inputs)
    return inputs if is_listed and role == "base" else [*inputs, input_of(base, role, lines, is_listed=False)]


def has_unread_layers(document: dict) -> bool:
    """Does a source of a slice give a range of layers that is none?"""
    sources = [source for piece in listed(document, "slices") for source in listed(piece, "sources")]
    return any("layer_range" in source and layers_of(source["layer_range"]) is None for source in sources)


def unequal_slices(document: dict) -> bool:
    """Does a slice take ranges of different lengths, which mergekit refuses?"""
    for piece in listed(document, "slices"):
        ranges = [found for source in listed(piece, "sources") if (found := layers_of(source.get("layer_range")))]
        if len({last - first for first, last in ranges}) > 1:
            return True
    return False
