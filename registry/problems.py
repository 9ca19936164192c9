"""Errors of the REST interface as RFC 9457 problem details."""

from http import HTTPStatus

from rest_framework.views import exception_handler


def problem_json(exc, context):
    """DRF's own answer, re-dressed: one sentence in `detail`, and the fields at fault in `errors`."""
    response = exception_handler(exc, context)
    if response is None:
        return None
    body = response.data
    detail = body.get("detail") if isinstance(body, dict) else None
    problem = {
        "type": "about:blank",
        "title": HTTPStatus(response.status_code).phrase,
        "status": response.status_code,
        "detail": str(detail) if detail is not None else "The request is not valid.",
    }
    if detail is None:
        problem["errors"] = body
    response.data = problem
    response.content_type = "application/problem+json"
    return response
