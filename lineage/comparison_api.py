"""`/api/v1/comparisons`: what new versions broke, the items that flipped, and a way to ask."""

import io
import json

import django_filters
from django.db.models.functions import Lower
from django.shortcuts import get_object_or_404
from drf_spectacular.utils import OpenApiParameter, OpenApiResponse, extend_schema
from rest_framework import generics, status
from rest_framework.exceptions import APIException, ValidationError
from rest_framework.parsers import MultiPartParser
from rest_framework.response import Response
from rest_framework.views import APIView

from lineage.chain_report import chain_report
from lineage.comparing import Version
from lineage.comparison_intake import MAX_UPLOAD_BYTES, Upload, take
from lineage.comparison_serializers import (
    AskedSerializer,
    ChainSerializer,
    ComparisonDetailSerializer,
    ComparisonSerializer,
    FlippedItemSerializer,
    RowsSchemaSerializer,
    RowsSerializer,
    UploadSerializer,
)
from lineage.flip_verdict import WORST_FIRST
from lineage.models import Comparison, FlippedItem
from lineage.outcomes import BadOutcomes
from lineage.uploads import SIDES
from registry.models import Repo
from registry.paging import CursorPages
from registry.strict import BoundedJSONParser, StrictParameters

MAX_JSON_BYTES = 16 << 20


class TooMuch(APIException):
    status_code = status.HTTP_413_REQUEST_ENTITY_TOO_LARGE


class LastAskedFirst(CursorPages):
    ordering = "-asked_at"


class ComparisonFilter(django_filters.FilterSet):
    """Which comparisons; `old_repo` and `new_repo` are names of mirrored models."""

    old_repo = django_filters.CharFilter(method="of_repo")
    new_repo = django_filters.CharFilter(method="of_repo")
    suite = django_filters.CharFilter()
    verdict = django_filters.ChoiceFilter(choices=[(name, name) for name in WORST_FIRST])

    class Meta:
        model = Comparison
        fields = ["status", "verdict", "suite", "old_repo", "new_repo"]

    def of_repo(self, queryset, name, value):
        lower = f"lower_{name}"
        return queryset.annotate(**{lower: Lower(f"{name}__name")}).filter(**{lower: value.lower()})


class ComparisonList(StrictParameters, generics.ListCreateAPIView):
    """Comparisons, last asked first; POST two files of recorded outcomes to ask for one."""

    serializer_class = ComparisonSerializer
    pagination_class = LastAskedFirst
    filterset_class = ComparisonFilter
    parser_classes = [MultiPartParser, BoundedJSONParser]
    write_scope = "compare"
    write_permission = "lineage.add_comparison"

    def get_queryset(self):
        return Comparison.objects.visible_to(self.request.user).select_related("old_repo", "new_repo")

    @extend_schema(
        request={"multipart/form-data": UploadSerializer, "application/json": RowsSchemaSerializer},
        responses={
            200: OpenApiResponse(
                ComparisonDetailSerializer, "The same outcomes under the same questions, found again."
            ),
            201: ComparisonDetailSerializer,
            202: OpenApiResponse(ComparisonDetailSerializer, "Queued: a worker will compare these large files."),
            400: OpenApiResponse(description="The files cannot be compared; `detail` says why. Nothing is kept."),
            413: OpenApiResponse(description="More bytes than are taken."),
        },
    )
    def post(self, request, *args, **kwargs):
        refuse_oversized(request)
        form, streams = read_form(request)
        asked_by = request.user
        uploads = [Upload(version_of(form, side, asked_by), streams[side]) for side in ("old", "new")]
        noise = Upload(Version("noise"), streams["noise"]) if "noise" in streams else None
        last = Comparison.objects.order_by("-pk").values_list("pk", flat=True).first() or 0
        try:
            row = take(*uploads, form.asked(), noise=noise, requested_by=asked_by)
        except BadOutcomes as problem:
            raise ValidationError({"detail": str(problem)}) from None
        answer = ComparisonDetailSerializer(row, context=self.get_serializer_context()).data
        return Response(answer, status=status_of(row, is_new=row.pk > last), headers={"Location": answer["url"]})


