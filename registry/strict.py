"""Requests to `/api/v1/` are read strictly: what a view does not know, or no database can store, is a 400."""

from __future__ import annotations

import io
import re

from django.http import QueryDict
from rest_framework.exceptions import ParseError, ValidationError
from rest_framework.parsers import JSONParser

JSON_DEPTH_MOST = 64  # brackets open at once; Python's own reader gives up near 1,000 with a RecursionError
PARAMETER_CHARACTERS_MOST = 2_000
NOT_STORABLE = re.compile("[\0\ud800-\udfff]")  # NUL and lone surrogates: PostgreSQL refuses both
STRING_OR_BRACKET = re.compile(r'"(?:[^"\\]|\\.)*+"|[\[{\]}]', re.DOTALL)


def refuse_unknown(given: QueryDict, known: set[str], *, repeatable: frozenset[str] = frozenset()) -> None:
    """Raise a 400 that names what is at fault: unknown, given twice, too long, or with characters nothing can store."""
    errors: dict[str, list[str]] = {}
    for name, values in given.lists():
        if NOT_STORABLE.search(name) or name not in known:
            shown = NOT_STORABLE.sub("\ufffd", name)[:80]
            errors[shown] = [f"Unknown parameter. Known here: {', '.join(sorted(known)) or 'none'}."]
        elif len(values) > 1 and name not in repeatable:
            errors[name] = ["Given more than once."]
        elif any(NOT_STORABLE.search(value) for value in values):
            errors[name] = ["Holds a NUL or a lone surrogate."]
        elif any(len(value) > PARAMETER_CHARACTERS_MOST for value in values):
            errors[name] = [f"Longer than {PARAMETER_CHARACTERS_MOST} characters."]
    if errors:
        raise ValidationError(errors)


class StrictParameters:
    """A view mixin: query parameters other than `parameters`, the filters and those of the pages are a 400."""

    parameters: frozenset[str] = frozenset()

    def initial(self, request, *args, **kwargs):
        super().initial(request, *args, **kwargs)
        refuse_unknown(request.query_params, self.known_parameters())

    def known_parameters(self) -> set[str]:
        """The names that this request may carry."""
        known = set(self.parameters)
        if self.request.method not in ("GET", "HEAD") or getattr(self, "detail", None) or not self.is_a_list():
            return known
        if filterset := getattr(self, "filterset_class", None):
            known |= set(filterset.base_filters)
        if paginator := getattr(self, "paginator", None):
            known |= {paginator.cursor_query_param, paginator.page_size_query_param} - {None}
        return known

    def is_a_list(self) -> bool:
        return hasattr(self, "list")


def is_deeper_than(text: str, most: int) -> bool:
    """Whether more than `most` brackets of a JSON text are open at once; those inside strings do not count.

    >>> is_deeper_than('{"a": ["[[[", {}]}', 3), is_deeper_than('{"a": ["[[[", {}]}', 2)
    (False, True)
    """
    depth = 0
    for match in STRING_OR_BRACKET.finditer(text):
        token = match.group()
        if token in "[{":
            depth += 1
            if depth > most:
                return True
        elif token in "]}":
            depth -= 1
    return False


class BoundedJSONParser(JSONParser):
    """DRF's reader behind a bound on nesting, which alone would end in a RecursionError and a 500."""

    def parse(self, stream, media_type=None, parser_context=None):
        raw = stream.read()
        if raw.count(b"[") + raw.count(b"{") > JSON_DEPTH_MOST:
            if is_deeper_than(raw.decode("utf8", "replace"), JSON_DEPTH_MOST):
                raise ParseError(f"JSON nested deeper than {JSON_DEPTH_MOST} levels.")
        return super().parse(io.BytesIO(raw), media_type, parser_context)
