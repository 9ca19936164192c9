"""Reads a card's text for carbon: labelled lines, two-column tables and the sentences that calculators hand out."""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice

from openness.carbon.body_lines import BODY_MOST, LINE_MOST, LINES_MOST, Line, prose_lines
from openness.carbon.body_tables import Row, rows_of_own
from openness.carbon.hardware import find_hardware
from openness.carbon.places import find_place
from openness.carbon.quantities import Duration, durations, masses
from openness.carbon.report import Amount, Notes
from openness.carbon.training_size import note_training_size
from openness.carbon.whose import is_another_s, is_no_amount
from openness.carbon.wording import (
    RATES,
    amount_in,
    amount_of,
    checked,
    is_placeholder,
    note_place,
    note_surroundings,
)

LABELS_MOST = 1_000  # no card has more lines of this kind than a few dozen
NEAR = 8  # lines between a plain label such as `GPU:` and the emissions that make it part of the report
# What a label means; the plain ones are about the footprint only near a line that is.
LABELS = (
    ("intensity", r"(?:carbon|grid)\s(?:intensity|efficiency)"),
    ("offset", r"offset|calculator|tracker"),
    ("emissions", r"(?:carbon|co2|ghg|greenhouse)\b.{0,30}(?:emi|foot|eq)|emissions?\b|^co2(?:eq?)?$"),
    ("energy", r"energy|electricity|power\sconsum"),
    ("hardware", r"hardware\s(?:type|used)"),
    ("duration", r"hours?\sused|(?:gpu|tpu|compute)[\s-]hours?"),
    ("provider", r"cloud\sprovider|cloud\splatform"),
    ("place", r"compute\sregion|cloud\sregion|geographical"),
    ("stage", r"training\stype"),
)
PLAIN_LABELS = (
    ("hardware", r"(?:training\s)?(?:hardware|gpus?|tpus?|accelerators?|devices?|compute|infrastructure)"),
    ("duration", r"(?:training\s|total\s|train\s)?(?:time|duration|runtime|hours?)"),
    ("place", r"(?:region|location|country|place|data\s?cent(?:er|re))"),
)
MEANINGS = tuple((name, re.compile(pattern, re.IGNORECASE)) for name, pattern in LABELS)
PLAIN_MEANINGS = tuple((name, re.compile(pattern, re.IGNORECASE)) for name, pattern in PLAIN_LABELS)
LABEL = re.compile(r"(?P<label>[^:\uff1a|]{2,160})[:\uff1a|]\s*(?P<value>.*)")
ABOUT_CO2 = re.compile(r"co2|carbon|emi(?:ssion|tt)|greenhouse|footprint", re.IGNORECASE)
TITLE = re.compile(r"^\s{0,3}#\s+(.{1,200})|<h1[^>]{0,100}>(.{1,200}?)</h1", re.IGNORECASE | re.MULTILINE)
TITLE_WITHIN = 20_000  # characters
TRAINED = re.compile(r"\b(?:(?:re|pre|fine)-?)?train(?:ed|ing)\b|\bfine-?tun(?:ed|ing)\b", re.IGNORECASE)
CALCULATED = re.compile(  # what calculators hand out, and nobody says of anything else
    r"hours\sof\scomputation\b|\b(?:carbon|grid)\s(?:efficiency|intensity)\b|co2\w{0,3}\s?/\s?kwh|\bPUE\s(?:of\s)?[\d.]+",
    re.IGNORECASE,
)
IN_USE = re.compile(r"\binference|\bgeneration\b|latency|throughput|deploy", re.IGNORECASE)
ADVICE = re.compile(r"\bcan be\b|requir|recommend|minimum|generat", re.IGNORECASE)
SENTENCE_END = re.compile(r"(?<=[.!?])\s+(?=[A-Z])")
SCOPE = re.compile(
    r"final\s(?:training\s)?run|single\s(?:training\s)?run|one\s(?:training\s)?run|all\s(?:the\s)?(?:runs|experiments)|"
    r"hyper-?parameter\s(?:search|tuning)|including\s(?:all|failed|preliminary)|entire\sproject|whole\sproject", re.I
)  # fmt: skip


@dataclass(frozen=True)
class Labelled:
    name: str
    plain: bool  # the label alone does not say that it is about the training's footprint
    label: str
    value: str
    line: Line


