"""A rubric small enough to foresee, and one that fails; `openness.assess` finds them as it finds the real ones."""

from openness.findings import Finding, Result
from openness.state import RepoState

reader = "tests/1"
rubric = "trial/0.1"


def assess(state: RepoState) -> Result:
    """Points for a card that says anything."""
    if state.card_text == "crash":
        raise ZeroDivisionError("a card that this rubric cannot bear")
    found = Finding("T01", "card", "section", 1.0 if state.card_text else 0.0, 1.0)
    quote = {"words": (state.card_text or "")[:20]}
    return Result(rubric=rubric, reader=reader, findings=(found,), score=100 * found.value, extra=quote)
