"""Parents that the Hub itself states: the tags it derives from a card, and `baseModels` of its API."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from lineage.claims import DATASET, MODEL, SPACE, ClaimRecord, Reading
from lineage.readers.header import HUB_RELATIONS

TAGS_MOST = 5_000
LINKS_MOST = 500  # models or datasets that the Hub found in the code of a space
RELATION_OF_DATASET = {MODEL: "trained_on", DATASET: "derived_data", SPACE: "uses"}


def base_model_tags(tags: Iterable[str]) -> Iterator[tuple[str, str, str]]:
    """(tag, relation or blank, name); the bare `base_model:X` is left out where a tag also says the relation.

    >>> list(base_model_tags(["base_model:acme/a", "base_model:adapter:acme/a", "base_model:acme/b"]))
    [('base_model:adapter:acme/a', 'adapter', 'acme/a'), ('base_model:acme/b', '', 'acme/b')]
    """
    found: dict[str, tuple[str, str, str]] = {}
    for tag in tags:
        prefix, _, rest = tag.partition(":")
        if prefix != "base_model" or not rest:
            continue
        word, colon, name = rest.partition(":")
        relation = word if colon and word in HUB_RELATIONS else ""
        name = name if relation else rest
        if relation or name not in found:
            found[name] = (tag, relation, name)
    return iter(sorted(found.values(), key=lambda each: not each[1]))


def read_tags(kind: str, tags: Iterable[object]) -> Reading:
    """Claims in a repository's tags, in the Hub's words."""
    words = [tag for tag in list(tags)[:TAGS_MOST] if isinstance(tag, str)]
    claims = [
        ClaimRecord(parent=name, source="tag", relation=relation, field="tags", quote=tag)
        for tag, relation, name in (base_model_tags(words) if kind == MODEL else ())
    ]
    for tag in words:
        prefix, _, name = tag.partition(":")
        if prefix in ("dataset", "source_datasets") and name:
            relation, name = RELATION_OF_DATASET[kind], name.removeprefix("extended|")
            claims.append(
                ClaimRecord(parent=name, source="tag", relation=relation, parent_kind=DATASET, field="tags", quote=tag)
            )
    return Reading(tuple(claims))


def ids_in(value: object) -> list[str]:
    """The ids in a list of `{"_id", "id"}`, of `{"id"}`, or of plain texts."""
    parts = value[:LINKS_MOST] if isinstance(value, list) else []
    ids = [part.get("id") if isinstance(part, dict) else part for part in parts]
    return [name for name in ids if isinstance(name, str) and name]


def base_models(value: object) -> list[tuple[str, str]]:
    """(relation or blank, id) from `baseModels` in either shape that the Hub has sent.

    >>> base_models({"relation": "adapter", "models": [{"_id": "6", "id": "acme/a"}]}), base_models(["acme/a"])
    ([('adapter', 'acme/a')], [('', 'acme/a')])
    """
    if isinstance(value, dict):
        relation = value.get("relation")
        relation = relation if relation in HUB_RELATIONS else ""
        return [(relation, name) for name in ids_in(value.get("models"))]
    return [("", name) for name in ids_in(value)]


def read_api(kind: str, info: dict) -> Reading:
    """Claims in the Hub's JSON outside of card and tags: `baseModels`; a space's `models` and `datasets`."""
    if kind == MODEL:
        found = [(relation, name, MODEL, "baseModels") for relation, name in base_models(info.get("baseModels"))]
    elif kind == SPACE:
        found = [("uses", name, MODEL, "models") for name in ids_in(info.get("models"))]
        found += [("uses", name, DATASET, "datasets") for name in ids_in(info.get("datasets"))]
    else:
        found = []
    return Reading(
        tuple(
            ClaimRecord(parent=name, source="hub", relation=relation, parent_kind=parent_kind, field=field, quote=name)
            for relation, name, parent_kind, field in found
        )
    )
