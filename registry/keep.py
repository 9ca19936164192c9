"""Keeps what a source said: idempotent upserts of whole batches, in a number of queries that no batch changes."""

from __future__ import annotations

import json
import zlib
from collections.abc import Iterable, Iterator
from datetime import datetime

from django.db import connection, transaction
from django.db.models import Max, Q

from registry.contents import keep_contents, keep_files, keep_revisions, state_digests
from registry.identity import COLUMNS, SAID, Incoming, Kept, identify, names_differ, settle_names, values_of
from registry.models import Account, Alias, Harvest, Observation, Repo, RepoTag, Tag
from registry.records import RepoRecord, canonical, info_digest, merged_info

COUNTERS = {
    "downloads": "downloads",
    "downloadsAllTime": "downloads_all_time",
    "likes": "likes",
    "trendingScore": "trending_score",
    "usedStorage": "used_storage_bytes",
}
KEEPERS = 5_303_941  # the number of the lock; any that nobody else takes
CHUNK = 500  # keys named in one query
TRUST = {Repo.Source.BUNDLED: 0, Repo.Source.DUMP: 1, Repo.Source.HUB: 2}


def keep(incoming: list[Incoming], *, at: datetime, harvest: Harvest | None = None) -> list[Kept]:
    """Keep every record, in order; the answer's `change` is created, updated or unchanged for each.

    `at` is when the source said it. One transaction; a repository that occurs twice is kept twice, in order.
    """
    with transaction.atomic():
        wait_for_other_keepers()
        return [kept for group in without_repeats(incoming) for kept in keep_group(group, at, harvest)]


def wait_for_other_keepers() -> None:
    """One transaction keeps at a time, as it is on SQLite anyway: two would race for names, or deadlock."""
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock(%s)", [KEEPERS])


def without_repeats(incoming: Iterable[Incoming]) -> Iterator[list[Incoming]]:
    """Runs in which no id and no name occurs twice."""
    group, keys = [], set()
    for one in incoming:
        own = {(one.record.kind, one.record.name.lower()), (one.record.kind, one.record.hub_id or one.record.name)}
        if own & keys:
            yield group
            group, keys = [], set()
        group.append(one)
        keys |= own
    if group:
        yield group


def keep_group(group: list[Incoming], at: datetime, harvest: Harvest | None) -> list[Kept]:
    kept, holders = identify(group, at)
    if len({id(k.repo) for k in kept}) < len(kept):  # by its id and by its former name: one repository, two records
        return [k for one in group for k in keep_group([one], at, harvest)]
    losers = settle_names(kept, holders)
    accounts = accounts_of(one.record for one in group)
    infos = known_infos([k.repo for k in kept if not k.is_new])
    for k in kept:
        known = {} if k.adopts else infos.get(k.repo.pk, {}) | known_counters(k.repo)
        k.info = merged_info(known, k.incoming.record.info, overwrites=k.overwrites)
        fill_columns(k, accounts, at)
    save_repos(kept, losers, at)
    contents = keep_contents(one for k in kept for one in (k.incoming.card, *k.incoming.files.values()))
    keep_revisions(kept, contents, at)
    keep_files(kept, contents)
    keep_former_names(kept)
    keep_observations(kept, at, harvest)
    keep_tags(kept)
    digests = state_digests([k.repo for k in kept])
    for k in kept:
        k.repo.state_digest = digests[k.repo.pk]
        if k.touched or k.before != values_of(k.repo):
            k.repo.observed_at = at
    changed = sorted((k.repo for k in kept if k.is_new or k.change == "updated"), key=lambda repo: repo.pk)
    # An upsert over the key is bulk_update at a fifth of its price: no CASE for each cell.
    Repo.objects.bulk_create(changed, update_conflicts=True, unique_fields=["id"], update_fields=COLUMNS)
    return kept


def known_infos(repos: list[Repo]) -> dict[int, dict]:
    """The newest observation of each repository, by key."""
    newest = Observation.objects.filter(repo__in=repos).values("repo").annotate(newest=Max("pk")).values("newest")
    rows = Observation.objects.filter(pk__in=newest).values_list("repo_id", "packed")
    return {key: json.loads(zlib.decompress(packed)) for key, packed in rows}


def known_counters(repo: Repo) -> dict:
    """The counters as the columns have them: an observation is not kept anew for them."""
    values = {key: getattr(repo, column) for key, column in COUNTERS.items()}
    return {key: value for key, value in values.items() if value is not None}


def accounts_of(records: Iterable[RepoRecord]) -> dict[str, Account]:
    names = {record.account for record in records if record.account}
    have = Account.objects.in_bulk(names, field_name="name")
    if missing := sorted(names - have.keys()):
        Account.objects.bulk_create([Account(name=name) for name in missing], ignore_conflicts=True)
        have |= Account.objects.in_bulk(missing, field_name="name")
    return have


