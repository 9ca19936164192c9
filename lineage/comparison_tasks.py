"""What workers do for comparisons: finds queued uploads and works them off, so a lost message costs nothing."""

from celery import shared_task
from django.utils.timezone import now

from lineage.adapting import Adaptation, adapt, answer
from lineage.comparison_intake import work_off
from lineage.models import Comparison
from lineage.run_options import Operator
from lineage.run_places import find_suite, named_version, suite_path
from lineage.run_queue import run_one
from lineage.running import How
from lineage.watching import look
from registry.energy import metered

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


@shared_task(name="lineage.tasks.adapt_versions")
def adapt_versions(old: str, new: str, train: str, name: str, **training) -> dict:
    """Train a compatibility adapter between two mirrored versions and register it; what `adapt` prints.

    Nothing calls it by itself. `old` and `new` are `id` or `id@sha`; `training` holds rank, epochs, batch,
    learning_rate and distilled. Raises BadRun, BadSuite or BadVersion, whose sentence the task's result keeps.
    """
    versions = [named_version(reference, "", Operator())[0] for reference in (old, new)]
    asked = Adaptation(name, *versions, find_suite(str(suite_path(train))), How(), **training)
    with metered("comparison", f"adapter {name}"):
        repo, figures = adapt(asked, lambda progress: None)
    return answer(asked, repo, figures)
