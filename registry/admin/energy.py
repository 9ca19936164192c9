"""What was metered of our own work."""

from django.contrib import admin

from registry.admin.base import MirrorAdmin
from registry.models import EnergyRun


@admin.register(EnergyRun)
class EnergyRunAdmin(MirrorAdmin):
    list_display = ["started_at", "activity", "subject", "status", "energy_kwh", "duration_s", "method", "country"]
    list_filter = ["activity", "status"]
    sortable_by = []
    ordering = ["-id"]
