"""Carbon reports: read in every form, checked against physics and against themselves, classed and scored."""

from __future__ import annotations

from openness.carbon.block import carbon_block
from openness.carbon.checks import Ancestor, Surroundings
from openness.carbon.reading import READER
from openness.carbon.score import rubric_id
from openness.findings import Evidence, Finding, Result
from openness.state import RepoState
from registry.cards import read_card

__all__ = ["READER", "Ancestor", "Surroundings", "assess", "carbon_block"]


def assess(state: RepoState) -> Result:
    """The carbon report of a repository; without a card or a codecarbon file nothing is known, which is no zero."""
    card = read_card(state.card_text) if state.card_text is not None else None
    metadata = card.metadata if card and card.metadata is not None else state.info.get("cardData")
    block = carbon_block(
        metadata if isinstance(metadata, dict) else None,
        card.body if card else "",
        state.small_files,
        body_line=card.body_line if card else 1,
        tags=state.tags,
        around=surroundings(state),
    )
    if block is None:
        return Result(rubric=rubric_id(), reader=READER, label=silence(state))
    findings = tuple(as_finding(finding) for finding in block["points"])
    extra = {key: value for key, value in block.items() if key != "points"}
    weight = float(sum(finding.weight for finding in findings if finding.tier != "unknown"))
    return Result(rubric_id(), READER, findings, block["score"], weight, block["grade"], extra=extra)


def silence(state: RepoState) -> str:
    """The class of a repository that says nothing: unknown efficiency where it was read, else none."""
    return "Unknown Energy Efficiency" if state.card_state in ("present", "absent") else ""


def surroundings(state: RepoState) -> Surroundings:
    """Parameters from the weights' headers, and what the parents that are named report."""
    counted = state.info.get("safetensors")
    parameters = counted.get("total") if isinstance(counted, dict) else None
    parents = [link for link in state.linked if link.kind == state.kind]
    known = all(link.mirrored for link in parents)
    ancestors = tuple(Ancestor(link.name, link.emissions_g) for link in parents if link.mirrored)
    is_number = isinstance(parameters, (int, float)) and not isinstance(parameters, bool)
    return Surroundings(float(parameters) if is_number else None, ancestors if known or ancestors else None)


def as_finding(finding: dict) -> Finding:
    evidence = tuple(
        Evidence(tuple(e["lines"]) if e["lines"] else None, e["quote"], e["field"], e["inherited"])
        for e in finding["evidence"]
    )
    return Finding(finding["id"], finding["name"], finding["tier"], finding["value"], finding["weight"], evidence)
