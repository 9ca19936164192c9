"""A record of the Model Openness Tool as values: which components a release lists, under which licences.

Only what decides a class is read. What the tool's importer would choke on is a problem, one sentence.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from registry.licences import is_absence, read_licence
from registry.storable import storable_text

MOST_COMPONENTS = 200
MOST_NAME = 500  # characters of a component's or a licence's name
MOST_DEPTH = 20  # parentheses in a licence; more are read by nobody
HUB_NAME = re.compile(
    r"(?:(?:https?://)?[\w.-]+(?::\d+)?/)?(?P<name>(?!https?:)[\w.-]{1,96}/[\w.-]{1,96})(?:/(?:tree|blob|resolve)/.*)?/?",
    re.ASCII,
)
SHOWN_NAME = 120  # characters of a name in a sentence
LEVELS = ("distribution", "code", "data", "document")


class RecordProblem(ValueError):
    """The record cannot be classified; the message is one sentence."""


@dataclass(frozen=True)
class Listed:
    """One entry of a record's component list. `licence` None: none stated; "": stated as blank, so none inherited."""

    name: str
    licence: str | None = None
    component_path: str = ""


@dataclass(frozen=True)
class Record:
    """What a record says. `licences` are the release's own, by level: distribution, code, data, document."""

    listed: tuple[Listed, ...]
    licences: dict[str, str]
    name: str = ""
    hub_name: str = ""  # the repository of the Hub that the record names, where it names one


def read_record(value: object) -> Record:
    """Read a parsed record file.

    Raises RecordProblem where it is not shaped as the tool's schema says or is out of bounds.
    """
    release = value.get("release") if isinstance(value, dict) else None
    if not isinstance(release, dict):
        raise RecordProblem("the file holds no release: a mapping under the key “release” is expected")
    components = release.get("components")
    if components is None:
        components = []
    if not isinstance(components, list):
        raise RecordProblem("the release's components are not a list")
    if len(components) > MOST_COMPONENTS:
        raise RecordProblem(f"a release that lists {len(components)} components is not read; the framework has 17")
    name = release.get("name")
    return Record(
        listed=tuple(_listed(entry) for entry in components),
        licences=_release_licences(release.get("license")),
        name=storable_text(name[:MOST_NAME]) if isinstance(name, str) else "",
        hub_name=_hub_name(release.get("huggingface")),
    )


def _hub_name(address: object) -> str:
    """The repository in an address of a Hub, or the bare name: "" where there is none.

    >>> _hub_name("https://huggingface.co/acme/tiny/tree/main"), _hub_name("acme/tiny"), _hub_name("soon")
    ('acme/tiny', 'acme/tiny', '')
    """
    found = HUB_NAME.fullmatch(address.strip()) if isinstance(address, str) and len(address) <= MOST_NAME else None
    return found["name"] if found else ""


def _listed(entry: object) -> Listed:
    name = entry.get("name") if isinstance(entry, dict) else None
    if not isinstance(name, str) or len(name) > MOST_NAME:
        raise RecordProblem("a component of the release has no name that is text")
    name, path = storable_text(name), entry.get("component_path")
    return Listed(
        name, _licence(entry.get("license"), f"the component “{name}”"), path if isinstance(path, str) else ""
    )


def _licence(value: object, whose: str) -> str | None:
    """A licence's name; the tool, written in PHP, takes 0 and false for blank."""
    if value is None or isinstance(value, str):
        if value and len(value) > MOST_NAME:
            raise RecordProblem(f"the licence of {whose} has {len(value)} characters and is not read")
        if value and value.count("(") > MOST_DEPTH:
            raise RecordProblem(f"the licence of {whose} has more than {MOST_DEPTH} parentheses and is not read")
        return storable_text(value) if value else value
    if value in (0, False):
        return ""
    raise RecordProblem(f"the licence of {whose} is not text")


def unknown_licences(record: Record) -> str:
    """One sentence that names what the record states as a licence and nobody knows; "" where all are known.

    Such a licence counts for no class. A field that says the component is not there is understood, and no licence.
    """
    stated = [(f"the component “{entry.name}”", entry.licence) for entry in record.listed]
    stated += [(f"the release ({level})", name) for level, name in record.licences.items()]
    unknown = [(whose, name) for whose, name in stated if name and _is_unknown(name)]
    if not unknown:
        return ""
    whose, name = unknown[0]
    more = f"; {len(unknown) - 1} more of its licences {'is' if len(unknown) == 2 else 'are'} not known either"
    more = more if len(unknown) > 1 else ""
    said = f"the licence “{name[:SHOWN_NAME]}” of {whose[:SHOWN_NAME]} is not known and counts for no class{more}"
    return " ".join(said.split())


def _is_unknown(name: str) -> bool:
    if name.strip() in ("", "0", "unlicensed") or is_absence(name):
        return False
    return not read_licence(name).known


def _release_licences(value: object) -> dict[str, str]:
    if value in (None, "", [], {}):
        return {}
    if not isinstance(value, dict):
        raise RecordProblem("the release's licence is not a mapping of distribution, code, data and document")
    found = {}
    for level in LEVELS:
        stated = value.get(level)
        if stated is not None and not isinstance(stated, dict):
            raise RecordProblem(f"the release's {level} licence is not a mapping of name and path")
        name = _licence((stated or {}).get("name"), f"the release ({level})")
        if name not in (None, "", "0"):
            found[level] = name
    return found
