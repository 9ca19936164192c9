"""Paths of openness under `/api/v1/`."""

urlpatterns = []
