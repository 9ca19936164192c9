"""Parents named in the YAML header of a card: base_model, new_version, datasets, source_datasets, models …

Field meanings: hub-docs, model-cards.md, datasets-cards.md, spaces-config-reference.md.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from lineage.claims import DATASET, FROM_MODEL, MODEL, SPACE, ClaimRecord, Reading, quoted
from lineage.readers.places import Place
from lineage.references import is_placeholder

VALUES_MOST = 200  # of one field
HUB_RELATIONS = ("adapter", "merge", "quantized", "finetune")

SEVERAL = re.compile(r"\s*[\w.-]+/[\w.-]+(?:\s*,\s*[\w.-]+/[\w.-]+)+\s*", re.ASCII)
# Other spellings of the relations, which the Hub does not take but which say what was meant.
SPELLINGS = {
    "fine-tune": "finetune",
    "finetuned": "finetune",
    "fine-tuned": "finetune",
    "finetuning": "finetune",
    "quantization": "quantized",
    "quantize": "quantized",
    "quantised": "quantized",
    "merged": "merge",
    "lora": "adapter",
    "adapters": "adapter",
    "distill": "distilled",
    "distillation": "distilled",
    "conversion": "converted",
    "pruning": "pruned",
}
# kind of the card -> field -> (kind of the parent, relation that the field says)
FIELDS = {
    MODEL: {
        "base_model": (MODEL, ""),
        "finetuned_from": (MODEL, "finetune"),
        "new_version": (MODEL, "new_version"),
        "datasets": (DATASET, "trained_on"),
    },
    DATASET: {"source_datasets": (DATASET, "derived_data"), "new_version": (DATASET, "new_version")},
    SPACE: {
        "models": (MODEL, "uses"),
        "datasets": (DATASET, "uses"),
        "duplicated_from": (SPACE, "duplicated_from"),
        "preload_from_hub": (MODEL, "uses"),  # "owner/name file,file revision"
    },
}


def words_of(value: object) -> Iterator[str]:
    """The texts of a field that may be one text, ids behind commas, a list, or a list of `{name: …}`.

    >>> list(words_of("acme/a, acme/b")), list(words_of([{"name": "acme/a"}, "a, b"]))
    (['acme/a', 'acme/b'], ['acme/a', 'a, b'])
    """
    if isinstance(value, str):
        yield from re.split(r"\s*,\s*", value.strip()) if SEVERAL.fullmatch(value) else (value,)
    elif isinstance(value, dict):
        yield from (value[key] for key in ("name", "id", "model") if isinstance(value.get(key), str))
    elif isinstance(value, list):
        for part in value[:VALUES_MOST]:
            if not isinstance(part, list):
                yield from words_of(part)


def said_relation(metadata: dict) -> str:
    """`base_model_relation` where it is a kind of relation, or a list that says one and the same.

    >>> said_relation({"base_model_relation": " Quantized "}), said_relation({"base_model_relation": ["LoRA"]})
    ('quantized', 'adapter')
    >>> said_relation({"base_model_relation": "child"}), said_relation({"base_model_relation": ["merge", "adapter"]})
    ('', '')
    """
    value = metadata.get("base_model_relation")
    parts = value[:VALUES_MOST] if isinstance(value, list) else [value]
    words = {part.strip().lower() for part in parts if isinstance(part, str)}
    kinds = {SPELLINGS.get(word, word) for word in words}
    return kinds.pop() if len(kinds) == 1 and kinds <= set(FROM_MODEL) else ""


def quantizer_s(metadata: dict, field: str) -> str:
    """What quantizers' own key says of `base_model`, as in the cards of TheBloke; blank where it is not there.

    >>> quantizer_s({"quantized_by": "me"}, "base_model"), quantizer_s({"quantized_by": None}, "base_model")
    ('quantized', '')
    """
    by = metadata.get("quantized_by")
    return "quantized" if field == "base_model" and isinstance(by, str) and by.strip() else ""


def named(metadata: dict, field: str) -> list[str]:
    """The distinct names in a field, in order; placeholders are no names."""
    words = (word.strip().removeprefix("extended|") for word in words_of(metadata.get(field)))
    if field == "preload_from_hub":
        words = (word.partition(" ")[0] for word in words)
    return list(dict.fromkeys(word for word in words if not is_placeholder(word) and not word.startswith("other-")))


def read_header(kind: str, metadata: dict, place: Place | None = None) -> Reading:
    """The claims in a card's header. `place` gives the lines, where the text of the card is at hand.

    >>> [c.parent for c in read_header("model", {"base_model": ["acme/a", "acme/a", "None"]}).claims]
    ['acme/a']
    """
    place = place or Place()
    claims = []
    for field, (parent_kind, relation) in FIELDS[kind].items():
        for name in named(metadata, field):
            lines = place.find_in_field(name, field)
            claims.append(
                ClaimRecord(
                    parent=name,
                    source="card",
                    relation=relation or said_relation(metadata) or quantizer_s(metadata, field),
                    parent_kind=parent_kind,
                    parent_revision=revision_of(metadata.get(field), name),
                    file=place.file,
                    field=field,
                    lines=lines,
                    quote=quoted(place.line(lines[0]) if lines else f"{field}: {name}"),
                )
            )
    claims += tagged(metadata, place) if kind == MODEL else []
    return Reading(tuple(claims)) + Reading(problems=problems_of(metadata, kind))


def revision_of(value: object, name: str) -> str:
    """The revision beside a name in `{name, revision}` or a list of such; blank where there is none."""
    for part in value if isinstance(value, list) else [value]:
        if isinstance(part, dict) and name in words_of(part) and isinstance(part.get("revision"), str):
            return part["revision"].strip()[:80]
    return ""


def tagged(metadata: dict, place: Place) -> list[ClaimRecord]:
    """Tags of the header itself that name a base and how it was used, as PEFT writes them."""
    tags = metadata.get("tags")
    found = []
    for tag in tags[:VALUES_MOST] if isinstance(tags, list) else []:
        head, _, rest = tag.partition(":") if isinstance(tag, str) else ("", "", "")
        relation, colon, name = rest.partition(":")
        if head == "base_model" and colon and relation in HUB_RELATIONS and not is_placeholder(name):
            lines = place.find_in_field(tag, "tags")
            found.append(
                ClaimRecord(
                    name.strip(), "card", relation, file=place.file, field="tags", lines=lines, quote=quoted(tag)
                )
            )
    return found


def problems_of(metadata: dict, kind: str) -> tuple[str, ...]:
    """Fields that hold something, but nothing that could name a repository."""
    return tuple(
        f"The field {field} holds {type(metadata[field]).__name__} values, which name no repository."
        for field in FIELDS[kind]
        if metadata.get(field) not in (None, [], "", {}) and not list(words_of(metadata[field]))
    )
