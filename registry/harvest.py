"""Runs over a dump, a list of names or a listing. Progress and its effect commit together, so a run may be killed."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from datetime import datetime, timedelta
from itertools import islice
from pathlib import Path

from django.conf import settings
from django.db import InterfaceError, OperationalError, reset_queries, transaction
from django.db.models import Q
from django.utils.timezone import now

from registry.dumps import BadDump, DumpLine, read_dump
from registry.hub import BadRequest, Hub, HubError, open_hub
from registry.identity import Incoming, Kept
from registry.keep import keep
from registry.models import Harvest, HarvestProblem, Repo, Revision, Visit
from registry.records import KINDS, BadRecord, RepoRecord
from registry.sweeping import close_sweep
from registry.visiting import read_texts, visit

log = logging.getLogger(__name__)

BATCH = 250
LEASE = timedelta(minutes=10)
OVERLAP = timedelta(hours=2)  # a change may be listed later than it was made
FIRST_LOOK_BACK = timedelta(days=1)  # of `--changed` where nothing was mirrored from a listing before
MOST_PROBLEMS = 1_000  # rows; the counter goes on
MOST_CARD_BYTES = 2 * 1024 * 1024


def ask(request: dict, *, source: str, user=None) -> Harvest:
    """A queued harvest. `request` holds the options of `mirror`: names, kind, author, filters, search, limit, …"""
    return Harvest.objects.create(request=request, source=source[:300], requested_by=user, due_at=now())


def run(harvest: Harvest, hub: Hub | None = None) -> Harvest:
    """Do what the harvest asks for, from where an earlier run of it stopped; ends with a status, whatever happens."""
    begin(harvest)
    hub = hub or (None if harvest.request.get("from") else open_hub())
    before = hub.requests if hub else 0
    try:
        if harvest.request.get("from"):
            from_dump(harvest, Path(harvest.request["from"]))
        elif harvest.request.get("names"):
            from_names(harvest, hub)
        else:
            from_listings(harvest, hub)
    except (BadDump, HubError) as error:
        harvest.problem = str(error)
    except OSError as error:
        harvest.problem = f"{harvest.source} cannot be read: {error.strerror or error}."
    except BaseException as error:
        harvest.problem = f"It was interrupted: {type(error).__name__}. `mirror --resume` goes on."
        finish(harvest, requests=hub.requests - before if hub else 0, interrupted=True)
        raise
    return finish(harvest, requests=hub.requests - before if hub else 0)


def begin(harvest: Harvest) -> None:
    harvest.status, harvest.problem = Harvest.Status.RUNNING, ""
    harvest.started_at = harvest.started_at or now()
    harvest.cursor.setdefault("resumed_at", []).append(now().isoformat())
    harvest.leased_until = now() + LEASE
    harvest.save()


def finish(harvest: Harvest, *, requests: int, interrupted: bool = False) -> Harvest:
    """Close with full, partial or failed: failed when nothing at all came of it."""
    harvest.requests += requests
    harvest.finished_at, harvest.leased_until = now(), None
    began = datetime.fromisoformat(harvest.cursor["resumed_at"][-1])
    harvest.wall_s = (harvest.wall_s or 0) + (harvest.finished_at - began).total_seconds()
    good = harvest.seen - harvest.failed
    if harvest.problem or interrupted:
        harvest.status = Harvest.Status.PARTIAL if good > 0 else Harvest.Status.FAILED
    elif harvest.failed:
        harvest.status = Harvest.Status.PARTIAL if good > 0 else Harvest.Status.FAILED
    else:
        harvest.status = Harvest.Status.FULL
    harvest.save()
    return harvest


def from_dump(harvest: Harvest, path: Path) -> None:
    """Every line of a dump, in batches; the line reached commits with the rows."""
    kind = harvest.request.get("kind")
    lines = read_dump(path, kind=kind if kind in KINDS else None, skip=harvest.cursor.get("line", 0))
    lines = islice(lines, limit) if (limit := harvest.request.get("limit")) is not None else lines
    while batch := list(islice(lines, BATCH)):
        with transaction.atomic():
            keep_or_refuse(harvest, [one for number, line in batch if (one := taken(harvest, number, line))])
            advance(harvest, line=batch[-1][0])


def keep_or_refuse(harvest: Harvest, incoming: list[Incoming]) -> list[Kept]:
    """Keep the records; one that cannot be kept for a reason that nobody foresaw is recorded and stops no other."""
    try:
        kept = keep(incoming, at=harvest.started_at, harvest=harvest)
    except (InterfaceError, OperationalError):
        raise
    except Exception as error:
        if len(incoming) == 1:
            log.exception("%s was not kept", incoming[0].record.name)
            refuse(harvest, f"It could not be kept: {type(error).__name__}.", name=incoming[0].record.name)
            return []
        return [kept for one in incoming for kept in keep_or_refuse(harvest, [one])]
    count(harvest, kept)
    return kept


def taken(harvest: Harvest, number: int, line: DumpLine | BadRecord) -> Incoming | None:
    """The line as it is kept, or None after its problem was recorded."""
    try:
        if isinstance(line, BadRecord):
            raise line
        record = RepoRecord.from_hub(line.kind, line.info)
    except BadRecord as problem:
        refuse(harvest, str(problem), line=number)
        return None
    too_large = line.card is not None and len(line.card) > MOST_CARD_BYTES
    return Incoming(
        record=record,
        source=Repo.Source.BUNDLED if line.is_bundled else Repo.Source.DUMP,
        card=None if too_large else line.card,
        card_problem=f"The card is larger than {MOST_CARD_BYTES} bytes." if too_large else "",
        files=line.files,
    )


def from_names(harvest: Harvest, hub: Hub) -> None:
    """One visit a name; the number of names done commits with what was read."""
    names = harvest.request["names"]
    for position in range(harvest.cursor.get("done", 0), len(names)):
        with transaction.atomic():
            row = visit(harvest.request.get("kind") or "model", names[position], hub, harvest)
            count_visit(harvest, row)
            advance(harvest, done=position + 1)


def from_listings(harvest: Harvest, hub: Hub) -> None:
    """Each kind asked for, page by page; then, for a sweep that saw everything, what was not seen."""
    wanted = harvest.request.get("kind") or "model"
    kinds = list(KINDS) if wanted == "all" else [wanted]
    for kind in kinds[harvest.cursor.get("kinds_done", 0) :]:
        for page_items, next_url in pages(harvest, hub, kind):
            keep_page(harvest, hub, kind, page_items, next_url)
        if harvest.request.get("sweep") and harvest.request.get("limit") is None:
            close_sweep(harvest, hub, kind)
        advance(harvest, next_url=None, kinds_done=harvest.cursor.get("kinds_done", 0) + 1)
    advance(harvest, complete=True)


def pages(harvest: Harvest, hub: Hub, kind: str) -> Iterator[tuple[list[dict], str | None]]:
    """Pages of one listing from the cursor on; `--changed` ends at the watermark."""
    request = harvest.request
    scope = {"author": request.get("author"), "filters": request.get("filters") or (), "search": request.get("search")}
    since = watermark(harvest, kind) if request.get("changed") else None
    sort, limit, start = "lastModified" if since else "createdAt", request.get("limit"), harvest.cursor.get("next_url")
    try:
        listing = hub.listing(kind, **scope, sort=sort, limit=limit, next_url=start)
        for page in listing:
            for problem in page.problems:
                refuse(harvest, problem)
            items = page.items if since is None else [i for i in page.items if is_newer(i, since)]
            yield items, page.next_url
            if len(items) < len(page.items):
                return
    except BadRequest:
        if start is None:
            raise
        log.info("The Hub no longer knows the page to go on from; the listing starts again.")
        harvest.cursor["next_url"] = None
        yield from pages(harvest, hub, kind)


def is_newer(item: dict, since: datetime) -> bool:
    """Whether a listed record may have changed after `since`; one without a date may have."""
    modified = RepoRecord.from_hub("model", {"id": "x", "lastModified": item.get("lastModified")}).modified_at
    return modified is None or modified >= since


def watermark(harvest: Harvest, kind: str) -> datetime:
    """The start of the last pass over the same listing that reached its end, less an overlap."""
    same = {f"request__{key}": harvest.request.get(key) for key in ("kind", "author", "search", "filters", "changed")}
    whole = Harvest.objects.filter(cursor__complete=True, **same).exclude(pk=harvest.pk).order_by("-started_at").first()
    if whole is not None:
        return whole.started_at - OVERLAP
    newest = Repo.objects.of_kind(kind).filter(source=Repo.Source.HUB).order_by("-hub_modified_at")
    newest = newest.filter(hub_modified_at__isnull=False).first()
    return (newest.hub_modified_at if newest else harvest.started_at - FIRST_LOOK_BACK) - OVERLAP


def keep_page(harvest: Harvest, hub: Hub, kind: str, items: list[dict], next_url: str | None) -> None:
    """Keep a page and where to go on in one transaction; then read the cards that are still unknown."""
    with transaction.atomic():
        incoming = []
        for item in items:
            try:
                record = RepoRecord.from_hub(kind, item)
                incoming.append(Incoming(record=record, source=Repo.Source.HUB, with_token=hub.has_token))
            except BadRecord as problem:
                refuse(harvest, str(problem), name=str(item.get("id"))[:200])
        kept = keep_or_refuse(harvest, incoming)
        Repo.objects.filter(pk__in=[k.repo.pk for k in kept]).update(observed_at=now())
        advance(harvest, next_url=next_url)
    for k in without_card(kept):
        row = read_texts(k.repo, k.incoming.record, hub, harvest)
        if row.status in (Visit.Status.FAILED, Visit.Status.PARTIAL):
            refuse(harvest, row.problem, name=k.repo.name)
        advance(harvest)


def without_card(kept: list[Kept]) -> list[Kept]:
    """Those whose card is unknown and worth a request: one that was refused is not asked again at the same commit."""
    unknown = [k for k in kept if k.revision is not None and k.revision.card_state == Revision.CardState.UNKNOWN]
    refused = Visit.objects.filter(revision__in=[k.revision for k in unknown], status=Visit.Status.GATED)
    refused = set(refused.values_list("revision_id", flat=True))
    return [k for k in unknown if k.revision.pk not in refused]


def count(harvest: Harvest, kept: list[Kept]) -> None:
    harvest.seen += len(kept)
    for k in kept:
        setattr(harvest, k.change, getattr(harvest, k.change) + 1)


def count_visit(harvest: Harvest, row: Visit) -> None:
    """Count one visit; one that brought nothing is a problem of the harvest too."""
    harvest.seen += 1
    if change := getattr(row, "change", None):
        setattr(harvest, change, getattr(harvest, change) + 1)
    if row.status == Visit.Status.GONE:
        harvest.gone += 1
    if row.status in (Visit.Status.GONE, Visit.Status.FAILED):
        harvest.seen -= 1  # refuse counts it
        refuse(harvest, row.problem, name=row.name)
    elif row.status == Visit.Status.PARTIAL:
        harvest.seen -= 1
        refuse(harvest, row.problem, name=row.name)


def refuse(harvest: Harvest, problem: str, *, line: int | None = None, name: str = "") -> None:
    """Record why one record was not taken, and go on."""
    harvest.seen += 1
    harvest.failed += 1
    if harvest.failed <= MOST_PROBLEMS:
        HarvestProblem.objects.create(harvest=harvest, line=line, name=name, problem=problem)


def advance(harvest: Harvest, **cursor) -> None:
    """Store how far the run is and renew its lease."""
    harvest.cursor |= cursor
    harvest.leased_until = now() + LEASE
    harvest.save()
    if settings.DEBUG:
        reset_queries()  # a development machine remembers each query, and a batch's are large


def unfinished() -> Harvest | None:
    """The newest harvest that stopped before its end, for `mirror --resume`."""
    status = Harvest.Status
    stopped = Q(status__in=[status.QUEUED, status.RUNNING])
    broken = Q(status__in=[status.PARTIAL, status.FAILED]) & ~Q(problem="")
    return Harvest.objects.filter(stopped | broken).order_by("-pk").first()
