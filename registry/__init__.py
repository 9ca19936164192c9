"""Mirrors repositories of the Hugging Face Hub. Knows neither lineage nor openness."""

from registry.celery import app as celery_app

__all__ = ["celery_app"]
