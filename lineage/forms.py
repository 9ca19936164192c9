"""What a repository holds, as its files, configuration, tags and name show it: an adapter, a quantization, a merge …

The Hub labels most of these `finetune` (its docs say only that it infers one of four words): it looks at the library's
name and not at `adapter_config.json`; it does not know split GGUF files; it ignores tags. Here the files decide.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from functools import cached_property

from lineage import signs


@dataclass(frozen=True)
class Holdings:
    """A repository as it shows itself. `paths` is None while its file list is unknown."""

    name: str
    paths: tuple[str, ...] | None = None
    tags: tuple[str, ...] = ()
    library_name: str = ""
    config: dict = field(default_factory=dict)

    @cached_property
    def words(self) -> frozenset[str]:
        return frozenset(tag.lower() for tag in self.tags)

    @cached_property
    def owner(self) -> str:
        return self.name.rpartition("/")[0].lower()

    @cached_property
    def basename(self) -> str:
        return self.name.rpartition("/")[2]

    def files(self, pattern: re.Pattern) -> list[str]:
        return [path for path in self.paths or () if pattern.search(path)]

    @cached_property
    def weights(self) -> list[str]:
        """Files of parameters of any kind; optimizer states and tokenizers are none."""
        found = (
            p for p in self.paths or () if p.lower().endswith(tuple(signs.WEIGHT_ENDINGS)) or signs.GGUF_FILE.search(p)
        )
        return [path for path in found if not signs.NO_WEIGHTS.search(path)]

    @cached_property
    def adapter_files(self) -> list[str]:
        return self.files(signs.ADAPTER_FILE)

    @cached_property
    def full_weights(self) -> list[str]:
        """Weights of a whole model: named so, and beside adapter files only where their folder has a configuration."""
        found = [
            path
            for path in self.files(signs.FULL_WEIGHTS)
            if not signs.ADAPTER_FILE.search(path) and not signs.NO_WEIGHTS.search(path)
        ]
        if not self.adapter_files:
            return found
        folders = {
            path.rpartition("/")[0] for path in self.paths or () if path.rpartition("/")[2] in signs.CONFIG_FILES
        }
        return [path for path in found if path.rpartition("/")[0] in folders]

    @cached_property
    def was_trained(self) -> bool:
        """Does anything say that a trainer wrote it? Unsloth tags its own copies of others' models with its name."""
        names = {path.rpartition("/")[2] for path in self.paths or ()}
        said = self.words & signs.TRAINING_TAGS
        if self.owner == "unsloth":
            said -= {"unsloth"}
        return bool(said or names & signs.TRAINING_FILES)


@dataclass(frozen=True)
class Form:
    """A kind that the holdings show, and in words why; an empty kind is "they show nothing"."""

    kind: str = ""
    because: str = ""

    def __bool__(self) -> bool:
        return bool(self.kind)


def adapter_form(held: Holdings) -> Form:
    """Adapter files without the weights of a whole model, or a library or tag that says so where files do not speak."""
    if held.full_weights:
        return Form()
    if held.files(signs.ADAPTER_WEIGHTS):
        return Form("adapter", f"it holds {held.files(signs.ADAPTER_WEIGHTS)[0]} and no full weights")
    if held.adapter_files:
        return Form("adapter", f"it holds {held.adapter_files[0]} and no full weights")
    if isinstance(held.config.get("peft"), dict):
        return Form("adapter", "its configuration is PEFT's")
    if held.library_name.lower() in ("peft", "adapter-transformers", "adapters"):
        return Form("adapter", f"its library is {held.library_name}")
    said = sorted(held.words & signs.ADAPTER_TAGS)
    if said and (held.paths is None or held.weights) and not held.files(signs.GGUF_FILE):
        return Form("adapter", f"it is tagged {said[0]} and holds no full weights")
    return Form()


def quantized_form(held: Holdings, parents: Sequence[str] = ()) -> Form:
    """GGUF files alone, a quantizer's configuration, or a name or tags of a format that the parents do not carry."""
    gguf = held.files(signs.GGUF_FILE)
    if gguf and not held.full_weights:
        return Form("quantized", f"it holds {gguf[0]} and no full weights")
    if any(signs.QUANTIZED_NAME.search(parent) for parent in parents):
        return Form()  # trained on a quantization; its own format says nothing new
    config = held.config.get("quantization_config") or held.config.get("quantization")
    method = str(config.get("quant_method", "")).lower() if isinstance(config, dict) else ""
    if isinstance(config, dict) and config and method not in signs.NATIVE_FORMATS and not held.was_trained:
        return Form("quantized", f"its quantization_config says {method or config.get('bits', 'so')}")
    for path in held.paths or ():
        if path in signs.QUANTIZER_FILES:
            return Form("quantized", f"it holds {path}, which {signs.QUANTIZER_FILES[path]} writes")
    if named := signs.QUANTIZED_NAME.search(held.basename):
        return Form("quantized", f"its name says {named.group(0).strip('-_.')}")
    said = sorted(held.words & signs.QUANTIZED_TAGS)
    if said and not held.was_trained and not gguf:
        return Form("quantized", f"it is tagged {said[0]}")
    return Form()


def converted_form(held: Holdings, parents: Iterable[str] = ()) -> Form:
    """Weights in the format of another runtime, and none in the one that models are trained in; or a parent's name
    and behind it a type of number.

    >>> held = Holdings("me/tiny-BF16", paths=("model.safetensors",))
    >>> converted_form(held, ["acme/tiny"]).because, converted_form(held, ["acme/other"]).kind
    ("its name is its parent's with BF16", '')
    """
    if held.full_weights:
        typed = signs.TYPED_NAME.fullmatch(held.basename)
        names = {parent.rpartition("/")[2].lower() for parent in parents}
        if typed and typed["name"].lower() in names and not held.was_trained:
            return Form("converted", f"its name is its parent's with {typed['type']}")
        if "mlx" in held.words and not held.was_trained:
            return Form("converted", "it is tagged mlx")
        if named := signs.PORTED_NAME.search(held.basename):  # its tags may be those of a copied card
            return Form("converted", f"its name says {named.group(0).strip('-_.')}")
        return Form()
    for runtime, pattern in signs.PORTED:
        if held.files(pattern):
            return Form("converted", f"it holds weights for {runtime} only")
    return Form()


def merge_form(held: Holdings, base_models: int, recipes: int) -> Form:
    """A recipe of its own; a tag of a merging tool; the tag `merge` over several bases or over weights."""
    if recipes:
        return Form("merge", "it carries a merge recipe")
    if said := sorted(held.words & signs.MERGE_TAGS):
        return Form("merge", f"it is tagged {said[0]}")
    if "merge" in held.words and (base_models > 1 or held.weights) and not held.was_trained:
        return Form("merge", "it is tagged merge")
    return Form()


def changed_form(held: Holdings, parents: Iterable[str]) -> Form:
    """Pruned or edited weights, where the name or a tag says so and no parent's name does."""
    parents = list(parents)
    for kind, pattern, tags in (
        ("pruned", signs.PRUNED_NAME, {"pruned", "sparsegpt"}),
        ("edited", signs.EDITED_NAME, {"abliterated", "abliteration", "heretic"}),
    ):
        if any(pattern.search(parent) for parent in parents):
            continue
        if named := pattern.search(held.basename):
            return Form(kind, f"its name says {named.group(0).strip('-_.')}")
        if said := sorted(held.words & tags):
            return Form(kind, f"it is tagged {said[0]}")
    return Form()