def refuse_oversized(request) -> None:
    """Raise a 413 before a byte of the body is read."""
    is_json = request.content_type.startswith("application/json")
    most = MAX_JSON_BYTES if is_json else MAX_UPLOAD_BYTES
    if int(request.META.get("CONTENT_LENGTH") or 0) > most:
        raise TooMuch(f"The request has more than the {most:,} bytes that are taken.")


def read_form(request) -> tuple[AskedSerializer, dict]:
    """The validated request, and one open file a side; rows written into JSON become lines of a file."""
    is_multipart = request.content_type.startswith("multipart/")
    form = (UploadSerializer if is_multipart else RowsSerializer)(data=request.data)
    form.is_valid(raise_exception=True)
    sides = {side: form.validated_data[side] for side in SIDES if side in form.validated_data}
    if is_multipart:
        return form, {side: upload.file for side, upload in sides.items()}
    lines = {side: "".join(json.dumps(row) + "\n" for row in rows) for side, rows in sides.items()}
    return form, {side: io.BytesIO(text.encode()) for side, text in lines.items()}


def version_of(form: AskedSerializer, side: str, user) -> Version:
    """What one side is called: the mirrored model that is named for it, else its file."""
    reference = form.validated_data[f"{side}_repo"]
    if not reference:
        return Version(getattr(form.validated_data[side], "name", side))
    name, _, sha = reference.partition("@")
    repo = Repo.objects.visible_to(user).named(Repo.Kind.MODEL, name).first()
    if repo is None or len(sha) > 40:
        raise ValidationError({f"{side}_repo": ["No such model is mirrored." if repo is None else "No such commit."]})
    return Version(repo.name, repo, sha)


def status_of(row: Comparison, *, is_new: bool) -> int:
    if row.status != Comparison.Status.DONE:
        return status.HTTP_202_ACCEPTED
    return status.HTTP_201_CREATED if is_new else status.HTTP_200_OK


class ComparisonDetail(StrictParameters, generics.RetrieveAPIView):
    """One comparison with its report."""

    serializer_class = ComparisonDetailSerializer

    def get_queryset(self):
        return Comparison.objects.visible_to(self.request.user).select_related("old_repo", "new_repo")


class ChainView(StrictParameters, APIView):
    """The versions before and after a model, and what each broke of every other on one suite."""

    parameters = frozenset({"suite"})

    @extend_schema(
        parameters=[OpenApiParameter("suite", str, description="the one most versions were run on, if not given")],
        responses=ChainSerializer,
    )
    def get(self, request, name: str):
        repo = get_object_or_404(Repo.objects.visible_to(request.user).named(Repo.Kind.MODEL, name))
        found = chain_report(repo, request.query_params.get("suite"), request.user)
        chain = [one.name for one in found.chain]
        return Response(
            {"chain": chain, **{key: getattr(found, key) for key in ("suites", "suite", "report", "problem")}}
        )


class FlippedFilter(django_filters.FilterSet):
    """Which flipped items."""

    direction = django_filters.ChoiceFilter(choices=[("negative",) * 2, ("positive",) * 2], method="of_direction")
    label = django_filters.CharFilter()
    slice = django_filters.CharFilter()
    new_label = django_filters.BooleanFilter(field_name="is_new_label")
    fragile = django_filters.BooleanFilter(field_name="is_fragile")
    search = django_filters.CharFilter(field_name="item_id", lookup_expr="istartswith")

    class Meta:
        model = FlippedItem
        fields = ["direction", "label", "slice", "new_label", "fragile", "search"]

    def of_direction(self, queryset, name, value):
        return queryset.filter(is_negative=value == "negative")


class FlippedList(StrictParameters, generics.ListAPIView):
    """The items of a comparison whose correctness changed: negative flips first, worst first."""

    serializer_class = FlippedItemSerializer
    filterset_class = FlippedFilter
    queryset = FlippedItem.objects.none()

    def get_queryset(self):
        visible = Comparison.objects.visible_to(self.request.user)
        return get_object_or_404(visible, pk=self.kwargs["pk"]).flipped_items.all()
