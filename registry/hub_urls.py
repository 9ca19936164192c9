"""Paths of the Hub-compatible read API, and of the pages of registry."""

urlpatterns = []
