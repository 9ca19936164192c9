"""Paths of registry under `/api/v1/`."""

urlpatterns = []
