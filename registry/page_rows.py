"""Rows of a page, by a cursor in its address."""

from __future__ import annotations

from django.db.models import QuerySet
from django.http import Http404, HttpRequest

from registry.keyset import BadCursor, Order, Place, page_after

ROWS = 50


def page_of(
    rows: QuerySet, order: Order, request: HttpRequest, parameter: str = "after", size: int = ROWS
) -> tuple[list, str | None]:
    """One page of `rows` and the query string of the next, or None; a cursor that is not ours is a 404."""
    cursor = request.GET.get(parameter)
    try:
        place = Place.from_cursor(cursor, order) if cursor else None
    except BadCursor as error:
        raise Http404(str(error)) from None
    found, next_place = page_after(rows, order, place, size)
    if next_place is None:
        return found, None
    query = request.GET.copy()
    query[parameter] = next_place.as_cursor(order)
    return found, query.urlencode()
