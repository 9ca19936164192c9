"""From signs to classes: what is confirmed, what is possible, and what could still be once the unknown is known."""

from __future__ import annotations

from dataclasses import dataclass

from openness.mof.classes import Buckets, bucketed, highest, ungated_progress
from openness.mof.components import COMPONENTS, LABELS, MOFComponent
from openness.mof.licence_sources import Resolved
from openness.mof.signs import CONFIRMING, Sign

LEVELS = ("confirmed", "possible", "ceiling")
OPEN_AT = {
    "confirmed": {"open"},
    "possible": {"open", "versionless", "unknown", "contradicted"},
    "ceiling": {"open", "versionless", "unknown", "contradicted"},
}


@dataclass(frozen=True)
class Shown:
    """What a repository shows of one component. `presence`: A, B, L, C, absent (looked, not found) or unknown."""

    component: MOFComponent
    presence: str
    signs: tuple[Sign, ...] = ()
    licence: Resolved | None = None

    @property
    def counts_at(self) -> tuple[str, ...]:
        if self.presence in CONFIRMING:
            return LEVELS
        if self.presence in ("L", "C"):
            return ("possible", "ceiling")
        return ("ceiling",) if self.presence == "unknown" else ()

    def is_open(self, level: str, *, strict: bool = False) -> bool:
        """Does the licence let it count? Strictly only when it was written for this kind of content."""
        if self.licence is None:
            return True
        reading = self.licence.source.reading
        if strict and reading.verdict == "open" and not reading.suits(self.component.content_type):
            return False
        return self.licence.openness in OPEN_AT[level]

    def status(self, level: str, *, strict: bool = False) -> str:
        """included, missing, unlicensed, invalid, or optional, at one level of certainty."""
        if level not in self.counts_at:
            return "missing" if self.component.required else "optional"
        if self.is_open(level, strict=strict):
            return "included" if self.component.required else "optional"
        unstated = self.licence is not None and self.licence.verdict == "unstated"
        return "unlicensed" if unstated else "invalid"


@dataclass(frozen=True)
class Class:
    """A class at one level of certainty; progress is each class's own, 0 to 100."""

    mof_class: int
    progress: dict[int, float]
    buckets: Buckets

    def as_dict(self) -> dict:
        progress = {str(k): self.progress[k] for k in sorted(self.progress)}
        return {"class": self.mof_class, "label": LABELS[self.mof_class], "progress": progress}


def class_at(shown: dict[int, Shown], level: str, *, strict: bool = False) -> Class:
    """The class that the components make at one level of certainty."""
    there = {c.id: shown[c.id] for c in COMPONENTS if c.required or level in shown[c.id].counts_at}
    buckets = bucketed({i: s.status(level, strict=strict) for i, s in there.items()})
    progress = ungated_progress(buckets)
    return Class(highest(progress), progress, buckets)
