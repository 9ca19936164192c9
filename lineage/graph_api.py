"""`/api/v1/lineage/{kind}/{id}`: the graph around one repository, with the evidence of each edge."""

from __future__ import annotations

from datetime import UTC, date, datetime, time
from urllib.parse import urlencode

from django.http import HttpResponseRedirect
from django.urls import reverse
from drf_spectacular.utils import OpenApiParameter, extend_schema, inline_serializer
from rest_framework import serializers
from rest_framework.exceptions import NotFound, ValidationError
from rest_framework.response import Response
from rest_framework.views import APIView

from lineage.answers import evidence_for
from lineage.claims import KINDS
from lineage.models import Relation
from lineage.queries import LIMIT, LIMIT_MOST, SIDES, BadQuestion, Question, Subgraph, find, moved_to, subgraph
from lineage.reaches import DEPTH_MOST
from lineage.sight import seen_in_bulk
from registry import openapi  # noqa: F401  registers how tokens are described
from registry.models import Repo
from registry.strict import StrictParameters


def whole(given, name: str, default: int) -> int:
    text = given.get(name)
    if text is None:
        return default
    if not (text.isascii() and text.isdigit() and len(text) < 7):
        raise ValidationError({name: ["Not a whole number."]})
    return int(text)


def moment(given, name: str) -> datetime | None:
    """A time in ISO 8601; a date alone means its end, in UTC."""
    text = given.get(name)
    if text is None:
        return None
    try:
        found = datetime.fromisoformat(text) if len(text) > 10 else datetime.combine(date.fromisoformat(text), time.max)
        return found.astimezone(UTC) if found.tzinfo else found.replace(tzinfo=UTC)
    except (ValueError, OverflowError):
        raise ValidationError({name: ["Not a time in ISO 8601, such as 2026-01-31 or 2026-01-31T12:00:00Z."]}) from None


def question_of(given) -> Question:
    """The question in a request's parameters; raises a 400 that says what is wrong."""
    kinds = [kind for kind in given.get("relation", "").split(",") if kind]
    try:
        return Question(
            direction=given.get("direction", "both"),
            depth=whole(given, "depth", DEPTH_MOST),
            relations=tuple(dict.fromkeys(kinds)),
            limit=whole(given, "limit", LIMIT),
            cursor=given.get("cursor", ""),
            as_of=moment(given, "as_of"),
        )
    except BadQuestion as problem:
        raise ValidationError(str(problem)) from None


def edge_answer(edge: Relation, names: dict[int, str], evidence: list[dict]) -> dict:
    return {
        "child": names[edge.child_id],
        "parent": names[edge.parent_id],
        "relation": edge.kind,
        "role": edge.role or None,
        "declared_relation": edge.declared_kind or None,
        "hub_relation": edge.hub_kind or None,
        "proof": edge.proof,
        "evidence": evidence,
    }


def graph_answer(graph: Subgraph, names: dict[int, str]) -> dict:
    """The agreed form; `names` are the ids of all nodes that an edge of this page touches."""
    evidence = evidence_for(graph.edges)
    return {
        "root": graph.root.id,
        "nodes": [
            {
                "id": placed.node.id,
                "kind": placed.node.kind,
                "state": placed.node.state,
                "side": placed.side,
                "depth": placed.depth,
            }
            for placed in graph.nodes
        ],
        "edges": [edge_answer(edge, names, evidence.get(edge.pk, [])) for edge in graph.edges],
        "is_partial": graph.is_partial,
        "total": graph.total,
        "frontier": [node.id for node in graph.frontier],
        "next": graph.next,
        "as_of": graph.as_of.isoformat() if graph.as_of else None,
    }


NODE = inline_serializer(
    "LineageNode",
    {
        "id": serializers.CharField(),
        "kind": serializers.ChoiceField(Repo.Kind.choices),
        "state": serializers.ChoiceField(["mirrored", "gone", "dangling"]),
        "side": serializers.ChoiceField(["root", "above", "below", "newer"]),
        "depth": serializers.IntegerField(),
    },
    many=True,
)
EVIDENCE = inline_serializer(
    "LineageEvidence",
    {
        "source": serializers.CharField(),
        "file": serializers.CharField(allow_null=True),
        "field": serializers.CharField(allow_null=True),
        "lines": serializers.ListField(child=serializers.IntegerField(), allow_null=True),
        "quote": serializers.CharField(allow_blank=True),
    },
    many=True,
)
EDGE = inline_serializer(
    "LineageEdge",
    {
        "child": serializers.CharField(),
        "parent": serializers.CharField(),
        "relation": serializers.ChoiceField(list(KINDS)),
        "role": serializers.CharField(allow_null=True),
        "declared_relation": serializers.CharField(allow_null=True),
        "hub_relation": serializers.CharField(allow_null=True),
        "proof": serializers.ChoiceField(Relation.Proof.choices),
        "evidence": EVIDENCE,
    },
    many=True,
)
GRAPH = inline_serializer(
    "Lineage",
    {
        "root": serializers.CharField(),
        "nodes": NODE,
        "edges": EDGE,
        "is_partial": serializers.BooleanField(),
        "total": serializers.IntegerField(allow_null=True),
        "frontier": serializers.ListField(child=serializers.CharField()),
        "next": serializers.CharField(allow_null=True),
        "as_of": serializers.DateTimeField(allow_null=True),
    },
)
PARAMETERS = [
    OpenApiParameter("direction", str, enum=list(SIDES), description="Default: both."),
    OpenApiParameter("depth", int, description=f"Generations, at most {DEPTH_MOST}; default: all."),
    OpenApiParameter("relation", str, description=f"Only these kinds, divided by commas: {', '.join(KINDS)}."),
    OpenApiParameter("limit", int, description=f"Nodes of a page, at most {LIMIT_MOST}; default {LIMIT}."),
    OpenApiParameter("cursor", str, description="`next` of the page before."),
    OpenApiParameter("as_of", str, description="Only relations that the mirror knew at this time, in ISO 8601."),
]


class LineageView(StrictParameters, APIView):
    """Ancestors and descendants of one repository, nearest first."""

    parameters = frozenset({"direction", "depth", "relation", "limit", "cursor", "as_of"})

    @extend_schema(operation_id="lineage_retrieve", parameters=PARAMETERS, responses={200: GRAPH})
    def get(self, request, kind: str, name: str):
        question = question_of(request.query_params)
        root = find(kind, name, request.user)
        if root is None:
            if repo := moved_to(kind, name, request.user):
                return moved(request, kind, repo.name)
            raise NotFound(f"No {kind} called {name} is mirrored or named as a parent.")
        graph = subgraph(root, question, request.user)
        return Response(graph_answer(graph, names_of(graph, request.user)))


def moved(request, kind: str, name: str) -> HttpResponseRedirect:
    response = HttpResponseRedirect(reverse("lineage-graph", args=[kind, name]) + query_of(request))
    response.status_code = 307
    return response


def query_of(request) -> str:
    return f"?{urlencode(request.GET, doseq=True)}" if request.GET else ""


def names_of(graph: Subgraph, user) -> dict[int, str]:
    """The id of each node that an edge touches; one on another page is looked up."""
    names = {placed.node.key: placed.node.id for placed in graph.nodes}
    missing = {key for edge in graph.edges for key in (edge.child_id, edge.parent_id)} - names.keys()
    return names | {key: node.id for key, node in seen_in_bulk(missing, user).items()}
