"""`/api/v1/carbon/…`: one model's carbon along its lineage, and codecarbon's file as the block of a card."""

from __future__ import annotations

from django.http import Http404, HttpResponse
from django.urls import reverse
from django.utils.decorators import method_decorator
from django.views.decorators.http import conditional_page
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.exceptions import NotFound, ValidationError
from rest_framework.parsers import BaseParser
from rest_framework.response import Response
from rest_framework.views import APIView

from openness.api import OftenReckoned, ReadOrReckon, TooLarge
from openness.carbon.card_block import STAGES, NoRuns, block_of_csv
from openness.carbon_corpus import INTENSITY_MOST_G_PER_KWH, corpus_carbon, intensity_in
from openness.carbon_family import family_json, family_of, history_of
from openness.efficiency_corpus import boundaries_json, in_force, standing_of
from openness.models import Assessment
from registry.api import MOVED
from registry.models import Repo
from registry.strict import StrictParameters

CSV_BYTES_MOST = 8 << 20


class EfficiencySerializer(serializers.Serializer):
    """A model's efficiency label, which says something only beside the version of its boundaries."""

    label_published = serializers.CharField(allow_null=True)
    label_corrected = serializers.CharField(allow_null=True)
    bands = serializers.DictField()
    band_of_emissions_corrected = serializers.CharField(allow_null=True)
    boundaries = serializers.CharField()
    boundaries_computed_at = serializers.DateTimeField()
    models_in_corpus = serializers.IntegerField()


class CarbonSerializer(serializers.Serializer):
    """A model's report as it was assessed, its family's lower bound, and every change of the figure."""

    id = serializers.CharField()
    as_of = serializers.DateTimeField(allow_null=True, help_text="When it was assessed; null: it was not.")
    rubric = serializers.CharField(allow_null=True)
    score = serializers.FloatField(allow_null=True)
    report = serializers.DictField(allow_null=True)
    family = serializers.DictField()
    history = serializers.ListField(child=serializers.DictField())
    efficiency = EfficiencySerializer(allow_null=True, help_text="Null: no boundaries, or its report takes no part.")


class BoundariesSerializer(serializers.Serializer):
    """One version of the boundaries between the classes, best band first, with the corpus that set them."""

    version = serializers.CharField()
    computed_at = serializers.DateTimeField()
    corpus_as_of = serializers.DateTimeField(allow_null=True)
    models_in_corpus = serializers.IntegerField()
    boundaries = serializers.DictField()
    boundaries_corrected = serializers.DictField()
    reference = serializers.DictField()
    left_out = serializers.DictField(help_text="Metrics that no band was made of, each with why.")
    labels = serializers.DictField(help_text="How many models of the corpus have each label.")


class CardBlockSerializer(serializers.Serializer):
    emissions_g = serializers.FloatField()
    energy_kwh = serializers.FloatField(allow_null=True)
    runs = serializers.IntegerField()
    block = serializers.DictField()
    yaml = serializers.CharField(help_text="To paste into a card's header.")
    warnings = serializers.ListField(child=serializers.CharField())


class CsvParser(BaseParser):
    """The bytes as they come, one more than a file may have at most."""

    media_type = "*/*"

    def parse(self, stream, media_type=None, parser_context=None):
        return stream.read(CSV_BYTES_MOST + 1)


@method_decorator(conditional_page, name="dispatch")
class CarbonView(StrictParameters, APIView):
    """One model's carbon report, its ancestors' emissions as a lower bound, and the figure through its revisions."""

    @extend_schema(tags=["carbon"], responses={200: CarbonSerializer, 307: MOVED})
    def get(self, request, name: str):
        repo = Repo.objects.visible_to(request.user).called(Repo.Kind.MODEL.value, name)
        if repo is None:
            raise Http404
        if repo.name.lower() != name.lower() and repo.holds_name:
            return HttpResponse(status=307, headers={"Location": reverse("carbon", args=[repo.name])})
        row = Assessment.objects.current().filter(repo=repo, name="carbon").first()
        history = [
            {
                "sha": c.stated.sha,
                "at": c.stated.at,
                "emissions_g": c.stated.grams,
                "factor": c.factor,
                "words": c.words,
            }
            for c in history_of(repo)
        ]
        answer = {
            "id": repo.name,
            "as_of": row.assessed_at if row else None,
            "rubric": row.rubric if row else None,
            "score": row.score if row else None,
            "report": row.result if row else None,
            "family": family_json(family_of(repo, request.user)),
            "history": history,
            "efficiency": standing.as_json() if (standing := standing_of(repo)) else None,
        }
        return Response(CarbonSerializer(answer).data)


class BoundariesView(StrictParameters, APIView):
    """The boundaries of the efficiency classes that are in force."""

    @extend_schema(tags=["carbon"], operation_id="carbon_boundaries", responses={200: BoundariesSerializer})
    def get(self, request):
        record = in_force()
        if record is None:
            raise NotFound("No boundaries were computed yet.")
        return Response(BoundariesSerializer(boundaries_json(record)).data)


@method_decorator(conditional_page, name="dispatch")
class CorpusCarbonView(StrictParameters, APIView):
    """Shares, medians and decades of what models report, as stated or recomputed from energy for any grid."""

    parameters = frozenset({"g_per_kwh"})

    @extend_schema(
        tags=["carbon"],
        operation_id="carbon_corpus",
        parameters=[OpenApiParameter("g_per_kwh", OpenApiTypes.FLOAT, description="Above 0, up to 2000.")],
        responses=OpenApiTypes.OBJECT,
    )
    def get(self, request):
        try:
            grid = intensity_in(request.query_params.get("g_per_kwh", ""))
        except ValueError:
            raise ValidationError({"g_per_kwh": [f"A number above 0, up to {INTENSITY_MOST_G_PER_KWH:g}."]}) from None
        return Response(corpus_carbon(request.user, grid))


class CardBlockView(StrictParameters, APIView):
    """codecarbon's emissions.csv, sent as the body, as a card's co2_eq_emissions in grams. Nothing is kept."""

    permission_classes = [ReadOrReckon]
    throttle_classes = [OftenReckoned]
    parser_classes = [CsvParser]
    parameters = frozenset({"training_type"})

    @extend_schema(
        tags=["carbon"],
        operation_id="carbon_block",
        parameters=[OpenApiParameter("training_type", enum=list(STAGES), description="Nothing in the file tells it.")],
        request={"text/csv": OpenApiTypes.STR},
        responses=CardBlockSerializer,
    )
    def post(self, request):
        stage = request.query_params.get("training_type", "")
        if stage and stage not in STAGES:
            raise ValidationError({"training_type": [f"Not one of {', '.join(STAGES)}."]})
        sent = request.data if isinstance(request.data, bytes) else b""
        if len(sent) > CSV_BYTES_MOST:
            raise TooLarge(f"The file has more than {CSV_BYTES_MOST} bytes.")
        try:
            block = block_of_csv(sent.decode("utf-8-sig"), stage)
        except UnicodeDecodeError:
            raise ValidationError({"body": ["It is no UTF-8 text."]}) from None
        except NoRuns as error:
            raise ValidationError({"body": [str(error)]}) from None
        return Response(CardBlockSerializer(block.as_json()).data)
