"""Paths of lineage under `/api/v1/`."""

from django.urls import path

from lineage.comparison_api import ComparisonDetail, ComparisonList, FlippedList

urlpatterns = [
    path("comparisons", ComparisonList.as_view(), name="comparison-list"),
    path("comparisons/<int:pk>", ComparisonDetail.as_view(), name="comparison-detail"),
    path("comparisons/<int:pk>/flipped", FlippedList.as_view(), name="comparison-flipped"),
]