def labelled(line: Line) -> Labelled | None:
    """The label that `line` opens with, where it is one of ours."""
    match = LABEL.match(line.text)
    if not match:
        return None
    label, value = match["label"].strip(), match["value"].strip()
    found = meaning_of(label)
    return Labelled(found[0], found[1], label, value, line) if found else None


def meaning_of(label: str) -> tuple[str, bool] | None:
    """(what a label stands for, whether only beside another one); None where it is none of ours.

    >>> meaning_of("Carbon Emitted"), meaning_of("GPU"), meaning_of("Accuracy")
    (('emissions', False), ('hardware', True), None)
    """
    for name, pattern in MEANINGS:
        if pattern.search(label):
            return name, False
    for name, pattern in PLAIN_MEANINGS:
        if pattern.fullmatch(re.sub(r"\s*\(.*", "", label)):
            return name, True
    return None


def read_body(body: str, first_line: int = 1) -> Notes:
    """What the text after the header says of carbon."""
    notes = Notes("body")
    title = next((found[1] or found[2] for found in TITLE.finditer(body[:TITLE_WITHIN])), "")
    tables = list(rows_of_own(body[:BODY_MOST].split("\n", LINES_MOST)[:LINES_MOST], first_line, reports_a_run, title))
    read = note_tables(notes, tables)
    lines = [line for line in prose_lines(body, first_line) if line.number not in read]
    labels = list(islice((found for line in lines if (found := labelled(line))), LABELS_MOST))
    strong = [
        found.line.number
        for found in labels
        if found.name in ("emissions", "energy") and not is_placeholder(found.value)
    ]
    for found in labels:
        nearest = bisect_left(strong, found.line.number - NEAR)
        near = nearest < len(strong) and strong[nearest] <= found.line.number + NEAR
        if not is_placeholder(found.value) and (not found.plain or found.line.in_topic or near):
            note_label(notes, found)
    read_sentences(notes, lines, {found.line.number for found in labels}, title)
    note_training_size(notes, ((line.number, line.text) for line in lines), title)
    return notes


def reports_a_run(headings: list[str]) -> bool:
    """Are these the headings of a table of emissions, with anything else of ours beside them?"""
    found = [meaning[0] for each in headings if (meaning := meaning_of(each))]
    return "emissions" in found and len(found) > 1


def note_tables(notes: Notes, tables: list[Row]) -> set[int]:
    """Note the row of the card's own model; the lines of all these tables, which nothing else reads."""
    for row in tables:
        for heading, cell in row.cells:
            if (meaning := meaning_of(heading)) and not is_placeholder(cell):
                line = Line(row.number, cell, in_topic=True)
                note_label(notes, Labelled(meaning[0], False, heading, cell, line))
    return {number for row in tables for number in row.lines}


def note_label(notes: Notes, found: Labelled) -> None:
    value, line = found.value[:LINE_MOST], found.line.number
    if found.name == "emissions":
        note_labelled_emissions(notes, found)
        note_place_in_brackets(notes, value, line)
    elif found.name == "hardware":
        notes.add("hardware_text", value, value, found.label, line)
    elif found.name == "duration":
        note_labelled_duration(notes, found)
    elif found.name == "place":
        note_place(notes, value, found.label, line)
    elif found.name in ("stage", "provider"):
        notes.add(found.name, value, value, found.label, line)
    note_surroundings(notes, value, found.label, line)


def note_labelled_emissions(notes: Notes, found: Labelled) -> None:
    """`Carbon emitted: 12` and `CO2 Emissions (in grams): 12`; a unit in the label counts where the value has none."""
    in_label = re.search(
        r"\bin\s(kilo)?grams?\b|\((k?g|t|lbs?)(?:\s?co2\w*)?\)|\bin\s(k?g|tonnes)\b", found.label, re.I
    )
    unit = ""
    if in_label:
        said = (in_label[2] or in_label[3] or ("kg" if in_label[1] else "g")).lower()
        unit = {"lbs": "lb", "tonnes": "t"}.get(said, said)
    lead = re.split(r"\d", found.value, maxsplit=1)[0]
    amount = amount_in(found.value, unit)
    if amount is not None and amount.unit_assumed and is_no_amount(lead):
        return
    if amount is None or (amount.problem and not re.match(r"\W{0,3}[\d.-]", found.value)):
        return  # a sentence after a colon is no amount
    notes.add("emissions", amount, amount.raw, found.label, found.line.number)


