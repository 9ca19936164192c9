"""The public corpus of cards as counts: which scores there are, by rubric and kind of card, and what cards answer.

What staff alone may see, and who lost its name, is in no count, so that everybody is told the same; suspected spam is
ranked nowhere. Counts are read from indexes alone; those of a large corpus are kept for a minute.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from datetime import datetime

from django.core.cache import cache
from django.db.models import Count, Max, QuerySet

from openness.cards.kinds import SPAM, is_stock
from openness.models import Assessment
from openness.ranks import RULE, rank_of
from registry.models import Repo

KEPT_FROM = 10_000  # cards; fewer are counted in milliseconds
KEPT_FOR_S = 60
POINTS_LEAST = 1.0  # of a hundred, by which a second percentile must differ to be worth reading


@dataclass
class Scores:
    """How often each score occurs, by kind of card; how many have none; and when the newest was assessed."""

    of_kind: dict[str, Counter] = field(default_factory=dict)
    unscored: Counter = field(default_factory=Counter)
    as_of: datetime | None = None

    def total(self) -> int:
        return sum(counts.total() for counts in self.of_kind.values())

    def among(self, wanted) -> Counter:
        """The scores of the kinds of card for which `wanted` holds."""
        found: Counter = Counter()
        for kind, counts in self.of_kind.items():
            if wanted(kind):
                found.update(counts)
        return found


def public_cards(name: str) -> QuerySet[Assessment]:
    """The current assessments by one card rubric of what everybody may see, without spam."""
    found = Assessment.objects.current().filter(name=name).exclude(label=SPAM).order_by()
    for hidden in ({"staff_only": True}, {"holds_name": False}):  # each an index of its own, however many there are
        found = found.exclude(repo__in=Repo.objects.filter(**hidden).values("pk"))
    return found


def card_scores(name: str) -> dict[str, Scores]:
    """The scores of every public card by the rubric of this name, for each of its versions."""
    key = f"card-scores-{name}"
    if (found := cache.get(key)) is None:
        found = count_scores(name)
        if sum(scores.total() + scores.unscored.total() for scores in found.values()) >= KEPT_FROM:
            cache.set(key, found, KEPT_FOR_S)
    return found


def count_scores(name: str) -> dict[str, Scores]:
    found: dict[str, Scores] = {}
    for row in grouped_scores(name):
        scores = found.setdefault(row["rubric"], Scores())
        if row["score"] is None:
            scores.unscored[row["label"]] += row["number"]
        else:
            scores.of_kind.setdefault(row["label"], Counter())[row["score"]] += row["number"]
        scores.as_of = max(filter(None, (scores.as_of, row["newest"])))
    return found


def grouped_scores(name: str) -> QuerySet:
    rows = public_cards(name).values("rubric", "label", "score")
    return rows.annotate(number=Count("pk"), newest=Max("assessed_at"))


def card_marks(rubric: str) -> dict[str, Counter]:
    """How often each row of marks occurs among the public cards by this rubric, by kind of card."""
    found: dict[str, Counter] = {}
    for row in grouped_marks(rubric).iterator(chunk_size=10_000):
        found.setdefault(row["label"], Counter())[row["marks"]] = row["number"]
    return found


def grouped_marks(rubric: str) -> QuerySet:
    rows = public_cards(rubric.partition("/")[0]).filter(rubric=rubric, marks__isnull=False)
    return rows.values("label", "marks").annotate(number=Count("pk"))


def percentile_of(row: Assessment | None) -> dict | None:
    """Where a card's score stands among all public cards by the same version of the rubric; None without a score,
    and of suspected spam.

    `same_kind` is among the cards of its own kind, `without_stock` among those that no tool or template wrote.
    """
    if row is None or row.score is None or row.label == SPAM:
        return None
    scores = card_scores(row.name).get(row.rubric, Scores())
    return {
        "rule": RULE,
        "rubric": row.rubric,
        "as_of": scores.as_of,
        "all": rank_of(row.score, scores.among(lambda kind: True)),
        "same_kind": {"card_kind": row.label} | rank_of(row.score, scores.among(row.label.__eq__)),
        "without_stock": rank_of(row.score, scores.among(lambda kind: not is_stock(kind))),
    }


def ranks_shown(found: dict | None) -> list[tuple[str, dict]]:
    """(of which cards, rank) of a percentile as the page says it: among all, and where that reads otherwise, its peers.

    The peers of a card that a tool or template wrote are those of its kind, of any other the cards that nothing wrote.
    """
    if found is None:
        return []
    peers = found["same_kind"] if is_stock(found["same_kind"]["card_kind"]) else found["without_stock"]
    kind = peers.get("card_kind", "").replace("_", " ")
    name = f"{kind} cards" if kind else "cards that no tool or template wrote"
    every = [("", found["all"])]
    differs = peers["population"] > 1 and abs(peers["percent"] - found["all"]["percent"]) >= POINTS_LEAST
    return [*every, (name, peers)] if differs else every
