"""What to write next into a card: for each criterion that is not met, one sentence and the points it would bring."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path

TABLE = Path(__file__).parent / "vocabularies" / "advice.toml"
SILENT = ("unknown", "na")  # tiers to which writing adds nothing


@cache
def table() -> dict:
    return tomllib.loads(TABLE.read_text("utf8"))


def next_steps(findings: Sequence[Mapping], rubric: str) -> list[dict]:
    """The steps that raise the score, the one that brings most first.

    `findings` are those of an assessment's line, `rubric` its id. `gain` is in points of 100, as if the criterion were
    met in full and nothing else changed; `lines` are those of what is there already and counts for less.

    >>> found = {"id": "M03", "name": "licence", "tier": "none", "value": 0.0, "weight": 6, "evidence": []}
    >>> [(step["id"], step["gain"]) for step in next_steps([found], "model-card/1.0")]
    [('M03', 100.0)]
    """
    written = table().get(rubric.partition("/")[0], {})
    counted = [each for each in findings if each["tier"] not in SILENT]
    weight = sum(each["weight"] for each in counted)
    steps = [
        step_of(each, written[each["id"]], weight) for each in counted if each["id"] in written and each["value"] < 1
    ]
    return sorted(steps, key=lambda step: (-step["gain"], step["id"]))


def step_of(finding: Mapping, written: Mapping, weight: float) -> dict:
    evidence = next((each for each in finding["evidence"] if each.get("lines")), None)
    return {
        "id": finding["id"],
        "name": finding["name"],
        "gain": round(100 * finding["weight"] * (1 - finding["value"]) / weight, 1),
        "tier": finding["tier"],
        "write": written["write"],
        "field": written.get("field"),
        "lines": evidence["lines"] if evidence else None,
    }


def readable(step: Mapping) -> str:
    """One line for a person.

    >>> readable({"id": "M03", "name": "licence", "gain": 6.0, "tier": "none", "write": "State it.",
    ...           "field": "license", "lines": None})
    '  +6.0  licence: State it. (header: license)'
    """
    field = f" (header: {step['field']})" if step["field"] else ""
    there = f" Line {step['lines'][0]} is a {step['tier']} only." if step["lines"] and step["tier"] != "none" else ""
    return f"  +{step['gain']:.1f}  {step['name']}: {step['write']}{field}{there}"


def what_is_odd(flag: str) -> str:
    """One sentence on what a flag of a card means, and what to do about it.

    >>> what_is_odd("licence_conflict"), what_is_odd("something_new")
    ('The text states another licence than the header; make the two agree.', 'something new')
    """
    return table()["odd"].get(flag, flag.replace("_", " "))
