"""Scores a dataset's card by the rubric `data-card`."""

from openness.cards.scoring import assess_card
from openness.findings import Result
from openness.rubric import load
from openness.state import RepoState


def assess(state: RepoState) -> Result:
    """Findings and score of a dataset's card, by the newest version of the rubric."""
    return assess_card(state, load("data-card"))
