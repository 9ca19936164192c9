"""How many repositories of the corpus reach each class, confirmed and possible, by each rule set.

Each assessment keeps its classes as a few digits beside its long answer, so that counting reads an index alone.
"""

from __future__ import annotations

from collections.abc import Iterator

from django.db.models import Count, Max
from django.db.models.fields.json import KT

from openness.models import Assessment
from openness.mof.components import LABELS

LEVELS = ("confirmed", "possible")
RULES = {"evidence": (), "mof-parity/1": ("rules", "mof-parity/1"), "mof-strict/1": ("rules", "mof-strict/1")}
PLACES = [(rules, level, (*path, level, "class")) for rules, path in RULES.items() for level in LEVELS]


def classes_of(answer: dict) -> str | None:
    """One digit for each rule set and level of certainty, in the order of `PLACES`; None for other rubrics' answers.

    >>> classes_of({"confirmed": {"class": 0}, "possible": {"class": 3}}) is None
    True
    """
    digits = [_at(answer, path) for _, _, path in PLACES]
    return "".join(map(str, digits)) if all(isinstance(digit, int) for digit in digits) else None


def _at(answer: object, path: tuple[str, ...]) -> object:
    for key in path:
        answer = answer.get(key) if isinstance(answer, dict) else None
    return answer


def class_distribution(user) -> dict:
    """Counts by rule set, level of certainty and class (0 is unclassified), over what `user` may see."""
    counts = {rules: {level: dict.fromkeys(map(str, LABELS), 0) for level in LEVELS} for rules in RULES}
    total, newest = 0, None
    for digits, number, at in _counted(Assessment.objects.current().visible_to(user).filter(name="mof").order_by()):
        total += number
        newest = max(filter(None, (newest, at)))
        for (rules, level, _), mof_class in zip(PLACES, digits, strict=True):
            if mof_class is not None:
                counts[rules][level][str(mof_class)] += number
    return {"assessed": total, "as_of": newest, "labels": {str(k): v for k, v in LABELS.items()}, "classes": counts}


def _counted(rows) -> Iterator[tuple[tuple[str | None, ...], int, object]]:
    """(classes, how many, the newest) of each combination; rows from before the digits were kept are read whole."""
    measures = {"number": Count("pk"), "newest": Max("assessed_at")}
    for row in rows.filter(classes__isnull=False).values("classes").annotate(**measures):
        yield tuple(row["classes"]), row["number"], row["newest"]
    keys = {f"c{number}": KT("__".join(("result", *path))) for number, (_, _, path) in enumerate(PLACES)}
    for row in rows.filter(classes=None, problem="").values(**keys).annotate(**measures):
        yield tuple(row[key] for key in keys), row["number"], row["newest"]
