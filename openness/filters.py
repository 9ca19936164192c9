"""What a list of assessments can be asked for."""

from __future__ import annotations

import math

import django_filters
from django import forms
from django.core.exceptions import ValidationError

from registry.models import Repo


class ScoreField(forms.FloatField):
    """A finite number: NaN and the infinities compare differently on each database."""

    def clean(self, value):
        number = super().clean(value)
        if number is not None and not math.isfinite(number):
            raise ValidationError("Not a finite number.")
        return number


class ScoreFilter(django_filters.NumberFilter):
    field_class = ScoreField


class WordFilter(django_filters.CharFilter):
    """An exact word of at most 200 characters."""

    def __init__(self, *args, **kwargs):
        super().__init__(*args, max_length=200, **kwargs)


class AssessmentFilter(django_filters.FilterSet):
    """Without `superseded`, only the current assessment by each rubric is listed."""

    repo = WordFilter(field_name="repo__name", help_text="The repository's name, as it is written.")
    kind = django_filters.ChoiceFilter(field_name="repo__kind", choices=Repo.Kind)
    rubric = WordFilter(method="by_rubric", help_text="A name such as model-card, or name/version.")
    label = WordFilter(help_text="A class or grade, such as D.")
    min_score = ScoreFilter(field_name="score", lookup_expr="gte")
    max_score = ScoreFilter(field_name="score", lookup_expr="lte")
    superseded = django_filters.ChoiceFilter(
        choices=[("true", "true"), ("false", "false")], method="with_superseded", help_text="Also list the superseded."
    )

    class Meta:
        fields: list[str] = []
        form = forms.Form

    def by_rubric(self, rows, name, value):
        return rows.filter(rubric=value) if "/" in value else rows.filter(name=value)

    def with_superseded(self, rows, name, value):
        return rows

    def filter_queryset(self, queryset):
        rows = super().filter_queryset(queryset)
        return rows if self.form.cleaned_data.get("superseded") == "true" else rows.current()
