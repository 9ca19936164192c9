"""The graph in the admin: people look, search, follow links and ask for a trace; only traces write it."""

from django.contrib import admin
from django.urls import reverse
from django.utils.html import format_html

from lineage.claims import KINDS, SOURCES
from lineage.models import Claim, MergeRecipe, Node, Relation, Trace, Verification
from lineage.readers.header import HUB_RELATIONS
from lineage.readers.mergekit import METHODS
from lineage.tasks import trace_now
from registry.admin import MirrorAdmin, run_for_each
from registry.models import Repo
from registry.work import run_soon


def link(address: str, words: str) -> str:
    return format_html('<a href="{}">{}</a>', address, words)


def rows_of(model, **chosen) -> str:
    """The address of the admin's list of `model`, narrowed."""
    query = "&".join(f"{name}__exact={value}" for name, value in chosen.items())
    return f"{reverse(f'admin:lineage_{model._meta.model_name}_changelist')}?{query}"


def filter_by(field: str, words) -> type[admin.SimpleListFilter]:
    """A filter over fixed words: asking the table which there are would read all of it for every page."""

    class OneOf(admin.SimpleListFilter):
        title = field.replace("_", " ")
        parameter_name = f"by_{field}"

        def lookups(self, request, model_admin):
            return [(word, word) for word in words]

        def queryset(self, request, queryset):
            return queryset.filter(**{field: self.value()}) if self.value() in words else queryset

    return OneOf


@admin.register(Node)
class NodeAdmin(MirrorAdmin):
    list_display = ["label", "kind", "is_mirrored", "cycle", "links"]
    list_filter = ["kind", ("repo", admin.EmptyFieldListFilter), ("cycle", admin.EmptyFieldListFilter)]
    search_fields = ["name"]
    search_help_text = "The beginning of owner/name"
    ordering = ["-id"]
    raw_id_fields = ["repo"]

    @admin.display(boolean=True, description="mirrored")
    def is_mirrored(self, node: Node) -> bool:
        return node.repo_id is not None

    @admin.display(description="see")
    def links(self, node: Node) -> str:
        parents, children = rows_of(Relation, child__id=node.pk), rows_of(Relation, parent__id=node.pk)
        shown = [link(parents, "parents"), link(children, "children")]
        if not node.is_local:
            shown.append(link(f"/lineage/{node.kind}/{node.name}", "page"))
        return format_html(" · ".join(["{}"] * len(shown)), *shown)


@admin.register(Relation)
class RelationAdmin(MirrorAdmin):
    list_display = ["child", "kind", "parent", "role", "declared_kind", "hub_kind", "proof", "is_current", "links"]
    list_filter = ["kind", "proof", "is_current", filter_by("hub_kind", HUB_RELATIONS)]
    list_select_related = ["child", "parent"]
    search_fields = ["child__name"]
    search_help_text = "The beginning of the child's owner/name"
    ordering = ["-id"]
    raw_id_fields = ["child", "parent"]

    @admin.display(description="see")
    def links(self, row: Relation) -> str:
        shown = (
            link(reverse("relation-page", args=[row.pk]), "page"),
            link(rows_of(Claim, relation__id=row.pk), "claims"),
        )
        return format_html("{} · {}", *shown)


@admin.register(Verification)
class VerificationAdmin(MirrorAdmin):
    """What weights said of parents; the command `verify` adds rows."""

    list_display = ["child_name", "verdict", "exactness", "relation", "method", "verified_at"]
    list_filter = ["verdict", "relation"]
    search_fields = ["child_name__istartswith"]
    search_help_text = "The beginning of the child's owner/name"
    ordering = ["-id"]
    raw_id_fields = ["child"]


@admin.register(Claim)
class ClaimAdmin(MirrorAdmin):
    list_display = ["child", "source", "field", "parent_ref", "said_kind", "place", "is_current", "read_at"]
    list_filter = [filter_by("source", SOURCES), filter_by("said_kind", KINDS), "is_current"]
    list_select_related = ["child"]
    search_fields = ["child__name"]
    search_help_text = "The beginning of the child's owner/name"
    ordering = ["-id"]
    raw_id_fields = ["child", "revision", "relation"]

    @admin.display(description="place")
    def place(self, row: Claim) -> str:
        return f"{row.file}:{row.first_line}" if row.first_line else row.file or "–"


@admin.register(MergeRecipe)
class MergeRecipeAdmin(MirrorAdmin):
    list_display = ["repo", "method", "dialect", "inputs_count", "file", "problem", "is_current", "links"]
    list_filter = [
        filter_by("method", (*sorted(METHODS), "moe")),
        "is_current",
        ("problem", admin.EmptyFieldListFilter),
    ]
    list_select_related = ["repo"]
    search_fields = ["repo__name"]
    search_help_text = "The beginning of owner/name"
    ordering = ["-id"]
    raw_id_fields = ["repo", "revision"]

    def get_queryset(self, request):
        return super().get_queryset(request).defer("text")

    @admin.display(description="inputs")
    def inputs_count(self, row: MergeRecipe) -> int:
        return len(row.inputs)

    @admin.display(description="see")
    def links(self, row: MergeRecipe) -> str:
        return link(reverse("recipe-page", args=[row.pk]), "page")


@admin.register(Trace)
class TraceAdmin(MirrorAdmin):
    list_display = ["repo", "relation", "contradictions_count", "short_problem", "reader", "traced_at", "links"]
    list_filter = [filter_by("relation", ("base", "unknown", *KINDS)), ("problem", admin.EmptyFieldListFilter)]
    list_select_related = ["repo"]
    search_fields = ["repo__name"]
    search_help_text = "The beginning of owner/name"
    ordering = ["-id"]
    raw_id_fields = ["repo"]
    actions = ["trace_again"]

    @admin.display(description="contradictions")
    def contradictions_count(self, row: Trace) -> int:
        return len(row.contradictions)

    @admin.display(description="problem")
    def short_problem(self, row: Trace) -> str:
        return row.problem[:120] or "–"

    @admin.display(description="see")
    def links(self, row: Trace) -> str:
        page = link(f"/lineage/{row.repo.kind}/{row.repo.name}", "page")
        return format_html("{} · {}", page, link(rows_of(Claim, child__id=row.repo_id), "claims"))

    def has_trace_permission(self, request) -> bool:
        return may_trace(request)

    @admin.action(description="Trace again now", permissions=["trace"])
    def trace_again(self, request, queryset):
        repos = queryset.select_related("repo")
        run_for_each(self, request, repos, lambda row: run_soon(trace_now, row.repo_id), "traced")


@admin.action(description="Trace now", permissions=["trace"])
def trace_selected(model_admin, request, queryset):
    run_for_each(model_admin, request, queryset, lambda repo: run_soon(trace_now, repo.pk), "traced")


def may_trace(request) -> bool:
    return request.user.has_perm("lineage.trace_repo")


# The mirror's admin knows nothing of this app; the action comes to it from here.
repo_admin = admin.site.get_model_admin(Repo)
repo_admin.actions = [*repo_admin.actions, trace_selected]
repo_admin.has_trace_permission = may_trace
