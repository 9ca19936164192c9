"""Tells what a card says that stood in its base model's card before: evidence, and the share of its text."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from openness.cards.wording import plain_line
from openness.findings import Evidence, Finding
from registry.cards import CardText, read_card

LINE_LEAST = 20  # characters of words; shorter lines are alike by chance
PARENTS_MOST = 10
MOSTLY = 0.8  # of the lines of a piece of evidence
FLAGGED = 0.5  # of a card's text


def _words(line: str) -> str:
    """A line as it is compared, "" for one that is too short and for a heading."""
    if line.lstrip().startswith("#"):
        return ""
    text = plain_line(line).casefold()
    return text if len(text) >= LINE_LEAST else ""


def _lines(body: str) -> list[str]:
    return [_words(line) for line in body.split("\n")]


class Inherited:
    """The lines of one card that stand word for word in a card of `parents`, the texts of its base models' cards.

    >>> parent = "It was trained on ten thousand old poems."
    >>> said = Inherited(read_card(f"# Child\\n\\n{parent}\\n\\nWe made it smaller for a telephone.\\n"), [parent])
    >>> said.percent, [said.at((n, n)) for n in (3, 5)]
    (54, [True, False])
    """

    def __init__(self, card: CardText, parents: Iterable[str]):
        said = {line for text in list(parents)[:PARENTS_MOST] for line in _lines(read_card(text).body)} - {""}
        self._first = card.body_line
        self._lines = _lines(card.body) if said else []
        self._copied = [line in said for line in self._lines]

    @property
    def percent(self) -> int:
        """The share of the card's words in long lines that are copied, in percent of their characters."""
        whole = sum(map(len, self._lines))
        copied = sum(len(line) for line, is_copied in zip(self._lines, self._copied, strict=True) if is_copied)
        return round(100 * copied / whole) if whole else 0

    def at(self, lines: tuple[int, int]) -> bool:
        """Is what stands on these lines of the file copied, all but a fifth of it?"""
        start, end = max(0, lines[0] - self._first), lines[1] - self._first + 1
        copied = [
            is_copied for line, is_copied in zip(self._lines[start:end], self._copied[start:end], strict=True) if line
        ]
        return bool(copied) and lines[0] >= self._first and sum(copied) >= MOSTLY * len(copied)

    def marked(self, findings: Iterable[Finding]) -> tuple[Finding, ...]:
        """The findings, their evidence in copied text marked as inherited. Values stay: it is said all the same."""
        return tuple(replace(each, evidence=tuple(map(self._mark, each.evidence))) for each in findings)

    def _mark(self, evidence: Evidence) -> Evidence:
        return replace(evidence, inherited=True) if evidence.lines and self.at(evidence.lines) else evidence
