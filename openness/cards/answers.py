"""Answers a rubric's criteria about one card: the best tier of evidence each, and all evidence that was found."""

from __future__ import annotations

from collections.abc import Iterator

from openness.cards import header_evidence, text_evidence
from openness.cards.judging import Found, found_line, judge
from openness.cards.substance import CONTENT
from openness.cards.view import CardView
from openness.cards.vocabulary import patterns
from openness.findings import Finding
from openness.rubric import Criterion, Rubric

EVIDENCE_MOST = 10
ORDER = ("metadata", "section", "prose", "pointer", "stock", "placeholder")  # of tiers that are worth the same


def findings(view: CardView, rubric: Rubric) -> tuple[Finding, ...]:
    """One finding a criterion, in the rubric's order."""
    return tuple(_finding(view, rubric, criterion) for criterion in rubric.criteria)


def _finding(view: CardView, rubric: Rubric, criterion: Criterion) -> Finding:
    if not criterion.decided:
        return Finding(criterion.id, criterion.name, "unknown", 0.0, criterion.weight)
    found = list(_found(view, criterion))
    value_of = {id(each): rubric.values[each.tier] if each.value is None else each.value for each in found}
    found.sort(key=lambda each: (-value_of[id(each)], ORDER.index(each.tier)))
    if found and value_of[id(found[0])] > 0:
        found = [each for each in found if value_of[id(each)] > 0]
        tier, value = found[0].tier, value_of[id(found[0])]
    else:
        tier, value = _unmet_tier(view, criterion, found), 0.0
    evidence = tuple(dict.fromkeys(each.evidence for each in found))[:EVIDENCE_MOST]
    return Finding(criterion.id, criterion.name, tier, value, criterion.weight, evidence)


def _found(view: CardView, criterion: Criterion) -> Iterator[Found]:
    for name in criterion.header:
        yield from header_evidence.READERS[name](view)
    for section in view.about(criterion.topic):
        reader = text_evidence.SECTION_READERS.get(criterion.section, judge)
        if answer := reader(view, section, criterion):
            yield answer
    for name in criterion.text:
        yield from text_evidence.READERS[name](view)
    for pattern in criterion.prose:
        if (line := view.prose.search(pattern)) and line.kind == CONTENT:
            yield found_line("prose", line.number, line.text)


def _unmet_tier(view: CardView, criterion: Criterion, found: list[Found]) -> str:
    """Why nothing was found: not asked of this card, not readable here, asked but unanswered, or not there."""
    if criterion.not_applicable and NOT_APPLICABLE[criterion.not_applicable](view, criterion):
        return "na"
    if not view.is_whole or view.is_foreign or (criterion.header and view.card.problem):
        return "unknown"
    return "placeholder" if found else "none"


def is_from_scratch(view: CardView, criterion: Criterion) -> bool:
    """A model that was trained from scratch has no base model to name."""
    return view.prose.search(patterns()["from_scratch"]) is not None


def has_no_annotation(view: CardView, criterion: Criterion) -> bool:
    """The header or the text says that nobody annotated anything."""
    said = view.metadata.get("annotations_creators")
    if said == ["no-annotation"] or said == "no-annotation":
        return True
    pieces = (piece for section in view.about("annotation_process") for piece in view.content(section))
    return any(patterns()["no_annotation"].search(line.text) for piece in pieces for line in piece.judged)


NOT_APPLICABLE = {"from_scratch": is_from_scratch, "no_annotation": has_no_annotation}
