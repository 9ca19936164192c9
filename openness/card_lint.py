"""Judges a loose card file: the line that `assess --card` prints for it."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from openness.carbon import carbon_block
from openness.cards.advice import what_is_odd
from openness.cards.scoring import READER, score
from openness.rubric import load
from registry.cards import CardText, read_card

RUBRICS = {"model": "model-card", "dataset": "data-card"}
FILE_MOST = 2 << 20  # bytes; more of a card is not read
NULS_OF_TEXT = 8  # a short card may hold a few by mistake


def judged_card(
    file: str, data: bytes, kind: str, parents_of: Callable[[dict | None], Sequence[str]] = lambda header: ()
) -> tuple[dict, list[dict]]:
    """What one card file says, for `kind` model or dataset: the command's JSON line, and what contradicts itself.

    A contradiction has its id, what to write, and the evidence.

    `parents_of` gives the cards of the models that a header names as its base, as far as they are at hand.
    A file that is not text is a problem without a score. Lines count from 1 in the file, header included.
    """
    rubric = load(RUBRICS[kind])
    text, problem = text_of(data)
    if text is None:
        unjudged = {"score": None, "assessed_weight": 0.0, "card_kind": "unknown"}
        return {**_line(file, problem, rubric.id), **unjudged}, []
    card = read_card(text)
    result = score(card, rubric, parents=parents_of(card.metadata) if kind == "model" else ())
    line = {
        **_line(file, result.problem or None, rubric.id),
        "score": result.score,
        "assessed_weight": result.assessed_weight,
        "card_kind": result.extra["card_kind"],
        "flags": result.extra["flags"],
        "findings": [finding.as_dict() for finding in result.findings],
        "carbon": carbon_of(card) if kind == "model" else None,
    }
    return line, [each | {"write": what_is_odd(each["id"])} for each in result.extra["consistency"]]


def carbon_of(card: CardText) -> dict | None:
    """What the card reports of its carbon, as a linter shows it; None where it says nothing."""
    block = carbon_block(card.metadata, card.body, body_line=card.body_line)
    return block and {key: value for key, value in block.items() if key != "points"}


def _line(file: str, problem: str | None, rubric: str) -> dict:
    return {
        "file": file,
        "problem": problem,
        "rubric": rubric,
        "reader": READER,
        "flags": [],
        "findings": [],
        "carbon": None,
    }


def text_of(data: bytes) -> tuple[str | None, str | None]:
    """The text of a card file, or why it has none.

    >>> text_of(b"# Tiny"), text_of("# é".encode("utf-16"))[0], text_of(b"\\x00\\x01\\x02" * 100)[0]
    (('# Tiny', None), '# é', None)
    """
    data = data[:FILE_MOST]
    if data[:2] in (b"\xff\xfe", b"\xfe\xff"):
        return data.decode("utf-16", "replace"), None
    if data.count(b"\0") > max(NULS_OF_TEXT, len(data) // 20):
        return None, "The file is not text."
    return data.decode("utf-8", "replace"), None
