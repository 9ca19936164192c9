"""Writes what was confirmed about a repository as a record file of the Model Openness Tool.

Only what evidence confirms is listed, each component under the licence of its own source, so that the tool reads
nothing into the record that was not seen. What its schema has no field for stands under a key of our own.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import yaml

from openness.findings import Result
from openness.mof import assess
from openness.mof.components import BY_NAME
from openness.mof.signs import CONFIRMING
from openness.reading import states_of
from openness.state import RepoState
from registry.models import Repo
from registry.storable import storable

FRAMEWORK = {"name": "Model Openness Framework", "version": "1.0", "date": "2024-12-15"}
OWN_KEY = "x-stemma"
TYPES = (  # the tool's closed list, by words of the Hub's task
    ("multimodal", ("image-text", "any-to-any", "visual-question", "document-question", "video-text")),
    ("image", ("to-image", "image-to", "unconditional-image")),
    ("video", ("video",)),
    ("3d", ("3d",)),
    ("audio", ("audio", "speech", "voice")),
    ("vision", ("image", "object-detection", "depth", "mask-generation", "keypoint")),
    ("language", ("text", "token", "fill-mask", "question", "summarization", "translation", "sentence", "zero-shot")),
)


def record_of(state: RepoState, result: Result) -> dict:
    """The record of one assessed model, in the tool's schema."""
    info = state.info
    owner, _, name = state.name.rpartition("/")
    own = result.extra["licence"]["licence"] or ""
    parents = (result.extra.get("inherited") or {}).get("parents") or []
    release = {
        "name": name,
        "version": str(info.get("sha") or "")[:40],
        "date": str(info.get("lastModified") or info.get("createdAt") or "")[:10],
        "license": {"distribution": {"name": own, "path": ""}},
        "type": type_of(str(info.get("pipeline_tag") or "")),
        "architecture": "diffusion" if info.get("library_name") == "diffusers" else "",
        "treatment": "",
        "origin": parents[0]["name"] if parents else "",
        "producer": owner,
        "contact": "",
        "repository": "",
        "huggingface": f"https://huggingface.co/{state.name}",
        "components": components_of(result),
    }
    return storable({"framework": FRAMEWORK, "release": release, OWN_KEY: own_words(result)})


def components_of(result: Result) -> list[dict]:
    """The confirmed components. A licence that is not known is stated as none, since a blank would inherit."""
    evidence = {finding.name: finding.evidence for finding in result.findings}
    found = []
    for row in result.extra["components"]:
        if row["presence"] in CONFIRMING:
            first = evidence[row["name"]][0] if evidence[row["name"]] else None
            found.append(
                {
                    "name": row["name"],
                    "description": f"{BY_NAME[row['name']].content_type}, licence from {row['licence_from']}",
                    "license": row["licence"] or "unlicensed",
                    "license_path": "",
                    "component_path": (first.field if first else None) or "README.md",
                }
            )
    return found


def own_words(result: Result) -> dict:
    """What the schema has no field for: the rubric and the classes at every level of certainty."""
    levels = {level: result.extra[level] for level in ("confirmed", "possible", "ceiling")}
    return {"rubric": result.rubric, "reader": result.reader, **levels, "openwashing": result.extra["openwashing"]}


def records_of(repos: Sequence[Repo]) -> Iterator[dict]:
    """The records of mirrored models as they are now, in their order."""
    for state in states_of(repos):
        yield record_of(state, assess(state))


def type_of(task: str) -> str:
    """The tool's kind of model for a task of the Hub.

    >>> type_of("text-to-image"), type_of("text-generation"), type_of("")
    ('image', 'language', '')
    """
    return next((kind for kind, words in TYPES if any(word in task for word in words)), "other" if task else "")


def to_yaml(record: dict) -> str:
    """A record as the text of a YAML file; dates stay text."""
    return yaml.safe_dump(record, sort_keys=False, allow_unicode=True, width=120)
