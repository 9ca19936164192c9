"""Scores one card by one rubric: the same card and the same rubric give the same bytes."""

from __future__ import annotations

from collections.abc import Sequence

from openness.cards.answers import findings
from openness.cards.consistency import Contradiction, contradictions
from openness.cards.inheritance import FLAGGED, Inherited
from openness.cards.kinds import kind_of
from openness.cards.marks import marks_of
from openness.cards.view import CardView
from openness.cards.vocabulary import vocabulary
from openness.findings import Finding, Result, total
from openness.rubric import Rubric
from openness.state import RepoState
from registry.cards import CardText, read_card

READER = "card-reader/15"  # moves when any rule or vocabulary of the card criteria changes
TOPICS_BESIDE = frozenset({"compute", "links", "aside", "training_procedure"})  # read beside


def assess_card(state: RepoState, rubric: Rubric) -> Result:
    """What `rubric` says of a repository's card. Without a card there is no score; an unseen card is unknown."""
    if state.card_state == "absent":
        return Result(
            rubric.id, READER, _all(rubric, "none"), label="no_card", extra={"card_kind": "no_card", "flags": []}
        )
    if state.card_text is None:
        problem = "The card cannot be read." if state.card_state == "unreadable" else ""
        return Result(
            rubric.id, READER, _all(rubric, "unknown"), problem=problem, extra={"card_kind": "unknown", "flags": []}
        )
    card = read_card(state.card_text)
    parents = [repo.card_text for repo in state.linked if repo.kind == "model" and repo.card_text]
    known = {"name": state.name, "info": state.info, "small_files": state.small_files}
    return score(card, rubric, parents=parents, **known)


def score(
    card: CardText,
    rubric: Rubric,
    *,
    name: str = "",
    info: dict | None = None,
    small_files: dict | None = None,
    parents: Sequence[str] = (),
) -> Result:
    """What `rubric` says of one card that was read; `name`, `info` and files of its repository where they are known.

    `parents` are the cards of the models it names as its base; what was copied from them is marked as inherited.
    """
    names = frozenset(criterion.topic for criterion in rubric.criteria) | TOPICS_BESIDE
    view = CardView(card, vocabulary(rubric.kind, names), info or {}, small_files or {}, rubric.kind)
    copied = Inherited(card, parents)
    answers = copied.marked(findings(view, rubric)) if parents else findings(view, rubric)
    points, weight = total(answers)
    kind = kind_of(view)
    odd = contradictions(view, name)
    flags = flags_of(view, kind, odd)
    if copied.percent >= 100 * FLAGGED:
        flags = sorted([*flags, "inherited_text"])
    return Result(
        rubric=rubric.id,
        reader=READER,
        findings=answers,
        score=points,
        assessed_weight=weight,
        label=kind,
        problem=card.problem,
        marks=marks_of(answers),
        extra={
            "card_kind": kind,
            "flags": flags,
            "consistency": [each.as_dict() for each in odd],
            **({"inherited_percent": copied.percent} if parents else {}),
        },
    )


def flags_of(view: CardView, kind: str, odd: tuple[Contradiction, ...]) -> list[str]:
    """What is odd about the card, sorted."""
    flags = {*view.card.flags, *(each.id for each in odd)}
    if kind == "spam":
        flags.add("suspected_spam")
    if not view.is_whole:
        flags.add("truncated")
    if view.is_foreign:
        flags.add("language_without_vocabulary")
    if view.card.problem:
        flags.add("header_unreadable")
    if not view.prose.text.strip() and not view.blocks:
        flags.add("empty")
    return sorted(flags)


def _all(rubric: Rubric, tier: str) -> tuple[Finding, ...]:
    return tuple(Finding(c.id, c.name, tier, 0.0, c.weight) for c in rubric.criteria)
