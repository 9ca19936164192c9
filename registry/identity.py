"""Which repository a record is about, and who holds a name when several want it.

A repository is (kind, hub_id). A row without an id is provisional and matched by its name; the first id seen is adopted
unless `createdAt` contradicts it, which a record that we wrote ourselves cannot do. A different id under the same name
is another repository.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta

from django.db.models.functions import Lower

from registry.models import Repo
from registry.records import RepoRecord

SAID = (
    "gated is_private is_disabled downloads downloads_all_time likes trending_score used_storage_bytes parameters"
    " pipeline_tag library_name sdk licence"
).split()
COLUMNS = [
    *SAID,
    *"hub_id name holds_name account source staff_only head hub_created_at hub_modified_at tags state_digest".split(),
    *"info_digest observed_at gone_at suspected_gone_at".split(),
]
CLOCK_SLACK = timedelta(days=1)  # a date further ahead of us than this is wrong, and holds nothing up


@dataclass(frozen=True)
class Incoming:
    """One record with what came along; a `card` of None is unknown unless `card_absent` or `card_problem` says more."""

    record: RepoRecord
    source: str
    card: bytes | None = None
    card_absent: bool = False
    card_problem: str = ""
    files: dict[str, bytes] = field(default_factory=dict)
    with_token: bool = False


@dataclass
class Kept:
    """One record's row while it is kept, and afterwards what became of it."""

    incoming: Incoming
    repo: Repo
    is_new: bool
    overwrites: bool
    before: dict
    adopts: bool = False  # the first real word on a record that we wrote ourselves: nothing of ours is mixed in
    info: dict = field(default_factory=dict)
    revision: object = None
    touched: bool = False  # something beside the row itself changed

    @property
    def change(self) -> str:
        if self.is_new:
            return "created"
        return "updated" if self.touched or self.before != values_of(self.repo) else "unchanged"


def values_of(repo: Repo) -> dict:
    """What is compared to tell an update from a repetition."""
    return {column: getattr(repo, column + "_id" * (column in ("account", "head"))) for column in COLUMNS} | {
        "tags": list(repo.tags)
    }


Name = tuple[str, str]  # kind and lower-case name


def name_key(kind: str, name: str) -> Name:
    return kind, name.lower()


def identify(group: list[Incoming], at: datetime) -> tuple[list[Kept], dict[Name, Repo]]:
    """The row that each record is about, found or made, and who holds each name that is spoken of."""
    records = [one.record for one in group]
    of_kinds = Repo.objects.filter(kind__in={r.kind for r in records})  # with which the indexes begin
    by_id = {(r.kind, r.hub_id): r for r in of_kinds.filter(hub_id__in={r.hub_id for r in records if r.hub_id})}
    rows = {r.pk: r for r in by_id.values()}  # one object a row, however it was found
    named = of_kinds.current().annotate(lower_name=Lower("name"))
    named = named.filter(lower_name__in={r.name.lower() for r in records})
    holders = {name_key(r.kind, r.name): rows.setdefault(r.pk, r) for r in named}
    kept = []
    for one in group:
        record = one.record
        repo = by_id.get((record.kind, record.hub_id)) if record.hub_id else None
        holder = holders.get(name_key(record.kind, record.name))
        if repo is None and holder is not None and is_same(holder, record):
            repo = holder
        kept.append(found(one, repo, at) if repo else made(one, at))
    return kept, holders


def settle_names(kept: list[Kept], holders: dict[Name, Repo]) -> list[Repo]:
    """Give each row its name; the rows that lose theirs.

    A row that moves away frees its name. Whether it can move may depend on whether another can, so those that cannot
    are taken out until nothing changes.
    """

    def rival_of(k: Kept) -> Repo | None:
        holder = holders.get(name_key(k.repo.kind, k.incoming.record.name))
        return None if holder is k.repo else holder

    wanting = [k for k in kept if k.is_new or k.overwrites and names_differ(k)]
    while True:
        leaving = {k.repo.pk for k in wanting if not k.is_new}
        staying = [(k, r) for k in wanting if (r := rival_of(k)) is not None and r.pk not in leaving]
        blocked = {id(k) for k, rival in staying if not takes_name(k.incoming, rival)}
        if not blocked:
            break
        wanting = [k for k in wanting if id(k) not in blocked]
    losers = [rival for _, rival in staying]
    for rival in losers:
        rival.holds_name = False
    for k in kept:
        if k.is_new:
            k.repo.name, k.repo.holds_name = k.incoming.record.name, False
    for k in wanting:
        k.repo.name, k.repo.holds_name = k.incoming.record.name, True
    return losers


def names_differ(k: Kept) -> bool:
    return k.repo.name != k.incoming.record.name or not k.repo.holds_name


def found(one: Incoming, repo: Repo, at: datetime) -> Kept:
    """A record about a row that is there; whether it may overwrite what the row says."""
    said, known = one.record.modified_at, repo.hub_modified_at
    is_newer = said is not None and (known is None or said >= known or known > at + CLOCK_SLACK)
    ours = repo.source == Repo.Source.BUNDLED
    return Kept(one, repo, False, ours or is_newer, values_of(repo), adopts=ours and one.source != repo.source)


def made(one: Incoming, at: datetime) -> Kept:
    repo = Repo(kind=one.record.kind, source=one.source, first_seen_at=at, observed_at=at)
    return Kept(one, repo, True, True, {})


def is_same(holder: Repo, record: RepoRecord) -> bool:
    """Whether a record of the same name is about `holder`."""
    if record.hub_id is None:
        return True
    if holder.hub_id is not None:
        return False
    if holder.source == Repo.Source.BUNDLED:
        return True
    return None in (holder.hub_created_at, record.created_at) or holder.hub_created_at == record.created_at


def takes_name(one: Incoming, rival: Repo) -> bool:
    """What the Hub says now takes the name over; of two dumps, the repository that was heard of later has it."""
    if one.source == Repo.Source.HUB:
        return True
    said = max(filter(None, (one.record.modified_at, one.record.created_at)), default=None)
    known = max(filter(None, (rival.hub_modified_at, rival.hub_created_at)), default=None)
    return said is not None and (known is None or said > known)
