"""The cards of the public corpus: their scores, their kinds, what they answer, and what others published of cards."""

from __future__ import annotations

from collections import Counter

from django.core.cache import cache

from openness.card_corpus import KEPT_FOR_S, KEPT_FROM, Scores, card_marks, card_scores
from openness.cards.kinds import PARTIAL, is_stock
from openness.fill_rates import Filled, Marks
from openness.gathered import CARD_RUBRICS
from openness.profiles.published import PublishedRate, published_rates
from openness.rubric import Rubric, load

BAND = 5  # points
ABSENT, NOT_READ = "no_card", ""  # in place of a kind of card
QUANTILES = {"p10": 0.1, "p25": 0.25, "median": 0.5, "p75": 0.75, "p90": 0.9}


def card_statistics(kind: str, *, with_stock: bool = True) -> dict:
    """Everything that is counted of the cards of models or of datasets, by the newest version of their rubric.

    Without stock, cards that a tool or a template wrote stay out of scores and sections.
    """
    rubric = load(CARD_RUBRICS[kind])
    of_rubric = card_scores(rubric.name)
    scores = of_rubric.get(rubric.id, Scores())
    spread = scores.among(lambda card_kind: with_stock or not is_stock(card_kind))
    cards = population(scores)
    sections, parts = sections_of(rubric, with_stock)
    return {
        "kind": kind,
        "rubric": rubric.id,
        "as_of": scores.as_of,
        "stock": "with" if with_stock else "without",
        "left_out": None if with_stock else left_out(kinds_of(scores)),
        "cards": cards | {"by_other_versions": sum(other.total() for other in of_rubric.values()) - scores.total()},
        "scores": {"scored": spread.total(), "bands": bands(spread), **quantiles(spread)},
        "kinds": kinds_of(scores),
        "sections": sections,
        "published": [beside(rate, cards, parts) for rate in published_rates(kind)],
    }


def population(scores: Scores) -> dict:
    """How many repositories were assessed, and of how many it is known that they have a card, or none."""
    absent, unknown = scores.unscored[ABSENT], scores.unscored[NOT_READ]
    assessed = scores.total() + scores.unscored.total()
    present = assessed - absent - unknown
    return {
        "assessed": assessed,
        "with_card": present,
        "no_card": absent,
        "card_not_read": unknown,
        "with_card_share": present / (present + absent) if present + absent else None,
        "not_scored": present - scores.total(),
    }


def bands(spread: Counter) -> list[dict]:
    """How many scores lie in each band of five points; the last one holds 100 too."""
    counts: Counter = Counter()
    for score, number in spread.items():
        counts[min(int(score // BAND), 100 // BAND - 1)] += number
    return [{"from": n * BAND, "to": (n + 1) * BAND, "number": counts[n]} for n in range(100 // BAND)]


def quantiles(spread: Counter) -> dict[str, float | None]:
    """The lowest score that at least the share of all scores does not exceed; None without scores.

    >>> quantiles(Counter({10.0: 1, 20.0: 2, 90.0: 1}))
    {'p10': 10.0, 'p25': 10.0, 'median': 20.0, 'p75': 20.0, 'p90': 90.0}
    """
    found: dict[str, float | None] = dict.fromkeys(QUANTILES)
    total, below = spread.total(), 0
    for score in sorted(spread):
        below += spread[score]
        for name, share in QUANTILES.items():
            if found[name] is None and below >= share * total:
                found[name] = score
    return found


def kinds_of(scores: Scores) -> list[dict]:
    """The kinds of card that were found, the most frequent first, each with its median score."""
    counts = {kind: counts.total() for kind, counts in scores.of_kind.items()}
    for kind, number in scores.unscored.items():
        counts[kind] = counts.get(kind, 0) + number
    return [
        {
            "card_kind": kind,
            "number": counts[kind],
            "is_stock": is_stock(kind),
            "median": quantiles(scores.of_kind.get(kind, Counter()))["median"],
        }
        for kind in sorted(counts, key=lambda kind: (-counts[kind], kind))
        if kind not in (ABSENT, NOT_READ)
    ]


def left_out(kinds: list[dict]) -> dict:
    """How many cards a look without stock leaves out; those whose template a person filled in part are among them."""
    stock = [row for row in kinds if row["is_stock"]]
    partial = sum(row["number"] for row in stock if row["card_kind"] == PARTIAL)
    return {"cards": sum(row["number"] for row in stock), "partial_templates": partial}


Parts = dict[tuple[tuple[str, ...], ...], Filled]


def sections_of(rubric: Rubric, with_stock: bool) -> tuple[list[dict], Parts]:
    """Each criterion's rates, and those of the items for which others published a rate.

    Those of many cards are kept for a minute.
    """
    key = f"card-sections-{rubric.id}-{with_stock}"
    if (found := cache.get(key)) is None:
        table = Marks(marks_of_kinds(rubric, with_stock), len(rubric.criteria))
        places = {criterion.id: place for place, criterion in enumerate(rubric.criteria)}
        rows = [
            {"id": each.id, "name": each.name, "group": each.group} | table.filled([[places[each.id]]]).as_dict()
            for each in rubric.criteria
        ]
        asked = {rate.parts for rate in published_rates(rubric.kind) if rate.parts}
        parts = {every: table.filled([[places[i] for i in part] for part in every]) for every in asked}
        found = rows, parts
        if table.cards >= KEPT_FROM:
            cache.set(key, found, KEPT_FOR_S)
    return found


def marks_of_kinds(rubric: Rubric, with_stock: bool) -> Counter:
    counts: Counter = Counter()
    for kind, marks in card_marks(rubric.id).items():
        if with_stock or not is_stock(kind):
            counts.update(marks)
    return counts


def beside(rate: PublishedRate, cards: dict, parts: Parts) -> dict:
    """A published rate with ours by the nearest definition, of as many cards as are said."""
    if rate.measure == "card":
        number, whole, any_evidence = cards["with_card"], cards["with_card"] + cards["no_card"], None
    else:
        found = parts[rate.parts]
        number, whole, any_evidence = getattr(found, rate.measure), found.cards, found.any
    return rate.as_dict() | {
        "published_share": None if rate.percent is None else rate.percent / 100,
        "ours": number,
        "ours_of": whole,
        "ours_share": number / whole if whole else None,
        "any": any_evidence,
        "any_share": any_evidence / whole if any_evidence is not None and whole else None,
    }
