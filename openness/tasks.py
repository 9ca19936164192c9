"""Brings assessments up to date; each task finds what is behind, so that a lost or doubled message costs nothing."""

from celery import shared_task

from openness.assess import assess_due as assess_what_is_due
from openness.assess import assess_repo
from openness.efficiency_corpus import TooFewReports, bound_corpus
from registry.models import Repo

AT_ONCE = 5_000  # repositories a run; the next run goes on where this one ended


@shared_task
def assess_now(repo_id: int) -> int:
    """Assess one repository, due or not; one that is gone from the database meanwhile is no error."""
    repo = Repo.objects.filter(pk=repo_id).first()
    return len(assess_repo(repo)) if repo else 0


@shared_task
def assess_due() -> int:
    """Assess what is behind: new and changed repositories, and all of them after a new rubric or reader."""
    return assess_what_is_due(AT_ONCE)


@shared_task
def bound_efficiency() -> str | None:
    """Compute the boundaries of the efficiency classes from the corpus as it is; None where too few models report."""
    try:
        return bound_corpus().version
    except TooFewReports:
        return None
