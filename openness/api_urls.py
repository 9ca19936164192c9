"""Paths of openness under `/api/v1/`."""

from django.urls import path

from openness.api import AssessmentDetail, AssessmentList, CardView, GateView, PassportView, PolicyList
from openness.carbon_api import BoundariesView, CarbonView, CardBlockView, CorpusCarbonView
from openness.card_api import CardChangesView, CardStatisticsView
from openness.mof_api import DifferencesView, Distribution, KeptRecords, OpennessView, RecordExport, RecordFiles
from openness.statistics_api import StatisticsView

urlpatterns = [
    path("statistics", StatisticsView.as_view(), name="statistics"),
    path("openness", Distribution.as_view(), name="openness-distribution"),
    path("openness/records", RecordFiles.as_view(), name="openness-records"),
    path("openness/records/kept", KeptRecords.as_view(), name="kept-records"),
    path("openness/<kind:kind>/<hub_name:name>", OpennessView.as_view(), name="openness"),
    path("carbon", CorpusCarbonView.as_view(), name="carbon-corpus"),
    path("carbon/boundaries", BoundariesView.as_view(), name="carbon-boundaries"),
    path("carbon/block", CardBlockView.as_view(), name="carbon-block"),
    path("carbon/model/<hub_name:name>", CarbonView.as_view(), name="carbon"),
    path("exports/mof", RecordExport.as_view(), name="export-mof"),
    path("cards", CardStatisticsView.as_view(), name="card-statistics"),
    path("cards/changes/<kind:kind>/<hub_name:name>", CardChangesView.as_view(), name="card-changes"),
    path("assessments/<int:number>/since/<int:earlier>", DifferencesView.as_view(), name="assessment-differences"),
    path("assessments", AssessmentList.as_view(), name="assessments"),
    path("assessments/<int:number>", AssessmentDetail.as_view(), name="assessment"),
    path("assess", CardView.as_view(), name="assess"),
    path("policies", PolicyList.as_view(), name="policies"),
    path("gate/<kind:kind>/<hub_name:name>", GateView.as_view(), name="gate"),
    path("passport/<kind:kind>/<hub_name:name>", PassportView.as_view(), name="passport"),
]
