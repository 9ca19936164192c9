"""Runs and visits: how they went, what they could not take, and asking for one."""

from __future__ import annotations

from django import forms
from django.conf import settings
from django.contrib import admin
from django.utils.html import format_html
from django.utils.timezone import now

from registry import harvest as harvests
from registry.admin.base import MirrorAdmin, rows_of
from registry.models import Harvest, HarvestProblem, Repo, Visit
from registry.serializers import LISTED_MOST, HarvestRequestSerializer
from registry.tasks import run_harvest
from registry.work import tell_workers


class HarvestForm(forms.ModelForm):
    """What to mirror. The rules are those of REST."""

    kind = forms.ChoiceField(choices=[(kind, kind) for kind in (*Repo.Kind.values, "all")])
    names = forms.CharField(widget=forms.Textarea, required=False, help_text="owner/name, one a line; or a listing:")
    author = forms.CharField(required=False, max_length=96)
    filters = forms.CharField(widget=forms.Textarea, required=False, help_text="tags, one a line")
    search = forms.CharField(required=False, max_length=200)
    limit = forms.IntegerField(required=False, min_value=1, max_value=LISTED_MOST)
    changed = forms.BooleanField(required=False, help_text="only what changed since the last whole pass")
    sweep = forms.BooleanField(required=False, help_text="everything; what is no longer listed is looked at")

    class Meta:
        model = Harvest
        fields = []

    def clean(self):
        said = {key: value for key, value in super().clean().items() if value}
        for key in ("names", "filters"):
            if key in said:
                said[key] = said[key].split()
        asked = HarvestRequestSerializer(data=said)
        if not asked.is_valid():
            for key, problem in asked.errors.items():
                self.add_error(key if key in self.fields else None, first_of(problem))
        else:
            self.wanted = {key: value for key, value in asked.validated_data.items() if value}
        return said


def first_of(problem) -> str:
    """The first sentence of what a serializer complains about, however deep."""
    while isinstance(problem, (list, dict)) and problem:
        problem = next(iter(problem.values())) if isinstance(problem, dict) else problem[0]
    return str(problem)


@admin.register(Harvest)
class HarvestAdmin(MirrorAdmin):
    form = HarvestForm
    list_display = ["id", "status", "source", "seen", "created", "updated", "unchanged", "gone", "failed", "started_at"]
    list_display += ["links"]
    list_filter = ["status"]
    sortable_by = ["id"]
    search_fields = ["source"]
    search_help_text = "The beginning of the source"
    ordering = ["-id"]
    readonly_fields = ["links"]
    actions = ["take_up_again"]

    @admin.display(description="see")
    def links(self, harvest: Harvest) -> str:
        problems = rows_of("harvestproblem", "harvest", harvest.pk, "problems")
        return format_html("{} · {}", problems, rows_of("visit", "harvest", harvest.pk, "visits"))

    def has_mirror_permission(self, request) -> bool:
        return request.user.has_perm("registry.mirror_repo")

    def has_add_permission(self, request, obj=None) -> bool:
        return self.has_mirror_permission(request)

    def get_form(self, request, obj=None, change=False, **kwargs):
        """What to ask for; of a run that is there, its columns."""
        if change:
            kwargs["form"] = forms.ModelForm
        return super().get_form(request, obj, change=change, **kwargs)

    def get_fields(self, request, obj=None):
        if obj is None:
            return list(HarvestForm.base_fields)
        return [*(field.name for field in Harvest._meta.concrete_fields), "links"]

    def get_readonly_fields(self, request, obj=None):
        return [] if obj is None else super().get_readonly_fields(request, obj)

    def save_model(self, request, obj, form, change):
        asked = harvests.ask(form.wanted, source=settings.HF_ENDPOINT, user=request.user)
        obj.pk = asked.pk
        tell_workers(run_harvest, asked.pk)

    @admin.action(description="Queue again, from where it stopped", permissions=["mirror"])
    def take_up_again(self, request, queryset):
        status = Harvest.Status
        stopped = queryset.exclude(status__in=[status.RUNNING, status.QUEUED])
        keys = list(stopped.values_list("pk", flat=True))
        Harvest.objects.filter(pk__in=keys).update(status=status.QUEUED, due_at=now())
        for key in keys:
            tell_workers(run_harvest, key)
        self.message_user(request, f"{len(keys)} harvests are queued; a worker takes them up.")


@admin.register(HarvestProblem)
class HarvestProblemAdmin(MirrorAdmin):
    list_display = ["problem", "name", "line", "harvest"]
    list_select_related = ["harvest"]
    sortable_by = []
    ordering = ["-id"]


@admin.register(Visit)
class VisitAdmin(MirrorAdmin):
    list_display = ["name", "kind", "status", "problem", "requests", "finished_at", "repo", "harvest"]
    list_filter = ["status", "kind", "with_token"]
    list_select_related = ["repo", "harvest"]
    sortable_by = []
    search_fields = ["name"]
    ordering = ["-id"]