def fill_columns(k: Kept, accounts: dict[str, Account], at: datetime) -> None:
    """Bring the row up to what is known after this record."""
    repo, one = k.repo, k.incoming
    said = RepoRecord.from_hub(repo.kind, k.info | {"id": repo.name})
    for column in SAID:
        setattr(repo, column, getattr(said, column))
    repo.tags = list(said.tags)
    repo.hub_id = repo.hub_id or one.record.hub_id
    repo.hub_created_at = said.created_at if k.adopts else repo.hub_created_at or said.created_at
    repo.hub_modified_at = said.modified_at
    repo.account = accounts.get(said.account) or repo.account
    repo.info_digest = info_digest(k.info)
    repo.source = max(repo.source, one.source, key=TRUST.__getitem__)
    closed = repo.is_private or repo.gated in (Repo.Gated.AUTO, Repo.Gated.MANUAL)
    if closed:  # once read with a token it stays hidden, whoever speaks of it next
        repo.staff_only = repo.staff_only or one.with_token
    elif k.overwrites or k.is_new:
        repo.staff_only = False
    if one.source == Repo.Source.HUB:
        repo.gone_at = repo.suspected_gone_at = None


def save_repos(kept: list[Kept], losers: list[Repo], at: datetime) -> None:
    """Insert new rows and free the names that change hands; the rest is written at the end."""
    renamed = [k.repo for k in kept if not k.is_new and (k.before["name"], True) != (k.repo.name, k.repo.holds_name)]
    renamed = [repo for repo in renamed if repo.holds_name]
    Repo.objects.filter(pk__in=[r.pk for r in (*losers, *renamed)]).update(holds_name=False)
    moved = Q(repo__in=[r.pk for r in (*losers, *renamed)], valid_to=None)
    Alias.objects.filter(moved).update(valid_to=at)
    new = [k.repo for k in kept if k.is_new]
    Repo.objects.bulk_create(new)
    Alias.objects.bulk_create(
        [
            Alias(repo=r, kind=r.kind, name=r.name, valid_from=at, valid_to=None if r.holds_name else at)
            for r in (*new, *renamed)
        ]
    )


def keep_former_names(kept: list[Kept]) -> None:
    """Note the names that older records tell of; a name is noted once, at the time of which the record speaks."""
    told = [k for k in kept if not k.is_new and not k.overwrites and k.incoming.record.hub_id and names_differ(k)]
    if not told:
        return
    known = Alias.objects.filter(repo__in=[k.repo for k in told]).values_list("repo_id", "name")
    known = {(key, name.lower()) for key, name in known}
    rows = []
    for k in told:
        record = k.incoming.record
        if (k.repo.pk, record.name.lower()) not in known:
            told_at = record.modified_at or record.created_at or k.repo.first_seen_at
            rows.append(Alias(repo=k.repo, kind=k.repo.kind, name=record.name, valid_from=told_at, valid_to=told_at))
            k.touched = True
    Alias.objects.bulk_create(rows)


def keep_observations(kept: list[Kept], at: datetime, harvest: Harvest | None) -> None:
    fresh = [k for k in kept if k.is_new or k.before["info_digest"] != k.repo.info_digest]
    Observation.objects.bulk_create(
        [
            Observation(
                repo=k.repo,
                digest=k.repo.info_digest,
                packed=zlib.compress(canonical(k.info)),
                observed_at=at,
                harvest=harvest,
            )
            for k in fresh
        ]
    )


def keep_tags(kept: list[Kept]) -> None:
    """Bring the index over tags in line with the rows' own lists."""
    changed = [k.repo for k in kept if k.is_new and k.repo.tags or not k.is_new and k.before["tags"] != k.repo.tags]
    if not changed:
        return
    names = {name for repo in changed for name in repo.tags}
    have = Tag.objects.in_bulk(names, field_name="name")
    if missing := sorted(names - have.keys()):
        Tag.objects.bulk_create([Tag(name=name) for name in missing], ignore_conflicts=True)
        have |= Tag.objects.in_bulk(missing, field_name="name")
    want = {(repo.pk, have[name].pk) for repo in changed for name in repo.tags}
    rows = {(r, t): pk for pk, r, t in RepoTag.objects.filter(repo__in=changed).values_list("pk", "repo_id", "tag_id")}
    stale = sorted(rows[pair] for pair in rows.keys() - want)
    for start in range(0, len(stale), CHUNK):
        RepoTag.objects.filter(pk__in=stale[start : start + CHUNK]).delete()
    RepoTag.objects.bulk_create([RepoTag(repo_id=r, tag_id=t) for r, t in sorted(want - rows.keys())])
