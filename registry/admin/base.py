"""What every list of the admin shares: it opens as fast over millions of rows as over ten."""

from __future__ import annotations

from collections.abc import Callable

from django.contrib import admin, messages
from django.core.paginator import Paginator
from django.db import connection
from django.db.models import QuerySet
from django.db.models.functions import Lower
from django.urls import reverse
from django.utils.functional import cached_property
from django.utils.html import format_html

from registry.models import Repo

MOST_COUNTED = 10_000
MOST_AT_ONCE = 20  # repositories that one action takes


class BoundedPaginator(Paginator):
    """Counts no further than anyone pages, so that a list of millions opens as fast as a short one."""

    @cached_property
    def count(self) -> int:
        return self.object_list.order_by()[:MOST_COUNTED].count()


class MirrorAdmin(admin.ModelAdmin):
    """Rows that jobs write: no adding, editing or deleting by hand."""

    paginator = BoundedPaginator
    show_full_result_count = False
    show_facets = admin.ShowFacets.NEVER
    list_per_page = 50
    search_kind = ""  # the column of the kind, where the index over names begins with it
    search_any_case = True

    def has_add_permission(self, request, obj=None) -> bool:
        return False

    def has_change_permission(self, request, obj=None) -> bool:
        return False

    def has_delete_permission(self, request, obj=None) -> bool:
        return False

    def get_search_results(self, request, queryset, search_term):
        """The beginning of a name, which an index answers."""
        if not search_term.strip() or not self.search_fields:
            return queryset, False
        if self.search_kind:
            queryset = queryset.filter(**{f"{self.search_kind}__in": Repo.Kind.values})
        return beginning(queryset, self.search_fields[0], search_term.strip(), any_case=self.search_any_case), False


def beginning(queryset: QuerySet, field: str, text: str, *, any_case: bool) -> QuerySet:
    """The rows whose `field` begins with `text`.

    SQLite answers a range from an index over the same expression, but not LIKE; PostgreSQL sorts by a language's
    rules, in which a prefix is no range, and answers LIKE.
    """
    text = text.lower()
    if any_case:
        queryset, field = queryset.annotate(searched=Lower(field)), "searched"
    if connection.vendor == "postgresql":
        return queryset.filter(**{f"{field}__startswith": text})
    return queryset.filter(**{f"{field}__gte": text, f"{field}__lt": text + "\U0010ffff"})


def run_for_each(model_admin, request, queryset, work: Callable[[Repo], None], done: str) -> None:
    """Do `work` for each chosen repository, up to a bound, and say so."""
    chosen = list(queryset[: MOST_AT_ONCE + 1])
    if len(chosen) > MOST_AT_ONCE:
        text = f"Choose at most {MOST_AT_ONCE} repositories; larger sets are for the commands and schedules."
        model_admin.message_user(request, text, messages.ERROR)
        return
    for repo in chosen:
        work(repo)
    model_admin.message_user(request, f"{len(chosen)} repositories are {done}, or queued to be.")


def rows_of(model_name: str, column: str, key: int, words: str) -> str:
    """A link to the rows of another list that belong to this one."""
    address = reverse(f"admin:registry_{model_name}_changelist")
    return format_html('<a href="{}?{}__id__exact={}">{}</a>', address, column, key, words)
