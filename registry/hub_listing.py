"""Rows for a listing of the Hub-compatible API: conditions, order and one page, in a bounded number of queries."""

from __future__ import annotations

import json
import zlib
from collections.abc import Collection, Iterable, Iterator
from datetime import datetime

from django.db.models import Exists, F, Max, OuterRef, Q
from django.db.models.functions import Lower

from registry.hub_fields import IN_COLUMNS
from registry.hub_json import hub_json
from registry.hub_query import Cursor, ListingQuery
from registry.models import Observation, Repo, RepoTag, Revision, Tag
from registry.models.hub import RepoQuerySet
from registry.models.ordering import LargestFirst

COLUMN = {
    "created": "hub_created_at",
    "downloads": "downloads",
    "likes": "likes",
    "modified": "hub_modified_at",
    "name": "lower_name",
    "parameters": "parameters",
    "trending": "trending_score",
}
RARE = 20_000  # a tag on fewer repositories is where the search starts; a commoner one is met soon in the sort order


def listing(query: ListingQuery, user) -> tuple[list[dict], Cursor | None]:
    """One page of the Hub's JSON, and the cursor of the next one or None."""
    rows, cursor = page(query, matching(query, user))
    infos = kept_infos(rows, query.fields)
    return [hub_json(row, query.fields, infos.get(row.pk, {})) for row in rows], cursor


def shown(kind: str, user) -> RepoQuerySet:
    """The repositories of `kind` that the Hub-compatible API speaks of to `user`."""
    return Repo.objects.of_kind(kind).current().present().visible_to(user).annotate(head_sha=F("head__sha"))


def matching(query: ListingQuery, user) -> RepoQuerySet:
    """The repositories that meet every condition of `query`."""
    repos = tagged(shown(query.kind, user), query.tags)
    if query.author is not None:
        theirs = Repo.objects.filter(account__name=query.author)
        repos = repos.filter(pk__in=theirs.values("pk"))  # starts from the account, where SQLite would walk the order
    for word in query.words:
        repos = repos.search(word)
    if query.pipeline_tags:
        repos = repos.filter(pipeline_tag__in=query.pipeline_tags)
    if query.gated is not None:
        repos = repos.filter(gated__in=[Repo.Gated.AUTO, Repo.Gated.MANUAL] if query.gated else [Repo.Gated.NO])
    if query.min_parameters is not None:
        repos = repos.filter(parameters__gte=query.min_parameters)
    if query.max_parameters is not None:
        repos = repos.filter(parameters__lte=query.max_parameters)
    return repos


def tagged(repos: RepoQuerySet, conditions: Iterable[Collection[str]]) -> RepoQuerySet:
    """Of `repos` those that carry, for each of `conditions`, at least one of its tags.

    Neither database knows how common a tag is, so each is counted, no further than RARE.
    """
    conditions = list(conditions)
    known = dict(Tag.objects.filter(name__in={n for names in conditions for n in names}).values_list("name", "pk"))
    for names in conditions:
        carried = RepoTag.objects.filter(tag__in=[known[name] for name in names if name in known])
        if carried[: RARE + 1].count() <= RARE:
            repos = repos.filter(pk__in=carried.values("repo"))
        else:
            repos = repos.filter(Exists(carried.filter(repo=OuterRef("pk"))))
    return repos


def page(query: ListingQuery, repos: RepoQuerySet) -> tuple[list[Repo], Cursor | None]:
    """At most `query.limit` of `repos` after its cursor, largest first and unknown last, and the next cursor."""
    if query.limit == 0:
        return [], None
    column = COLUMN[query.sort]
    if query.sort == "name":
        repos = repos.annotate(lower_name=Lower("name"))
    repos = repos.order_by(LargestFirst(F(column)), "id")
    rows: list[Repo] = []
    for part in after(column, query.cursor):
        rows += repos.filter(part)[: query.limit + 1 - len(rows)]
        if len(rows) > query.limit:
            last = rows[query.limit - 1]
            key = getattr(last, column)
            key = key.isoformat() if isinstance(key, datetime) else key
            return rows[: query.limit], Cursor(query.sort, key, last.pk)
    return rows, None


def after(column: str, cursor: Cursor | None) -> Iterator[Q]:
    """What follows `cursor`, as conditions in the order of the listing, each of which is one range of its index."""
    if cursor is None:
        yield Q()
    elif cursor.key is None:
        yield Q(**{f"{column}__isnull": True}, id__gt=cursor.pk)
    else:
        key = datetime.fromisoformat(cursor.key) if column.endswith("_at") else cursor.key
        yield Q(**{column: key}, id__gt=cursor.pk)
        yield Q(**{f"{column}__lt": key})
        yield Q(**{f"{column}__isnull": True})


def kept_infos(repos: Collection[Repo], fields: Collection[str]) -> dict[int, dict]:
    """By key, what `fields` need beyond the columns: the newest observation, and the card's header if it lacks that."""
    if not repos or IN_COLUMNS.issuperset(fields):
        return {}
    keys = [repo.pk for repo in repos]
    newest = Observation.objects.filter(repo__in=keys).values("repo").annotate(newest=Max("pk")).values("newest")
    infos: dict[int, dict] = {key: {} for key in keys}
    for key, packed in Observation.objects.filter(pk__in=newest).values_list("repo_id", "packed"):
        infos[key] = json.loads(zlib.decompress(packed))
    heads = {repo.head_id: repo.pk for repo in repos if repo.head_id and infos[repo.pk].get("cardData") is None}
    if heads and "cardData" in fields:
        cards = Revision.objects.filter(pk__in=heads, card__card__metadata__isnull=False)
        for head, metadata in cards.values_list("pk", "card__card__metadata"):
            infos[heads[head]]["cardData"] = metadata
    return infos
