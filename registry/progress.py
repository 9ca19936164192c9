"""How far a run is and what came of it. Progress and its effect commit together, and only for the run's own holder."""

from __future__ import annotations

import logging
import time
from datetime import datetime, timedelta
from uuid import uuid4

from django.conf import settings
from django.db import InterfaceError, OperationalError, reset_queries
from django.utils.timezone import now

from registry.hub import BadToken, Hub, HubBusy, HubError
from registry.identity import Incoming, Kept
from registry.keep import keep
from registry.models import Harvest, HarvestProblem, Visit
from registry.storable import storable_text
from registry.visiting import NAME_MOST

log = logging.getLogger(__name__)

LEASE = timedelta(minutes=10)
TOLD_EVERY_S = 5.0
MOST_PROBLEMS = 1_000  # rows; the counter goes on
BUSY_IN_A_ROW = 5  # then the Hub is left alone
COUNTERS = ("seen", "created", "updated", "unchanged", "gone", "failed")


class TakenOver(Exception):
    """Another process runs this harvest now; what this one has not committed is not to be."""


class Run:
    """One run of a harvest, from the place that an earlier run of it reached.

    The lease is renewed with every step. Whoever takes a run over becomes its holder, and the former one stops at its
    next step, which is rolled back with its effect.
    """

    def __init__(self, harvest: Harvest, hub: Hub | None = None):
        self.harvest, self.hub, self.holder = harvest, hub, uuid4().hex
        self.began, self.told, self.busy_in_a_row = time.monotonic(), time.monotonic(), 0
        self.before = (harvest.requests, harvest.wall_s or 0.0)

    @property
    def request(self) -> dict:
        return self.harvest.request

    @property
    def cursor(self) -> dict:
        return self.harvest.cursor

    def begin(self) -> None:
        """Become the holder; raises TakenOver where another was quicker."""
        row, at = self.harvest, now()
        free = Harvest.objects.filter(pk=row.pk, status=row.status, holder=row.holder)
        row.started_at = row.started_at or at
        row.cursor = row.cursor | {"tries": row.cursor.get("tries", 0) + 1}
        row.status, row.problem, row.holder, row.due_at = Harvest.Status.RUNNING, "", self.holder, None
        row.leased_until, row.finished_at = at + LEASE, None
        self.store(free, "status problem holder due_at started_at finished_at leased_until cursor".split())

    def step(self, **cursor) -> None:
        """Store how far the run is, in the transaction of what it did, and renew the lease."""
        row = self.harvest
        row.cursor |= cursor
        row.leased_until = now() + LEASE
        self.store(self.mine(), ["cursor", "leased_until", "requests", "wall_s", *COUNTERS])
        if settings.DEBUG:
            reset_queries()  # a development machine remembers each query, and a batch's are large
        if time.monotonic() - self.told > TOLD_EVERY_S:
            self.told = time.monotonic()
            log.info("harvest %s: %s seen, %s failed, %s requests", row.pk, row.seen, row.failed, row.requests)

    def wait(self, seconds: float) -> None:
        """Sleep on the Hub's account without losing the lease."""
        self.harvest.leased_until = now() + LEASE + timedelta(seconds=seconds)
        self.store(self.mine(), ["leased_until"])
        time.sleep(seconds)

    def finish(self, problem: str = "", *, busy: bool = False) -> None:
        """Close with full, partial or failed: failed when nothing at all came of it."""
        row = self.harvest
        row.problem, row.finished_at, row.leased_until, row.holder = problem, now(), None, ""
        row.cursor |= {"busy": busy}
        if not problem and not row.failed:
            row.status = Harvest.Status.FULL
        else:
            came = row.created + row.updated + row.unchanged
            row.status = Harvest.Status.PARTIAL if came else Harvest.Status.FAILED
        columns = "status problem finished_at leased_until holder cursor requests wall_s".split()
        self.store(self.mine(), [*columns, *COUNTERS])

    def forget_what_was_rolled_back(self) -> None:
        """Count from what is committed, after a step that was not."""
        self.harvest.refresh_from_db()

    def mine(self):
        return Harvest.objects.filter(pk=self.harvest.pk, holder=self.holder)

    def store(self, rows, columns: list[str]) -> None:
        requests, wall_s = self.before
        self.harvest.requests = requests + (self.hub.requests if self.hub else 0)
        self.harvest.wall_s = wall_s + time.monotonic() - self.began
        if not rows.update(**{column: getattr(self.harvest, column) for column in columns}):
            raise TakenOver(f"Another process has taken harvest {self.harvest.pk} over.")

    def keep(self, incoming: list[Incoming], at: datetime) -> list[Kept]:
        """Keep and count the records; one that cannot be kept for a reason that nobody foresaw stops no other."""
        try:
            kept = keep(incoming, at=at, harvest=self.harvest)
        except (InterfaceError, OperationalError):
            raise
        except Exception as error:
            if len(incoming) == 1:
                log.exception("%s was not kept", incoming[0].record.name)
                self.refuse(f"It could not be kept: {type(error).__name__}.", name=incoming[0].record.name)
                return []
            return [kept for one in incoming for kept in self.keep([one], at)]
        self.harvest.seen += len(kept)
        for k in kept:
            self.count(k.change)
        return kept

    def refuse(self, problem: str, *, line: int | None = None, name: str = "") -> None:
        """Record why one record was not taken, and go on."""
        self.harvest.seen += 1
        self.note(problem, line=line, name=name)

    def note(self, problem: str, *, line: int | None = None, name: str = "") -> None:
        """Record what went wrong with a record that is counted already."""
        self.harvest.failed += 1
        if self.harvest.failed <= MOST_PROBLEMS:
            told = {"name": storable_text(name)[:NAME_MOST], "problem": storable_text(problem)}
            HarvestProblem.objects.create(harvest=self.harvest, line=line, **told)

    def count(self, counter: str) -> None:
        setattr(self.harvest, counter, getattr(self.harvest, counter) + 1)

    def count_visit(self, row: Visit) -> None:
        """Count a visit to a repository that nothing else counts; one that brought less than all is a problem too."""
        self.harvest.seen += 1
        if change := getattr(row, "change", None):
            self.count(change)
        if row.status == Visit.Status.GONE:
            self.harvest.gone += 1
        if row.status in (Visit.Status.GONE, Visit.Status.FAILED, Visit.Status.PARTIAL):
            self.note(row.problem, name=row.name)

    def mind(self, error: HubError | None) -> None:
        """Give up where asking on is pointless: a refused token, or a Hub that is busy again and again."""
        self.busy_in_a_row = self.busy_in_a_row + 1 if isinstance(error, HubBusy) else 0
        if isinstance(error, BadToken) or self.busy_in_a_row >= BUSY_IN_A_ROW:
            raise error
