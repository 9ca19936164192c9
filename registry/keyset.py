"""Pages by key: every page is a range or two of one index, however deep it lies, and inserts move nothing."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.core import signing
from django.db.models import F, Q, QuerySet
from django.utils.dateparse import parse_datetime

from registry.models.ordering import LargestFirst

SALT = "registry.keyset"


class BadCursor(ValueError):
    """The cursor was not made by us, or for another order."""


@dataclass(frozen=True)
class Order:
    """One column, then the key. Largest first puts the unknown last; smallest first is for columns never unknown.

    `tie` is the key's column, where the order's index holds it under another name.
    """

    column: str = "id"
    largest_first: bool = False
    tie: str = "id"

    @classmethod
    def named(cls, text: str) -> Order:
        """`column` or `-column`, as Django writes an ordering."""
        return cls(text.lstrip("-"), text.startswith("-"))

    def applied_to(self, rows: QuerySet) -> QuerySet:
        if self.column == "id":
            return rows.order_by("-id" if self.largest_first else "id")
        return rows.order_by(LargestFirst(F(self.column)) if self.largest_first else self.column, self.tie)

    def ranges_after(self, place: Place | None) -> Iterator[Q]:
        """What follows `place`, as conditions in order, each of which is one range of the order's index."""
        beyond = "lt" if self.largest_first else "gt"
        if place is None:
            yield Q()
        elif self.column == "id":
            yield Q(**{f"id__{beyond}": place.pk})
        elif place.key is None:
            yield Q(**{f"{self.column}__isnull": True, f"{self.tie}__gt": place.pk})
        else:
            yield Q(**{self.column: place.key, f"{self.tie}__gt": place.pk})
            yield Q(**{f"{self.column}__{beyond}": place.key})
            if self.largest_first:
                yield Q(**{f"{self.column}__isnull": True})


@dataclass(frozen=True)
class Place:
    """The last row of a page: its value in the order's column, and its key."""

    key: Any
    pk: int

    def as_cursor(self, order: Order) -> str:
        """The place as text that nobody else can make."""
        key = ["time", self.key.isoformat()] if isinstance(self.key, datetime) else ["value", self.key]
        return signing.Signer(salt=SALT).sign_object([order.column, order.largest_first, *key, self.pk])

    @classmethod
    def from_cursor(cls, cursor: str, order: Order) -> Place:
        """The place that `as_cursor` wrote; raises BadCursor."""
        try:
            column, largest_first, sort, key, pk = signing.Signer(salt=SALT).unsign_object(cursor)
        except (signing.BadSignature, ValueError, TypeError):
            raise BadCursor("The cursor is not one of ours.") from None
        if (column, largest_first) != (order.column, order.largest_first):
            raise BadCursor("The cursor belongs to another order.")
        return cls(parse_datetime(key) if sort == "time" else key, pk)


def page_after(rows: QuerySet, order: Order, place: Place | None, size: int) -> tuple[list, Place | None]:
    """At most `size` of `rows` after `place`, and where the next page begins or None; at most three queries."""
    ordered, found = order.applied_to(rows), []
    for part in order.ranges_after(place):
        found += ordered.filter(part)[: size + 1 - len(found)]
        if len(found) > size:
            last = found[size - 1]
            return found[:size], Place(getattr(last, order.column), last.pk)
    return found, None
