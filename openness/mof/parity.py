"""mof-parity/1: the class that the Model Openness Tool itself gives to a record, its oddities included.

The rules are those of lfai/model_openness_tool at commit 8b5d30e, told again in our own words. Kept on purpose: a
component name that the tool does not know counts as "Datasets"; licence ids are compared exactly, one id at a time;
PDDL-1.0 is refused and ODC-PDDL-1.0, which is no licence id, is open; CC0-1.0 is not appropriate for data.
"""

from __future__ import annotations

from openness.mof.classes import (
    Classification,
    ComponentVerdict,
    bucketed,
    gated_progress,
    highest,
    in_tool_order,
)
from openness.mof.components import BY_NAME, CLASSES, COMPONENTS, MOFComponent, asked_by
from openness.mof.record import Record
from registry.licences import spdx_rows

RUBRIC = "mof-parity/1"
BLANK = ("", "0")  # what PHP takes for empty
UNLICENSED = "unlicensed"


def is_open(licence: str) -> bool:
    """Is this exact id on one of the tool's lists?"""
    row = spdx_rows().get(licence)
    return row is not None and (row.osi or row.fsf or row.open_data or row.id == "OpenMDW-1.0")


def is_type_appropriate(licence: str, content_type: str) -> bool:
    row = spdx_rows().get(licence)
    return row is not None and content_type in row.types


def classify(record: Record) -> Classification:
    """The tool's answer about a record."""
    stored = _stored(record)
    verdicts = {c.id: _verdict(c, stored, record.licences) for c in COMPONENTS}
    buckets = bucketed({i: v.status for i, v in verdicts.items() if v.component.required or v.licence is not None})
    progress = gated_progress(buckets)
    return Classification(
        rubric=RUBRIC,
        mof_class=highest(progress),
        progress=progress,
        buckets=buckets,
        verdicts=in_tool_order(verdicts),
        warnings=_warnings(verdicts),
    )


def _stored(record: Record) -> dict[int, str | None]:
    """Component id -> the licence stated for it; a later entry of the same component replaces an earlier one."""
    stored: dict[int, str | None] = {}
    for entry in record.listed:
        component = BY_NAME.get(entry.name, COMPONENTS[0])
        stored[component.id] = "" if entry.licence == UNLICENSED else entry.licence
    return stored


def _licence(component: MOFComponent, stated: str | None, licences: dict[str, str]) -> str:
    if stated is not None:
        return UNLICENSED if stated in BLANK else stated  # a stated blank inherits nothing
    for level in (component.content_type, "distribution"):
        if level in licences:
            return licences[level]
    return UNLICENSED


def _verdict(component: MOFComponent, stored: dict[int, str | None], licences: dict[str, str]) -> ComponentVerdict:
    if component.id not in stored:
        return ComponentVerdict(component, "missing" if component.required else "optional")
    licence = _licence(component, stored[component.id], licences)
    if is_open(licence):
        status = "included" if component.required else "optional"
    else:
        status = "unlicensed" if licence == UNLICENSED else "invalid"
    appropriate = None if licence == UNLICENSED else is_type_appropriate(licence, component.content_type)
    return ComponentVerdict(component, status, licence, appropriate)


def _warnings(verdicts: dict[int, ComponentVerdict]) -> tuple[str, ...]:
    """The tool's list of components that are open but not under a licence written for their kind."""
    in_order = [c for k in CLASSES for required in (True, False) for c in asked_by(k, required=required)]
    return tuple(
        f"{c.name} of type {c.content_type}"
        for c in in_order
        if (v := verdicts[c.id]).status in ("included", "optional") and v.type_appropriate is False
    )
