"""Paths of lineage under `/api/v1/`."""

from django.urls import path

from lineage.comparison_api import ChainView, ComparisonDetail, ComparisonList, FlippedList
from lineage.graph_api import LineageView
from lineage.obligations_api import ObligationsView
from lineage.relatives_api import CommonAncestorsView, FamilyView, ImpactView, PathsView
from lineage.run_api import RunView
from lineage.verification_views import VerificationView

urlpatterns = [
    path("obligations/<kind:kind>/<hub_name:name>", ObligationsView.as_view(), name="obligations"),
    path("lineage/<kind:kind>/<hub_name:name>", LineageView.as_view(), name="lineage-graph"),
    path("lineage/common-ancestors/<kind:kind>/<hub_name:name>", CommonAncestorsView.as_view(), name="lineage-common"),
    path("lineage/paths/<kind:kind>/<hub_name:name>", PathsView.as_view(), name="lineage-paths"),
    path("lineage/impact/<kind:kind>/<hub_name:name>", ImpactView.as_view(), name="lineage-impact"),
    path("lineage/family/<kind:kind>/<hub_name:name>", FamilyView.as_view(), name="lineage-family"),
    path("verifications/<int:pk>", VerificationView.as_view(), name="verification"),
    path("comparisons", ComparisonList.as_view(), name="comparison-list"),
    path("comparisons/run", RunView.as_view(), name="comparison-run-api"),
    path("comparisons/chain/<hub_name:name>", ChainView.as_view(), name="comparison-chain-detail"),
    path("comparisons/<int:pk>", ComparisonDetail.as_view(), name="comparison-detail"),
    path("comparisons/<int:pk>/flipped", FlippedList.as_view(), name="comparison-flipped"),
]
