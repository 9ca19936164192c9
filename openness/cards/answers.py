"""Answers a rubric's criteria about one card: the best tier of evidence each, and all evidence that was found."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from openness.cards import header_evidence, text_evidence
from openness.cards.judging import Found, found_line, judge
from openness.cards.substance import CONTENT
from openness.cards.view import CardView
from openness.cards.vocabulary import patterns, sentences_about
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
    under_titles = [_valued(each, rubric) for each in _under_titles(view, criterion)]
    found = [_valued(each, rubric) for each in _in_header(view, criterion)] + under_titles
    if not any(each.value == 1.0 for each in found):
        found += [_valued(each, rubric) for each in _anywhere(view, criterion)]
    found.sort(key=lambda each: (-each.value, ORDER.index(each.tier)))
    met = [each for each in found if each.value > 0]
    tier = met[0].tier if met else _unmet_tier(view, criterion, found)
    evidence = tuple(dict.fromkeys(each.evidence for each in met or found))[:EVIDENCE_MOST]
    has_content = any(each.tier == "section" for each in met)
    titled = "content" if has_content else "bare" if under_titles else ""
    return Finding(criterion.id, criterion.name, tier, met[0].value if met else 0.0, criterion.weight, evidence, titled)


def _valued(found: Found, rubric: Rubric) -> Found:
    return found if found.value is not None else replace(found, value=rubric.values[found.tier])


def _in_header(view: CardView, criterion: Criterion) -> Iterator[Found]:
    for name in criterion.header:
        yield from header_evidence.READERS[name](view)


def _under_titles(view: CardView, criterion: Criterion) -> Iterator[Found]:
    reader = text_evidence.SECTION_READERS.get(criterion.section, judge)
    for section in view.about(criterion.topic):
        if answer := reader(view, section, criterion):
            yield answer


def _anywhere(view: CardView, criterion: Criterion) -> Iterator[Found]:
    """Evidence in running text, which is sought only while no title of its own answers in full."""
    for name in criterion.text:
        yield from text_evidence.READERS[name](view)
    for pattern in (*criterion.prose, *sentences_about(criterion.topic, view.language.code)):
        if (line := view.prose.search(pattern)) and line.kind == CONTENT:
            yield found_line("prose", line.number, line.text)
            return


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
    sections = (*view.about("annotation_process"), *view.about(criterion.topic))
    pieces = (piece for section in sections for piece in view.content(section))
    return any(patterns()["no_annotation"].search(line.text) for piece in pieces for line in piece.judged)


NOT_APPLICABLE = {"from_scratch": is_from_scratch, "no_annotation": has_no_annotation}