def note_place_in_brackets(notes: Notes, value: str, line: int) -> None:
    if (match := re.search(r"\(([^()]{2,80})\)", value)) and find_place(match[1]):
        note_place(notes, match[1], None, line)


def note_labelled_duration(notes: Notes, found: Labelled) -> None:
    if any(True for _ in durations(found.value)) and not re.match(r"\W{0,3}[\d.,]+\s*(?:\(|$)", found.value):
        return  # it names its unit and is read with the rest of the text
    amount = amount_in(re.sub(r"\(.*", "", found.value))
    if amount is not None and amount.grams is not None:
        of_devices = bool(re.search(r"(?:gpu|tpu)[\s-]hours?", found.label, re.I))
        notes.add(
            "duration", Duration(amount.grams, amount.raw, of_devices), amount.raw, found.label, found.line.number
        )


def read_sentences(notes: Notes, lines: list[Line], labels: set[int], title: str) -> None:
    """Sentences that state emissions, and what surrounds them: in their paragraph, and under a heading of the topic."""
    for paragraph in paragraphs(lines, labels):
        stated = [note_sentence_emissions(notes, line, title) for line in paragraph if ABOUT_CO2.search(line.text)]
        for line in paragraph:
            is_beside = any(stated) or CALCULATED.search(line.text)
            if line.in_topic or (is_beside and not IN_USE.search(line.text)):
                note_surroundings(notes, line.text, None, line.number)
                note_hardware_sentence(notes, line.text, line.number)
                note_region_sentence(notes, line)
            else:
                note_training_sentence(notes, line)
    for line in lines:
        if (line.in_topic or line.number in labels) and (match := SCOPE.search(line.text)):
            notes.add("scope", match[0], match[0], None, line.number)


def paragraphs(lines: list[Line], labels: set[int]) -> Iterator[list[Line]]:
    """The lines without labels, in runs that no blank line divides."""
    run: list[Line] = []
    for line in lines:
        if line.number in labels:
            continue
        if run and line.number != run[-1].number + 1:
            yield run
            run = []
        run.append(line)
    if run:
        yield run


def note_sentence_emissions(notes: Notes, line: Line, title: str) -> bool:
    """The first mass of a sentence about CO2 that is this model's own and not per something; whether there is one."""
    for sentence in SENTENCE_END.split(line.text):
        if not ABOUT_CO2.search(sentence):
            continue
        for quantity, per in masses(sentence):
            if per in RATES:
                continue
            if is_another_s(sentence, quantity.start, quantity.end, "" if line.in_topic else title):
                break
            amount = checked(amount_of(quantity, quantity.raw, quantity.unit, assumed=False))
            notes.add("emissions", as_quoted(amount, sentence), sentence, None, line.number)
            return True
    return False


def as_quoted(amount: Amount, sentence: str) -> Amount:
    """`amount` with its sentence for words, cut to what a page can show."""
    return Amount(sentence[:120], amount.grams, amount.unit, False, amount.low_g, amount.high_g, amount.problem)


def note_hardware_sentence(notes: Notes, text: str, number: int) -> None:
    if uses := find_hardware(text):
        notes.add("hardware_text", uses[0].raw, text, None, number)


def note_training_sentence(notes: Notes, line: Line) -> None:
    """`It was trained for 90 min on one A100 in Frankfurt`: training, a device and a time in one sentence."""
    if not TRAINED.search(line.text) or not find_hardware(line.text):
        return
    for sentence in SENTENCE_END.split(line.text):
        is_training = TRAINED.search(sentence) and not IN_USE.search(sentence) and not ADVICE.search(sentence)
        if is_training and find_hardware(sentence) and any(True for _ in durations(sentence)):
            note_surroundings(notes, sentence, None, line.number)
            note_hardware_sentence(notes, sentence, line.number)


def note_region_sentence(notes: Notes, line: Line) -> None:
    """`in region us-east-1`, `located in Germany`: the words of the calculators."""
    if match := re.search(r"\b(?:region|located\sin|location)\s(?P<place>[\w .,-]{2,60})", line.text, re.I):
        note_place(notes, match["place"], None, line.number)
