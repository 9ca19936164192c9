"""What every operation of the OpenAPI document shares: its errors, as problem details."""

from __future__ import annotations

from drf_spectacular.extensions import OpenApiAuthenticationExtension
from drf_spectacular.openapi import AutoSchema
from drf_spectacular.plumbing import ResolvedComponent

PROBLEM = {
    "type": "object",
    "required": ["type", "title", "status", "detail"],
    "properties": {
        "type": {"type": "string"},
        "title": {"type": "string"},
        "status": {"type": "integer"},
        "detail": {"type": "string"},
        "errors": {"description": "The parameters or fields at fault, each with sentences."},
    },
}
ERRORS = {
    "400": "The request is not valid: an unknown parameter, a bad value, a cursor that is not ours.",
    "401": "The token is unknown, expired or revoked, or reading needs one.",
    "403": "The token lacks the scope, or the user the permission.",
    "404": "It is not mirrored, or not for your eyes.",
    "405": "The method is not offered here.",
    "406": "Only JSON is offered.",
    "413": "The body is too large.",
    "415": "The body is not JSON.",
    "429": "Too many requests; Retry-After says when to come back.",
}
READ_ERRORS = ("400", "401", "403", "404", "405", "406", "429")


class TokenScheme(OpenApiAuthenticationExtension):
    target_class = "registry.access.TokenAuthentication"
    name = "token"

    def get_security_definition(self, auto_schema):
        return {"type": "http", "scheme": "bearer", "description": "A token of Stemma: `Authorization: Bearer stm_…`"}


class ProblemSchema(AutoSchema):
    """Adds the errors that any view may answer to what it declares itself."""

    def get_operation(self, *args, **kwargs):
        operation = super().get_operation(*args, **kwargs)
        if operation is not None:
            writes = "requestBody" in operation
            for status in ERRORS if writes else READ_ERRORS:
                operation["responses"].setdefault(status, self.problem(ERRORS[status]))
            if self.method == "GET":
                operation["responses"].setdefault("304", {"description": "Unchanged since the ETag that was sent."})
        return operation

    def problem(self, description: str) -> dict:
        shape = ResolvedComponent("Problem", ResolvedComponent.SCHEMA, PROBLEM, object="Problem")
        self.registry.register_on_missing(shape)
        return {"description": description, "content": {"application/problem+json": {"schema": shape.ref}}}
