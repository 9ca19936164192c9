"""Assessments in the admin, and the action that asks for them on repositories."""

from django.contrib import admin
from django.urls import reverse
from django.utils.html import format_html

from openness.assess import SCORERS
from openness.models import Assessment, EfficiencyBounds, ImportedRecord
from openness.tasks import assess_now
from registry.admin import MirrorAdmin, run_for_each
from registry.models import Repo
from registry.work import run_soon

SCORE_BANDS = {"0": (0, 20), "20": (20, 40), "40": (40, 60), "60": (60, 80), "80": (80, 101)}


class RubricFilter(admin.SimpleListFilter):
    title = "rubric"
    parameter_name = "of"

    def lookups(self, request, model_admin):
        return [(name, name) for name in SCORERS]

    def queryset(self, request, queryset):
        return queryset.filter(name=self.value()) if self.value() else queryset


class ScoreFilter(admin.SimpleListFilter):
    title = "score"
    parameter_name = "band"

    def lookups(self, request, model_admin):
        return [*((low, f"from {low}") for low in SCORE_BANDS), ("none", "none")]

    def queryset(self, request, queryset):
        if self.value() == "none":
            return queryset.filter(score=None)
        if self.value() not in SCORE_BANDS:
            return queryset
        low, high = SCORE_BANDS[self.value()]
        return queryset.filter(score__gte=low, score__lt=high)


@admin.register(Assessment)
class AssessmentAdmin(MirrorAdmin):
    list_display = ["rubric", "repository", "score", "label", "short_problem", "is_current", "assessed_at", "links"]
    list_filter = [RubricFilter, ScoreFilter, "is_current", ("problem", admin.EmptyFieldListFilter)]
    list_select_related = ["repo"]
    search_fields = ["repo__name"]
    search_kind = "repo__kind"
    search_help_text = "The beginning of owner/name"
    ordering = ["-id"]
    raw_id_fields = ["repo", "revision"]

    @admin.display(description="repository", ordering="repo__name")
    def repository(self, row: Assessment) -> str:
        address = reverse("admin:registry_repo_change", args=[row.repo_id])
        return format_html('<a href="{}">{}</a>', address, row.repo.name)

    @admin.display(description="problem")
    def short_problem(self, row: Assessment) -> str:
        return row.problem[:80]

    @admin.display(description="see")
    def links(self, row: Assessment) -> str:
        others = reverse("admin:openness_assessment_changelist") + f"?repo__id__exact={row.repo_id}"
        findings = reverse("assessment", args=[row.pk])
        words = '<a href="{}">page</a> · <a href="{}">findings</a> · <a href="{}">its others</a>'
        return format_html(words, row.repo.path, findings, others)


@admin.register(ImportedRecord)
class ImportedRecordAdmin(MirrorAdmin):
    """Records that were handed in; they are read, and deleted, but never edited."""

    list_display = ["release", "hub_name", "parity_label", "strict_label", "file", "imported_by", "imported_at"]
    list_filter = ["parity_class", "strict_class"]
    search_fields = ["hub_name__istartswith", "release__istartswith"]
    search_help_text = "The beginning of a repository's or a release's name"
    exclude = ["packed"]
    ordering = ["-id"]


@admin.register(EfficiencyBounds)
class EfficiencyBoundsAdmin(MirrorAdmin):
    """The versions of the boundaries between efficiency classes; the command `carbon_boundaries` makes them."""

    list_display = ["version", "computed_at", "models_in_corpus"]
    ordering = ["-computed_at"]


@admin.action(description="Assess now", permissions=["assess"])
def assess_selected(model_admin, request, queryset):
    run_for_each(model_admin, request, queryset, lambda repo: run_soon(assess_now, repo.pk), "assessed")


def may_assess(request) -> bool:
    return request.user.has_perm("openness.assess_repo")


# The mirror's admin knows nothing of this app; the action comes to it from here.
repo_admin = admin.site.get_model_admin(Repo)
repo_admin.actions = [*repo_admin.actions, assess_selected]
repo_admin.has_assess_permission = may_assess
