"""mof-strict/1: the class that a record earns when its licences are read for what they mean.

Beside the parity rules: spellings, aliases and SPDX expressions are understood; a component counts when its licence is
open and written for its kind of content; a licence of the whole distribution does not reach datasets, evaluation data,
reports and papers, which are usually other people's work; an unknown component name counts as nothing; a component
whose licence field says that it is not there is missing; progress is each class's own.
"""

from __future__ import annotations

from openness.mof.classes import (
    Classification,
    ComponentVerdict,
    bucketed,
    highest,
    in_tool_order,
    ungated_progress,
)
from openness.mof.components import BY_NAME, BY_SLUG, COMPONENTS, MOFComponent
from openness.mof.parity import BLANK, UNLICENSED
from openness.mof.record import Record
from registry.licences import is_absence, read_licence

RUBRIC = "mof-strict/1"
PLAIN_NAMES = {name.casefold(): component for name, component in BY_NAME.items()}
MOST_WARNINGS = 100


def component_named(name: str) -> MOFComponent | None:
    """The component of a name, in any case, or of its slug; None for any other name."""
    plain = name.strip().casefold()
    return PLAIN_NAMES.get(plain) or BY_SLUG.get(plain)


def classify(record: Record) -> Classification:
    """Classify a record by what its licences mean."""
    stored, warnings = _stored(record)
    verdicts = {}
    for component in COMPONENTS:
        verdicts[component.id], said = _verdict(component, stored, record.licences)
        warnings += said
    buckets = bucketed({i: v.status for i, v in verdicts.items() if v.component.required or v.licence is not None})
    progress = ungated_progress(buckets)
    return Classification(
        rubric=RUBRIC,
        mof_class=highest(progress),
        progress=progress,
        buckets=buckets,
        verdicts=in_tool_order(verdicts),
        warnings=tuple(warnings[:MOST_WARNINGS]),
    )


def _stored(record: Record) -> tuple[dict[int, str | None], list[str]]:
    stored: dict[int, str | None] = {}
    warnings = []
    for entry in record.listed:
        component = component_named(entry.name)
        if component is None:
            warnings.append(f"“{entry.name}” is no component of the framework and counts as nothing")
        elif entry.licence is not None and is_absence(entry.licence):
            warnings.append(f"{component.name} is listed, but its licence says “{entry.licence}”: it counts as missing")
            stored.pop(component.id, None)
        else:
            if component.id in stored and stored[component.id] != entry.licence:
                warnings.append(f"{component.name} is listed twice under different licences; the last one counts")
            stored[component.id] = entry.licence
    return stored, warnings


def _stated(component: MOFComponent, stated: str | None, licences: dict[str, str]) -> tuple[str | None, str]:
    """The licence that reaches a component, and what is to be said about it."""
    if stated is not None:
        return (None if stated.strip() in (*BLANK, UNLICENSED) else stated), ""
    own_kind = licences.get(component.content_type)
    whole = licences.get("distribution")
    found = own_kind or (None if component.third_party else whole)
    said = ""
    if component.third_party and whole and not own_kind:
        said = f"{component.name}: the licence of the distribution ({whole}) does not cover other people's work"
    return (None if found == UNLICENSED else found), said


def _verdict(
    component: MOFComponent, stored: dict[int, str | None], licences: dict[str, str]
) -> tuple[ComponentVerdict, list[str]]:
    if component.id not in stored:
        return ComponentVerdict(component, "missing" if component.required else "optional"), []
    licence, said = _stated(component, stored[component.id], licences)
    if licence is None:
        return ComponentVerdict(component, "unlicensed", UNLICENSED), [said] if said else []
    reading = read_licence(licence)
    appropriate = reading.type_ok(component.content_type)
    name = reading.expression if reading.known else licence
    if reading.suits(component.content_type):
        return ComponentVerdict(component, "included" if component.required else "optional", name, appropriate), []
    return ComponentVerdict(component, "invalid", name, appropriate), [_objection(component, licence)]


def _objection(component: MOFComponent, licence: str) -> str:
    reading = read_licence(licence)
    why = {
        "open": f"is open but not written for {component.content_type}",
        "versionless": "is a family; which of its versions applies is not stated",
        "refused": "is not open",
        "unknown": "is not known" if not reading.problem else f"cannot be read: {reading.problem}",
        "unstated": "is not stated",
    }
    return f"{component.name}: the licence {licence} {why[reading.verdict]}"
