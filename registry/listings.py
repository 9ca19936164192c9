"""Mirrors what a Hub lists: page by page, newest change or newest repository first, then the cards not yet read."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from datetime import datetime, timedelta

from django.db import transaction
from django.utils.timezone import now

from registry.hub import BadName, BadRequest, checked_name
from registry.hub_answers import Page
from registry.identity import Incoming, Kept
from registry.models import Harvest, Repo, Revision, Visit
from registry.progress import Run
from registry.reading import newest_infos
from registry.records import KINDS, BadRecord, RepoRecord, moment
from registry.sweeping import close_sweep
from registry.visiting import look_at_texts, settle

log = logging.getLogger(__name__)

OVERLAP = timedelta(hours=2)  # a change may be listed later than it was made
WHOLE_PASSES = 200  # the newest, among which the last one over the same listing is sought
MOST_UNREAD = 200  # cards that a pass leaves to the next one, as the Hub could not give them


def from_listings(run: Run) -> None:
    """Each kind asked for, page by page; then, for a sweep that saw everything, what was not seen."""
    wanted = run.request.get("kind") or "model"
    kinds = list(KINDS) if wanted == "all" else [wanted]
    for kind in kinds[run.cursor.get("kinds_done", 0) :]:
        if "pending" not in run.cursor:
            run.step(pending=left_unread(run, kind), listed_items=0)
        read_pending(run)
        if not run.cursor.get("listed"):
            for page in pages(run, kind):
                keep_page(run, kind, page)
                read_pending(run)
            run.step(listed=True)
        if run.request.get("sweep") and run.request.get("limit") is None:
            close_sweep(run, kind)
        run.cursor.pop("pending", None)
        run.step(next_url=None, listed=False, looked=0, kinds_done=run.cursor.get("kinds_done", 0) + 1)
    run.step(complete=not run.cursor.get("was_cut"))


def pages(run: Run, kind: str) -> Iterator[Page]:
    """Pages of one listing from the cursor on; `--changed` ends at the watermark."""
    request = run.request
    scope = {"author": request.get("author"), "filters": request.get("filters") or (), "search": request.get("search")}
    since = watermark(run.harvest, kind) if request.get("changed") else None
    sort, start = "lastModified" if request.get("changed") else "createdAt", run.cursor.get("next_url")
    try:
        for page in run.hub.listing(kind, **scope, sort=sort, limit=room(run), next_url=start):
            items = [item for item in page.items if is_newer(item, since)]
            yield Page(items, page.next_url, page.problems)
            if len(items) < len(page.items):
                return
    except BadRequest:
        if start is None:
            raise
        log.info("The Hub no longer knows the page to go on from; the listing starts again.")
        run.cursor["next_url"] = None
        yield from pages(run, kind)


def room(run: Run) -> int | None:
    """How many more records of this kind the run may take; None: all."""
    limit = run.request.get("limit")
    return None if limit is None else max(limit - run.cursor.get("listed_items", 0), 0)


def is_newer(item: dict, since: datetime | None) -> bool:
    """Whether a listed record may have changed after `since`; one without a date may have."""
    modified = moment(item.get("lastModified"))
    return since is None or modified is None or modified >= since


def watermark(harvest: Harvest, kind: str) -> datetime | None:
    """The start of the last pass that reached the end of such a listing, less an overlap.

    Where there was none, everything is read, unless the request says how far its first pass looks back.
    """
    if (whole := last_whole_pass(harvest, kind)) is not None:
        return whole.started_at - OVERLAP
    days = harvest.request.get("first_days")
    return None if days is None else harvest.started_at - timedelta(days=days)


def last_whole_pass(harvest: Harvest, kind: str) -> Harvest | None:
    """The newest pass that reached the end of a listing which holds all that this one does."""
    whole = Harvest.objects.filter(cursor__complete=True).exclude(pk=harvest.pk).order_by("-started_at")
    return next((row for row in whole[:WHOLE_PASSES] if covers(row.request, harvest.request, kind)), None)


def covers(wider: dict, narrower: dict, kind: str) -> bool:
    """Whether a listing asked for with `wider` holds every repository of `kind` in one asked for with `narrower`."""
    same = all(wider.get(key) in (None, narrower.get(key)) for key in ("author", "search"))
    tags = set(wider.get("filters") or ()) <= set(narrower.get("filters") or ())
    return same and tags and (wider.get("kind") or "model") in (kind, "all")


def left_unread(run: Run, kind: str) -> list[int]:
    """The repositories whose cards the Hub could not give in the pass before this one."""
    whole = last_whole_pass(run.harvest, kind) if run.request.get("changed") else None
    keys = (whole.cursor.get("unread") or []) if whole else []
    return list(Repo.objects.of_kind(kind).filter(pk__in=keys).order_by("pk").values_list("pk", flat=True))


def keep_page(run: Run, kind: str, page: Page) -> None:
    """Keep a page, where to go on, and which cards to read, in one transaction."""
    with transaction.atomic():
        for problem in page.problems:
            run.refuse(problem)
        incoming = []
        for item in page.items:
            try:
                record = RepoRecord.from_hub(kind, item)
                incoming.append(Incoming(record=record, source=Repo.Source.HUB, with_token=run.hub.has_token))
            except BadRecord as problem:
                run.refuse(str(problem), name=str(item.get("id")))
        kept = run.keep(incoming, now())
        Repo.objects.filter(pk__in=[k.repo.pk for k in kept]).update(observed_at=now())
        pending = sorted({k.repo.pk for k in without_card(kept)})
        taken = run.cursor.get("listed_items", 0) + len(page.items) + len(page.problems)
        run.cursor["listed_items"] = taken
        was_cut = run.cursor.get("was_cut", False) or room(run) == 0
        run.step(next_url=page.next_url, listed=page.next_url is None, was_cut=was_cut, pending=pending)


def without_card(kept: list[Kept]) -> list[Kept]:
    """Those whose card is unknown and worth a request: one that was refused is not asked again at the same commit.

    A name that the Hub gave long ago and takes no longer cannot be asked for; its card stays unknown.
    """
    unknown = [k for k in kept if k.revision is not None and k.revision.card_state == Revision.CardState.UNKNOWN]
    unknown = [k for k in unknown if can_be_asked(k.repo.name)]
    refused = Visit.objects.filter(revision__in=[k.revision for k in unknown], status=Visit.Status.GATED)
    refused = set(refused.values_list("revision_id", flat=True))
    return [k for k in unknown if k.revision.pk not in refused]


def can_be_asked(name: str) -> bool:
    try:
        return bool(checked_name(name))
    except BadName:
        return False


def read_pending(run: Run) -> None:
    """Read the cards and small files of the repositories that a page left to be read."""
    keys = list(run.cursor["pending"])
    repos = Repo.objects.in_bulk(keys)
    infos = newest_infos(repos.values())
    while keys:
        repo = repos.get(keys.pop(0))
        if repo is None:
            continue
        seen = look_at_texts(repo, RepoRecord.from_hub(repo.kind, infos[repo.pk] | {"id": repo.name}), run.hub)
        with transaction.atomic():
            row = settle(seen, run.harvest)
            if row.status in (Visit.Status.FAILED, Visit.Status.PARTIAL):
                run.note(row.problem, name=repo.name)
                unread = [*run.cursor.get("unread", []), repo.pk]
                run.cursor["unread"] = unread[:MOST_UNREAD]
            run.step(pending=list(keys))
        run.mind(seen.error)
