"""`/api/v1/lineage/{common-ancestors,paths,impact,family}/{kind}/{id}`: questions about more than one node."""

from __future__ import annotations

from django.http import HttpResponse
from django.urls import reverse
from drf_spectacular.utils import OpenApiParameter, extend_schema, inline_serializer
from rest_framework import serializers
from rest_framework.exceptions import NotFound, ValidationError
from rest_framework.response import Response
from rest_framework.views import APIView

from lineage.answers import evidence_for
from lineage.claims import KINDS
from lineage.families import family
from lineage.graph_api import EDGE, PARAMETERS, edge_answer, moment, query_of, whole
from lineage.queries import LIMIT, LIMIT_MOST, find, moved_to
from lineage.reaches import DEPTH_MOST
from lineage.relatives import Relatives, Scope, common_ancestors, impact, paths
from lineage.sight import Seen, seen_in_bulk
from registry.models import Repo
from registry.strict import StrictParameters

PATHS, PATHS_MOST = 20, 200
SCOPE = [each for each in PARAMETERS if each.name in ("relation", "depth", "as_of")]
OTHER = [
    OpenApiParameter("with", str, required=True, description="The other repository: owner/name."),
    OpenApiParameter("with_kind", str, enum=Repo.Kind.values, description="Its kind; default: that of the first."),
]
MEMBER = inline_serializer(
    "LineageMember",
    {
        "id": serializers.CharField(),
        "kind": serializers.ChoiceField(Repo.Kind.choices),
        "state": serializers.ChoiceField(["mirrored", "gone", "dangling"]),
    },
    many=True,
)
SHARED = {
    "root": serializers.CharField(),
    "nodes": MEMBER,
    "edges": EDGE,
    "is_partial": serializers.BooleanField(),
    "total": serializers.IntegerField(allow_null=True, help_text="Of all there are; null where they were not counted."),
    "frontier": serializers.ListField(child=serializers.CharField(), help_text="Nodes behind which more was left out."),
    "next": serializers.CharField(allow_null=True),
    "as_of": serializers.DateTimeField(allow_null=True),
}
COMMON = inline_serializer(
    "LineageCommonAncestor",
    {
        "id": serializers.CharField(),
        "kind": serializers.ChoiceField(Repo.Kind.choices),
        "is_nearest": serializers.BooleanField(help_text="No other common ancestor comes from it."),
        "depth": serializers.IntegerField(),
        "depth_of_other": serializers.IntegerField(),
    },
    many=True,
)
ROOTS = inline_serializer(
    "LineageRoot",
    {
        "id": serializers.CharField(),
        "kind": serializers.ChoiceField(Repo.Kind.choices),
        "descendants": serializers.IntegerField(allow_null=True),
    },
    many=True,
)


def counted_by(name: str, field: serializers.Field):
    return inline_serializer(
        f"LineageBy{name.title()}", {name: field, "repositories": serializers.IntegerField()}, many=True
    )


IMPACT = inline_serializer(
    "LineageImpact",
    {
        "root": serializers.CharField(),
        "total": serializers.IntegerField(allow_null=True),
        "is_partial": serializers.BooleanField(),
        "frontier": serializers.ListField(child=serializers.CharField(), help_text="At most 100."),
        "by_depth": counted_by("depth", serializers.IntegerField()),
        "by_relation": counted_by("relation", serializers.ChoiceField(list(KINDS))),
        "as_of": serializers.DateTimeField(allow_null=True),
    },
)


class RelativesView(StrictParameters, APIView):
    """What the four questions share: their root, their scope, the form of their answer."""

    route = ""

    def root(self, request, kind: str, name: str) -> Seen:
        """The node asked for; raises a 404 where there is none, or where it was not traced."""
        found = find(kind, name, request.user)
        if found is None:
            raise NotFound(f"No {kind} called {name} is mirrored or named as a parent.")
        if found.key is None:
            raise NotFound(f"{found.id} was not traced yet.")
        return found

    def renamed(self, request, kind: str, name: str) -> HttpResponse | None:
        """A redirect to the present name of what is found under an earlier one alone."""
        if find(kind, name, request.user) is not None:
            return None
        repo = moved_to(kind, name, request.user)
        if repo is None:
            return None
        return HttpResponse(
            status=307, headers={"Location": reverse(self.route, args=[kind, repo.name]) + query_of(request)}
        )

    def scope(self, given) -> Scope:
        kinds = tuple(dict.fromkeys(kind for kind in given.get("relation", "").split(",") if kind))
        if unknown := [kind for kind in kinds if kind not in KINDS]:
            raise ValidationError({"relation": [f"{unknown[0][:60]!r} is none of {', '.join(KINDS)}."]})
        depth = whole(given, "depth", DEPTH_MOST)
        if depth > DEPTH_MOST:
            raise ValidationError({"depth": [f"At most {DEPTH_MOST}."]})
        return Scope(kinds, moment(given, "as_of"), depth)

    def limit(self, given, default: int, most: int) -> int:
        found = whole(given, "limit", default)
        if not 1 <= found <= most:
            raise ValidationError({"limit": [f"Between 1 and {most}."]})
        return found

    def other(self, request, kind: str) -> Seen:
        """The second node of the question."""
        name, other_kind = request.query_params.get("with", ""), request.query_params.get("with_kind", kind)
        if not name:
            raise ValidationError({"with": ["Say which other repository: with=owner/name."]})
        if other_kind not in Repo.Kind.values:
            raise ValidationError({"with_kind": [f"One of {', '.join(Repo.Kind.values)}."]})
        return self.root(request, other_kind, name)

    def told(self, found: Relatives, user) -> Response:
        names = {node.key: node.id for node in found.nodes}
        missing = {key for edge in found.edges for key in (edge.child_id, edge.parent_id)} - names.keys()
        names |= {key: node.id for key, node in seen_in_bulk(missing, user).items()}
        evidence = evidence_for(found.edges)
        shared = {
            "root": found.root.id,
            "nodes": [{"id": node.id, "kind": node.kind, "state": node.state} for node in found.nodes],
            "edges": [edge_answer(edge, names, evidence.get(edge.pk, [])) for edge in found.edges],
            "is_partial": found.is_partial,
            "total": found.total,
            "frontier": [node.id for node in found.frontier],
            "next": found.next,
            "as_of": found.as_of.isoformat() if found.as_of else None,
        }
        return Response(shared | found.told)


