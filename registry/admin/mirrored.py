"""Repositories and what was read of them."""

from __future__ import annotations

import json
import zlib

from django.conf import settings
from django.contrib import admin, messages
from django.utils.html import format_html
from django.utils.safestring import mark_safe

from registry import harvest as harvests
from registry.admin.base import MirrorAdmin, rows_of, run_for_each
from registry.models import Account, Alias, File, Observation, Repo, Revision
from registry.serializers import NAMES_MOST
from registry.tasks import mirror_now, run_harvest
from registry.work import run_soon, tell_workers

FEW = 3  # repositories that are mirrored while somebody waits for the page
MOST_SHOWN = 20_000  # characters of a text


def text_block(text: str) -> str:
    """A text as it is, escaped, and no more of it than a page bears."""
    shown = text if len(text) <= MOST_SHOWN else f"{text[:MOST_SHOWN]}\n… {len(text) - MOST_SHOWN} characters more"
    return format_html("<pre>{}</pre>", shown)


@admin.register(Repo)
class RepoAdmin(MirrorAdmin):
    list_display = ["name", "kind", "licence", "pipeline_tag", "downloads", "hub_modified_at", "visited_at", "links"]
    list_filter = ["kind", "source", "gated", ("gone_at", admin.EmptyFieldListFilter), "holds_name", "staff_only"]
    sortable_by = ["downloads", "hub_modified_at"]
    search_fields = ["name"]
    search_kind = "kind"
    search_help_text = "The beginning of owner/name"
    ordering = ["-id"]
    raw_id_fields = ["account", "head"]
    readonly_fields = ["links"]
    actions = ["mirror_selected"]

    @admin.display(description="see")
    def links(self, repo: Repo) -> str:
        page = format_html('<a href="{}">page</a>', repo.path)
        lists = {"revision": "revisions", "alias": "names", "observation": "records", "visit": "visits"}
        return mark_safe(" · ".join([page, *(rows_of(name, "repo", repo.pk, word) for name, word in lists.items())]))

    def has_mirror_permission(self, request) -> bool:
        return request.user.has_perm("registry.mirror_repo")

    @admin.action(description="Mirror now", permissions=["mirror"])
    def mirror_selected(self, request, queryset):
        """A few at once, while somebody waits; more as queued runs, one a kind."""
        chosen = list(queryset[: NAMES_MOST + 1])
        if len(chosen) <= FEW:
            run_for_each(self, request, queryset, lambda repo: run_soon(mirror_now, repo.kind, repo.name), "mirrored")
        elif len(chosen) > NAMES_MOST:
            self.message_user(request, f"Choose at most {NAMES_MOST} repositories.", messages.ERROR)
        else:
            for kind in sorted({repo.kind for repo in chosen}):
                names = [repo.name for repo in chosen if repo.kind == kind]
                asked = harvests.ask({"kind": kind, "names": names}, source=settings.HF_ENDPOINT, user=request.user)
                tell_workers(run_harvest, asked.pk)
                self.message_user(request, f"{asked} of {len(names)} {kind}s is queued; a worker takes it up.")


@admin.register(Account)
class AccountAdmin(MirrorAdmin):
    list_display = ["name", "kind", "links"]
    list_filter = ["kind"]
    sortable_by = ["name"]
    search_fields = ["name"]
    ordering = ["-id"]

    @admin.display(description="see")
    def links(self, account: Account) -> str:
        return rows_of("repo", "account", account.pk, "repositories")


@admin.register(Alias)
class AliasAdmin(MirrorAdmin):
    list_display = ["name", "kind", "repo", "valid_from", "valid_to"]
    list_filter = ["kind", ("valid_to", admin.EmptyFieldListFilter)]
    list_select_related = ["repo"]
    sortable_by = []
    search_fields = ["name"]
    search_kind = "kind"
    ordering = ["-id"]


@admin.register(Revision)
class RevisionAdmin(MirrorAdmin):
    list_display = ["sha", "repo", "committed_at", "card_state", "has_file_list", "links"]
    list_filter = ["card_state", "has_file_list"]
    list_select_related = ["repo"]
    sortable_by = []
    search_fields = ["sha"]
    search_any_case = False
    ordering = ["-id"]
    exclude = ["card"]
    readonly_fields = ["card_text", "card_header", "links"]

    @admin.display(description="see")
    def links(self, revision: Revision) -> str:
        return rows_of("file", "revision", revision.pk, "files")

    @admin.display(description="card")
    def card_text(self, revision: Revision) -> str:
        return text_block(revision.card.text) if revision.card else "–"

    @admin.display(description="header as it was read")
    def card_header(self, revision: Revision) -> str:
        card = getattr(revision.card, "card", None)
        if card is None:
            return "–"
        return card.problem or text_block(json.dumps(card.metadata, indent=1, ensure_ascii=False))


@admin.register(File)
class FileAdmin(MirrorAdmin):
    list_display = ["path", "size_bytes", "blob_id", "lfs_sha256", "revision"]
    list_select_related = ["revision"]
    sortable_by = []
    ordering = ["-id"]
    exclude = ["content"]
    readonly_fields = ["text"]

    def text(self, file: File) -> str:
        return text_block(file.content.text) if file.content else "–"


@admin.register(Observation)
class ObservationAdmin(MirrorAdmin):
    list_display = ["digest", "repo", "observed_at", "harvest"]
    list_select_related = ["repo", "harvest"]
    sortable_by = []
    ordering = ["-id"]
    exclude = ["packed"]
    readonly_fields = ["record"]

    def get_queryset(self, request):
        return super().get_queryset(request).defer("packed")

    def record(self, observation: Observation) -> str:
        known = json.loads(zlib.decompress(observation.packed))
        return text_block(json.dumps(known, indent=1, ensure_ascii=False, sort_keys=True))
