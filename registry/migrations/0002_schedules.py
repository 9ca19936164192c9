"""The schedules, as rows that the admin edits: off until switched on, but for taking up queued work."""

from django.db import migrations

SCHEDULES = [
    ("Mirror what changed on the Hub", "registry.tasks.mirror_changed", 3600, False),
    ("Trace what is due", "lineage.tasks.trace_due", 600, False),
    ("Assess what is due", "openness.tasks.assess_due", 600, False),
    ("Compare uploaded outcomes that are queued", "lineage.tasks.compare_queued", 10, True),
    ("Take up queued and abandoned work", "registry.tasks.take_up_overdue", 10, True),
    ("Split cards again that an older reader split", "registry.tasks.read_older_cards", 3600, True),
]


def add_schedules(apps, schema_editor):
    interval_of = apps.get_model("django_celery_beat", "IntervalSchedule").objects
    tasks = apps.get_model("django_celery_beat", "PeriodicTask").objects
    for name, task, seconds, enabled in SCHEDULES:
        interval, _ = interval_of.get_or_create(every=seconds, period="seconds")
        known = {"task": task, "interval": interval, "enabled": enabled}
        # A worker that is busy finds one message of each kind when it comes back, not one for every interval.
        tasks.get_or_create(name=name, defaults=known | {"expire_seconds": seconds})


def remove_schedules(apps, schema_editor):
    apps.get_model("django_celery_beat", "PeriodicTask").objects.filter(name__in=[row[0] for row in SCHEDULES]).delete()


class Migration(migrations.Migration):
    dependencies = [("registry", "0001_initial"), ("django_celery_beat", "0019_alter_periodictasks_options")]
    operations = [migrations.RunPython(add_schedules, remove_schedules)]
