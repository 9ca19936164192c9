"""Filters over repositories, shared by the REST list and the corpus page; each calls a QuerySet verb or one column."""

from __future__ import annotations

from datetime import UTC, datetime

import django_filters
from django import forms
from django.core.exceptions import ValidationError
from django_filters.fields import IsoDateTimeField

from registry.hub_listing import tagged
from registry.models import Repo

EARLIEST, LATEST = datetime(1970, 1, 1, tzinfo=UTC), datetime(9000, 1, 1, tzinfo=UTC)


class MomentField(IsoDateTimeField):
    """An ISO 8601 moment that both databases can hold: 9999-12-31T23:59:59-14:00 is past the end of SQLite's years."""

    def to_python(self, value):
        try:
            moment = super().to_python(value)
            if moment is not None and not EARLIEST <= moment <= LATEST:
                raise OverflowError
        except (OverflowError, ValueError):
            raise ValidationError(f"Not a moment from {EARLIEST.year} to {LATEST.year}.") from None
        return moment


class MomentFilter(django_filters.IsoDateTimeFilter):
    field_class = MomentField


class NameFilter(django_filters.CharFilter):
    """An exact word of at most 255 characters, without the control characters that no name holds."""

    def __init__(self, *args, **kwargs):
        super().__init__(*args, max_length=255, **kwargs)


class RepoFilter(django_filters.FilterSet):
    """What a list of repositories can be asked for."""

    kind = django_filters.ChoiceFilter(choices=Repo.Kind)
    author = NameFilter(method="holding", field_name="account__name", help_text="The name before the slash.")
    licence = NameFilter(method="holding", help_text="The id as declared, such as apache-2.0.")
    pipeline_tag = NameFilter(method="holding", help_text="Such as text-generation.")
    library_name = NameFilter(method="holding", help_text="Such as transformers.")
    tag = NameFilter(method="with_tag", help_text="Any tag of the Hub, such as license:mit.")
    search = NameFilter(method="with_words", help_text="Words that the name holds, upper and lower case alike.")
    gated = django_filters.ChoiceFilter(choices=Repo.Gated)
    gone = django_filters.BooleanFilter(method="being_gone", help_text="Whether it is gone from the Hub.")
    modified_after = MomentFilter(field_name="hub_modified_at", lookup_expr="gte")
    modified_before = MomentFilter(field_name="hub_modified_at", lookup_expr="lt")

    class Meta:
        model = Repo
        fields: list[str] = []
        form = forms.Form

    def holding(self, repos, name, value):
        return repos.holding(**{name: value})

    def being_gone(self, repos, name, value):
        return repos.holding(gone_at__isnull=False) if value else repos.present()

    def with_tag(self, repos, name, value):
        return tagged(repos, [[value]])

    def with_words(self, repos, name, value):
        return repos.search(value)
