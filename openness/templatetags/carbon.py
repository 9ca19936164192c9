"""What templates show of carbon: the arithmetic of a check, and on which edges of a family a value was passed on."""

from __future__ import annotations

from collections.abc import Iterable

from django import template

from openness.carbon.arithmetic import arithmetic
from openness.models import Emission

register = template.Library()


@register.filter
def reckoned(check: dict, emissions_g: float | None) -> list[str]:
    """The steps of a check, a line each."""
    return arithmetic(check, emissions_g)


@register.simple_tag
def inherited_values(rows: Iterable[dict]) -> dict[int, float]:
    """Of the relations in a lineage table those over which the parent's emissions were copied, in grams, by key."""
    pairs = {
        (row["child"].repo.pk, row["parent"].repo.pk): row["relation"].pk
        for row in rows
        if row["child"].repo and row["parent"].repo
    }
    children = {child for child, _ in pairs}
    found = Emission.objects.filter(repo__in=children, inherited_from__isnull=False)
    stated = found.values_list("repo_id", "inherited_from_id", "emissions_g")
    return {pairs[child, parent]: grams for child, parent, grams in stated if (child, parent) in pairs}


@register.simple_tag
def inherited_value(child, parent) -> float | None:
    """The emissions that `child` took over from `parent`, in grams, as two seen nodes; None where it did not."""
    if not child.repo or not parent.repo:
        return None
    return Emission.objects.filter(repo=child.repo, inherited_from=parent.repo).values_list(
        "emissions_g", flat=True
    ).first()  # fmt: skip
