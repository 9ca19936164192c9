"""The Celery application: `celery -A registry worker`."""

import os

from celery import Celery

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "registry.settings")

app = Celery("stemma")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()
