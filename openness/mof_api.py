"""`/api/v1/openness…`: components with evidence, the corpus by class, record files in and out."""

from __future__ import annotations

from django.http import HttpResponse
from django.utils.decorators import method_decorator
from django.views.decorators.http import conditional_page
from drf_spectacular.utils import OpenApiParameter, OpenApiTypes, extend_schema, extend_schema_view
from rest_framework import serializers
from rest_framework.exceptions import NotFound, ValidationError
from rest_framework.generics import ListAPIView, get_object_or_404
from rest_framework.parsers import BaseParser, MultiPartParser
from rest_framework.response import Response
from rest_framework.views import APIView

from openness.api import MOVED, ReadOrReckon, present_address, visible_repo
from openness.distribution import class_distribution
from openness.evidence import differences, evidence_rows
from openness.models import Assessment, ImportedRecord
from openness.record_export import records_of, to_yaml
from openness.record_files import MOST_BYTES, mof_line
from openness.record_store import keep_record
from registry.models import Repo
from registry.strict import StrictParameters

HISTORY_SHOWN = 50
FILES_MOST = 100
EXPORTED_MOST = 100


class DistributionSerializer(serializers.Serializer):
    assessed = serializers.IntegerField()
    as_of = serializers.DateTimeField(allow_null=True)
    labels = serializers.DictField(child=serializers.CharField())
    classes = serializers.DictField(help_text="rule set -> confirmed or possible -> class -> repositories")


class HistorySerializer(serializers.ModelSerializer):
    number = serializers.IntegerField(source="pk")
    revision = serializers.CharField(source="revision.sha", default=None, allow_null=True)
    as_of = serializers.DateTimeField(source="assessed_at")

    class Meta:
        model = Assessment
        fields = "number rubric reader revision label is_current as_of".split()


class OpennessSerializer(serializers.Serializer):
    id = serializers.CharField()
    kind = serializers.CharField()
    as_of = serializers.DateTimeField()
    label = serializers.CharField()
    problem = serializers.CharField(allow_null=True)
    rubric = serializers.CharField()
    reader = serializers.CharField()
    result = serializers.DictField()
    evidence = serializers.ListField(child=serializers.DictField())
    history = HistorySerializer(many=True)


class DifferencesSerializer(serializers.Serializer):
    old = serializers.DictField()
    new = serializers.DictField()
    same_rules = serializers.BooleanField()
    changes = serializers.ListField(child=serializers.DictField())


class RawParser(BaseParser):
    """The bytes as they come, one more than a record may have at most."""

    media_type = "*/*"

    def parse(self, stream, media_type=None, parser_context=None):
        return stream.read(MOST_BYTES + 1)


def sent_files(request) -> list[tuple[str, bytes]]:
    """The name and bytes of each file of a request: its body, or 1 to 100 files of a form. Raises ValidationError."""
    if isinstance(request.data, bytes):
        return [("", request.data)]
    files = request.FILES.getlist("file")
    if not 0 < len(files) <= FILES_MOST or set(request.data) != {"file"}:
        raise ValidationError({"file": [f"Send 1 to {FILES_MOST} files under the name “file”."]})
    return [(file.name, file.read(MOST_BYTES + 1)) for file in files]


def mof_rows(repo: Repo):
    """Every assessment of one model's openness, the newest first."""
    rows = Assessment.objects.filter(repo=repo, name="mof").select_related("revision", "repo")
    return rows.order_by("-is_current", "-assessed_at", "-pk")


@method_decorator(conditional_page, name="dispatch")
class Distribution(StrictParameters, APIView):
    """How many mirrored models reach each class, confirmed and possible, by each rule set."""

    @extend_schema(tags=["openness"], responses=DistributionSerializer, operation_id="openness_distribution")
    def get(self, request):
        return Response(DistributionSerializer(class_distribution(request.user)).data)


@method_decorator(conditional_page, name="dispatch")
class OpennessView(StrictParameters, APIView):
    """The components of one model with their evidence, both rule sets side by side, and what was said before."""

    @extend_schema(tags=["openness"], responses={200: OpennessSerializer, 307: MOVED})
    def get(self, request, kind: str, name: str):
        repo = visible_repo(request, kind, name)
        if moved := present_address(request, repo, name):
            return moved
        rows = list(mof_rows(repo)[:HISTORY_SHOWN])
        if not rows or not rows[0].is_current:
            raise NotFound("Its openness was not assessed.")
        row = rows[0]
        answer = {
            "id": repo.name,
            "kind": repo.kind,
            "as_of": row.assessed_at,
            "label": row.label,
            "problem": row.problem or None,
            "rubric": row.rubric,
            "reader": row.reader,
            "result": row.result,
            "evidence": evidence_rows(row),
            "history": rows,
        }
        return Response(OpennessSerializer(answer).data)


