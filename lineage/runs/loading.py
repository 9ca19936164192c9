"""Loads a version: safetensors only, architectures of transformers' own code or ours, nothing that runs a stranger's.

A weight that the files lack would be random, so a version that lacks any is refused and not run.
"""

from __future__ import annotations

import json
import re
from collections.abc import Sequence, Set
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from safetensors import safe_open
from safetensors.torch import load_file

from lineage.runs.determinism import DTYPES
from lineage.runs.modules import EncoderHead, build
from lineage.runs.problems import BadRun
from lineage.version_files import ADAPTER, CONFIG, MODULE, WEIGHTS

LOCAL = {"local_files_only": True, "trust_remote_code": False}


@dataclass(frozen=True)
class Source:
    """Where a version's files lie; `base` holds the model that an adapter or a head belongs to."""

    folder: Path
    base: Path | None
    dtype: str
    device: torch.device

    def has(self, name: str) -> bool:
        return (self.folder / name).is_file()

    @property
    def whole(self) -> Path:
        """The folder of the whole model: the base of an adapter, else the version itself."""
        return self.base or self.folder


def own_module(source: Source) -> torch.nn.Module:
    """A module of ours with its weights. Raises BadRun."""
    definition = json.loads((source.folder / MODULE).read_text("utf8"))
    module = build(definition)
    weights = load_file(source.folder / "model.safetensors")
    try:
        module.load_state_dict(weights)
    except RuntimeError as problem:
        raise BadRun(f"The weights do not fit stemma_module.json: {one_line(problem)}") from None
    return module.to(source.device, DTYPES[source.dtype]).eval()


def transformer(auto: Any, source: Source, folder: Path | None = None) -> torch.nn.Module:
    """A model of transformers from its safetensors, with its adapter if it is one. Raises BadRun."""
    folder = folder or source.whole
    given = LOCAL | {"use_safetensors": True, "dtype": DTYPES[source.dtype], "output_loading_info": True}
    given["ignore_mismatched_sizes"] = True  # refused below, with the names of the weights
    try:
        model, loaded = auto.from_pretrained(folder, attn_implementation="sdpa", **given)
    except ValueError as problem:
        if "scaled_dot_product_attention" not in str(problem):
            raise
        model, loaded = auto.from_pretrained(folder, attn_implementation="eager", **given)
    has_adapter = source.has(ADAPTER)
    to_come = refuse_incomplete(loaded, heads_may_follow=has_adapter)
    if has_adapter:
        model = adapted(model, source, to_come)
    return model.to(source.device).eval()


def refuse_incomplete(loaded: dict, *, heads_may_follow: bool) -> list[str]:
    """Raise BadRun where weights are missing, or have another shape than the model.

    Returns the weights of a classifier's own layer that an adapter has to bring with it.
    """
    if other := sorted(str(name)[:120] for name, *_ in loaded.get("mismatched_keys", ())):
        raise BadRun(
            f"{len(other)} of the files' weights have another shape than the model's, {other[0]!r} among them."
        )
    missing, to_come = sorted(loaded.get("missing_keys", ())), []
    if heads_may_follow:
        to_come = [name for name in missing if name.split(".")[0] in ("classifier", "score", "pre_classifier")]
    if lacking := [name for name in missing if name not in to_come]:
        raise BadRun(f"The files lack {len(lacking)} of the model's weights, {lacking[0]!r} among them.")
    return to_come


