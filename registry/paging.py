"""Cursor pages for `/api/v1/`: stable under inserts, signed, and dated."""

from __future__ import annotations

from rest_framework.exceptions import ValidationError
from rest_framework.pagination import BasePagination
from rest_framework.response import Response

from registry.freshness import mirror_freshness
from registry.keyset import BadCursor, Order, Place, page_after


class CursorPages(BasePagination):
    """Pages in the order of the primary key unless the view names another `ordering`, such as `-assessed_at`.

    A cursor that was tampered with, and a `limit` that is no number from 1 to 1,000, are a 400.
    """

    ordering = "id"
    page_size = 100
    max_page_size = 1000
    cursor_query_param = "cursor"
    page_size_query_param = "limit"

    def paginate_queryset(self, queryset, request, view=None):
        self.request = request
        self.order = Order.named(getattr(view, "ordering", None) or self.ordering)
        place = self.place_in(request.query_params.get(self.cursor_query_param))
        rows, self.next_place = page_after(queryset, self.order, place, self.size_in(request))
        return rows

    def place_in(self, cursor: str | None) -> Place | None:
        if cursor is None:
            return None
        try:
            return Place.from_cursor(cursor, self.order)
        except BadCursor as error:
            raise ValidationError({self.cursor_query_param: [str(error)]}) from None

    def size_in(self, request) -> int:
        text = request.query_params.get(self.page_size_query_param)
        if text is None:
            return self.page_size
        if text.isascii() and text.isdigit() and len(text) < 7 and 1 <= int(text) <= self.max_page_size:
            return int(text)
        raise ValidationError({self.page_size_query_param: [f"Not a number from 1 to {self.max_page_size}."]})

    def next_link(self) -> str | None:
        if self.next_place is None:
            return None
        query = self.request.query_params.copy()
        query[self.cursor_query_param] = self.next_place.as_cursor(self.order)
        return self.request.build_absolute_uri(f"{self.request.path}?{query.urlencode()}")

    def get_paginated_response(self, data):
        fresh = mirror_freshness()
        return Response(
            {"as_of": fresh.as_of, "completeness": fresh.completeness, "next": self.next_link(), "results": data}
        )

    def get_paginated_response_schema(self, schema):
        return {
            "type": "object",
            "required": ["as_of", "completeness", "next", "results"],
            "properties": {
                "as_of": {"type": "string", "format": "date-time", "nullable": True},
                "completeness": {"type": "string"},
                "next": {"type": "string", "format": "uri", "nullable": True},
                "results": schema,
            },
        }

    def get_schema_operation_parameters(self, view):
        cursor = {"type": "string", "description": "From `next` of the page before."}
        size = {"type": "integer", "minimum": 1, "maximum": self.max_page_size, "default": self.page_size}
        return [
            {"name": self.cursor_query_param, "required": False, "in": "query", "schema": cursor},
            {"name": self.page_size_query_param, "required": False, "in": "query", "schema": size},
        ]
