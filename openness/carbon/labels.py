"""What the labels of a card's lines and the headings of its tables stand for, and the units that stand in them."""

from __future__ import annotations

import re
from dataclasses import dataclass

from openness.carbon.body_lines import Line

# What a label means; the plain ones are about the footprint only near a line that is.
LABELS = (
    ("intensity", r"(?:carbon|grid)\s(?:intensity|efficiency)|energy\smix"),
    ("offset", r"offset|calculator|tracker"),
    ("inference", r"(?:emi|co2|carbon|energy).{0,60}(?:inference|per\s(?:sample|query|request|image|token))"),
    (
        "emissions",
        r"(?:carbon|co2(?:eq?)?|ghg|greenhouse)\b.{0,30}(?:emi|foot|eq)|emissions?\b|^co2(?:eq?)?(?:\W.{0,20})?$",
    ),
    ("energy", r"energy|electricity|power\sconsum"),
    ("hardware", r"hardware\s(?:type|used)"),
    ("duration", r"hours?\sused|(?:gpu|tpu|compute)[\s-]hours?|how\s(?:much\stime|long)\b.{0,20}\b(?:train|final)"),
    ("provider", r"cloud\sprovider|cloud\splatform"),
    ("place", r"compute\sregion|cloud\sregion|geographical|geo\slocation"),
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
SENTENCE_INSIDE = re.compile(r"[a-z)][.!?]\s")  # what ends so is no label but prose with a colon
UNIT_CELL = re.compile(r"^(\W{0,3}[\d.,]+)\s*\|\s*(?=[A-Za-z])")  # | Emissions | 4.7 | kg CO2eq |
MASS_IN_LABEL = re.compile(
    r"(?:\bin\s|[\s,(])(?P<unit>kilograms?|grams?|tonnes|tons|kg|g|mg|t|lbs?)(?:[\s-]?(?:of\s)?co2[\w.-]{0,12})?(?:\s?eq\.?)?(?=\s?[),]|\s?$)",
    re.IGNORECASE,
)
MASS_NAMES = {"kilogram": "kg", "kilograms": "kg", "gram": "g", "grams": "g", "tonnes": "t", "tons": "t", "lbs": "lb"}
ENERGY_IN_LABEL = re.compile(r"(?:\bin\s|[\s,(])(?P<unit>[kmg]?wh|[mg]j)\b", re.IGNORECASE)


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
    return labelled_pair(match["label"], match["value"], line) if match else None


def labelled_pair(label: str, value: str, line: Line) -> Labelled | None:
    """A label and its value, where the label is one of ours; an emoji before it says nothing."""
    label, value = re.sub(r"^\W+", "", label).strip(), UNIT_CELL.sub(r"\1 ", value.strip())
    found = None if SENTENCE_INSIDE.search(label) else meaning_of(label)
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


def mass_unit_in(label: str) -> str:
    """The unit of mass that a label ends with; blank without.

    >>> [mass_unit_in(said) for said in ("CO2 Emissions (in grams)", "Carbon emitted, kg", "CO2 (tCO2eq)", "CO2")]
    ['g', 'kg', 't', '']
    """
    match = MASS_IN_LABEL.search(label)
    unit = match["unit"].lower() if match else ""
    return MASS_NAMES.get(unit, unit)


def energy_unit_in(label: str) -> str:
    """The unit of energy in a label; blank without."""
    match = ENERGY_IN_LABEL.search(label)
    return match["unit"] if match else ""
