"""The rubric by which components are found in repositories: patterns, libraries and noise, from its data file."""

from __future__ import annotations

import re
import tomllib
from functools import cache
from pathlib import Path

RUBRIC_FILE = Path(__file__).parent.parent / "rubrics" / "mof-1.toml"


@cache
def rubric() -> dict:
    """The data file as it is."""
    return tomllib.loads(RUBRIC_FILE.read_text("utf8"))


def rubric_name() -> str:
    """Name and version, such as `mof/1`."""
    return f"{rubric()['name']}/{rubric()['version']}"


@cache
def patterns(table: str, key: str) -> re.Pattern:
    """One pattern out of the list that stands under a key."""
    listed = rubric()[table][key]
    return re.compile("|".join(listed) if isinstance(listed, list) else listed, re.IGNORECASE)


def word(key: str) -> re.Pattern:
    """A pattern over the words of a card."""
    return patterns("words", key)
