"""Inferred components under both rule sets, side by side: what the tool would say, and what the licences mean."""

from __future__ import annotations

from openness.mof import parity, strict
from openness.mof.classes import Classification, ComponentVerdict, gated_progress, in_tool_order
from openness.mof.components import COMPONENTS
from openness.mof.levels import Shown, class_at
from openness.mof.record import Listed, Record

LEVELS = ("confirmed", "possible")


def by_rules(shown: dict[int, Shown]) -> dict[str, dict[str, dict]]:
    """Rubric -> level of certainty -> classification. Parity's progress is gated, and strict's is shown both ways.

    What is only possible goes without components and buckets, which are kept of what is confirmed.
    """
    found: dict[str, dict[str, dict]] = {parity.RUBRIC: {}, strict.RUBRIC: {}}
    for level in LEVELS:
        found[parity.RUBRIC][level] = _kept(parity.classify(as_record(shown, level)).as_dict(), level)
        strictly = classify_strictly(shown, level)
        gated = {str(k): share for k, share in sorted(gated_progress(strictly.buckets).items())}
        found[strict.RUBRIC][level] = _kept(strictly.as_dict() | {"gated_progress": gated}, level)
    return found


def _kept(classification: dict, level: str) -> dict:
    long = () if level == "confirmed" else ("components", "buckets", "warnings")
    return {key: value for key, value in classification.items() if key not in long}


def as_record(shown: dict[int, Shown], level: str) -> Record:
    """The record that a submitter would write of what counts at `level`: each component under its own licence.

    A component without a licence that is known is listed with a blank one, so that it inherits nothing.
    """
    listed = [Listed(s.component.name, licence_of(s) or "") for s in shown.values() if level in s.counts_at]
    return Record(tuple(listed), {})


def licence_of(what: Shown) -> str | None:
    return (what.licence.source.reading.expression or None) if what.licence else None


def classify_strictly(shown: dict[int, Shown], level: str) -> Classification:
    found = class_at(shown, level, strict=True)
    verdicts = {c.id: _verdict(shown[c.id], level) for c in COMPONENTS}
    return Classification(strict.RUBRIC, found.mof_class, found.progress, found.buckets, in_tool_order(verdicts))


def _verdict(what: Shown, level: str) -> ComponentVerdict:
    status = what.status(level, strict=True)
    if level not in what.counts_at or what.licence is None:
        return ComponentVerdict(what.component, status)
    reading = what.licence.source.reading
    appropriate = reading.type_ok(what.component.content_type) if reading.ids else None
    return ComponentVerdict(what.component, status, licence_of(what), appropriate)
