"""Finds what a card's text says of its training's emissions, energy, hardware and hours."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from openness.cards.judging import Found, found_line, judge
from openness.cards.sections import Section
from openness.cards.substance import CONTENT, Line
from openness.cards.view import CardView
from openness.cards.vocabulary import find, patterns
from openness.rubric import Criterion


def emissions_in_section(view: CardView, section: Section, criterion: Criterion) -> Found | None:
    """A mass or an energy under a title that asks for it; words alone are worth a quarter."""
    answer = judge(view, section, criterion)
    if answer is None or answer.tier != "section":
        return answer
    lines = [line for piece in view.content(section) for line in piece.judged if line.kind == CONTENT]
    weighed = next(
        (line for line in lines if find("weighed", line.text) or find("emitted", line.text)),
        None,
    )
    return found_line("section", weighed.number, weighed.text) if weighed else replace(answer, value=0.25)


def emissions_in_text(view: CardView) -> Iterator[Found]:
    """A mass of CO2 or an energy in full; hardware and hours of the training half; hardware alone a quarter."""
    if line := view.prose.search(patterns()["emitted"]):
        yield found_line("prose", line.number, line.text, 1.0)
    sections = [section for section in view.sections if view.topics(section) & {"compute", "emissions"}]
    lines = [line for section in sections for piece in view.content(section) for line in piece.judged]
    lines = [line for line in lines if line.kind == CONTENT]
    labels = {section.line: section.title for section in sections if section.source == "label"}
    hardware = [line for line in lines if "hardware" in labels.get(line.number, "") or find("hardware", line.text)]
    hours = [line for line in lines if "hours" in labels.get(line.number, "") or find("hours", line.text)]
    if hardware:
        yield found_line("prose", hardware[0].number, hardware[0].text, 0.5 if hours else 0.25)
    elif line := hardware_of_training(view):
        yield found_line("prose", line.number, line.text, 0.5 if find("hours", line.text) else 0.25)


def hardware_of_training(view: CardView) -> Line | None:
    """The first line that names hardware and speaks of training, or stands under a title about it."""
    for line in view.prose.lines:
        if line.kind == CONTENT and find("about_training", line.text) and find("trained_on", line.text):
            return line
    under = (piece for section in view.about("training_procedure") for piece in view.content(section))
    lines = (line for piece in under for line in piece.judged if line.kind == CONTENT)
    return next((line for line in lines if find("trained_on", line.text)), None)
