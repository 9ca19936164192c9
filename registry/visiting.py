"""One look at one repository: its JSON, its card, its small files, kept together with a row that says how it went."""

from __future__ import annotations

from datetime import timedelta

from django.db import transaction
from django.utils.timezone import now

from registry.contents import CARD
from registry.hub import BadName, Hub, HubError, RepoDisabled, RepoGated, RepoGone, TooLarge
from registry.hub_paths import may_read
from registry.identity import Incoming
from registry.keep import keep
from registry.models import Content, File, Harvest, Repo, Revision, Visit
from registry.records import BadRecord, RepoRecord

MOST_SMALL_FILES = 20
GONE_AFTER = timedelta(hours=1)  # between the two failed looks that make a repository gone


def visit(kind: str, name: str, hub: Hub, harvest: Harvest | None = None) -> Visit:
    """Read the repository once and keep it. What goes wrong ends the visit and is told in it; nothing is raised."""
    started_at, before = now(), hub.requests
    row = Visit(kind=kind, name=name[:200], harvest=harvest, started_at=started_at, with_token=hub.has_token)
    try:
        record = RepoRecord.from_hub(kind, hub.info(kind, name))
        incoming, row.status, row.problem = with_texts(record, hub)
        kept = keep([incoming], at=now(), harvest=harvest)[0]
        row.repo, row.revision, row.change = kept.repo, kept.revision, kept.change
    except RepoGone as error:
        row.status, row.problem, row.repo = Visit.Status.GONE, str(error), note_gone(kind, name)
    except RepoDisabled as error:
        row.status, row.problem, row.repo = Visit.Status.FAILED, str(error), holder_of(kind, name)
        Repo.objects.filter(pk=row.repo.pk if row.repo else None).update(is_disabled=True)
    except (HubError, BadRecord) as error:
        row.status, row.problem = Visit.Status.FAILED, str(error)
        row.repo = None if isinstance(error, BadName) else holder_of(kind, name)
    return close(row, hub, before)


def read_texts(repo: Repo, record: RepoRecord, hub: Hub, harvest: Harvest | None) -> Visit:
    """The card and small files of a repository whose JSON a listing gave."""
    before = hub.requests
    row = Visit(kind=repo.kind, name=repo.name, repo=repo, harvest=harvest, started_at=now(), with_token=hub.has_token)
    try:
        incoming, row.status, row.problem = with_texts(record, hub)
        kept = keep([incoming], at=now(), harvest=harvest)[0]
        row.revision, row.change = kept.revision, kept.change
    except (HubError, BadRecord) as error:
        row.status, row.problem = Visit.Status.FAILED, str(error)
    return close(row, hub, before)


def close(row: Visit, hub: Hub, requests_before: int) -> Visit:
    """Store the visit, and on the repository that it was made."""
    row.requests, row.finished_at = hub.requests - requests_before, now()
    with transaction.atomic():
        row.save()
        if row.repo is not None and row.status in (Visit.Status.FULL, Visit.Status.PARTIAL, Visit.Status.GATED):
            Repo.objects.filter(pk=row.repo.pk).update(visited_at=row.finished_at, observed_at=row.finished_at)
    return row


def with_texts(record: RepoRecord, hub: Hub) -> tuple[Incoming, str, str]:
    """The record with its card and small files, the visit's status and what it lacks."""
    base = {"record": record, "source": Repo.Source.HUB, "with_token": hub.has_token}
    if record.sha is None:
        return Incoming(**base), Visit.Status.PARTIAL, "The Hub named no revision, so its card was not read."
    known = stored_texts(record)
    card, absent, card_problem = known.get(CARD), False, ""
    try:
        if card is None and listed(record, CARD) is not False:
            card = hub.card(record.kind, record.name, record.sha)
            absent = card is None
        files = small_files(record, hub, known)
    except RepoGated as error:
        return Incoming(**base), Visit.Status.GATED, str(error)
    except TooLarge as error:
        card_problem, files = str(error), {}
    except HubError as error:
        return Incoming(**base, card=card, card_absent=absent), Visit.Status.PARTIAL, str(error)
    incoming = Incoming(**base, card=card, card_absent=absent, card_problem=card_problem, files=files)
    return incoming, Visit.Status.PARTIAL if card_problem else Visit.Status.FULL, card_problem


def small_files(record: RepoRecord, hub: Hub, known: dict[str, bytes]) -> dict[str, bytes]:
    """The allowed small files of the record's list, at most twenty; those that are stored already are not asked for."""
    paths = [f.path for f in record.files or () if may_read(f.path) and f.path != CARD][:MOST_SMALL_FILES]
    found = {
        path: known[path] if path in known else hub.small_file(record.kind, record.name, record.sha, path)
        for path in paths
    }
    return {path: data for path, data in found.items() if data is not None}


def listed(record: RepoRecord, path: str) -> bool | None:
    """Whether the record's file list names `path`; None where it has no list."""
    return None if record.files is None else any(f.path == path for f in record.files)


def stored_texts(record: RepoRecord) -> dict[str, bytes]:
    """The texts that need no request: those of this very revision, and those whose blob id is stored already."""
    revision = Revision.objects.filter(repo__kind=record.kind, repo__name=record.name, sha=record.sha)
    rows = File.objects.filter(revision__in=revision, content__isnull=False).select_related("content")
    texts = {row.path: row.content.data for row in rows}
    blobs = {f.path: f.blob_id for f in record.files or () if may_read(f.path) and f.blob_id and f.path not in texts}
    by_blob = {c.git_sha1: c.data for c in Content.objects.filter(git_sha1__in=blobs.values())}
    return texts | {path: by_blob[blob] for path, blob in blobs.items() if blob in by_blob}


def holder_of(kind: str, name: str) -> Repo | None:
    return Repo.objects.named(kind, name).first()


def note_gone(kind: str, name: str) -> Repo | None:
    """A first failed look makes a suspicion, a second one at least an hour later a tombstone; no row is deleted."""
    repo, at = holder_of(kind, name), now()
    if repo is None or repo.gone_at is not None:
        return repo
    if repo.suspected_gone_at is None:
        Repo.objects.filter(pk=repo.pk).update(suspected_gone_at=at)
    elif at - repo.suspected_gone_at >= GONE_AFTER:
        Repo.objects.filter(pk=repo.pk).update(gone_at=at)
    return repo
