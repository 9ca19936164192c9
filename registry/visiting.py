"""One look at one repository: its JSON, its card, its small files, kept together with a row that says how it went.

Looking asks the Hub and stores nothing; settling stores and asks nothing, so that no transaction waits for a network.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from django.db import InterfaceError, OperationalError, transaction
from django.utils.timezone import now

from registry.contents import CARD
from registry.hub import BadName, Hub, HubError, RepoDisabled, RepoGated, RepoGone, TooLarge
from registry.hub_paths import may_read
from registry.identity import Incoming
from registry.keep import keep
from registry.models import Content, File, Harvest, Repo, Revision, Visit
from registry.records import BadRecord, RepoRecord
from registry.storable import storable_text

log = logging.getLogger(__name__)

MOST_SMALL_FILES = 20
GONE_AFTER = timedelta(hours=1)  # between the two failed looks that make a repository gone
NAME_MOST = 360  # characters of a name that was asked for
ANSWERED = (Visit.Status.FULL, Visit.Status.PARTIAL, Visit.Status.GATED)


@dataclass(frozen=True)
class Look:
    """What the Hub said when it was asked about one repository."""

    kind: str
    name: str
    status: str
    problem: str
    started_at: datetime
    requests: int
    with_token: bool
    incoming: Incoming | None = None
    error: HubError | BadRecord | None = None


def visit(kind: str, name: str, hub: Hub, harvest: Harvest | None = None) -> Visit:
    """Read the repository once and keep it. What goes wrong ends the visit and is told in it."""
    return settle(look(kind, name, hub), harvest)


def look(kind: str, name: str, hub: Hub) -> Look:
    """Ask the Hub about a repository; no HubError is raised, it is what was seen."""
    return seen(kind, name, hub, lambda: RepoRecord.from_hub(kind, hub.info(kind, name)))


def look_at_texts(repo: Repo, record: RepoRecord, hub: Hub) -> Look:
    """Ask the Hub for the card and small files of a repository whose JSON a listing gave."""
    return seen(repo.kind, repo.name, hub, lambda: record)


def seen(kind: str, name: str, hub: Hub, read) -> Look:
    started_at, before, incoming, error = now(), hub.requests, None, None
    try:
        incoming, status, problem, error = with_texts(read(), hub)
    except RepoGone as gone:
        status, problem, error = Visit.Status.GONE, str(gone), gone
    except (HubError, BadRecord) as failed:
        status, problem, error = Visit.Status.FAILED, str(failed), failed
    requests = hub.requests - before
    return Look(kind, name, status, problem, started_at, requests, hub.has_token, incoming, error)


def settle(look: Look, harvest: Harvest | None) -> Visit:
    """Store what was seen. A record that cannot be kept for a reason that nobody foresaw makes a failed visit."""
    try:
        return store(look, harvest)
    except (InterfaceError, OperationalError):
        raise
    except Exception as error:
        if look.incoming is None:
            raise
        log.exception("%s was not kept", look.name)
        problem = f"It could not be kept: {type(error).__name__}."
        return store(replace(look, incoming=None, status=Visit.Status.FAILED, problem=problem), harvest)


def store(look: Look, harvest: Harvest | None) -> Visit:
    row = Visit(kind=look.kind, name=storable_text(look.name)[:NAME_MOST], harvest=harvest, started_at=look.started_at)
    row.status, row.problem, row.requests = look.status, storable_text(look.problem), look.requests
    row.with_token, row.finished_at = look.with_token, now()
    with transaction.atomic():
        if look.incoming is not None:
            kept = keep([look.incoming], at=row.finished_at, harvest=harvest)[0]
            row.repo, row.revision, row.change = kept.repo, kept.revision, kept.change
        elif not isinstance(look.error, BadName):
            row.repo = Repo.objects.named(look.kind, row.name).first()
        if row.repo is not None:
            note_on(row.repo, look, row.finished_at)
        row.save()
    return row


def note_on(repo: Repo, look: Look, at: datetime) -> None:
    """What a visit says of the repository itself.

    A first failed look makes a suspicion, a second one at least an hour later a tombstone; no row is deleted.
    """
    row = Repo.objects.filter(pk=repo.pk)
    if look.status in ANSWERED:
        row.update(visited_at=at, observed_at=at)
    elif isinstance(look.error, RepoDisabled):
        row.update(is_disabled=True)
    elif look.status == Visit.Status.GONE and repo.gone_at is None:
        if repo.suspected_gone_at is None:
            row.update(suspected_gone_at=at)
        elif at - repo.suspected_gone_at >= GONE_AFTER:
            row.update(gone_at=at)


def with_texts(record: RepoRecord, hub: Hub) -> tuple[Incoming, str, str, HubError | None]:
    """The record with its card and small files, the visit's status, what it lacks and why."""
    base = {"record": record, "source": Repo.Source.HUB, "with_token": hub.has_token}
    if record.sha is None:
        return Incoming(**base), Visit.Status.PARTIAL, "The Hub named no revision, so its card was not read.", None
    known, files = stored_texts(record), {}
    try:
        told = base | read_card(record, hub, known.get(CARD))
    except RepoGated as error:
        return Incoming(**base), Visit.Status.GATED, str(error), error
    except HubError as error:
        return Incoming(**base), Visit.Status.PARTIAL, str(error), error
    problem, cause = told.get("card_problem", ""), None
    try:
        files = small_files(record, hub, known)
    except HubError as error:
        problem, cause = problem or str(error), error
    status = Visit.Status.PARTIAL if problem else Visit.Status.FULL
    return Incoming(**told, files=files), status, problem, cause


def read_card(record: RepoRecord, hub: Hub, known: bytes | None) -> dict:
    """The card, that there is none, or why it cannot be read, as `Incoming` tells it."""
    if known is not None:
        return {"card": known}
    if listed(record, CARD) is False:
        return {}
    try:
        card = hub.card(record.kind, record.name, record.sha)
    except TooLarge as error:
        return {"card_problem": str(error)}
    return {"card": card, "card_absent": card is None}


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
    wanted = [f for f in record.files or () if may_read(f.path) and f.blob_id and f.path not in texts]
    blobs = {f.path: f.blob_id for f in wanted[: MOST_SMALL_FILES + 1]}
    by_blob = {c.git_sha1: c.data for c in Content.objects.filter(git_sha1__in=blobs.values())}
    return texts | {path: by_blob[blob] for path, blob in blobs.items() if blob in by_blob}
