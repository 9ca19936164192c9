"""The boundaries of the efficiency classes are computed again each week once somebody switches that on."""

from django.db import migrations

NAME, TASK, EVERY_S = "Compute the efficiency boundaries again", "openness.tasks.bound_efficiency", 604_800


def add_schedule(apps, schema_editor):
    interval, _ = apps.get_model("django_celery_beat", "IntervalSchedule").objects.get_or_create(
        every=EVERY_S, period="seconds"
    )
    apps.get_model("django_celery_beat", "PeriodicTask").objects.get_or_create(
        name=NAME, defaults={"task": TASK, "interval": interval, "enabled": False, "expire_seconds": EVERY_S}
    )


def remove_schedule(apps, schema_editor):
    apps.get_model("django_celery_beat", "PeriodicTask").objects.filter(name=NAME).delete()


class Migration(migrations.Migration):
    dependencies = [("openness", "0005_efficiency_bounds"), ("django_celery_beat", "0019_alter_periodictasks_options")]
    operations = [migrations.RunPython(add_schedule, remove_schedule)]
