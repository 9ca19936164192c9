"""Loads a version: safetensors only, architectures of transformers' own code or ours, nothing that runs a stranger's.

A weight that the files lack would be random, so a version that lacks any is refused and not run.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
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
    try:
        model, loaded = auto.from_pretrained(folder, attn_implementation="sdpa", **given)
    except ValueError as problem:
        if "scaled_dot_product_attention" not in str(problem):
            raise
        model, loaded = auto.from_pretrained(folder, attn_implementation="eager", **given)
    has_adapter = source.has(ADAPTER)
    refuse_incomplete(loaded, heads_may_follow=has_adapter)
    if has_adapter:
        model = adapted(model, source)
    return model.to(source.device).eval()


def refuse_incomplete(loaded: dict, *, heads_may_follow: bool) -> None:
    """Raise BadRun where weights are missing, or have another shape than the model."""
    missing = sorted(loaded.get("missing_keys", ()))
    if heads_may_follow:  # an adapter brings a classifier's own layer with it
        missing = [name for name in missing if name.split(".")[0] not in ("classifier", "score", "pre_classifier")]
    if missing:
        raise BadRun(f"The files lack {len(missing)} of the model's weights, {missing[0]!r} among them.")
    if other := sorted(str(key) for key in loaded.get("mismatched_keys", ())):
        raise BadRun(f"{len(other)} weights have another shape than the model: {other[0][:120]}.")


def adapted(model: torch.nn.Module, source: Source) -> torch.nn.Module:
    """The base model with a PEFT adapter's layers in it. Raises BadRun."""
    from peft import PeftConfig, PeftModel

    if not source.has(WEIGHTS["adapter"]):  # PEFT takes a pickle then, whatever `use_safetensors` says
        raise BadRun(f"The adapter lacks {WEIGHTS['adapter']}, and its weights are read from nothing else.")
    config = PeftConfig.from_pretrained(str(source.folder))
    if config.is_prompt_learning:
        raise BadRun("The adapter is a learned prompt: only adapters that change layers are run.")
    found = PeftModel.from_pretrained(model, str(source.folder), config=config, use_safetensors=True)
    return found.get_base_model().to(DTYPES[source.dtype])


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
