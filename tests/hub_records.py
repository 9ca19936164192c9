"""Real records of `../shared/hubdata` as the states that rubrics see; tests that use them skip where they are not."""

import gzip
import json
from pathlib import Path

import pytest

from openness.named_repos import evaluation_datasets, named_repos
from openness.state import FileFact, LinkedRepo, RepoState
from registry.cards import read_card

FILES = ("models_2025.jsonl.gz", "models_2020.jsonl.gz", "datasets_2022.jsonl.gz")


def folder() -> Path | None:
    """The folder of real records beside the checkout, or beside one of the folders above it."""
    for parent in Path(__file__).resolve().parents:
        if (parent / "shared" / "hubdata").is_dir():
            return parent / "shared" / "hubdata"
    return None


def records(*names: str) -> list[dict]:
    """The records of the named files, all of them when none is named."""
    where = folder()
    if where is None:
        pytest.skip("the real Hub records are not beside this checkout")
    found = []
    for name in names or FILES:
        with gzip.open(where / name, "rt", encoding="utf8") as lines:
            found += [json.loads(line) for line in lines]
    return found


def licence_of(info: dict) -> str:
    licence = (info.get("cardData") or {}).get("license")
    if isinstance(licence, list):
        licence = licence[0] if len(licence) == 1 else " AND ".join(str(part) for part in licence)
    return licence if isinstance(licence, str) else ""


def states(found: list[dict]) -> list[RepoState]:
    """The records as states that are linked among themselves."""
    mirrored = {(r["kind"], r["info"]["id"].lower()): r for r in found}
    return [state(record, mirrored) for record in found]


def state(record: dict, mirrored: dict) -> RepoState:
    info, card = record["info"], record["card"]
    tags = tuple(info.get("tags") or ())
    header = (read_card(card).metadata if card else None) or info.get("cardData")
    siblings = info.get("siblings")
    files = None
    if siblings is not None:
        files = tuple(FileFact(s["rfilename"], s.get("size"), (s.get("lfs") or {}).get("sha256", "")) for s in siblings)
    return RepoState(
        kind=record["kind"],
        name=info["id"],
        card_state="present" if card else "absent",
        card_text=card,
        info=info,
        files=files,
        gated=gate(info.get("gated")),
        tags=tags,
        linked=tuple(linked(kind, name, mirrored) for kind, name in named_repos(record["kind"], header, tags)),
        evaluated_on=tuple(linked(kind, name, mirrored) for kind, name in evaluation_datasets(header, {})),
    )


def gate(value: object) -> str | None:
    return {None: None, False: "no"}.get(value, value)


def linked(kind: str, name: str, mirrored: dict) -> LinkedRepo:
    other = mirrored.get((kind, name.lower()))
    if other is None:
        return LinkedRepo(kind, name, mirrored=False)
    info = other["info"]
    card = other["card"]
    text = card if kind == "model" else None
    return LinkedRepo(kind, name, True, gate(info.get("gated")), licence_of(info), bool(card), card_text=text)
