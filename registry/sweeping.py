"""What a complete sweep did not see may be gone: it is looked at, never deleted."""

from __future__ import annotations

from registry.hub import Hub
from registry.models import Harvest, Repo, Visit
from registry.visiting import visit

FAIL_SAFE_SHARE = 0.25  # a listing that lost more than this is more likely broken than true
FEW = 20
MOST_LOOKS = 500  # a sweep; the rest is looked at by the next one


def close_sweep(harvest: Harvest, hub: Hub, kind: str) -> None:
    """Look once at each repository in the sweep's scope that it did not list; two failed looks make it gone."""
    scope = Repo.objects.of_kind(kind).current().present().filter(source=Repo.Source.HUB)
    if author := harvest.request.get("author"):
        scope = scope.filter(account__name=author)
    if harvest.request.get("filters") or harvest.request.get("search"):
        return  # what such a listing leaves out may merely have changed its tags
    missing = scope.filter(observed_at__lt=harvest.started_at)
    number, whole = missing.count(), scope.count()
    if number > FEW and number > FAIL_SAFE_SHARE * whole:
        harvest.problem = f"The listing of {kind}s lacks {number} of {whole} repositories; none is taken to be gone."
        return
    for repo in missing.order_by("pk")[:MOST_LOOKS]:
        row = visit(kind, repo.name, hub, harvest)
        if row.status == Visit.Status.GONE:
            harvest.gone += 1
