"""How statuses of components make a class: what the parity and the strict rubric share, and the line both print."""

from __future__ import annotations

from dataclasses import dataclass

from openness.mof.components import (
    CLASSES,
    COMPONENTS,
    LABELS,
    PAPER,
    REPORT,
    STATUSES,
    MOFComponent,
    badge,
    needed_for,
)

Buckets = dict[int, dict[str, list[int]]]  # class -> status -> component ids


@dataclass(frozen=True)
class ComponentVerdict:
    """What became of one component. `licence` and `type_appropriate` are None where it is not there."""

    component: MOFComponent
    status: str  # included, missing, unlicensed, invalid, optional
    licence: str | None = None
    type_appropriate: bool | None = None

    def as_dict(self) -> dict:
        return {
            "name": self.component.name,
            "licence": self.licence,
            "status": self.status,
            "type_appropriate": self.type_appropriate,
        }


@dataclass(frozen=True)
class Classification:
    """A class with all that led to it. `progress` is of 0 to 100, by class; `mof_class` 0 is unclassified."""

    rubric: str
    mof_class: int
    progress: dict[int, float]
    buckets: Buckets
    verdicts: tuple[ComponentVerdict, ...]
    warnings: tuple[str, ...] = ()

    def as_dict(self) -> dict:
        names = {v.component.id: v.component.name for v in self.verdicts}
        return {
            "rubric": self.rubric,
            "class": self.mof_class,
            "label": LABELS[self.mof_class],
            "progress": {str(k): self.progress[k] for k in sorted(self.progress)},
            "buckets": {
                str(k): {status: [names[i] for i in ids] for status, ids in buckets.items()}
                for k, buckets in sorted(self.buckets.items())
            },
            "badges": {str(k): badge(self.progress[k]) for k in sorted(self.progress)},
            "components": [verdict.as_dict() for verdict in self.verdicts],
            "warnings": list(self.warnings),
        }


def unclassified(rubric: str) -> Classification:
    """The answer about what could not be read: no class and no component."""
    return Classification(rubric, 0, dict.fromkeys(CLASSES, 0.0), {}, ())


def bucketed(status_of: dict[int, str]) -> Buckets:
    """Sort what each class needs by status, optional components too where they are there, and let a paper stand in.

    A technical report that is not included is not missed when a research paper is listed, whatever the paper's
    licence; the paper then counts in the lower classes as well.
    """
    buckets = {k: _bucket(k, status_of) for k in CLASSES}
    paper = status_of[PAPER.id]
    if status_of[REPORT.id] != "included" and paper != "missing":
        for k in CLASSES:
            buckets[k]["missing"] = [i for i in buckets[k]["missing"] if i != REPORT.id]
            if PAPER.mof_class < k:
                buckets[k][paper].append(PAPER.id)
    return buckets


def _bucket(mof_class: int, status_of: dict[int, str]) -> dict[str, list[int]]:
    found: dict[str, list[int]] = {status: [] for status in STATUSES}
    for component in (*needed_for(mof_class), *needed_for(mof_class, required=False)):
        status = status_of.get(component.id)
        if status:
            found[status].append(component.id)
    return found


def asked_in_all(mof_class: int, buckets: Buckets) -> int:
    """How many components make a class: for class I one less where the paper stands in for the report."""
    included = buckets[1]["included"]
    stands_in = mof_class == 1 and REPORT.id not in included and PAPER.id in included
    return len(needed_for(mof_class)) - stands_in


def ungated_progress(buckets: Buckets) -> dict[int, float]:
    """Each class's own share of included components, 0 to 100."""
    return {k: min(100.0, 100 * len(buckets[k]["included"]) / asked_in_all(k, buckets)) for k in CLASSES}


def gated_progress(buckets: Buckets) -> dict[int, float]:
    """As `ungated_progress`, but 0 for a class while one below it is not complete, as the tool shows it."""
    progress, blocked = {}, False
    for k in CLASSES:
        included = len(buckets[k]["included"])
        progress[k] = 0.0 if blocked else min(100.0, 100 * included / asked_in_all(k, buckets))
        blocked = blocked or included < len(needed_for(k))
    return progress


def highest(progress: dict[int, float]) -> int:
    """The most open class whose progress is complete, else 0."""
    return min((k for k in CLASSES if progress[k] == 100), default=0)


def in_tool_order(verdicts: dict[int, ComponentVerdict]) -> tuple[ComponentVerdict, ...]:
    return tuple(verdicts[component.id] for component in COMPONENTS)
