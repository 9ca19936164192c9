"""Checks fields of a card's header against the words that the Hub accepts: licences, languages, tasks, ids, sizes."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator
from functools import cache

from openness.cards.vocabulary import FOLDER
from registry.licences import HUB_LICENCE_IDS, read_licence

VALUES_MOST = 2_000  # of one field that are looked at
REPO_ID = re.compile(r"[A-Za-z0-9][\w.-]{0,95}(?:/[A-Za-z0-9_][\w.-]{0,95})?", re.ASCII)
NO_IDS = {"none", "unknown", "n/a", "null", "other", "custom", "private", "your-dataset", "dataset_name", "tbd", "todo"}
LANGUAGE_TAG = re.compile(r"([a-z]{2,3})(?:-[a-z]{4})?(?:-(?:[a-z]{2}|\d{3}))?(?:-(?:[a-z0-9]{5,8}|\d[a-z0-9]{3}))*")


@cache
def hub_words() -> dict:
    return tomllib.loads((FOLDER / "hub.toml").read_text("utf8"))


@cache
def language_codes() -> frozenset[str]:
    lines = (FOLDER / "languages.txt").read_text("ascii").splitlines()
    return frozenset(code for line in lines if not line.startswith("#") for code in line.split())


@cache
def tasks() -> frozenset[str]:
    """The Hub's task ids, those of former years included."""
    return frozenset(task for group in hub_words()["tasks"].values() for task in group)


@cache
def text_tasks() -> frozenset[str]:
    """The tasks of which one must know the language."""
    return frozenset(hub_words()["tasks"]["text"])


def texts_of(value: object) -> Iterator[str]:
    """The texts in a field that may be one text, a list of them, or (per subset) a mapping of either."""
    waiting, seen = [value], 0
    while waiting and seen < VALUES_MOST:
        value = waiting.pop(0)
        seen += 1
        if isinstance(value, str) and value.strip():
            yield value.strip()
        elif isinstance(value, list):
            waiting[:0] = value[:VALUES_MOST]
        elif isinstance(value, dict):
            waiting[:0] = list(value.values())[:VALUES_MOST]


def rows_of(value: object) -> Iterator[dict]:
    """The mappings in a field that should be a list of them."""
    if isinstance(value, list):
        yield from (row for row in value[:VALUES_MOST] if isinstance(row, dict))


def is_language(text: str) -> bool:
    """Is it a language code (ISO 639, BCP 47) or one of the Hub's two words beside them?

    >>> [is_language(text) for text in ("en", "zh-Hant-TW", "pt-br", "multilingual", "english", "xx", "unk")]
    [True, True, True, True, False, False, False]
    """
    low = text.lower().replace("_", "-")
    if low == "unk":  # AutoTrain's word for an unknown language, not the code of Enawené-Nawé
        return False
    match = LANGUAGE_TAG.fullmatch(low)
    return low in hub_words()["language_words"] or bool(match and match[1] in language_codes())


def is_task(text: str) -> bool:
    return text.lower() in tasks()


def is_subtask(text: str) -> bool:
    """Is it one of the Hub's task ids, or a name in the form that cards of 2022 gave to tasks without an id?"""
    is_known = text.lower() in hub_words()["subtasks"]["all"] or is_task(text)
    return is_known or re.match(hub_words()["legacy_subtask"], text.lower()) is not None


def is_size_category(text: str) -> bool:
    return re.fullmatch(hub_words()["size_category"], text) is not None


def is_repo_id(text: str) -> bool:
    """Could it name a repository? Whether one of that name exists is not asked.

    >>> [is_repo_id(text) for text in ("acme/tiny", "gpt2", "our own data", "None", "a/b/c", "https://a.org/b")]
    [True, True, False, False, False, False]
    """
    return REPO_ID.fullmatch(text) is not None and text.lower() not in NO_IDS


def is_source_dataset(text: str) -> bool:
    """Does it say what a dataset was made from: `original`, or a dataset that can be found?"""
    name = text.removeprefix("extended|")
    return text == "original" or not name.startswith(("other", "extended")) and is_repo_id(name)


def licence_verdict(metadata: dict) -> str:
    """What the header says of the licence: `stated`, `unnamed` ("other" without name and link, "unknown"), or `""`."""
    values = list(texts_of(metadata.get("license")))
    if not values:
        return ""
    if all(value.lower() == "other" for value in values):
        named = all(any(texts_of(metadata.get(field))) for field in ("license_name", "license_link"))
        return "stated" if named else "unnamed"
    readings = [read_licence(value) for value in values if value.lower() not in ("other", "unknown")]
    known = [value for value in values if value.lower() in HUB_LICENCE_IDS]
    if not readings:
        return "unnamed"
    return "stated" if any(reading.known for reading in readings) or set(known) - {"other", "unknown"} else "invalid"


def number_of(value: object) -> float | None:
    """A number in a header: as such or as text; None for anything else, truth values included."""
    if isinstance(value, bool):
        return None
    if isinstance(value, int | float):
        return float(value)
    if isinstance(value, str) and re.fullmatch(r"\s*[-+]?\d{1,15}(?:\.\d{1,15})?(?:[eE][-+]?\d{1,2})?\s*%?\s*", value):
        return float(value.strip().rstrip("% "))
    return None
