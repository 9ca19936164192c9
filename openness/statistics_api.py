"""`/api/v1/statistics`: what the mirror holds, counted."""

from __future__ import annotations

from django.utils.decorators import method_decorator
from django.views.decorators.http import conditional_page
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.response import Response
from rest_framework.views import APIView

from openness.statistics import statistics_for
from registry.strict import StrictParameters


class StatisticsSerializer(serializers.Serializer):
    """Counts of what the caller may see, each with the population that it is a part of."""

    as_of = serializers.DateTimeField(allow_null=True)
    completeness = serializers.CharField()
    kinds = serializers.DictField(child=serializers.DictField(child=serializers.IntegerField()))
    licences = serializers.DictField(child=serializers.DictField())
    lineage = serializers.DictField()
    openness = serializers.DictField()
    scores = serializers.ListField(child=serializers.DictField())


@method_decorator(conditional_page, name="dispatch")
class StatisticsView(StrictParameters, APIView):
    """Kinds, licences, relations, openness classes and the spread of scores."""

    @extend_schema(tags=["statistics"], responses=StatisticsSerializer)
    def get(self, request):
        return Response(statistics_for(request.user))
