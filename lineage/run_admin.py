"""Runs and watches in the admin: runs are looked at, watches are set."""

from django import forms
from django.contrib import admin

from lineage.models import Run, Watch
from lineage.run_places import suite_names
from registry.admin import MirrorAdmin


@admin.register(Run)
class RunAdmin(MirrorAdmin):
    list_display = ["id", "name", "suite", "dtype", "items", "items_per_s", "created_at"]
    search_fields = ["name"]
    search_help_text = "The beginning of what the version is called"
    ordering = ["-id"]
    list_select_related = ["outcomes"]
    raw_id_fields = ["outcomes", "repo"]

    @admin.display
    def dtype(self, row: Run) -> str:
        return row.about.get("dtype", "–")

    @admin.display
    def items(self, row: Run) -> int:
        return row.outcomes.items

    @admin.display(description="items/s")
    def items_per_s(self, row: Run) -> str:
        rate = row.about.get("figures", {}).get("items_per_s")
        return "–" if rate is None else f"{rate:,.1f}"


@admin.register(Watch)
class WatchAdmin(admin.ModelAdmin):
    list_display = ["repo", "suite", "budget", "is_active", "looked_at", "problem"]
    list_filter = ["is_active"]
    list_select_related = ["repo"]
    raw_id_fields = ["repo"]
    fields = ["repo", "suite", "budget", "is_active"]

    def formfield_for_dbfield(self, db_field, request, **kwargs):
        if db_field.name == "suite":
            return forms.ChoiceField(choices=[(name, name) for name in suite_names()])
        return super().formfield_for_dbfield(db_field, request, **kwargs)

    def save_model(self, request, row, form, change):
        if not change:
            row.created_by = request.user
        super().save_model(request, row, form, change)
