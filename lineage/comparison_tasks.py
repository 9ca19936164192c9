"""What workers do for comparisons: finds queued uploads and works them off, so a lost message costs nothing."""

from celery import shared_task
from django.utils.timezone import now

from lineage.comparison_intake import work_off
from lineage.models import Comparison
from lineage.run_queue import run_one
from lineage.watching import look

MOST_A_ROUND = 20


@shared_task(name="lineage.tasks.compare_queued")
def compare_queued() -> int:
    """Work off what is queued or left behind; how many."""
    keys = list(Comparison.objects.uploads().takeable(now()).order_by("pk").values_list("pk", flat=True)[:MOST_A_ROUND])
    for key in keys:
        work_off(key)
    return len(keys)


@shared_task(name="lineage.tasks.run_queued")
def run_queued() -> int:
    """Run the versions of comparisons that wait or were left behind, one after the other; how many."""
    keys = list(Comparison.objects.runs().takeable(now()).order_by("pk").values_list("pk", flat=True)[:MOST_A_ROUND])
    for key in keys:
        run_one(key)
    return len(keys)


@shared_task(name="lineage.tasks.compare_watched")
def compare_watched() -> int:
    """Queue comparisons of watched models with the newer versions that the mirror has learned of; how many."""
    return look(now())
