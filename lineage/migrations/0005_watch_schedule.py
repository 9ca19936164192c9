"""Newer versions of watched models are looked for by a schedule; without a watch it finds nothing to do."""

from django.db import migrations

NAME, TASK, EVERY_S = "Compare watched models with their newer versions", "lineage.tasks.compare_watched", 600


def add_schedule(apps, schema_editor):
    interval, _ = apps.get_model("django_celery_beat", "IntervalSchedule").objects.get_or_create(
        every=EVERY_S, period="seconds"
    )
    apps.get_model("django_celery_beat", "PeriodicTask").objects.get_or_create(
        name=NAME, defaults={"task": TASK, "interval": interval, "enabled": True, "expire_seconds": EVERY_S}
    )


def remove_schedule(apps, schema_editor):
    apps.get_model("django_celery_beat", "PeriodicTask").objects.filter(name=NAME).delete()


class Migration(migrations.Migration):
    dependencies = [("lineage", "0004_run_schedule")]
    operations = [migrations.RunPython(add_schedule, remove_schedule)]
