"""Reads a card's text for carbon: labelled lines, two-column tables and the sentences that calculators hand out."""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Iterator
from itertools import chain, islice

from openness.carbon.body_html import Table, html_tables
from openness.carbon.body_lines import LINE_MOST, LINES_MOST, Line, prose_lines, without_comments
from openness.carbon.body_tables import Row, own_row, rows_of_own, with_codecarbon_units
from openness.carbon.hardware import find_hardware
from openness.carbon.labels import Labelled, energy_unit_in, labelled, labelled_pair, mass_unit_in, meaning_of
from openness.carbon.places import find_place
from openness.carbon.quantities import Duration, durations, masses
from openness.carbon.report import Amount, Notes
from openness.carbon.training_size import note_training_size
from openness.carbon.whose import OWN, is_another_s, is_no_amount
from openness.carbon.wording import (
    RATES,
    amount_in,
    amount_of,
    checked,
    is_placeholder,
    note_place,
    note_surroundings,
)

STATEMENTS_MOST = 2_000  # more is no report of a training
PARAGRAPH_MOST = 500  # lines
LABELS_MOST = 1_000  # no card has more lines of this kind than a few dozen
NEAR = 8  # lines between a plain label such as `GPU:` and the emissions that make it part of the report
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


def read_body(body: str, first_line: int = 1) -> Notes:
    """What the text after the header says of carbon."""
    notes = Notes("body")
    title = next((found[1] or found[2] for found in TITLE.finditer(body[:TITLE_WITHIN])), "")
    html, body = html_tables(without_comments(body))
    tables = list(rows_of_own(body.split("\n", LINES_MOST)[:LINES_MOST], first_line, reports_a_run, title))
    pairs = []
    for rows in html:
        if reports_a_run(rows[0][1]):
            tables.append(own_html_row(rows, first_line, title))
        else:
            pairs += [labelled_row(first_line + number, cells) for number, cells in rows if len(cells) > 1]
    read = note_tables(notes, tables)
    lines = [line for line in prose_lines(body, first_line) if line.number not in read]
    labels = list(islice((found for found in chain(map(labelled, lines), pairs) if found), LABELS_MOST))
    labels.sort(key=lambda found: found.line.number)
    note_labels(notes, labels)
    read_sentences(notes, lines, {found.line.number for found in labels}, title)
    note_training_size(notes, ((line.number, line.text) for line in lines), title)
    return notes


def own_html_row(rows: Table, first_line: int, title: str) -> Row:
    """The row of the card's model in an HTML table with headings; without any cells where none is."""
    number, cells = own_row(rows[1:], title) or (rows[0][0], [])
    return Row(first_line + number, tuple(zip(rows[0][1], cells, strict=False)), range(0))


def labelled_row(number: int, cells: list[str]) -> Labelled | None:
    return labelled_pair(cells[0], " | ".join(cells[1:]), Line(number, " ".join(cells), in_topic=False))


def note_labels(notes: Notes, labels: list[Labelled]) -> None:
    """Note the labels that are about the training's footprint; a plain one where it stands near such a one."""
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


def reports_a_run(headings: list[str]) -> bool:
    """Are these the headings of a table of emissions, with anything else of ours beside them?"""
    found = [meaning[0] for each in headings if (meaning := meaning_of(each))]
    return "emissions" in found and len(found) > 1


def note_tables(notes: Notes, tables: list[Row]) -> set[int]:
    """Note the row of the card's own model; the lines of all these tables, which nothing else reads."""
    for row in tables:
        for heading, cell in with_codecarbon_units(row.cells):
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
    elif found.name == "energy" and (unit := energy_unit_in(found.label)) and re.fullmatch(r"\W{0,3}[\d.,]+", value):
        value = f"{value} {unit}"
    elif found.name == "place":
        note_place(notes, value, found.label, line)
    elif found.name in ("stage", "provider"):
        notes.add(found.name, value, value, found.label, line)
    note_surroundings(notes, value, found.label, line)


def note_labelled_emissions(notes: Notes, found: Labelled) -> None:
    """`Carbon emitted: 12` and `CO2 Emissions (in grams): 12`; a unit in the label counts where the value has none."""
    lead = re.split(r"\d", found.value, maxsplit=1)[0]
    amount = amount_in(found.value, mass_unit_in(found.label))
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
        if len(notes.statements) > STATEMENTS_MOST:
            break
        about = [line for line in paragraph if ABOUT_CO2.search(line.text)]
        stated = [note_sentence_emissions(notes, line, title) for line in about]
        is_stated = any(stated)
        for line in paragraph[:PARAGRAPH_MOST]:
            is_beside = is_stated or CALCULATED.search(line.text)
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
        others_end = 0  # of the last figure that is another's
        for quantity, per in masses(sentence):
            if per in RATES or (others_end and not OWN.search(sentence, others_end, quantity.start)):
                continue
            if is_another_s(sentence, others_end, quantity.start, quantity.end, "" if line.in_topic else title):
                others_end = quantity.end
                continue
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
