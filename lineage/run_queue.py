"""Works off comparisons that wait to be run: takes a row with a lease, tells it how far it is, and never dies of it."""

from __future__ import annotations

import logging
import time
from datetime import timedelta

from django.utils.timezone import now

from lineage.comparison_intake import MAX_TRIES, give_up
from lineage.models import Comparison
from lineage.run_comparison import carry_out
from registry.energy import metered

log = logging.getLogger(__name__)

LEASE = timedelta(minutes=30)  # renewed with all progress; loading a large model says nothing for minutes
TOLD_EVERY_S = 2.0


class Progress:
    """Writes to the row how far it is, at most every two seconds, and renews its lease."""

    def __init__(self, row: Comparison):
        self.row, self.told, self.step = row, 0.0, None

    def __call__(self, said: dict) -> None:
        step = (said["step"], said.get("rerun"))
        if time.monotonic() - self.told < TOLD_EVERY_S and step == self.step:
            return
        self.told, self.step = time.monotonic(), step
        Comparison.objects.filter(pk=self.row.pk).update(progress=said, leased_until=now() + LEASE)


def run_one(key: int) -> str:
    """Run one waiting comparison, unless another worker has taken it; its status afterwards."""
    mine = Comparison.objects.runs().takeable(now()).filter(pk=key)
    if not mine.update(status=Comparison.Status.RUNNING, leased_until=now() + LEASE):
        return "not due"
    row = Comparison.objects.select_related("old_repo", "new_repo").get(pk=key)
    row.tries += 1
    row.save(update_fields=["tries"])
    if row.tries > MAX_TRIES:
        give_up(row, f"The comparison was begun {MAX_TRIES} times, and each time its worker was gone before the end.")
        return row.status
    try:
        with metered("comparison", f"comparison {row.pk}"):
            carry_out(row, Progress(row))
    except Exception as error:  # a fault of ours: the next comparison is run all the same, and this one tried again
        log.exception("comparison %s failed", row.pk)
        row.status = Comparison.Status.QUEUED
        row.save(update_fields=["status"])
        if row.tries >= MAX_TRIES:
            give_up(row, f"The comparison failed {row.tries} times: {type(error).__name__}.")
    return row.status
