"""Comparisons in the admin: people look, search and follow links; only analyses write what was found."""

from django.contrib import admin
from django.urls import reverse
from django.utils.html import format_html

from lineage.models import Comparison, FlippedItem, OutcomeSet
from registry.admin import MirrorAdmin


@admin.register(Comparison)
class ComparisonAdmin(MirrorAdmin):
    list_display = ["id", "status", "old_name", "new_name", "suite", "items", "rate", "verdict", "asked_at", "links"]
    list_filter = ["status", "verdict"]
    search_fields = ["new_name"]
    search_help_text = "The beginning of what the newer version is called"
    ordering = ["-id"]
    raw_id_fields = ["old", "new", "old_repo", "new_repo", "requested_by"]
    actions = ["queue_again"]

    def get_queryset(self, request):
        return super().get_queryset(request).defer("report", "details")

    @admin.display(description="negative flips", ordering="negative_flip_rate")
    def rate(self, row: Comparison) -> str:
        return "–" if row.negative_flip_rate is None else f"{row.negative_flip_rate:.3%}"

    @admin.display(description="see")
    def links(self, row: Comparison) -> str:
        items = reverse("admin:lineage_flippeditem_changelist") + f"?comparison__id__exact={row.pk}"
        return format_html('<a href="{}">page</a> · <a href="{}">items</a>', row.get_absolute_url(), items)

    def has_compare_permission(self, request) -> bool:
        return request.user.has_perm("lineage.add_comparison")

    @admin.action(description="Queue again (failed uploads)", permissions=["compare"])
    def queue_again(self, request, queryset):
        waiting = queryset.filter(status=Comparison.Status.FAILED)
        number = waiting.update(status=Comparison.Status.QUEUED, tries=0, problem="", finished_at=None)
        self.message_user(request, f"{number} comparisons are queued; a worker takes them up.")


@admin.register(OutcomeSet)
class OutcomeSetAdmin(MirrorAdmin):
    list_display = ["digest", "suite", "format", "items", "created_at"]
    list_filter = ["format"]
    search_fields = ["digest"]
    ordering = ["-id"]


@admin.register(FlippedItem)
class FlippedItemAdmin(MirrorAdmin):
    list_display = ["item_id", "is_negative", "label", "prediction_old", "prediction_new", "slice", "comparison"]
    list_filter = ["is_negative", "is_new_label", "is_fragile"]
    list_select_related = ["comparison"]
    search_fields = ["item_id"]
    ordering = ["-id"]
