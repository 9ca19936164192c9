from django.apps import AppConfig

from registry.celery import app as celery_app

__all__ = ["RegistryConfig", "celery_app"]


class RegistryConfig(AppConfig):
    """Loads the Celery application with Django's own; a package that only lints cards needs neither."""

    name = "registry"
