"""How fresh the mirror as a whole is: every answer that speaks of many repositories carries it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from registry.models import Harvest, Visit


@dataclass(frozen=True)
class Freshness:
    """When the mirror last learned anything, and how its last harvest ended; None where nothing was mirrored yet."""

    as_of: datetime | None = None
    completeness: str = "nothing was mirrored yet"


def mirror_freshness() -> Freshness:
    """Read from the newest harvest and the newest visit; two queries."""
    harvest = Harvest.objects.exclude(finished_at=None).order_by("-id").first()
    visit = Visit.objects.order_by("-id").only("finished_at").first()
    times = [row.finished_at for row in (harvest, visit) if row is not None]
    if harvest is None:
        return Freshness(max(times), "single repositories only") if times else Freshness()
    said = f"harvest {harvest.pk} was {harvest.status}"
    if harvest.failed:
        said += f": {harvest.failed} of {harvest.seen} records were not taken"
    return Freshness(max(times), said)
