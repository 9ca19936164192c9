"""`/api/v1/repos` and `/api/v1/harvests`: what is mirrored, and the runs that mirror it."""

from __future__ import annotations

from django.conf import settings
from django.db.models import Count
from django.http import Http404, HttpResponse
from django.urls import reverse
from django.utils.decorators import method_decorator
from django.views.decorators.http import conditional_page
from drf_spectacular.utils import OpenApiParameter, OpenApiResponse, extend_schema, extend_schema_view
from rest_framework.exceptions import ValidationError
from rest_framework.generics import ListAPIView, RetrieveAPIView
from rest_framework.response import Response
from rest_framework.views import APIView

from registry import harvest as harvests
from registry.filters import RepoFilter
from registry.models import Harvest, HarvestProblem, Repo, Revision, Visit
from registry.serializers import (
    HarvestDetailSerializer,
    HarvestRequestSerializer,
    HarvestSerializer,
    RepoDetailSerializer,
    RepoSerializer,
)
from registry.strict import StrictParameters
from registry.tasks import run_harvest
from registry.work import tell_workers

SORTS = {"downloads": "-downloads", "likes": "-likes", "modified": "-hub_modified_at", "created": "-hub_created_at"}
REVISIONS_SHOWN = VISITS_SHOWN = 20
PROBLEMS_SHOWN = 200
MOVED = OpenApiResponse(description="It has another name now; Location is its present address.")
SORT = OpenApiParameter("sort", enum=[*SORTS], description="Largest first, unknown last; needs `kind`.")


@extend_schema_view(get=extend_schema(tags=["repos"], parameters=[SORT]))
@method_decorator(conditional_page, name="dispatch")
class RepoList(StrictParameters, ListAPIView):
    """Mirrored repositories, those gone from the Hub included; in the order in which they were first seen."""

    serializer_class = RepoSerializer
    filterset_class = RepoFilter
    parameters = frozenset({"sort"})

    def get_queryset(self):
        return Repo.objects.visible_to(self.request.user).select_related("account", "head")

    @property
    def ordering(self) -> str:
        sort = self.request.query_params.get("sort")
        if sort is None:
            return "id"
        if sort not in SORTS:
            raise ValidationError({"sort": [f"Not one of {', '.join(SORTS)}."]})
        if not self.request.query_params.get("kind"):
            raise ValidationError({"sort": ["It needs kind: each kind has its own order."]})
        return SORTS[sort]


@extend_schema_view(get=extend_schema(tags=["repos"], responses={200: RepoDetailSerializer, 307: MOVED}))
@method_decorator(conditional_page, name="dispatch")
class RepoDetail(StrictParameters, APIView):
    """One repository with its names, newest revisions and last visits. A former name is answered with a redirect."""

    def get(self, request, kind: str, name: str):
        repos = Repo.objects.visible_to(request.user).select_related("account", "head")
        if not (repo := repos.called(kind, name)):
            raise Http404
        if repo.name != name and repo.holds_name:
            return HttpResponse(status=307, headers={"Location": reverse("repo", args=[kind, repo.name])})
        revisions = Revision.objects.filter(repo=repo).annotate(file_count=Count("files")).order_by("-id")
        repo.newest_revisions = revisions[:REVISIONS_SHOWN]
        repo.newest_visits = Visit.objects.filter(repo=repo).order_by("-id")[:VISITS_SHOWN]
        return Response(RepoDetailSerializer(repo, context={"request": request}).data)


@extend_schema_view(
    get=extend_schema(tags=["harvests"]),
    post=extend_schema(
        tags=["harvests"],
        request=HarvestRequestSerializer,
        responses={202: HarvestSerializer},
        description="Ask for a harvest. It is queued as a row, which a worker takes up; Location tells how it goes.",
    ),
)
class HarvestList(StrictParameters, ListAPIView):
    """Runs, the newest first."""

    queryset = Harvest.objects.all()
    serializer_class = HarvestSerializer
    ordering = "-id"
    filterset_class = None
    write_scope, write_permission = "mirror", "registry.mirror_repo"

    def post(self, request):
        asked = HarvestRequestSerializer(data=request.data)
        asked.is_valid(raise_exception=True)
        wanted = {key: value for key, value in asked.validated_data.items() if value}
        harvest = harvests.ask(wanted, source=settings.HF_ENDPOINT, user=request.user)
        tell_workers(run_harvest, harvest.pk)
        address = request.build_absolute_uri(reverse("harvest", args=[harvest.pk]))
        return Response(HarvestSerializer(harvest).data, status=202, headers={"Location": address})


@extend_schema_view(get=extend_schema(tags=["harvests"], responses=HarvestDetailSerializer))
@method_decorator(conditional_page, name="dispatch")
class HarvestDetail(StrictParameters, RetrieveAPIView):
    """One run, what it was asked for, and the first of the records that it could not take."""

    queryset = Harvest.objects.all()
    serializer_class = HarvestDetailSerializer
    lookup_url_kwarg = "number"

    def get_object(self):
        harvest = super().get_object()
        shown = harvest.details_shown_to(self.request.user)
        harvest.shown_request = harvest.request_shown_to(self.request.user)
        problems = HarvestProblem.objects.filter(harvest=harvest).order_by("id") if shown else []
        harvest.shown_problems = problems[:PROBLEMS_SHOWN]
        return harvest
