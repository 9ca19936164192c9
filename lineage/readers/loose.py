"""The claims and recipes of a loose file: a card, an adapter's or model's configuration, a mergekit file, a GGUF."""

from __future__ import annotations

from pathlib import PurePath
from typing import BinaryIO

from lineage.claims import DATASET, MODEL, SPACE, ClaimRecord, Reading, RecipeRecord
from lineage.forms import Holdings
from lineage.groups import Evidence
from lineage.kinds import decide
from lineage.readers.config_files import load_json, read_adapter_config, read_config
from lineage.readers.gguf import MAGIC, read_gguf
from lineage.readers.places import Place
from lineage.readers.repository import read_card_text
from lineage.readers.yaml_blocks import read_recipe_file
from lineage.references import read_reference
from registry.cards import CardText, read_card

FILE_BYTES_MOST = 16 * 1024 * 1024  # of a text; a GGUF is read through its own bounds
TEXT_ENDINGS = (".md", ".markdown", ".txt", ".json", ".yml", ".yaml")  # a card may begin with the word GGUF
DATASET_FIELDS = frozenset("task_categories task_ids size_categories source_datasets dataset_info configs".split())
SPACE_FIELDS = frozenset("sdk sdk_version app_file duplicated_from".split())


def read_loose(name: str, stream: BinaryIO) -> tuple[Reading, dict]:
    """What the file says, and its card's header or its configuration. The name and the first bytes tell what it is."""
    head = stream.read(len(MAGIC))
    stream.seek(0)
    if name.lower().endswith(".gguf") or (head == MAGIC and not name.lower().endswith(TEXT_ENDINGS)):
        return read_gguf(stream, file=name), {}
    raw = stream.read(FILE_BYTES_MOST + 1)
    if len(raw) > FILE_BYTES_MOST:
        return Reading(problems=(f"{name} is larger than {FILE_BYTES_MOST >> 20} MiB and was not read.",)), {}
    if b"\0" in raw[:8192]:
        return Reading(problems=(f"{name} is not text.",)), {}
    return read_text(name, raw.decode("utf8", "replace"))


def read_text(name: str, text: str) -> tuple[Reading, dict]:
    """A text file by its ending: JSON, YAML, else a card."""
    ending = PurePath(name).suffix.lower()
    if ending == ".json" or (not ending and text.lstrip().startswith("{")):
        return read_json(name, text)
    if ending in (".yml", ".yaml"):
        return read_recipe_file(text, name), {}
    card = read_card(text)
    return read_card_text(kind_of(card), card, text, name), card.metadata or {}


def read_json(name: str, text: str) -> tuple[Reading, dict]:
    """An adapter's configuration by its keys, else a model's."""
    config, problem = load_json(text, name)
    if config is None:
        return Reading(problems=(problem,)), {}
    if "base_model_name_or_path" in config or "peft_type" in config or PurePath(name).name == "adapter_config.json":
        return read_adapter_config(config, Place.of(name, text)), {"config": {"peft": config}}
    return read_config(config, Place.of(name, text)), {"config": config}


def kind_of(card: CardText) -> str:
    """Whose card it is, by the fields that only one kind of repository has."""
    fields = (card.metadata or {}).keys()
    if "base_model" not in fields and fields & DATASET_FIELDS:
        return DATASET
    return SPACE if fields & SPACE_FIELDS and "base_model" not in fields else MODEL


def answer(reading: Reading, header: dict) -> dict:
    """What `trace --file` prints: each claim with the relation that it says, or that the file as a whole comes to.

    `header` is a card's, or `{"config": …}` of a configuration.
    """
    tags, config = header.get("tags"), header.get("config")
    held = Holdings(
        name="",
        tags=tuple(tag for tag in tags if isinstance(tag, str)) if isinstance(tags, list) else (),
        library_name=str(header.get("library_name") or ""),
        config=config if isinstance(config, dict) else {},
    )
    decided = {
        claim: parent.relation for parent in decide(Evidence(MODEL, held, reading)).parents for claim in parent.claims
    }
    return {
        "claims": [as_printed(claim, decided.get(claim, "")) for claim in reading.claims],
        "recipes": [recipe_as_printed(recipe) for recipe in reading.recipes],
        "problem": reading.problem or None,
    }


def as_printed(claim: ClaimRecord, decided: str) -> dict:
    """A claim with its parent by name. A parent of which nothing more is known is what training started from."""
    return parent_as_printed(claim.as_dict()) | {"relation": claim.relation or decided or "finetune"}


def recipe_as_printed(recipe: RecipeRecord) -> dict:
    """A recipe whose inputs name their parents as its claims do."""
    printed = recipe.as_dict()
    return printed | {"inputs": [parent_as_printed(each) for each in printed["inputs"]]}


def parent_as_printed(said: dict) -> dict:
    """The name and revision of a parent that may be written as an address."""
    reference = read_reference(said["parent"])
    name, revision = (reference.name, reference.revision) if reference and reference.name else (said["parent"], "")
    return said | {"parent": name, "parent_revision": said["parent_revision"] or revision or None}
