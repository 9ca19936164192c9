"""`/api/v1/comparisons/run`: asks for two mirrored versions to be run on a suite, and lists the suites there are."""

from drf_spectacular.utils import OpenApiResponse, extend_schema
from rest_framework import serializers, status
from rest_framework.exceptions import ValidationError
from rest_framework.response import Response
from rest_framework.views import APIView

from lineage.comparison_requests import Asked
from lineage.comparison_serializers import ComparisonDetailSerializer, FiniteField, FractionField
from lineage.comparison_tasks import run_queued
from lineage.flip_report import Questions
from lineage.must_pass import read_ids
from lineage.outcomes import BadOutcomes
from lineage.pairing import Allowances
from lineage.run_comparison import Execution, ask
from lineage.run_places import named_version, suite_names, suite_path
from lineage.running import DEVICES, DTYPES, How
from lineage.suite_rows import BadSuite
from lineage.version_files import BadVersion
from registry.strict import StrictParameters
from registry.work import tell_workers


class RunSerializer(serializers.Serializer):
    """Which two versions, on what, and what decides."""

    old = serializers.CharField(max_length=240, help_text="ID or ID@SHA of the older version, a mirrored model")
    new = serializers.CharField(max_length=240, help_text="ID or ID@SHA of the newer version")
    suite = serializers.CharField(max_length=100, help_text="name of a suite; GET lists them")
    device = serializers.ChoiceField(DEVICES, required=False, default="auto")
    dtype = serializers.ChoiceField(DTYPES, required=False, default="float32")
    budget = FractionField(required=False, default=None, help_text="largest negative flip rate that passes")
    solid_budget = FractionField(required=False, default=None, help_text="the same for flips beyond the noise band")
    non_inferiority = FractionField(required=False, default=None, help_text="largest loss of accuracy that passes")
    slices = serializers.BooleanField(required=False, default=False, help_text="no slice may get significantly worse")
    must_pass = serializers.CharField(required=False, default="", help_text="ids that must be right, one a line")
    margin_band = FiniteField(required=False, default=None, min_value=0, help_text="noise band of margins")
    labels_checked = serializers.BooleanField(required=False, default=False)

    def asked(self) -> Asked:
        """The questions of a valid request. Raises BadOutcomes on ids that cannot be read."""
        data = self.validated_data
        names = ("budget", "solid_budget", "non_inferiority", "slices", "margin_band")
        must_pass = read_ids(data["must_pass"]) if data["must_pass"] else ()
        questions = Questions(**{name: data[name] for name in names}, must_pass=must_pass)
        return Asked(questions, Allowances(swapped_labels=data["labels_checked"]))


class SuitesSerializer(serializers.Serializer):
    suites = serializers.ListField(child=serializers.CharField())


class RunView(StrictParameters, APIView):
    """Suites that versions can be run on; POST two versions to have them run and compared by a worker."""

    write_scope = "compare"
    write_permission = "lineage.add_comparison"

    @extend_schema(responses=SuitesSerializer)
    def get(self, request):
        return Response({"suites": suite_names()})

    @extend_schema(
        request=RunSerializer,
        responses={
            202: OpenApiResponse(ComparisonDetailSerializer, "Queued: a worker runs both versions."),
            400: OpenApiResponse(description="No such suite or model, or no commit of it; `detail` says which."),
        },
    )
    def post(self, request):
        form = RunSerializer(data=request.data)
        form.is_valid(raise_exception=True)
        data = form.validated_data
        try:
            named = [named_version(data[side], user=request.user) for side in ("old", "new")]
            path, asked = str(suite_path(data["suite"])), form.asked()
        except (BadSuite, BadVersion, BadOutcomes) as problem:
            raise ValidationError({"detail": str(problem)}) from None
        execution = Execution(named[0][0], named[1][0], path, How(data["device"], data["dtype"]))
        row = ask(execution, asked, (named[0][1], named[1][1]), requested_by=request.user)
        tell_workers(run_queued)
        answer = ComparisonDetailSerializer(row, context={"request": request}).data
        return Response(answer, status=status.HTTP_202_ACCEPTED, headers={"Location": answer["url"]})
