"""How large a model is and how much text it was trained on, as far as its card says so without a doubt."""

from __future__ import annotations

import re
from collections.abc import Iterable
from itertools import islice

from openness.carbon.report import Notes

SCALE = {"b": 1e9, "m": 1e6, "t": 1e12}
UNIT = r"(?P<unit>[BMT]|billion|million|trillion)"
TOKENS = re.compile(rf"(?<![\w.])(?P<number>\d+(?:\.\d+)?)\s?{UNIT}\s(?:\w+\s){{0,2}}tokens", re.IGNORECASE)
COUNT = rf"(?:(?P<whole>\d{{1,3}}(?:,\d{{3}}){{2,4}})|(?P<number>\d+(?:\.\d+)?)[\s-]?{UNIT})"
PARAMETERS = re.compile(
    rf"(?<![\w.,]){COUNT}[\s-]{{1,2}}(?:(?:total|model|learnable)\s)?param(?:eter)?s?\b"
    rf"|\b(?:number\sof\sparameters|parameters?(?:\scount)?|params|model\ssize)\s?[:|]\s?~?"
    rf"(?:(?P<whole_after>\d{{1,3}}(?:,\d{{3}}){{2,4}})|(?P<number_after>\d+(?:\.\d+)?)\s?"
    rf"{UNIT.replace('<unit>', '<unit_after>')}\b)",
    re.IGNORECASE,
)
IN_TITLE = re.compile(r"(?<![\w.])(?P<number>\d+(?:\.\d+)?)(?P<unit>[BM])(?![A-Za-z0-9])", re.IGNORECASE)
PARTLY = re.compile(r"\b(?:active|activated|trainable|non-embedding|lora|adapter|expert)", re.IGNORECASE)
COUNTS_MOST = 10  # of one line
ROUNDED = 1.1  # 7B and 6,738,415,616 are one count


def note_training_size(notes: Notes, lines: Iterable[tuple[int, str]], title: str) -> None:
    """Note the tokens that numbered lines state, and the parameters where all that state any state the same."""
    counts, are_whole = [], True
    for number, text in lines:
        if match := TOKENS.search(text):
            notes.add("tokens", float(match["number"]) * SCALE[match["unit"][0].lower()], match[0], None, number)
        found = [(parameters_of(match), match[0], number) for match in islice(PARAMETERS.finditer(text), COUNTS_MOST)]
        counts += found
        are_whole = are_whole and not (found and PARTLY.search(text))
    if not counts and (match := IN_TITLE.search(title)):
        notes.add("parameters", float(match["number"]) * SCALE[match["unit"].lower()], match[0])
    elif counts and are_whole and max(counts)[0] <= ROUNDED * min(counts)[0]:
        value, words, number = counts[0]
        notes.add("parameters", value, words, None, number)


def parameters_of(match: re.Match) -> float:
    """
    >>> [parameters_of(PARAMETERS.search(said)) for said in ("162,417,408 parameters", "a 1.5B-parameter model")]
    [162417408.0, 1500000000.0]
    """
    if whole := match["whole"] or match["whole_after"]:
        return float(whole.replace(",", ""))
    return float(match["number"] or match["number_after"]) * SCALE[(match["unit"] or match["unit_after"])[0].lower()]
