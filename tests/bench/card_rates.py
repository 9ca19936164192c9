"""How many real cards fill which section, beside the rates that others published: `python -m tests.bench.card_rates`.

The cards lie beside the checkout, in `../shared/hubdata`; each dump is a population of its own, once with and once
without cards that tools and templates wrote. JSON lines: of each criterion how many cards have content under a title
of its own, any evidence, or the title at all; then of each published item our rate by the nearest definition, theirs,
and both definitions. Shares are in percent.
"""

from __future__ import annotations

import json
import os
import sys
from collections import Counter

import django

os.environ |= {"DJANGO_SETTINGS_MODULE": "tests.settings", "LOG_LEVEL": "ERROR"}

DUMPS = ("models_2020.jsonl.gz", "models_2025.jsonl.gz", "datasets_2022.jsonl.gz")


def marks_of(dump: str) -> tuple[str, dict[str, Counter]]:
    """The kind of repository of a dump, and how often each row of marks occurs, by kind of card."""
    from openness.assess import SCORERS
    from openness.gathered import CARD_RUBRICS
    from tests.hub_records import records, states

    found: dict[str, Counter] = {}
    for state in states(records(dump)):
        result = SCORERS[CARD_RUBRICS[state.kind]].answer(state)
        if result.marks:
            found.setdefault(result.label, Counter())[result.marks] += 1
    return state.kind, found


def lines(dump: str):
    from openness.cards.kinds import is_stock
    from openness.fill_rates import MEASURES, Marks
    from openness.gathered import CARD_RUBRICS
    from openness.profiles.published import published_rates
    from openness.rubric import load

    kind, of_kind = marks_of(dump)
    rubric = load(CARD_RUBRICS[kind])
    places = {criterion.id: place for place, criterion in enumerate(rubric.criteria)}
    for stock in ("with", "without"):
        counts: Counter = Counter()
        for card_kind, marks in of_kind.items():
            counts.update(marks if stock == "with" or not is_stock(card_kind) else {})
        table = Marks(counts, len(rubric.criteria))
        head = {"dump": dump, "stock": stock, "cards": table.cards}
        for each in rubric.criteria:
            found = table.filled([[places[each.id]]])
            shares = {f"{measure}_percent": percent(found.share(measure)) for measure in MEASURES}
            yield head | {"criterion": each.id, "name": each.name, "judged": found.cards, **shares}
        for rate in published_rates(kind):
            if rate.parts:
                found = table.filled([[places[i] for i in part] for part in rate.parts])
                ours = {"percent": percent(found.share(rate.measure)), "any_percent": percent(found.share("any"))}
                yield head | {"judged": found.cards, **ours, "published": rate.as_dict()}


def percent(share: float | None) -> float | None:
    return None if share is None else round(100 * share, 1)


def main(dumps: list[str]) -> None:
    django.setup()
    from tests.hub_records import folder

    if folder() is None:
        print(json.dumps({"cards": None, "problem": "the real records are not beside this checkout"}))
        return
    for dump in dumps or DUMPS:
        for line in lines(dump):
            print(json.dumps(line, ensure_ascii=False))


if __name__ == "__main__":
    main(sys.argv[1:])
