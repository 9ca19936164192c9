"""YAML that names parents: `mergekit_config.yml` and its sisters, and the fenced blocks of a card.

Besides recipes they may be the file of a trainer (`training`), the best structured source after mergekit.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from lineage.claims import Reading
from lineage.readers.mergekit import is_recipe, read_recipes
from lineage.readers.places import Place
from lineage.readers.training import read_training
from registry.cards import YamlProblem, load_yaml

BLOCKS_MOST = 50  # fenced blocks of one card that are parsed
DOCUMENTS_MOST = 50  # of one file
TEXT_MOST = 200_000  # characters of one block or file
FENCE = re.compile(r"(?P<indent>[ \t]*)(?P<fence>`{3,}|~{3,})[ \t]*(?P<word>[\w+-]*)")
SPEAKS = ("merge_method", "source_model", "base_model", "model_name_or_path")
DOCUMENT_START = re.compile(r"---(?:\s.*)?")


@dataclass(frozen=True)
class Block:
    """A stretch of YAML text whose first line is line `first` of the file."""

    text: str
    first: int


def fenced_blocks(body: str, first: int) -> Iterator[Block]:
    """The fenced blocks of a card that may be YAML and speak of models."""
    open_fence, indent, inside, start = "", 0, [], 0
    for number, line in enumerate(body.split("\n"), first):
        found = FENCE.match(line)
        if not open_fence:
            if found and found["word"].lower() in ("", "yaml", "yml"):
                open_fence, indent, inside, start = found["fence"], len(found["indent"]), [], number + 1
            elif found:
                open_fence, inside, start = found["fence"], None, 0
        elif found and not found["word"] and found["fence"].startswith(open_fence):
            text = "\n".join(inside) if inside is not None else ""
            if any(word in text for word in SPEAKS):
                yield Block(text, start)
            open_fence = ""
        elif inside is not None:
            inside.append(line[indent:] if not line[:indent].strip() else line)


def documents_in(text: str, first: int) -> Iterator[Block]:
    """The documents of a YAML text, which `---` on a line of its own divides."""
    lines: list[str] = []
    start = first
    for number, line in enumerate(text.split("\n"), first):
        if DOCUMENT_START.fullmatch(line):
            yield Block("\n".join(lines), start)
            lines, start = [], number + 1
        else:
            lines.append(line)
    yield Block("\n".join(lines), start)


def parse(block: Block, file: str) -> tuple[list[tuple[object, Place, str]], tuple[str, ...]]:
    """The block's documents with their places, and why any of them cannot be read."""
    if len(block.text) > TEXT_MOST:
        return [], (f"The YAML of {file} from line {block.first} is longer than {TEXT_MOST:,} characters.",)
    parsed, problems = [], []
    documents = list(documents_in(block.text, block.first))
    if len(documents) > DOCUMENTS_MOST:
        problems.append(f"The YAML of {file} has more than {DOCUMENTS_MOST} documents; the rest was not read.")
    for document in documents[:DOCUMENTS_MOST]:
        try:
            value = load_yaml(document.text, unfold=True)
        except YamlProblem as problem:
            problems.append(f"The YAML of {file} from line {document.first} cannot be read: {problem}")
            continue
        if value is not None:
            parsed.append((value, Place.of(file, document.text, first=document.first), document.text))
    return parsed, tuple(problems)


def read_recipe_file(text: str, file: str) -> Reading:
    """The recipes in a file of mergekit, or the parents in a trainer's file; one that holds neither says so."""
    parsed, problems = parse(Block(text, 1), file)
    training = read_training(parsed)
    if not problems and not training.claims and not any(is_recipe(document) for document, _, _ in parsed):
        problems = (f"{file} holds no merge recipe.",)
    return read_recipes(parsed) + training + Reading(problems=problems)


def read_blocks(body: str, *, first: int, file: str = "README.md") -> Reading:
    """The recipes and training files in a card's fenced blocks.

    >>> card = "```yaml\\nmerge_method: linear\\nmodels:\\n- model: acme/a\\n- model: acme/b\\n```\\n"
    >>> [(c.parent, c.lines) for c in read_blocks(card, first=10).claims]
    [('acme/a', (13, 13)), ('acme/b', (14, 14))]
    """
    reading = Reading()
    for number, block in enumerate(fenced_blocks(body, first)):
        if number >= BLOCKS_MOST:
            said = f"{file} has more than {BLOCKS_MOST} blocks of YAML that name models; the rest was not read."
            return reading + Reading(problems=(said,))
        parsed, problems = parse(block, file)
        reading += read_recipes(parsed) + read_training(parsed)
        if "merge_method" in block.text:  # any other block may be an example that was never meant to be read
            reading += Reading(problems=problems)
    return reading
