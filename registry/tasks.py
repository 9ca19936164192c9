"""What workers do for the mirror. A task finds rows that are behind, so a message lost or doubled costs nothing."""

from celery import shared_task
from django.db.models import Q
from django.utils.timezone import now

from registry import harvest as harvests
from registry.hub import open_hub
from registry.models import Harvest
from registry.visiting import visit

MOST_TAKEN_UP = 20  # harvests a round


@shared_task
def mirror_now(kind: str, name: str) -> int:
    """Visit one repository; the key of the visit."""
    return visit(kind, name, open_hub()).pk


@shared_task
def run_harvest(key: int) -> str:
    """Run a queued or abandoned harvest, unless another worker has taken it up; its status."""
    at = now()
    mine = Harvest.objects.filter(pk=key).filter(takeable(at))
    if not mine.update(status=Harvest.Status.RUNNING, leased_until=at + harvests.LEASE):
        return "not due"
    return harvests.run(Harvest.objects.get(pk=key)).status


@shared_task
def take_up_overdue() -> int:
    """Run what is queued and due, and what a killed worker left; how many were run."""
    due = list(Harvest.objects.filter(takeable(now())).order_by("pk").values_list("pk", flat=True)[:MOST_TAKEN_UP])
    for key in due:
        run_harvest(key)
    return len(due)


@shared_task
def mirror_changed() -> str:
    """One pass over what changed on the Hub, of every kind."""
    harvest = harvests.ask({"changed": True, "kind": "all"}, source=open_hub().endpoint)
    return run_harvest(harvest.pk)


def takeable(at) -> Q:
    """Queued and due, or running under a lease that ran out."""
    queued = Q(status=Harvest.Status.QUEUED) & (Q(due_at=None) | Q(due_at__lte=at))
    return queued | Q(status=Harvest.Status.RUNNING, leased_until__lt=at)