@method_decorator(conditional_page, name="dispatch")
class DifferencesView(StrictParameters, APIView):
    """What changed from an earlier assessment of the same repository by the same rubric to this one."""

    @extend_schema(tags=["assessments"], responses=DifferencesSerializer)
    def get(self, request, number: int, earlier: int):
        rows = Assessment.objects.visible_to(request.user).select_related("repo", "revision")
        new = get_object_or_404(rows, pk=number)
        old = get_object_or_404(rows, pk=earlier, repo=new.repo, name=new.name)
        return Response(differences(old, new))


class RecordFiles(StrictParameters, APIView):
    """Class record files of the Model Openness Tool: one as the body, or up to 100 as a form's files."""

    permission_classes = [ReadOrReckon]
    parser_classes = [MultiPartParser, RawParser]

    @extend_schema(
        tags=["openness"],
        request={"application/yaml": OpenApiTypes.BINARY, "application/json": OpenApiTypes.OBJECT},
        responses=OpenApiTypes.OBJECT,
    )
    def post(self, request):
        lines = [mof_line(name, data) for name, data in sent_files(request)]
        return Response(lines[0] if isinstance(request.data, bytes) else {"results": lines})


class ImportedRecordSerializer(serializers.ModelSerializer):
    number = serializers.IntegerField(source="pk")
    as_of = serializers.DateTimeField(source="imported_at")

    class Meta:
        model = ImportedRecord
        fields = "number sha256 file release hub_name parity_class strict_class as_of".split()


@extend_schema_view(get=extend_schema(tags=["openness"]))
class KeptRecords(StrictParameters, ListAPIView):
    """Record files that were handed in: claims of their authors, kept beside our own evidence; the newest first."""

    queryset = ImportedRecord.objects.defer("packed")
    serializer_class = ImportedRecordSerializer
    ordering = "-id"
    parser_classes = [MultiPartParser, RawParser]
    write_scope, write_permission = "assess", "openness.import_record"

    @extend_schema(
        tags=["openness"],
        request={"application/yaml": OpenApiTypes.BINARY, "multipart/form-data": OpenApiTypes.OBJECT},
        responses={200: OpenApiTypes.OBJECT},
    )
    def post(self, request):
        """Class records and keep those that can be read; the same file is kept once."""
        results = []
        for name, data in sent_files(request):
            line, row = keep_record(name, data, by=request.user.get_username())
            results.append(line | {"number": row.pk if row else None})
        return Response({"results": results})


class RecordExport(StrictParameters, APIView):
    """What was confirmed of named models, as record files of the Model Openness Tool."""

    def known_parameters(self) -> set[str]:
        return {"repos", "as"}

    @extend_schema(
        tags=["openness"],
        parameters=[
            OpenApiParameter("repos", required=True, description="1 to 100 names of models, with commas between."),
            OpenApiParameter("as", enum=["json", "yaml"], default="json", description="yaml: one document a model."),
        ],
        responses=OpenApiTypes.OBJECT,
    )
    def get(self, request):
        names = list(filter(None, request.query_params.get("repos", "").split(",")))
        if not 0 < len(names) <= EXPORTED_MOST:
            raise ValidationError({"repos": [f"Give 1 to {EXPORTED_MOST} names, with commas between."]})
        form = request.query_params.get("as", "json")
        if form not in ("json", "yaml"):
            raise ValidationError({"as": ["json or yaml"]})
        called = Repo.objects.visible_to(request.user).select_related("head")
        found = {name: called.called(Repo.Kind.MODEL.value, name) for name in names}
        if missing := [name for name, repo in found.items() if repo is None]:
            raise ValidationError({"repos": [f"No model of the name {missing[0]} is mirrored."]})
        records = list(records_of(list(found.values())))
        if form == "json":
            return Response({"records": records})
        return HttpResponse("---\n".join(map(to_yaml, records)), content_type="application/yaml; charset=utf-8")
