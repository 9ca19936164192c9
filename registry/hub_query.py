"""Reads the parameters that a client of the Hub sends with a listing, and the cursors that we gave it."""

from __future__ import annotations

import base64
import binascii
import json
import math
import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from registry.hub_fields import DEFAULT_FIELDS, EXPANDABLE, FULL_FIELDS

PAGE_ITEMS = 1000  # default and maximum, as on the Hub
MAX_VALUES = 50  # of one repeated parameter
MAX_CHARS = 300

SORTS = {
    "createdAt": "created",
    "created_at": "created",
    "downloads": "downloads",
    "id": "name",
    "lastModified": "modified",
    "last_modified": "modified",
    "likes": "likes",
    "num_parameters": "parameters",
    "trendingScore": "trending",
    "trending_score": "trending",
}
DEFAULT_SORT = "modified"
TAGGED_BY = {"dataset": "dataset:{}", "language": "{}", "library": "{}", "license": "license:{}", "tags": "{}"}
NOT_KEPT = {
    "apps": "which applications can run a model",
    "datasets": "which spaces use a dataset",
    "inference": "which models are served",
    "inference_provider": "who serves a model",
    "models": "which spaces use a model",
}
SCALE = {"": 1, "K": 10**3, "M": 10**6, "B": 10**9, "T": 10**12}


class BadQuery(ValueError):
    """A parameter that cannot be answered; the message is one sentence for the client."""


@dataclass(frozen=True)
class Cursor:
    """The last row of a page: its sort key, None where that is unknown, and its row number."""

    sort: str
    key: str | float | None
    pk: int

    def text(self) -> str:
        """The cursor as it stands in a URL."""
        packed = json.dumps([self.sort, self.key, self.pk], separators=(",", ":")).encode()
        return base64.urlsafe_b64encode(packed).decode().rstrip("=")

    @classmethod
    def of(cls, text: str, sort: str) -> Cursor:
        """The cursor in `text`; one that we cannot have given for this sort raises BadQuery.

        >>> Cursor.of(Cursor("likes", 7, 3).text(), "likes")
        Cursor(sort='likes', key=7, pk=3)
        """
        try:
            said, key, pk = json.loads(base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)))
            whole = type(pk) is int and 0 <= pk < 2**63 and said == sort
        except (ValueError, TypeError, RecursionError, binascii.Error):
            whole = False
        if not whole or not (key is None or _is_key(sort, key)):
            raise BadQuery("The cursor is not one that this listing gave.")
        return cls(sort, key, pk)


def _is_key(sort: str, key: object) -> bool:
    if sort in ("created", "modified"):
        try:
            moment = datetime.fromisoformat(key) if isinstance(key, str) else None
            return moment is not None and moment.tzinfo is not None and moment.astimezone(UTC) is not None
        except (ValueError, OverflowError):
            return False
    if sort == "name":
        return isinstance(key, str) and 0 < len(key) <= 200 and key.isprintable()
    return type(key) in (int, float) and math.isfinite(key) and abs(key) < 2**63


@dataclass(frozen=True)
class ListingQuery:
    """What is asked of a listing. Every condition must hold; of the names in one entry of `tags`, any."""

    kind: str
    fields: tuple[str, ...]
    sort: str = DEFAULT_SORT
    limit: int = PAGE_ITEMS
    cursor: Cursor | None = None
    author: str | None = None
    tags: tuple[tuple[str, ...], ...] = ()
    words: tuple[str, ...] = ()  # of the name
    pipeline_tags: tuple[str, ...] = ()
    gated: bool | None = None
    min_parameters: int | None = None
    max_parameters: int | None = None


def read_listing(kind: str, given: Mapping[str, Sequence[str]]) -> ListingQuery:
    """The query in the parameters `given`, each with all its values; what cannot be answered raises BadQuery."""
    check_sizes(given)
    last = {name: values[-1] for name, values in given.items() if values}
    for name in last:
        if name in NOT_KEPT and last[name]:
            raise BadQuery(f"{name} cannot be answered: this mirror does not know {NOT_KEPT[name]}.")
    if unknown := sorted(set(last) - KNOWN):
        raise BadQuery(f"{unknown[0][:80]} is not a parameter of this listing.")
    if last.get("direction", "-1") not in ("-1", ""):
        raise BadQuery("direction can only be -1: listings run from the largest down.")
    sort = SORTS.get(last["sort"]) if last.get("sort") else DEFAULT_SORT
    if sort is None:
        raise BadQuery(f"sort {last['sort'][:80]!r} cannot be answered; it can be {', '.join(SORTS)}.")
    low, high = read_parameters(last.get("num_parameters", ""))
    return ListingQuery(
        kind,
        fields=listed_fields(kind, given),
        sort=sort,
        limit=read_limit(last.get("limit", "")),
        cursor=Cursor.of(last["cursor"], sort) if last.get("cursor") else None,
        author=last.get("author") or None,
        tags=read_tags(given),
        words=tuple(word for text in given.get("search", ()) for word in text.split()),
        pipeline_tags=tuple(tag for tag in given.get("pipeline_tag", ()) if tag),
        gated=read_flag("gated", last["gated"]) if last.get("gated") else None,
        min_parameters=low,
        max_parameters=high,
    )


