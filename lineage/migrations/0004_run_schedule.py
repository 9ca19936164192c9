"""Comparisons that wait to be run are taken up by a schedule, so that a lost message costs nothing."""

from django.db import migrations

NAME, TASK, EVERY_S = "Run versions whose comparison is queued", "lineage.tasks.run_queued", 10


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
    dependencies = [("lineage", "0003_runs_of_versions"), ("django_celery_beat", "0019_alter_periodictasks_options")]
    operations = [migrations.RunPython(add_schedule, remove_schedule)]
