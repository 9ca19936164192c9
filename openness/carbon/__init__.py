"""Carbon reports: read in every form, checked against physics and against themselves, classed and scored."""

from __future__ import annotations

from openness.carbon.block import carbon_block
from openness.carbon.checks import Ancestor, Surroundings
from openness.carbon.reading import READER
from openness.carbon.score import rubric_id
from openness.findings import Evidence, Finding, Result
from openness.state import RepoState
from registry.cards import read_card

WEIGHTS = (".safetensors", ".bin", ".gguf", ".h5", ".msgpack", ".pt", ".pth", ".ckpt", ".onnx", ".keras", ".pkl",
           ".joblib", ".zip", ".pb", ".tflite", ".ot", ".nemo")  # fmt: skip
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
    extra = {key: value for key, value in block.items() if key != "points"} | {"has_weights": has_weights(state)}
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
    known = all(link.mirrored for link in [*parents, *(state.ancestors or ())])
    found = {a.name.lower(): Ancestor(a.name, a.emissions_g) for a in state.ancestors or () if a.mirrored}
    for link in parents:  # what their headers say now counts, assessed or not
        name = link.name.lower()
        if link.mirrored and (link.emissions_g is not None or name not in found):
            found[name] = Ancestor(link.name, link.emissions_g)
    ancestors = tuple(found.values())
    is_number = isinstance(parameters, (int, float)) and not isinstance(parameters, bool)
    return Surroundings(
        float(parameters) if is_number else None, ancestors if known or ancestors else None, state.copied_from
    )


def has_weights(state: RepoState) -> bool | None:
    """Whether it holds a file of weights; None where its files were not seen. A card alone trained nothing."""
    if state.files is None:
        return None
    return any(file.path.lower().endswith(WEIGHTS) for file in state.files)


def as_finding(finding: dict) -> Finding:
    evidence = tuple(
        Evidence(tuple(e["lines"]) if e["lines"] else None, e["quote"], e["field"], e["inherited"])
        for e in finding["evidence"]
    )
    return Finding(finding["id"], finding["name"], finding["tier"], finding["value"], finding["weight"], evidence)
