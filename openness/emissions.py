"""Keeps the emissions of repositories beside their assessments, and looks again where a relative reported later."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from datetime import datetime

from django.db.models.functions import Lower
from django.utils.timezone import now

from openness.carbon.uncommon import uncommon
from openness.models import Assessment, Emission
from registry.models import Repo
from registry.storable import storable_text

FIELDS = [
    "emissions_g",
    "least_g",
    "uncommon_g",
    "origin",
    "inherited_from",
    "is_doubted",
    "energy_kwh",
    "energy_from",
    "tool",
    "has_weights",
    "checked_at",
    "changed_at",
]
SETTLED_AT_ONCE = 100  # repositories


def keep_emissions(rows: Sequence[Assessment], looked_at: datetime) -> None:
    """Bring the emissions of the repositories that `rows` assess by carbon in line with what these say.

    `looked_at` is when their relatives were read: what these reported afterwards was not seen.
    """
    reports = {row.repo_id: row.result for row in rows if row.name == "carbon"}
    if not reports:
        return
    known = Emission.objects.in_bulk(list(reports), field_name="repo_id")
    stated = {key: result for key, result in reports.items() if result.get("emissions_g") is not None}
    Emission.objects.filter(repo_id__in=known.keys() - stated.keys()).delete()
    ancestors = keys_of({name for result in stated.values() if (name := ancestor_of(result))})
    found = [emission_of(key, result, known.get(key), ancestors, looked_at) for key, result in stated.items()]
    Emission.objects.bulk_create(found, update_conflicts=True, unique_fields=["repo"], update_fields=FIELDS)


def keys_of(names: set[str]) -> dict[str, int]:
    """The models that are called `names` now, by lower-case name."""
    if not names:
        return {}
    lower = {name.lower() for name in names}
    models = Repo.objects.of_kind(Repo.Kind.MODEL).current().annotate(lower_name=Lower("name"))
    return dict(models.filter(lower_name__in=lower).values_list("lower_name", "pk"))


def check_of(result: dict, rule: str) -> dict:
    return next((check for check in result.get("findings", ()) if check["id"] == rule), {})


def ancestor_of(result: dict) -> str:
    """The ancestor whose value a report repeats; blank where it is its own."""
    check = check_of(result, "R6")
    return check.get("numbers", {}).get("ancestor", "") if check.get("status") == "inherited" else ""


def origin_of(result: dict) -> str:
    """Whose value it is. One that is ten times an ancestor's counts as copied: one of them is wrong."""
    own = check_of(result, "R6").get("status")
    if check_of(result, "R7").get("status") == "failed":
        return Emission.Origin.PLACEHOLDER
    return {"inherited": Emission.Origin.INHERITED, "failed": Emission.Origin.COPIED}.get(own, Emission.Origin.OWN)


def emission_of(
    key: int, result: dict, before: Emission | None, ancestors: dict[str, int], looked_at: datetime
) -> Emission:
    """The row of one repository, from what its assessment stored."""
    grams, suggested = result["emissions_g"], result.get("suggested_emissions_g")
    energy = result.get("energy") or {}
    return Emission(
        repo_id=key,
        emissions_g=grams,
        least_g=grams if suggested is None else min(grams, suggested),
        uncommon_g=grams if uncommon(grams) else None,
        origin=origin_of(result),
        inherited_from_id=ancestors.get(ancestor_of(result).lower()),
        is_doubted=any(check["status"] == "failed" for check in result["findings"]),
        energy_kwh=energy.get("kwh"),
        energy_from=energy.get("from", ""),
        tool=storable_text(result.get("tool") or "")[:40],
        has_weights=result.get("has_weights"),
        checked_at=looked_at,
        changed_at=before.changed_at if before and before.emissions_g == grams else now(),
    )


def settle(assess: Callable[[Iterable[Repo]], object], limit: int) -> int:
    """Assess the carbon of up to `limit` repositories again whose relatives reported after they were looked at.

    What a value is worth depends on who else states it, and repositories are assessed in any order. An amount does not
    depend on its relatives, so that one pass after another finds nothing.
    """
    settled = last = 0
    while settled < limit:
        rows = Emission.objects.unsettled().filter(pk__gt=last).select_related("repo").order_by("pk")
        found = list(rows[: min(SETTLED_AT_ONCE, limit - settled)])
        if not found:
            break
        assess([row.repo for row in found])
        settled, last = settled + len(found), found[-1].pk
    return settled
