"""Parents named in `adapter_config.json` (PEFT) and `config.json` (transformers), from the file or from the API.

PEFT writes `base_model_name_or_path`, transformers up to 5.22 wrote `_name_or_path`; both may be a path on the
author's disk. A file is bounded before it is parsed.
"""

from __future__ import annotations

import json

from lineage import signs
from lineage.claims import ClaimRecord, Reading, quoted
from lineage.readers.places import Place
from lineage.references import is_placeholder

JSON_MOST = 4 * 1024 * 1024  # characters
# Where each library names the base in `adapter_config.json`: PEFT, then AdapterHub's adapters, then mlx-lm.
BASE_KEYS = ("base_model_name_or_path", "model_name", "model")
# Parts of a composed model that carry a configuration of their own.
PARTS = "text_config vision_config audio_config llm_config language_config encoder decoder question_encoder generator"
DEPTH_MOST = 200  # json.loads itself recurses; the scan before it costs a pass over the text


def deepest(text: str) -> int:
    """How deep brackets nest, counted without regard to strings: an upper bound that costs no stack."""
    depth = most = 0
    for char in text:
        if char in "[{":
            depth += 1
            most = max(most, depth)
        elif char in "]}":
            depth -= 1
    return most


def load_json(text: str, file: str) -> tuple[dict | None, str]:
    """The object in a small JSON file, or why it cannot be read in one sentence."""
    if len(text) > JSON_MOST:
        return None, f"{file} is longer than {JSON_MOST:,} characters and was not read."
    if deepest(text) > DEPTH_MOST:
        return None, f"{file} nests deeper than {DEPTH_MOST} and was not read."
    try:
        value = json.loads(text.removeprefix("\ufeff"))
    except ValueError as error:
        return None, f"{file} is not JSON: {error}."
    if not isinstance(value, dict):
        return None, f"{file} holds a JSON {type(value).__name__}, not an object."
    return value, ""


def claim_of(value: object, *, field: str, source: str, place: Place, **said) -> tuple[ClaimRecord, ...]:
    """One claim from one text field, or none where the field is absent or a placeholder."""
    if not isinstance(value, str) or is_placeholder(value):
        return ()
    key = f'"{field.rpartition(".")[2]}"'
    lines = (place.find_both(key, value) or place.find(key)) if place.lines else None
    quote = quoted(place.line(lines[0]) if lines else f"{field}: {value}")
    return (ClaimRecord(parent=value, source=source, field=field, file=place.file, lines=lines, quote=quote, **said),)


def read_adapter_config(config: dict, place: Place | None = None, *, prefix: str = "") -> Reading:
    """The base that an adapter says it was trained on.

    >>> read_adapter_config({"base_model_name_or_path": "acme/tiny", "revision": "v1"}).claims[0].parent_revision
    'v1'
    """
    revision = config.get("revision")
    key = next((key for key in BASE_KEYS if config.get(key) is not None), BASE_KEYS[0])
    base = config.get(key)
    claims = claim_of(
        base,
        field=f"{prefix}{key}",
        source="adapter_config",
        place=place or Place(),
        relation="adapter",
        role="base",
        parent_revision=revision if isinstance(revision, str) else "",
    )
    if "stemma_compatible_with" in config:  # a compatibility adapter of ours names whose side it also takes
        said = {"field": f"{prefix}stemma_compatible_with", "relation": "distilled", "role": "teacher"}
        claims += claim_of(config["stemma_compatible_with"], source="adapter_config", place=place or Place(), **said)
    said = f"The field {prefix}{key} holds a {type(base).__name__}, which names no repository."
    return Reading(claims, problems=() if base is None or isinstance(base, str) else (said,))


def is_quantized(quantization: object) -> bool:
    """Does a `quantization_config` show a quantizer's work, and no format that models are also released in?

    >>> is_quantized({"quant_method": "gptq", "bits": 4}), is_quantized({"quant_method": "fp8"}), is_quantized({})
    (True, False, False)
    """
    if not isinstance(quantization, dict) or not quantization:
        return False
    return str(quantization.get("quant_method", "")).lower() not in signs.NATIVE_FORMATS


def read_config(config: dict, place: Place | None = None) -> Reading:
    """What `config.json` says: a weak hint of the model that training started from, and a quantizer's data set."""
    place = place or Place()
    quantization = config.get("quantization_config") or config.get("quantization")  # the latter is mlx-lm's
    said = "quantized" if is_quantized(quantization) else ""
    claims = claim_of(config.get("_name_or_path"), field="_name_or_path", source="config", place=place, relation=said)
    for part in PARTS.split():
        if isinstance(config.get(part), dict):
            value, field = config[part].get("_name_or_path"), f"{part}._name_or_path"
            claims += claim_of(value, field=field, source="config", place=place, role=part)
    if isinstance(quantization, dict):
        data = quantization.get("dataset")
        if isinstance(data, str) and "/" in data:
            field = "quantization_config.dataset"
            said = {"relation": "trained_on", "parent_kind": "dataset", "role": "calibration"}
            claims += claim_of(data, field=field, source="config", place=place, **said)
    peft = config.get("peft")
    reading = Reading(claims)
    return reading + read_adapter_config(peft, place, prefix="peft.") if isinstance(peft, dict) else reading
