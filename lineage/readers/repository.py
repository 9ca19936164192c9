"""All claims about one mirrored repository: its card, tags, the Hub's JSON, and the small files that are kept."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

from lineage.claims import MODEL, Reading
from lineage.forms import Holdings
from lineage.groups import Evidence
from lineage.readers.config_files import load_json, read_adapter_config, read_config
from lineage.readers.header import read_header
from lineage.readers.hub_tags import read_api, read_tags
from lineage.readers.places import Place
from lineage.readers.prose import read_prose
from lineage.readers.yaml_blocks import read_blocks, read_recipe_file
from registry.cards import CardText, read_card

CARD = "README.md"
INDEX = "model.safetensors.index.json"
RECIPE_FILES = ("mergekit_config.yml", "mergekit_config.yaml", "mergekit_moe_config.yml", "mergekit_moe_config.yaml")


@dataclass(frozen=True)
class ShownRepo:
    """A repository as the mirror has it. `None` is unknown; empty is "looked and found nothing"."""

    kind: str
    name: str
    card_text: str | None = None
    tags: tuple[str, ...] = ()
    info: dict = field(default_factory=dict)  # the Hub's JSON
    paths: tuple[str, ...] | None = None
    texts: dict[str, str] = field(default_factory=dict)  # path -> text of the small files that are kept
    former_names: tuple[str, ...] = ()

    def member(self, name: str, kind: type) -> object:
        """A member of the Hub's JSON where it is of the type it should be, else an empty one."""
        value = self.info.get(name)
        return value if isinstance(value, kind) else kind()


def read_card_text(kind: str, card: CardText, text: str, file: str = CARD) -> Reading:
    """The claims of a card: header, sentences, and fenced recipes."""
    header = read_header(kind, card.metadata or {}, Place.of(file, plain_lines(text), fields=card.field_lines))
    problems = Reading(problems=(card.problem,) if card.problem else ())
    if kind != MODEL:
        return header + problems
    body = read_prose(card.body, file=file, first=card.body_line)
    return header + read_blocks(card.body, first=card.body_line, file=file) + body + problems


def plain_lines(text: str) -> str:
    """`text` with the line ends by which `read_card` counts."""
    return text.replace("\r\n", "\n").replace("\r", "\n")


def read_files(shown: ShownRepo) -> Reading:
    """The claims of the small files that are kept, and of the configuration as the Hub's JSON has it."""
    reading = Reading()
    for path in RECIPE_FILES:
        if path in shown.texts:
            reading += read_recipe_file(shown.texts[path], path)
    for path, read in (("adapter_config.json", read_adapter_config), ("config.json", read_config)):
        if path in shown.texts:
            config, problem = load_json(shown.texts[path], path)
            reading += read(config, Place.of(path, shown.texts[path])) if config is not None else Reading()
            reading += Reading(problems=(problem,) if problem else ())
    if "config.json" not in shown.texts:
        reading += read_config(shown.member("config", dict))
    return reading


def tool_version(shown: ShownRepo) -> str:
    """The version of mergekit that wrote the weights: only their index tells it, and only where there are shards."""
    if INDEX not in shown.texts:
        return ""
    index, _ = load_json(shown.texts[INDEX], INDEX)
    metadata = (index or {}).get("metadata")
    version = metadata.get("mergekit_version") if isinstance(metadata, dict) else None
    return version[:40] if isinstance(version, str) else ""


def with_version(reading: Reading, version: str) -> Reading:
    """The recipes with the version of the tool that ran them."""
    if not version:
        return reading
    recipes = tuple(replace(each, settings=each.settings | {"tool_version": version}) for each in reading.recipes)
    return replace(reading, recipes=recipes)


def one_recipe_each(reading: Reading) -> Reading:
    """A recipe that stands in a file and again in the card counts once; its claims keep both places."""
    seen, kept = [], []
    for recipe in reading.recipes:
        said = (recipe.method, [(each.parent, each.parent_layers, each.parameters) for each in recipe.inputs])
        if said not in seen:
            seen.append(said)
            kept.append(recipe)
    return Reading(reading.claims, tuple(kept), reading.problems)


def evidence_of(shown: ShownRepo) -> Evidence:
    """Everything that decides where a repository comes from."""
    card = read_card(shown.card_text) if shown.card_text is not None else None
    if card is None or (card.metadata is None and not card.problem):
        reading = read_header(shown.kind, shown.member("cardData", dict), Place(CARD))
        reading += read_card_text(shown.kind, card, shown.card_text) if card else Reading()
    else:
        reading = read_card_text(shown.kind, card, shown.card_text)
    header = (card.metadata if card else None) or shown.member("cardData", dict)
    if shown.kind == MODEL:
        reading = with_version(one_recipe_each(read_files(shown) + reading), tool_version(shown))
    reading += read_tags(shown.kind, shown.tags) + read_api(shown.kind, shown.info)
    return Evidence(
        kind=shown.kind,
        held=holdings_of(shown, header),
        reading=reading,
        is_card_read=not card.problem if card else isinstance(shown.info.get("cardData"), dict),
        former_names=shown.former_names,
    )


def holdings_of(shown: ShownRepo, header: dict) -> Holdings:
    """What the repository holds; its own tags and those of the header together."""
    own_tags = header.get("tags")
    tags = [tag for tag in own_tags if isinstance(tag, str)] if isinstance(own_tags, list) else []
    library = shown.info.get("library_name") or header.get("library_name")
    config = shown.member("config", dict)
    if "config.json" in shown.texts:
        config = (load_json(shown.texts["config.json"], "config.json")[0] or {}) | config
    return Holdings(
        name=shown.name,
        paths=shown.paths,
        tags=tuple(dict.fromkeys([*shown.tags, *tags])),
        library_name=library if isinstance(library, str) else "",
        config=config,
    )