KNOWN = {
    "author",
    "cardData",
    "config",
    "cursor",
    "direction",
    "expand",
    "expand[]",
    "filter",
    "full",
    "gated",
    "limit",
}
KNOWN |= {"linked", "num_parameters", "pipeline_tag", "search", "sort", *TAGGED_BY, *NOT_KEPT}


def check_sizes(given: Mapping[str, Sequence[str]]) -> None:
    """Raise BadQuery for more or longer values than a client has reason to send."""
    for name, values in given.items():
        if len(values) > MAX_VALUES or any(len(value) > MAX_CHARS or "\0" in value for value in values):
            raise BadQuery(f"{name[:40]!r} has too many values, too long a one, or one with a NUL.")


def read_tags(given: Mapping[str, Sequence[str]]) -> tuple[tuple[str, ...], ...]:
    """Per condition the tags that meet it. A model's tag for a language is bare where a dataset's has a prefix.

    >>> read_tags({"filter": ["license:mit,en", "language:fr"]})
    (('license:mit',), ('en',), ('language:fr', 'fr'))
    """
    asked = [tag.strip() for value in given.get("filter", ()) for tag in value.split(",")]
    for name, form in TAGGED_BY.items():
        asked += [form.format(value) for value in given.get(name, ()) if value]
    return tuple(
        (tag, tag.removeprefix("language:")) if tag.startswith("language:") else (tag,) for tag in asked if tag
    )


def read_limit(text: str) -> int:
    """How many records a page may hold; more than a page's maximum means the maximum."""
    if not text:
        return PAGE_ITEMS
    if not re.fullmatch(r"[0-9]{1,9}", text):
        raise BadQuery("limit must be a whole number, 0 or more.")
    return min(int(text), PAGE_ITEMS)


def read_flag(name: str, text: str) -> bool:
    """true or false, 1 or 0, in either case of letters."""
    meaning = {"true": True, "1": True, "false": False, "0": False, "": False}.get(text.lower())
    if meaning is None:
        raise BadQuery(f"{name} must be true or false.")
    return meaning


def read_flags(given: Mapping[str, Sequence[str]], *names: str, also: Collection[str]) -> dict[str, bool]:
    """The flags `names`, false where they are not given; a parameter that is neither one nor in `also` is refused."""
    check_sizes(given)
    if unknown := sorted(set(given) - {*names, *also}):
        raise BadQuery(f"{unknown[0][:80]} is not a parameter here.")
    return {name: read_flag(name, (given.get(name) or [""])[-1]) for name in names}


def read_parameters(text: str) -> tuple[int | None, int | None]:
    """The bounds in `min:6B,max:128B`, either of which may be missing.

    >>> read_parameters("min:1.5B")
    (1500000000, None)
    """
    bounds: dict[str, int] = {}
    for part in filter(None, text.split(",")):
        match = re.fullmatch(r"(min|max):(\d{1,12}(?:\.\d{1,6})?)([KMBT]?)", part.strip(), re.IGNORECASE | re.ASCII)
        if match is None:
            raise BadQuery("num_parameters must look like min:6B,max:128B.")
        bounds[match[1].lower()] = min(round(float(match[2]) * SCALE[match[3].upper()]), 2**63 - 1)
    return bounds.get("min"), bounds.get("max")


def expanded_fields(kind: str, given: Mapping[str, Sequence[str]]) -> tuple[str, ...]:
    """The fields asked for by name, in order; a name that the Hub does not have raises BadQuery."""
    asked = [name for key in ("expand", "expand[]") for name in given.get(key, ()) if name]
    for name in asked:
        if name not in EXPANDABLE[kind]:
            raise BadQuery(f"expand {name[:80]!r} is not one of {', '.join(EXPANDABLE[kind])}.")
    return tuple(dict.fromkeys(asked))


def listed_fields(kind: str, given: Mapping[str, Sequence[str]]) -> tuple[str, ...]:
    """The fields of each record: those asked for by name, or the usual ones and what `full` and its like add."""
    if named := expanded_fields(kind, given):
        return named
    on = {name for name in ("full", "cardData", "config", "linked") if read_flag(name, (given.get(name) or [""])[-1])}
    fields = list(FULL_FIELDS[kind] if "full" in on else DEFAULT_FIELDS[kind])
    fields += [name for name in ("cardData", "config") if name in on]
    fields += ["models", "datasets"] if "linked" in on and kind == "space" else []
    return tuple(dict.fromkeys(fields))
