"""Cursor pages for `/api/v1/`: stable under inserts, and a cursor that was tampered with is a 400."""

from rest_framework.pagination import CursorPagination


class CursorPages(CursorPagination):
    """Pages in the order of the primary key unless the view names another ordering."""

    ordering = "id"
    page_size = 100
    page_size_query_param = "limit"
    max_page_size = 1000
