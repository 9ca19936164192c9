"""How many repositories of the corpus reach each class, confirmed and possible, by each rule set."""

from __future__ import annotations

from django.db.models import Count, Max
from django.db.models.fields.json import KT

from openness.models import Assessment
from openness.mof.components import LABELS

COUNTED = {
    "evidence": {"confirmed": "result__confirmed__class", "possible": "result__possible__class"},
    "mof-parity/1": {
        "confirmed": "result__rules__mof-parity/1__confirmed__class",
        "possible": "result__rules__mof-parity/1__possible__class",
    },
    "mof-strict/1": {
        "confirmed": "result__rules__mof-strict/1__confirmed__class",
        "possible": "result__rules__mof-strict/1__possible__class",
    },
}


def class_distribution(user) -> dict:
    """Counts by rule set, level of certainty and class (0 is unclassified), over what `user` may see."""
    rows = Assessment.objects.current().visible_to(user).filter(name="mof", problem="")
    places = [(rules, level, place) for rules, levels in COUNTED.items() for level, place in levels.items()]
    keys = {f"c{number}": KT(place) for number, (_, _, place) in enumerate(places)}
    combined = rows.order_by().values(**keys).annotate(number=Count("pk"), newest=Max("assessed_at"))
    counts = {
        rules: {level: dict.fromkeys(map(str, LABELS), 0) for level in levels} for rules, levels in COUNTED.items()
    }
    total, newest = 0, None
    for row in combined:
        total += row["number"]
        newest = max(filter(None, (newest, row["newest"])))
        for number, (rules, level, _) in enumerate(places):
            if (mof_class := row[f"c{number}"]) is not None:
                counts[rules][level][str(mof_class)] += row["number"]
    return {"assessed": total, "as_of": newest, "labels": {str(k): v for k, v in LABELS.items()}, "classes": counts}
