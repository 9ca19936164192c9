"""What workers do for lineage. A task finds rows that are behind, so a message lost or doubled costs nothing."""

from celery import shared_task
from django.utils.timezone import now

from lineage import trace
from lineage.comparison_tasks import adapt_versions, compare_queued, compare_watched, run_queued
from lineage.judging import judge_since
from registry.models import Repo

__all__ = ["adapt_versions", "compare_queued", "compare_watched", "run_queued", "trace_due", "trace_now"]

MOST_A_ROUND = 5_000  # repositories; the next round takes the rest


@shared_task
def trace_now(repo_id: int) -> int | None:
    """Trace one repository; the key of its trace, or None when the repository is gone from the mirror."""
    repo = Repo.objects.filter(pk=repo_id).first()
    if repo is None:
        return None
    start = now()
    found = trace.trace_repo(repo)
    judge_since(start)
    return found.pk


@shared_task
def trace_due() -> int:
    """Trace what is behind; how many repositories there were."""
    start = now()
    traced = trace.trace_due(MOST_A_ROUND)
    judge_since(start)
    return traced