class CommonAncestorsView(RelativesView):
    """What two repositories both come from, the nearest first, with a shortest way to each nearest."""

    parameters = frozenset({"with", "with_kind", "relation", "depth", "limit", "as_of"})
    route = "lineage-common"

    @extend_schema(
        operation_id="lineage_common_ancestors",
        tags=["lineage"],
        parameters=[
            *OTHER,
            *SCOPE,
            OpenApiParameter("limit", int, description=f"At most {LIMIT_MOST}; default {LIMIT}."),
        ],
        responses={
            200: inline_serializer("LineageCommon", {**SHARED, "other": serializers.CharField(), "common": COMMON})
        },
    )
    def get(self, request, kind: str, name: str):
        if moved := self.renamed(request, kind, name):
            return moved
        scope, limit = self.scope(request.query_params), self.limit(request.query_params, LIMIT, LIMIT_MOST)
        root, other = self.root(request, kind, name), self.other(request, kind)
        return self.told(common_ancestors(root, other, scope, limit, request.user), request.user)


class PathsView(RelativesView):
    """Every way between two repositories, the shortest first."""

    parameters = frozenset({"with", "with_kind", "relation", "depth", "limit", "as_of"})
    route = "lineage-paths"

    @extend_schema(
        operation_id="lineage_paths",
        tags=["lineage"],
        parameters=[
            *OTHER,
            *SCOPE,
            OpenApiParameter("limit", int, description=f"At most {PATHS_MOST}; default {PATHS}."),
        ],
        responses={
            200: inline_serializer(
                "LineagePaths",
                {
                    **SHARED,
                    "other": serializers.CharField(),
                    "direction": serializers.ChoiceField(["ancestors", "descendants"], allow_null=True),
                    "paths": serializers.ListField(child=serializers.ListField(child=serializers.CharField())),
                },
            )
        },
    )
    def get(self, request, kind: str, name: str):
        if moved := self.renamed(request, kind, name):
            return moved
        scope, limit = self.scope(request.query_params), self.limit(request.query_params, PATHS, PATHS_MOST)
        root, other = self.root(request, kind, name), self.other(request, kind)
        return self.told(paths(root, other, scope, limit, request.user), request.user)


class ImpactView(RelativesView):
    """How many repositories come from one, by generations and by how the first of them were made."""

    parameters = frozenset({"relation", "depth", "as_of"})
    route = "lineage-impact"

    @extend_schema(operation_id="lineage_impact", tags=["lineage"], parameters=SCOPE, responses={200: IMPACT})
    def get(self, request, kind: str, name: str):
        if moved := self.renamed(request, kind, name):
            return moved
        return Response(impact(self.root(request, kind, name), self.scope(request.query_params), request.user))


class FamilyView(RelativesView):
    """Everything that comes from the topmost ancestors of a repository, and these."""

    parameters = frozenset({"relation", "depth", "limit", "cursor", "as_of"})
    route = "lineage-family"

    @extend_schema(
        operation_id="lineage_family",
        tags=["lineage"],
        parameters=[*SCOPE, *(each for each in PARAMETERS if each.name in ("limit", "cursor"))],
        responses={200: inline_serializer("LineageFamily", {**SHARED, "roots": ROOTS})},
    )
    def get(self, request, kind: str, name: str):
        if moved := self.renamed(request, kind, name):
            return moved
        given = request.query_params
        cursor = given.get("cursor", "0")
        if not (cursor.isascii() and cursor.isdigit() and len(cursor) < 19):
            raise ValidationError({"cursor": ["The cursor is not one that was given out."]})
        scope, limit = self.scope(given), self.limit(given, LIMIT, LIMIT_MOST)
        found = family(self.root(request, kind, name), scope, limit, int(cursor), request.user)
        return self.told(found, request.user)
