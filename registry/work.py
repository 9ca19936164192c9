"""Who does what is asked for on a page, in REST or in the admin: a worker where there is a broker, else we, now."""

from celery import Task
from django.conf import settings
from django.db import transaction


def run_soon(task: Task, *args) -> None:
    """Short work (under about 5 s): sent to a worker after the transaction commits, or done here without a broker."""
    if settings.HAS_BROKER:
        transaction.on_commit(lambda: task.delay(*args))
    else:
        task(*args)


def tell_workers(task: Task, *args) -> None:
    """Long work, already a queued row: wake a worker; without a broker the periodic task finds the row."""
    if settings.HAS_BROKER:
        transaction.on_commit(lambda: task.delay(*args))
