"""What is known of repositories where licences are concerned: their own licence, now and at an earlier time."""

from __future__ import annotations

import zlib
from collections.abc import Iterable
from datetime import datetime

from lineage.closure import chunks
from lineage.models import Node
from lineage.obligations.verdict import BUILT_WITH_LLAMA, Repository, plain_name
from lineage.sight import is_hidden
from registry.licences import LicenceReading, read_declared
from registry.models import Repo, Revision
from registry.stated_licence import licence_files, stated_licences

UNREAD_CARDS = (Revision.CardState.UNKNOWN, Revision.CardState.UNREADABLE)
UNSEEN = LicenceReading(verdict="unknown")  # of what is not mirrored, or not for this viewer


def repositories_of(nodes: Iterable[Node], user) -> dict[int, Repository]:
    """What is known of each node by its key; of what `user` may not see, and what is not mirrored, next to nothing."""
    shown = {node.pk: node.repo_id for node in nodes if node.repo_id and not is_hidden(node, user)}
    read = read_repositories(shown.values(), user)
    return {node.pk: read.get(shown.get(node.pk)) or Repository("", UNSEEN) for node in nodes}


def read_repositories(keys: Iterable[int], user=None) -> dict[int, Repository]:
    """Name, licence, licence file and credit to Llama of the repositories `keys` that `user` may see."""
    found: dict[int, Repository] = {}
    for some in chunks(keys):
        repos = list(Repo.objects.visible_to(user).filter(pk__in=some))
        licences, has_file = stated_licences(repos), licence_files(repos)
        says_built_with = credited(repos)
        for repo in repos:
            key = repo.pk
            found[key] = Repository(repo.name, licences[key], has_file.get(key), says_built_with.get(key))
    return found


def credited(repos: Iterable[Repo]) -> dict[int, bool]:
    """Whether the card says “Built with Llama”, of those named after it; no other is ever asked."""
    heads = {repo.head_id: repo.pk for repo in repos if repo.head_id and plain_name(repo.name).startswith("llama")}
    rows = Revision.objects.filter(pk__in=heads).exclude(card_state__in=UNREAD_CARDS)
    texts = {head: unpacked(raw) if raw else "" for head, raw in rows.values_list("pk", "card__packed")}
    return {heads[head]: bool(BUILT_WITH_LLAMA.search(text)) for head, text in texts.items()}


def unpacked(raw: bytes) -> str:
    return zlib.decompress(raw).decode("utf8", "replace")


def licences_at(repos: Iterable[int], at: datetime) -> dict[int, LicenceReading]:
    """What the card of each repository stated at a time, by the newest revision until then; left out: not known.

    The tags and texts of then are not kept, so what only they state now counts where the present revision is as old.
    """
    found: dict[int, LicenceReading] = {}
    for some in chunks(repos):
        current = list(Repo.objects.filter(pk__in=some, head__committed_at__lte=at))
        found |= stated_licences(current)
        rest = set(some) - {repo.pk for repo in current}
        rows = Revision.objects.filter(repo__in=rest, committed_at__lte=at, card_state=Revision.CardState.PRESENT)
        for repo, metadata in rows.order_by("repo", "committed_at").values_list("repo_id", "card__card__metadata"):
            if isinstance(metadata, dict):
                found[repo] = read_declared(metadata)
    return found
