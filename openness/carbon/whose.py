"""Whether a sentence states a model's own emissions, or those of another model or thing that it is held against."""

from __future__ import annotations

import re

from openness.carbon.places import find_place

# Words before a figure that make it another's, or a saving.
COMPARED = re.compile(
    r"offset|driv(?:e|ing)|car\b|flight|average|avoid|saved?\b|sav(?:es|ing)\b|reduc|less than|"
    r"compar(?:ed|able|ing|ison)|whereas|versus|\bvs\b|in\scontrast|\bper\s(?:capita|person)\b|household",
    re.IGNORECASE,
)
COMPARED_CHARACTERS = 60  # before a figure
ANOTHER_MODEL = re.compile(
    r"\b(?:the|its|their|our)\s(?:base|original|parent|teacher|underlying|foundation|previous)\smodel(?:'s|\u2019s)?\s"
    r"(?:\w+\s){0,3}(?:emi|produc|generat|releas|footprint|cost|account)"
    r"|,\s(?:the|its|their|our)\s(?:base|original|parent|teacher|underlying|foundation)\smodel,"
    r"|(?:emissions?|footprint)\s(?:of|for|from)\s(?:pre-?training\s)?(?:the\s|its\s)?"
    r"(?:base|original|parent|teacher|underlying|foundation|previous)\smodel",
    re.IGNORECASE,
)
OF_A_THING = re.compile(r"\sof\s(?!(?:co2|(?:carbon|ghg|greenhouse|emissions?|eq|equivalent)\b))[a-z]", re.IGNORECASE)
OWN = re.compile(r"\b(?:our|ours|we|my|this|here)\b", re.IGNORECASE)  # after another's figure, the next is our own
IN_USE = re.compile(
    r"\b(?:inferences?|generating|quer(?:y|ies|ying)|requests?|prompts?|serving|in\suse)\b", re.IGNORECASE
)
IN_TRAINING = re.compile(r"train|fine-?tun|experiment", re.IGNORECASE)
NO_MODEL = re.compile(  # what emits, and is no model
    r"\b(?:cars?|vehicles?|trucks?|planes?|flights?|households?|humans?|persons?|citizens?|compan(?:y|ies)|countr(?:y|ies)|"
    r"cit(?:y|ies)|factor(?:y|ies)|industry|sectors?|power\splants?|cows?|buildings?)\b[^,;]{0,40}$",
    re.IGNORECASE,
)
EXAMPLE = re.compile(r"\bpredicts?\b|\b(?:in|out)puts?\s?:|\bexample\b|\be\.g\.", re.IGNORECASE)
EMITS = re.compile(r"\b(?:emit(?:s|ted)?|produce[sd]|generate[sd]|release[sd]|cause[sd])\b", re.IGNORECASE)
# A name as models have it. Devices are written alike, so a letter and a number alone are none.
MODEL_NAME = re.compile(r"\b(?:[A-Z][A-Za-z]{2,}-?\d[\w.]*|[A-Z]{2,}[A-Za-z]*-\d[\w.]*|BERT|BLOOM|OPT|T5)\b")
NO_NUMBER_OF_GRAMS = re.compile(
    r"\b(?:not|no|none|unknown|n/a|issue|see|fig(?:ure)?|table|section|ref|page|version)\b|#", re.IGNORECASE
)


def is_another_s(sentence: str, clause: int, start: int, end: int, title: str = "") -> bool:
    """Is the mass at `start` to `end` of a sentence about CO2 that of something else than the card's own model?

    What stands before `clause` is about another figure. `title` is the card's, where nothing else says that the
    sentence is about it; a model that it does not name is another one.

    >>> said = "For comparison, GPT-3 emitted 552 t of CO2."
    >>> is_another_s(said, 0, 30, 35), is_another_s("Training emitted 5 kg of CO2.", 0, 17, 21)
    (True, False)
    >>> [is_another_s("GPT-3 emitted 552 t.", 0, 14, 19, title) for title in ("Tiny", "GPT-3 175B")]
    [True, False]
    """
    lead = sentence[clause:start]
    if COMPARED.search(lead[-COMPARED_CHARACTERS:]) or ANOTHER_MODEL.search(lead) or OF_A_THING.match(sentence, end):
        return True
    if IN_USE.search(lead) and not IN_TRAINING.search(lead):
        return True
    if not title:
        return False
    if EXAMPLE.search(lead) or not (verb := EMITS.search(lead)):
        return bool(EXAMPLE.search(lead))
    subject = lead[: verb.start()]
    named = MODEL_NAME.findall(subject)
    is_foreign = bool(named) and not any(plain_name(name) in plain_name(title) for name in named)
    return is_foreign or bool(NO_MODEL.search(subject)) or is_a_country(subject)


def is_a_country(subject: str) -> bool:
    """Does a sentence's subject end with a country: `In 2020, Germany` and not `Training in Germany`?"""
    words = subject.split()[-2:]
    place = find_place(" ".join(words))
    return place is not None and not (len(words) == 2 and words[0].lower() in ("in", "at", "from", "near"))


def plain_name(text: str) -> str:
    return re.sub(r"[\W_]", "", text.lower())


def is_no_amount(lead: str) -> bool:
    """Do the words before a number without a unit say that it counts something else than grams?

    >>> is_no_amount("not measured (see issue "), is_no_amount("about ")
    (True, False)
    """
    return bool(NO_NUMBER_OF_GRAMS.search(lead))
