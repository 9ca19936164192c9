"""Errors of the REST interface as RFC 9457 problem details."""

from http import HTTPStatus

from django.http import JsonResponse
from django.views import defaults
from rest_framework.views import exception_handler


def problem_json(exc, context):
    """DRF's own answer, re-dressed: one sentence in `detail`, and the fields at fault in `errors`."""
    response = exception_handler(exc, context)
    if response is None:
        return None
    body = response.data
    detail = body.get("detail") if isinstance(body, dict) else None
    problem = problem_of(response.status_code, str(detail) if detail is not None else "The request is not valid.")
    if detail is None:
        problem["errors"] = body
    response.data = problem
    response.content_type = "application/problem+json"
    return response


def problem_of(status: int, detail: str) -> dict:
    return {"type": "about:blank", "title": HTTPStatus(status).phrase, "status": status, "detail": detail}


def in_the_wanted_form(request, page, status: int, detail: str):
    """A page for people; problem details under `/api/`, where tools ask."""
    if not request.path.startswith("/api/"):
        return page
    return JsonResponse(problem_of(status, detail), status=status, content_type="application/problem+json")


def not_found(request, exception):
    return in_the_wanted_form(request, defaults.page_not_found(request, exception), 404, "Nothing has this address.")


def bad_request(request, exception):
    return in_the_wanted_form(request, defaults.bad_request(request, exception), 400, "The request cannot be read.")


def server_error(request):
    return in_the_wanted_form(request, defaults.server_error(request), 500, "An error of ours; the log has it.")
