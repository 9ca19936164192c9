"""What a complete sweep did not see may be gone: it is looked at, never deleted."""

from __future__ import annotations

from django.db import transaction

from registry.models import Repo, Visit
from registry.progress import Run
from registry.visiting import look, settle

FAIL_SAFE_SHARE = 0.25  # a listing that lost more than this is more likely broken than true
FEW = 3  # repositories that may go at once, whatever their share
MOST_LOOKS = 500  # a sweep; the rest is looked at by the next one


def close_sweep(run: Run, kind: str) -> None:
    """Look once at each repository in the sweep's scope that it did not list; two failed looks make it gone."""
    if run.request.get("filters") or run.request.get("search"):
        return  # what such a listing leaves out may merely have changed its tags
    scope = Repo.objects.of_kind(kind).current().present().filter(source=Repo.Source.HUB)
    if author := run.request.get("author"):
        scope = scope.filter(account__name=author)
    missing = scope.filter(observed_at__lt=run.harvest.started_at)
    number, whole = missing.count(), scope.count()
    if number and (number == whole or number > max(FEW, FAIL_SAFE_SHARE * whole)):
        said = f"The listing of {kind}s lacks {number} of {whole} repositories; none is taken to be gone."
        run.harvest.problem = said
        return
    for repo in missing.filter(pk__gt=run.cursor.get("looked", 0)).order_by("pk")[:MOST_LOOKS]:
        seen = look(kind, repo.name, run.hub)
        with transaction.atomic():
            row = settle(seen, run.harvest)
            if row.status == Visit.Status.GONE:
                run.count("gone")
            elif row.status == Visit.Status.FAILED:
                run.note(row.problem, name=repo.name)
            run.step(looked=repo.pk)
        run.mind(seen.error)
