"""The same evidence seen through other people's lists: Mitchell's nine sections, the Hub's template and the like.

A profile is data: items, each with the criteria of our rubric that answer it. Nothing is read anew, so a profile can
say no more than the criteria found; an item that no criterion answers is unknown and stays out of the score.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

TABLE = Path(__file__).parent / "lists.toml"
MEAN, ANY, TITLES = "mean", "any", "titles"
TITLED = ("section", "pointer", "stock", "placeholder")  # tiers that only a title or label of its own gives
OUT = ("unknown", "na")


@dataclass(frozen=True)
class Item:
    name: str
    criteria: tuple[str, ...]


@dataclass(frozen=True)
class Profile:
    """`counts`: the mean of an item's criteria, `any` that says something, or `titles` that stand there at all."""

    id: str
    kind: str
    title: str
    source: str
    counts: str = MEAN
    items: tuple[Item, ...] = ()
    every_criterion: bool = False


@cache
def profiles() -> dict[str, Profile]:
    """Every profile by its id."""
    rows = tomllib.loads(TABLE.read_text("utf8"))["profile"]
    found = {}
    for row in rows:
        items = tuple(Item(item["name"], tuple(item["criteria"])) for item in row.pop("items", ()))
        found[row["id"]] = Profile(**row, items=items)
    return found


def seen_through(profile: Profile, findings: Sequence[Mapping]) -> dict:
    """What a profile says of an assessment's findings: a score of 100 over its known items, and each item's value.

    `score` is None while no item is known. Values are 0 to 1; None is unknown.

    >>> found = [{"id": "M06", "name": "intended use", "tier": "section", "value": 1.0}]
    >>> said = seen_through(profiles()["mitchell-9"], found)
    >>> said["score"], said["items_known"], said["items"][1]
    (100.0, 1, {'name': 'Intended use', 'value': 1.0})
    """
    by_id = {each["id"]: each for each in findings}
    items = profile.items
    if profile.every_criterion:
        items = tuple(Item(each["name"], (each["id"],)) for each in findings)
    rows = [{"name": item.name, "value": value_of(item, by_id, profile.counts)} for item in items]
    known = [row["value"] for row in rows if row["value"] is not None]
    return {
        "profile": profile.id,
        "title": profile.title,
        "source": profile.source,
        "score": round(100 * sum(known) / len(known), 1) if known else None,
        "items_met": sum(value >= 0.5 for value in known),
        "items_known": len(known),
        "items": rows,
    }


def value_of(item: Item, findings: Mapping[str, Mapping], counts: str) -> float | None:
    said = [findings[each] for each in item.criteria if each in findings and findings[each]["tier"] not in OUT]
    if not said:
        return None
    if counts == TITLES:
        return float(any(each["tier"] in TITLED for each in said))
    if counts == ANY:
        return float(any(each["value"] >= 0.5 for each in said))
    return sum(each["value"] for each in said) / len(said)


def all_through(kind: str, findings: Sequence[Mapping]) -> list[dict]:
    """Every profile for a kind of repository, in the order of the table."""
    return [seen_through(profile, findings) for profile in profiles().values() if profile.kind == kind]
