"""`/api/v1/obligations/{kind}/{id}` and its page: what the licences above a repository ask of it, and what it keeps."""

from __future__ import annotations

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_safe
from drf_spectacular.utils import extend_schema, inline_serializer
from rest_framework import serializers
from rest_framework.exceptions import NotFound
from rest_framework.response import Response
from rest_framework.views import APIView

from lineage.graph_api import query_of
from lineage.obligations.rules import LANES
from lineage.obligations.verdict import VERDICT_CHOICES
from lineage.obligations_here import answer, obligations_of
from registry.models import Repo
from registry.strict import StrictParameters

CLAUSE = inline_serializer(
    "Obligation",
    {
        "obligation": serializers.CharField(),
        "words": serializers.CharField(),
        "lane": serializers.ChoiceField(list(LANES)),
        "verdict": serializers.ChoiceField(VERDICT_CHOICES),
        "reason": serializers.CharField(),
        "source": serializers.CharField(),
        "clause": serializers.CharField(allow_null=True, help_text="Where the source's licence says so."),
        "path": serializers.ListField(child=serializers.CharField(), help_text="The shortest, from here upwards."),
        "relations": serializers.ListField(child=serializers.CharField()),
    },
    many=True,
)
OBLIGATIONS = inline_serializer(
    "Obligations",
    {
        "id": serializers.CharField(),
        "kind": serializers.CharField(),
        "rules": serializers.CharField(),
        "verdict": serializers.ChoiceField(VERDICT_CHOICES),
        "reason": serializers.CharField(),
        "relabelled": serializers.CharField(allow_null=True, help_text="How its licence was exchanged, if it was."),
        "at_creation": inline_serializer(
            "ObligationsAtCreation",
            {"verdict": serializers.ChoiceField(VERDICT_CHOICES), "reason": serializers.CharField()},
            allow_null=True,
            help_text="By the licences that stood above it when it was created; null where that time is not known.",
        ),
        "licence": serializers.CharField(allow_null=True),
        "licence_origin": serializers.ChoiceField(["author", "trainer", "template", "file"], allow_null=True),
        "is_partial": serializers.BooleanField(),
        "obligations": CLAUSE,
        "note": serializers.CharField(),
        "as_of": serializers.DateTimeField(),
    },
)


class ObligationsView(StrictParameters, APIView):
    """What the licences above one repository ask of it: each clause with its shortest way, and one verdict."""

    @extend_schema(operation_id="obligations_retrieve", tags=["lineage"], responses={200: OBLIGATIONS})
    def get(self, request, kind: str, name: str):
        repo = Repo.objects.visible_to(request.user).called(kind, name)
        if repo is None:
            raise NotFound(f"No {kind} called {name} is mirrored.")
        if repo.holds_name and repo.name.lower() != name.lower():
            address = reverse("obligations", args=[kind, repo.name]) + query_of(request)
            return HttpResponse(status=307, headers={"Location": address})
        found = obligations_of(repo, request.user)
        if found is None:
            raise NotFound("Its parents were not traced yet.")
        return Response(answer(repo, found) | {"as_of": repo.observed_at})


@require_safe
def obligations_page(request: HttpRequest, kind: str, name: str) -> HttpResponse:
    """The same as a page: the verdict, and a table of clauses with their ways."""
    repo = Repo.objects.visible_to(request.user).called(kind, name)
    if repo is None:
        raise Http404(f"No {kind} of this name is mirrored.")
    if repo.holds_name and repo.name != name:
        return redirect(reverse("obligations-page", args=[kind, repo.name]), permanent=True)
    found = obligations_of(repo, request.user)
    rows = []
    if found is not None:
        said = answer(repo, found)
        for clause, row in zip(found.verdict.clauses, said["obligations"], strict=True):
            rows.append(row | {"way": [found.names[key] for key in clause.carried.way]})
    context = {"repo": repo, "found": said if found else None, "rows": rows}
    return render(request, "lineage/obligations.html", context)
