"""The mirror in the admin: people look, search, follow links and ask for work; only jobs write what is mirrored."""

from django.contrib import admin, messages
from django.core.paginator import Paginator
from django.db.models.functions import Lower
from django.urls import reverse
from django.utils.functional import cached_property
from django.utils.html import format_html
from django.utils.timezone import now

from registry.models import Account, Alias, ApiToken, Harvest, HarvestProblem, Repo, Revision, Visit
from registry.tasks import mirror_now
from registry.work import run_soon

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

    def has_add_permission(self, request, obj=None) -> bool:
        return False

    def has_change_permission(self, request, obj=None) -> bool:
        return False

    def has_delete_permission(self, request, obj=None) -> bool:
        return False

    def get_search_results(self, request, queryset, search_term):
        """The beginning of a name, which an index answers; upper and lower case alike."""
        if not search_term or not self.search_fields:
            return queryset, False
        field = self.search_fields[0]
        term = search_term.strip().lower()
        low = queryset.annotate(searched=Lower(field))
        return low.filter(searched__gte=term, searched__lt=term + "\U0010ffff"), False


@admin.register(Repo)
class RepoAdmin(MirrorAdmin):
    list_display = ["name", "kind", "licence", "pipeline_tag", "downloads", "hub_modified_at", "visited_at", "links"]
    list_filter = ["kind", "source", "gated", ("gone_at", admin.EmptyFieldListFilter), "staff_only"]
    search_fields = ["name"]
    search_help_text = "The beginning of owner/name"
    ordering = ["-id"]
    raw_id_fields = ["account", "head"]
    actions = ["mirror_selected"]

    @admin.display(description="see")
    def links(self, repo: Repo) -> str:
        visits = reverse("admin:registry_visit_changelist") + f"?repo__id__exact={repo.pk}"
        return format_html('<a href="{}">page</a> · <a href="{}">visits</a>', repo.path, visits)

    def has_mirror_permission(self, request) -> bool:
        return request.user.has_perm("registry.mirror_repo")

    @admin.action(description="Mirror now", permissions=["mirror"])
    def mirror_selected(self, request, queryset):
        run_for_each(self, request, queryset, lambda repo: run_soon(mirror_now, repo.kind, repo.name), "mirrored")


def run_for_each(model_admin, request, queryset, work, done: str) -> None:
    """Do `work` for each chosen repository, up to a bound, and say so."""
    chosen = list(queryset[: MOST_AT_ONCE + 1])
    if len(chosen) > MOST_AT_ONCE:
        text = f"Choose at most {MOST_AT_ONCE} repositories; larger sets are for the commands and schedules."
        model_admin.message_user(request, text, messages.ERROR)
        return
    for repo in chosen:
        work(repo)
    model_admin.message_user(request, f"{len(chosen)} repositories are {done}, or queued to be.")


@admin.register(Account)
class AccountAdmin(MirrorAdmin):
    list_display = ["name", "kind"]
    list_filter = ["kind"]
    search_fields = ["name"]
    ordering = ["-id"]


@admin.register(Alias)
class AliasAdmin(MirrorAdmin):
    list_display = ["name", "kind", "repo", "valid_from", "valid_to"]
    list_filter = ["kind", ("valid_to", admin.EmptyFieldListFilter)]
    list_select_related = ["repo"]
    search_fields = ["name"]
    ordering = ["-id"]


@admin.register(Revision)
class RevisionAdmin(MirrorAdmin):
    list_display = ["sha", "repo", "committed_at", "card_state", "has_file_list"]
    list_filter = ["card_state", "has_file_list"]
    list_select_related = ["repo"]
    search_fields = ["sha"]
    ordering = ["-id"]
    raw_id_fields = ["repo", "card"]


@admin.register(Visit)
class VisitAdmin(MirrorAdmin):
    list_display = ["name", "kind", "status", "problem", "requests", "finished_at", "repo"]
    list_filter = ["status", "kind"]
    list_select_related = ["repo"]
    search_fields = ["name"]
    ordering = ["-id"]


class ProblemInline(admin.TabularInline):
    model = HarvestProblem
    fields = readonly_fields = ["line", "name", "problem"]
    extra = max_num = 0
    can_delete = False

    def get_queryset(self, request):
        return super().get_queryset(request).order_by("pk")


@admin.register(Harvest)
class HarvestAdmin(MirrorAdmin):
    list_display = ["id", "status", "source", "seen", "created", "updated", "unchanged", "gone", "failed", "started_at"]
    list_filter = ["status"]
    search_fields = ["source"]
    ordering = ["-id"]
    actions = ["take_up_again"]

    def has_mirror_permission(self, request) -> bool:
        return request.user.has_perm("registry.mirror_repo")

    @admin.action(description="Queue again, from where it stopped", permissions=["mirror"])
    def take_up_again(self, request, queryset):
        running = Harvest.Status.RUNNING
        number = queryset.exclude(status=running).update(status=Harvest.Status.QUEUED, due_at=now())
        self.message_user(request, f"{number} harvests are queued; a worker takes them up.")


@admin.register(ApiToken)
class ApiTokenAdmin(admin.ModelAdmin):
    """Tokens are issued by `manage.py token` and revoked here; the secret is nowhere to be seen."""

    list_display = ["label", "prefix", "user", "scopes", "expires_at", "last_used_at", "revoked_at"]
    list_filter = [("revoked_at", admin.EmptyFieldListFilter)]
    list_select_related = ["user"]
    ordering = ["-id"]
    actions = ["revoke"]

    def has_add_permission(self, request) -> bool:
        return False

    def has_change_permission(self, request, obj=None) -> bool:
        return obj is None and super().has_change_permission(request)

    def has_delete_permission(self, request, obj=None) -> bool:
        return False

    @admin.action(description="Revoke", permissions=["change"])
    def revoke(self, request, queryset):
        number = queryset.filter(revoked_at=None).update(revoked_at=now())
        self.message_user(request, f"{number} tokens are revoked.")
