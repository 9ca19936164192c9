"""Reads a card's text for carbon: labelled lines, two-column tables and the sentences that calculators hand out."""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice

from openness.carbon.hardware import find_hardware
from openness.carbon.quantities import Duration, durations, masses, with_plain_co2
from openness.carbon.report import Amount, Notes
from openness.carbon.wording import (
    RATES,
    amount_in,
    amount_of,
    checked,
    is_placeholder,
    note_place,
    note_surroundings,
)

BODY_MOST = 512 * 1024  # characters
LINES_MOST = 8_000  # as of the card's other readers
LINE_MOST = 2_000
LABELS_MOST = 1_000  # no card has more lines of this kind than a few dozen
FENCE = re.compile(r"\s{0,3}(?:```|~~~)")
HEADING = re.compile(r"\s{0,3}(?P<marks>#{1,6})\s+(?P<title>.{1,200})")
TOPIC = re.compile(r"environment|carbon|co2|emission|energy|footprint|sustainab|green\b", re.IGNORECASE)
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
COMMENT = re.compile(r"<!--.*?(?:-->|$)", re.DOTALL)
ABOUT_CO2 = re.compile(r"co2|carbon|emi(?:ssion|tt)|greenhouse|footprint", re.IGNORECASE)
COMPARED = re.compile(
    r"offset|driv(?:e|ing)|car\b|flight|average|avoid|saved?\b|sav(?:es|ing)\b|reduc|less than|compared", re.I
)
SCOPE = re.compile(
    r"final\s(?:training\s)?run|single\s(?:training\s)?run|one\s(?:training\s)?run|all\s(?:the\s)?(?:runs|experiments)|"
    r"hyper-?parameter\s(?:search|tuning)|including\s(?:all|failed|preliminary)|entire\sproject|whole\sproject", re.I
)  # fmt: skip
TOKENS = re.compile(
    r"(?<![\w.])(?P<number>\d+(?:\.\d+)?)\s?(?P<unit>[BMT]|billion|million|trillion)\s(?:\w+\s){0,2}tokens", re.I
)
SCALE = {"b": 1e9, "m": 1e6, "t": 1e12}


@dataclass(frozen=True)
class Line:
    """A line of prose, without its Markdown marks."""

    number: int
    text: str
    in_topic: bool  # under a heading about energy or emissions


@dataclass(frozen=True)
class Labelled:
    name: str
    plain: bool  # the label alone does not say that it is about the training's footprint
    label: str
    value: str
    line: Line


def prose_lines(body: str, first_line: int) -> Iterator[Line]:
    """The lines outside code and comments. A comment's line breaks stay, so that lines keep their numbers."""
    text = (
        COMMENT.sub(lambda match: "\n" * match[0].count("\n"), body[:BODY_MOST]) if "<!--" in body else body[:BODY_MOST]
    )
    in_code, level = False, 7  # level of the heading that opened the topic; 7: none did
    for number, line in enumerate(text.split("\n", LINES_MOST)[:LINES_MOST], first_line):
        if FENCE.match(line):
            in_code = not in_code
        elif not in_code and (heading := HEADING.match(line)):
            depth = len(heading["marks"])
            if TOPIC.search(heading["title"]):
                level = min(level, depth)
            elif depth <= level:
                level = 7
        elif not in_code and line.strip():
            yield Line(number, plain(line[:LINE_MOST]), level < 7)


def plain(line: str) -> str:
    """`line` without emphasis, bullets and link targets.

    >>> plain("- **Hours used:** 168 ([source](https://example.org))")
    'Hours used: 168 (source)'
    """
    line = re.sub(r"\]\([^()]{0,300}\)", "]", with_plain_co2(line))
    return re.sub(r"^\s{0,20}(?:[-+>|\u2022]\s{0,5}){1,4}|[*`\[\]]|\|\s*$|\b_|_\b", "", line).strip()


def labelled(line: Line) -> Labelled | None:
    """The label that `line` opens with, where it is one of ours."""
    match = LABEL.match(line.text)
    if not match:
        return None
    label, value = match["label"].strip(), match["value"].strip()
    for name, pattern in MEANINGS:
        if pattern.search(label):
            return Labelled(name, False, label, value, line)
    for name, pattern in PLAIN_MEANINGS:
        if pattern.fullmatch(re.sub(r"\s*\(.*", "", label)):
            return Labelled(name, True, label, value, line)
    return None


def read_body(body: str, first_line: int = 1) -> Notes:
    """What the text after the header says of carbon."""
    notes = Notes("body")
    lines = list(prose_lines(body, first_line))
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
    read_sentences(notes, lines, {found.line.number for found in labels})
    return notes


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
    amount = amount_in(found.value, unit)
    if amount is None or (amount.problem and not re.match(r"\W{0,3}[\d.-]", found.value)):
        return  # a sentence after a colon is no amount
    notes.add("emissions", amount, amount.raw, found.label, found.line.number)


def note_place_in_brackets(notes: Notes, value: str, line: int) -> None:
    if match := re.search(r"\(([^()]{2,80})\)", value):
        if not any(True for _ in masses(match[1])):
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


def read_sentences(notes: Notes, lines: list[Line], labels: set[int]) -> None:
    """Sentences that state emissions; under a heading of the topic also what surrounds them."""
    for line in lines:
        if line.number in labels:
            continue
        if ABOUT_CO2.search(line.text):
            note_sentence_emissions(notes, line)
        if line.in_topic:
            note_surroundings(notes, line.text, None, line.number)
            note_hardware_sentence(notes, line)
            note_region_sentence(notes, line)
        if match := TOKENS.search(line.text):
            tokens = float(match["number"]) * SCALE[match["unit"][0].lower()]
            notes.add("tokens", tokens, match[0], None, line.number)
    for line in lines:
        if (line.in_topic or line.number in labels) and (match := SCOPE.search(line.text)):
            notes.add("scope", match[0], match[0], None, line.number)


def note_sentence_emissions(notes: Notes, line: Line) -> None:
    """The first mass of a sentence about CO2 that is neither per something nor a comparison."""
    for sentence in re.split(r"(?<=[.!?])\s+(?=[A-Z])", line.text):
        if not ABOUT_CO2.search(sentence):
            continue
        for quantity, per in masses(sentence):
            if per not in RATES and not COMPARED.search(sentence[max(0, quantity.start - 60) : quantity.start]):
                amount = checked(amount_of(quantity, quantity.raw, quantity.unit, assumed=False))
                notes.add("emissions", as_quoted(amount, sentence), sentence, None, line.number)
                if not line.in_topic:  # there, every line is read for what surrounds the emissions
                    note_surroundings(notes, sentence, None, line.number)
                return


def as_quoted(amount: Amount, sentence: str) -> Amount:
    """`amount` with its sentence for words, cut to what a page can show."""
    return Amount(sentence[:120], amount.grams, amount.unit, False, amount.low_g, amount.high_g, amount.problem)


def note_hardware_sentence(notes: Notes, line: Line) -> None:
    if uses := find_hardware(line.text):
        notes.add("hardware_text", uses[0].raw, line.text, None, line.number)


def note_region_sentence(notes: Notes, line: Line) -> None:
    """`in region us-east-1`, `located in Germany`: the words of the calculators."""
    if match := re.search(r"\b(?:region|located\sin|location)\s(?P<place>[\w .,-]{2,60})", line.text, re.I):
        note_place(notes, match["place"], None, line.number)
