"""The components and classes of the Model Openness Framework, as its reference tool has them."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from pathlib import Path

RUBRIC_FILE = Path(__file__).parent.parent / "rubrics" / "mof-parity-1.toml"
CLASSES = (3, 2, 1)  # from the least to the most demanding; each asks for all that those before it ask for
LABELS = {
    0: "Unclassified",
    1: "Class I - Open Science Model",
    2: "Class II - Open Tooling Model",
    3: "Class III - Open Model",
}
STATUSES = ("missing", "included", "invalid", "unlicensed", "optional")


@dataclass(frozen=True)
class MOFComponent:
    """One component: the tool's number and name, the kind of its content, and the class that first asks for it."""

    id: int
    name: str
    content_type: str  # code, data, document
    mof_class: int
    required: bool
    slug: str
    third_party: bool = False  # usually other people's work, so that a licence of the whole does not cover it


COMPONENTS = tuple(MOFComponent(**row) for row in tomllib.loads(RUBRIC_FILE.read_text("utf8"))["component"])
BY_ID = {component.id: component for component in COMPONENTS}
BY_NAME = {component.name: component for component in COMPONENTS}
BY_SLUG = {component.slug: component for component in COMPONENTS}
REPORT, PAPER = BY_ID[11], BY_ID[21]


def asked_by(mof_class: int, *, required: bool = True) -> list[MOFComponent]:
    """What one class asks for beside the classes below it, in the tool's order."""
    return [c for c in COMPONENTS if c.mof_class == mof_class and c.required is required]


def needed_for(mof_class: int, *, required: bool = True) -> list[MOFComponent]:
    """What a class asks for in all, the lower classes first.

    >>> [len(needed_for(mof_class)) for mof_class in CLASSES]
    [6, 10, 14]
    """
    return [c for level in CLASSES if level >= mof_class for c in asked_by(level, required=required)]


def badge(progress: float) -> str:
    """The words on a class's badge for a progress of 0 to 100; halves are rounded up.

    >>> badge(100.0), badge(0.0), badge(62.5)
    ('Qualified', 'Not met', 'In progress (63%)')
    """
    if progress == 100:
        return "Qualified"
    return "Not met" if progress == 0 else f"In progress ({int(progress + 0.5)}%)"
