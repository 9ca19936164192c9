"""The energy of this installation's own work, as a page and as `/api/v1/energy`."""

from __future__ import annotations

from django.db.models import Count, Max, Sum
from django.shortcuts import render
from django.utils.decorators import method_decorator
from django.views.decorators.http import conditional_page, require_safe
from drf_spectacular.utils import extend_schema, extend_schema_view
from rest_framework import serializers
from rest_framework.generics import ListAPIView

from registry.keyset import Order
from registry.models import EnergyRun
from registry.page_rows import page_of
from registry.strict import StrictParameters

NEWEST_FIRST = Order("id", largest_first=True)


class EnergyRunSerializer(serializers.ModelSerializer):
    """One piece of our own work. Energy is in kWh, emissions in grams; null is not measured."""

    class Meta:
        model = EnergyRun
        fields = [field.name for field in EnergyRun._meta.concrete_fields]


@extend_schema_view(get=extend_schema(tags=["energy"]))
@method_decorator(conditional_page, name="dispatch")
class EnergyList(StrictParameters, ListAPIView):
    """What this installation metered of its own work, the newest first."""

    queryset = EnergyRun.objects.all()
    serializer_class = EnergyRunSerializer
    ordering = "-id"
    filterset_class = None


def energy_sums() -> list[dict]:
    """Of each activity how often it was metered with a figure, and what it took; the rest is counted beside it."""
    sums = {
        "number": Count("pk"),
        "with_emissions": Count("emissions_g"),
        "energy_sum_kwh": Sum("energy_kwh"),
        "emissions_sum_g": Sum("emissions_g"),
        "duration_sum_s": Sum("duration_s"),
        "newest": Max("started_at"),
    }
    counted = EnergyRun.objects.order_by().values("activity", "status").annotate(**sums)
    found: dict[str, dict] = {}
    for row in counted.order_by("activity", "status"):
        all_of = found.setdefault(row["activity"], {"activity": row["activity"], "measured": None, "others": []})
        if row["status"] == EnergyRun.Status.MEASURED:
            all_of["measured"] = row
        else:
            all_of["others"].append((EnergyRun.Status(row["status"]).label, row["number"]))
        all_of["as_of"] = max(filter(None, (all_of.get("as_of"), row["newest"])))
    return list(found.values())


@require_safe
def energy(request):
    """What our own work took: sums of each activity, and every run with how it was measured."""
    rows, following = page_of(EnergyRun.objects.all(), NEWEST_FIRST, request)
    return render(request, "registry/energy.html", {"sums": energy_sums(), "runs": rows, "following": following})
