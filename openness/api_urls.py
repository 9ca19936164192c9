"""Paths of openness under `/api/v1/`."""

from django.urls import path

from openness.api import AssessmentDetail, AssessmentList, CardView, GateView, PassportView, PolicyList
from openness.statistics_api import StatisticsView

urlpatterns = [
    path("statistics", StatisticsView.as_view(), name="statistics"),
    path("assessments", AssessmentList.as_view(), name="assessments"),
    path("assessments/<int:number>", AssessmentDetail.as_view(), name="assessment"),
    path("assess", CardView.as_view(), name="assess"),
    path("policies", PolicyList.as_view(), name="policies"),
    path("gate/<kind:kind>/<hub_name:name>", GateView.as_view(), name="gate"),
    path("passport/<kind:kind>/<hub_name:name>", PassportView.as_view(), name="passport"),
]
