"""Judges cards that are in no mirror: files on a disk, and texts that are sent."""

from __future__ import annotations

from openness.card_lint import judged_card
from openness.loose_files import Unreadable, read_bounded
from openness.loose_parents import cards_of_parents
from registry.cli import BAD_INPUT, NO, UNKNOWN, YES
from registry.storable import storable_text

# An empty card would have been judged; one that was not seen is not.
UNJUDGED = {"score": None, "assessed_weight": 0.0, "card_kind": "unknown", "flags": [], "findings": [], "carbon": None}


def judged_file(file: str, kind: str) -> tuple[dict, list[dict]]:
    """The line of one card file, and where it contradicts itself; what cannot be opened has a problem and no score."""
    shown = storable_text(file)  # a name that is not UTF-8 could not be printed
    try:
        return judged_card(shown, read_bounded(file), kind, cards_of_parents)
    except Unreadable as error:
        return judged_card(shown, b"", kind)[0] | UNJUDGED | {"problem": str(error)}, []


def status_of(line: dict, min_score: float | None) -> int:
    """3 where the card cannot be read; with a least score 1 below it and 2 where there is no score; else 0.

    >>> [status_of({"problem": None, "score": s}, 60) for s in (60.0, 59.9, None)]
    [0, 1, 2]
    >>> status_of({"problem": None, "score": None}, None), status_of({"problem": "broken", "score": 90.0}, 60)
    (0, 3)
    """
    if line["problem"]:
        return BAD_INPUT
    if min_score is None:
        return YES
    if line["score"] is None:
        return UNKNOWN
    return NO if line["score"] < min_score else YES
