"""What workers do for the mirror. A task finds rows that are behind, so a message lost or doubled costs nothing."""

from datetime import timedelta

from celery import shared_task
from django.conf import settings
from django.db.models import Q
from django.utils.timezone import now

from registry import harvest as harvests
from registry.contents import read_cards_again
from registry.hub import open_hub
from registry.models import Harvest
from registry.progress import LEASE
from registry.visiting import visit

NOW_PATIENCE_S = 5.0
MOST_TAKEN_UP = 20  # harvests a round
CARDS_AT_ONCE, MOST_CARDS = 50, 5_000
AGAIN_AFTER = [timedelta(minutes=minutes) for minutes in (5, 15, 60, 240, 720)]  # where the Hub was too busy
FIRST_DAYS = 1  # how far back the first scheduled pass over changes looks


@shared_task
def mirror_now(kind: str, name: str) -> int:
    """Visit one repository, with the patience of somebody who waits; the key of the visit."""
    return visit(kind, name, open_hub(patience_s=min(NOW_PATIENCE_S, settings.HUB_PATIENCE_S))).pk


@shared_task
def run_harvest(key: int) -> str:
    """Run a queued or abandoned harvest, unless another worker has taken it up; its status."""
    at = now()
    mine = Harvest.objects.filter(pk=key).filter(takeable(at))
    if not mine.update(status=Harvest.Status.RUNNING, leased_until=at + LEASE):
        return "not due"
    try:
        return queued_again(harvests.run(Harvest.objects.get(pk=key))).status
    except harvests.TakenOver:
        return "taken over"


def queued_again(harvest: Harvest) -> Harvest:
    """A run that a busy Hub stopped is due again after a while, a few times; any other is as it is."""
    tries = harvest.cursor.get("tries", 1)
    if harvest.cursor.get("busy") and tries <= len(AGAIN_AFTER):
        harvest.status, harvest.due_at = Harvest.Status.QUEUED, now() + AGAIN_AFTER[tries - 1]
        harvest.save(update_fields=["status", "due_at"])
    return harvest


@shared_task
def take_up_overdue() -> int:
    """Run what is queued and due, and what a killed worker left; how many were run."""
    due = list(Harvest.objects.filter(takeable(now())).order_by("pk").values_list("pk", flat=True)[:MOST_TAKEN_UP])
    for key in due:
        run_harvest(key)
    return len(due)


@shared_task
def mirror_changed() -> str:
    """One pass over what changed on the Hub, of every kind, unless the one before is still under way."""
    request = {"changed": True, "kind": "all", "first_days": FIRST_DAYS}
    under_way = Harvest.objects.filter(status__in=[Harvest.Status.QUEUED, Harvest.Status.RUNNING])
    if any(row.request == request for row in under_way.only("request")):
        return "under way"
    return run_harvest(harvests.ask(request, source=open_hub().endpoint).pk)


@shared_task
def read_older_cards() -> int:
    """Split the cards again that an older reader split; how many."""
    done = 0
    while done < MOST_CARDS and (number := read_cards_again(CARDS_AT_ONCE)):
        done += number
    return done


def takeable(at) -> Q:
    """Queued and due, or running under a lease that ran out."""
    queued = Q(status=Harvest.Status.QUEUED) & (Q(due_at=None) | Q(due_at__lte=at))
    return queued | Q(status=Harvest.Status.RUNNING, leased_until__lt=at)