def adapted(model: torch.nn.Module, source: Source, to_come: Sequence[str] = ()) -> torch.nn.Module:
    """The base model with a PEFT adapter's layers in it, which bring the weights `to_come`. Raises BadRun.

    PEFT only warns of layers that its file lacks: the adapter would then answer as its base does, or at random.
    """
    from peft import PeftConfig, PeftModel, PeftType, get_peft_model_state_dict

    if not source.has(WEIGHTS["adapter"]):  # PEFT takes a pickle then, whatever `use_safetensors` says
        raise BadRun(f"The adapter lacks {WEIGHTS['adapter']}, and its weights are read from nothing else.")
    kind = json.loads((source.folder / ADAPTER).read_text("utf8")).get("peft_type")
    if kind not in set(PeftType):
        raise BadRun(f"The adapter's kind {str(kind)[:60]!r} is none that PEFT has.")
    with safe_open(source.folder / WEIGHTS["adapter"], framework="pt") as file:
        brought = set(file.keys())
    refuse_lacking(brought, [f"base_model.model.{name}" for name in to_come])
    config = PeftConfig.from_pretrained(str(source.folder))
    if config.is_prompt_learning:
        raise BadRun("The adapter is a learned prompt: only adapters that change layers are run.")
    try:
        found = PeftModel.from_pretrained(model, str(source.folder), config=config, use_safetensors=True)
    except KeyError as problem:  # a layer that was trained whole
        refuse_lacking(brought, [str(problem.args[0])])
        raise
    except RuntimeError as problem:
        if "size mismatch" not in str(problem):
            raise
        first = str(problem).split("size mismatch for ")[1].split(":")[0]
        raise BadRun(f"The adapter was made for another base: {first[:160]!r} has another shape.") from None
    refuse_lacking(brought, sorted(get_peft_model_state_dict(found, save_embedding_layers=False)))
    return found.get_base_model().to(DTYPES[source.dtype])


def refuse_lacking(brought: Set[str], needed: Sequence[str]) -> None:
    """Raise BadRun where an adapter's file does not hold each of the weights `needed`, by the names it was saved with.

    >>> refuse_lacking({"a"}, ["a", "b"])
    Traceback (most recent call last):
    lineage.runs.problems.BadRun: The adapter's file lacks 1 of the weights that its base needs, 'b' among them.
    """
    if lacking := [name for name in needed if name not in brought]:
        raise BadRun(
            f"The adapter's file lacks {len(lacking)} of the weights that its base needs, {lacking[0]!r} among them."
        )


def encoder_head(source: Source) -> tuple[torch.nn.Module, EncoderHead, Any]:
    """An encoder, our head over its states, and the tokenizer. Raises BadRun."""
    from transformers import AutoModel

    encoder = transformer(AutoModel, source, source.base or source.folder / "encoder")
    return encoder, own_module(source), tokenizer(source, source.base or source.folder / "encoder")


def tokenizer(source: Source, folder: Path | None = None) -> Any:
    """The tokenizer beside a version, else that of its base; one without padding pads with its end."""
    from transformers import AutoTokenizer

    own = any(source.has(name) for name in ("tokenizer.json", "tokenizer_config.json", "vocab.txt", "tokenizer.model"))
    found = AutoTokenizer.from_pretrained(folder or (source.folder if own else source.whole), **LOCAL)
    if found.pad_token_id is None:
        found.pad_token = found.eos_token or found.unk_token
    if found.pad_token_id is None:
        raise BadRun("The tokenizer names no token that rows could be padded with.")
    return found


def names_of(model: torch.nn.Module) -> list[str]:
    """Label names by number, from the configuration."""
    names = model.config.id2label
    return [str(names[number]) for number in range(len(names))]


def check_config(source: Source) -> None:
    """Raise BadRun where the model's architecture is not one of transformers' own."""
    from transformers.models.auto.configuration_auto import CONFIG_MAPPING

    config = json.loads((source.whole / CONFIG).read_text("utf8"))
    kind = config.get("model_type")
    if kind not in CONFIG_MAPPING:
        needs = " and needs code from its repository" if config.get("auto_map") else ""
        raise BadRun(f"The architecture {str(kind)[:60]!r} is none of transformers' own{needs}: it is not run.")


def one_line(problem: BaseException, most: int = 200) -> str:
    """An error as a sentence can hold it: without line breaks and paths.

    >>> one_line(ValueError("no file\\n  /root/x/model.safetensors"))
    'no file model.safetensors'
    """
    text = re.sub(r"(?:/[^/\s'\"]+)+/", "", " ".join(str(problem).split()))
    return text[:most]
