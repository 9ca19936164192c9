"""Paths of lineage under `/api/v1/`."""

urlpatterns = []
