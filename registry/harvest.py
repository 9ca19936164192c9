"""Runs over a dump, a list of names or a listing. Progress and its effect commit together, so a run may be killed."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import islice
from pathlib import Path

from django.db import transaction
from django.db.models import Q
from django.utils.timezone import now

from registry.dumps import BadDump, DumpLine, read_dump
from registry.hub import Hub, HubBusy, HubError, open_hub
from registry.identity import Incoming
from registry.listings import from_listings
from registry.models import Harvest, Repo
from registry.progress import LEASE, Run, TakenOver
from registry.records import KINDS, BadRecord, RepoRecord
from registry.storable import storable, storable_text
from registry.visiting import look, settle, visit

__all__ = ["TakenOver", "ask", "run", "start", "unfinished", "visit"]

BATCH = 250  # records kept in one transaction
BATCH_BYTES = 16 * 1024 * 1024  # of their lines
MOST_CARD_BYTES = 2 * 1024 * 1024

Line = tuple[int, DumpLine | BadRecord]


def ask(request: dict, *, source: str, user=None) -> Harvest:
    """A queued harvest. `request` holds the options of `mirror`: names, kind, author, filters, search, limit, …"""
    known = {"request": storable(request), "source": storable_text(source)[:300], "requested_by": user}
    return Harvest.objects.create(due_at=now(), **known)


def start(request: dict, *, source: str) -> Harvest:
    """A harvest that its asker runs at once, so that no worker takes it up."""
    known = {"request": storable(request), "source": storable_text(source)[:300]}
    return Harvest.objects.create(status=Harvest.Status.RUNNING, leased_until=now() + LEASE, **known)


def run(harvest: Harvest, hub: Hub | None = None) -> Harvest:
    """Do what the harvest asks for, from where an earlier run of it stopped; ends with a status, whatever happens.

    Raises TakenOver where another process runs it.
    """
    this = Run(harvest, hub)
    this.begin()
    try:
        if harvest.request.get("from"):
            from_dump(this, Path(harvest.request["from"]))
        else:
            this.hub = this.hub or open_hub(pause=this.wait)
            from_names(this) if harvest.request.get("names") else from_listings(this)
    except TakenOver:
        raise
    except (BadDump, HubError) as error:
        problem, busy = str(error), isinstance(error, HubBusy)
    except OSError as error:
        problem, busy = f"{harvest.source} cannot be read: {error.strerror or error}.", False
    except BaseException as error:
        this.forget_what_was_rolled_back()
        this.finish(f"It was interrupted: {type(error).__name__}. `mirror --resume` goes on.")
        raise
    else:
        problem, busy = harvest.problem, False
    this.finish(problem, busy=busy)
    return harvest


def from_dump(run: Run, path: Path) -> None:
    """Every line of a dump, in batches; the line reached commits with the rows."""
    wanted, limit = run.request.get("kind"), run.request.get("limit")
    kind = wanted if wanted in KINDS else None
    lines = read_dump(path, kind=kind, skip=run.cursor.get("line", 0))
    if kind is not None:
        lines = ((number, line) for number, line in lines if isinstance(line, BadRecord) or line.kind == kind)
    if limit is not None:
        lines = islice(lines, max(limit - run.harvest.seen, 0))
    for batch in batches(lines):
        with transaction.atomic():
            incoming = [one for number, line in batch if (one := taken(run, number, line))]
            run.keep(incoming, run.harvest.started_at)
            run.step(line=batch[-1][0])


def batches(lines: Iterable[Line]) -> Iterator[list[Line]]:
    """Lines by the batch, bounded in number and bytes; what was read before a dump breaks off comes before that."""
    batch, size_bytes, broken = [], 0, None
    try:
        for number, line in lines:
            batch.append((number, line))
            size_bytes += getattr(line, "size_bytes", 0)
            if len(batch) >= BATCH or size_bytes >= BATCH_BYTES:
                yield batch
                batch, size_bytes = [], 0
    except BadDump as error:
        broken = error
    if batch:
        yield batch
    if broken:
        raise broken


def taken(run: Run, number: int, line: DumpLine | BadRecord) -> Incoming | None:
    """The line as it is kept, or None after its problem was recorded."""
    try:
        if isinstance(line, BadRecord):
            raise line
        record = RepoRecord.from_hub(line.kind, line.info)
    except BadRecord as problem:
        run.refuse(str(problem), line=number)
        return None
    too_large = line.card is not None and len(line.card) > MOST_CARD_BYTES
    return Incoming(
        record=record,
        source=Repo.Source.BUNDLED if line.is_bundled else Repo.Source.DUMP,
        card=None if too_large else line.card,
        card_problem=f"The card is larger than {MOST_CARD_BYTES} bytes." if too_large else "",
        files=line.files,
    )


def from_names(run: Run) -> None:
    """One visit a name; the number of names done commits with what was read."""
    names, kind = run.request["names"], run.request.get("kind") or "model"
    for position in range(run.cursor.get("done", 0), len(names)):
        seen = look(kind, names[position], run.hub)
        with transaction.atomic():
            run.count_visit(settle(seen, run.harvest))
            run.step(done=position + 1)
        run.mind(seen.error)


def unfinished() -> Harvest | None:
    """The newest harvest that stopped before its end, for `mirror --resume`."""
    status = Harvest.Status
    stopped = Q(status__in=[status.QUEUED, status.RUNNING])
    broken = Q(status__in=[status.PARTIAL, status.FAILED]) & ~Q(problem="")
    return Harvest.objects.filter(stopped | broken).order_by("-pk").first()
