"""Watched models: once the mirror knows a newer version of one, a comparison of the two is queued."""

from __future__ import annotations

from datetime import datetime

from lineage.comparison_requests import Asked
from lineage.flip_report import Questions
from lineage.models import Comparison, Relation, Watch
from lineage.run_comparison import Execution, ask
from lineage.run_places import Named, suite_path
from lineage.suite_rows import BadSuite
from lineage.version_files import BadVersion
from registry.models import Repo

MOST_A_ROUND = 1_000


def look(at: datetime) -> int:
    """Queue a comparison for each newer version of a watched model that has none yet; how many were queued."""
    queued = 0
    watches = Watch.objects.filter(is_active=True).select_related("repo__head", "created_by")
    for watch in watches.order_by("looked_at", "pk")[:MOST_A_ROUND]:
        problem = ""
        for newer in newer_versions(watch.repo):
            try:
                queued += compare_with(watch, newer)
            except (BadSuite, BadVersion) as why:
                problem = str(why)
        Watch.objects.filter(pk=watch.pk).update(looked_at=at, problem=problem)
    return queued


def newer_versions(repo: Repo) -> list[Repo]:
    """The mirrored models that a card calls the newer version of `repo`."""
    named = Relation.objects.filter(child__repo=repo, kind=Relation.Kind.NEW_VERSION, is_current=True)
    return list(Repo.objects.filter(pk__in=named.values("parent__repo")).select_related("head").order_by("pk"))


def compare_with(watch: Watch, newer: Repo) -> bool:
    """Queue one comparison unless there is one of these two commits on this suite. Raises BadSuite and BadVersion."""
    old, new = at_head(watch.repo), at_head(newer)
    path = str(suite_path(watch.suite))
    known = {"old_repo": watch.repo, "new_repo": newer, "old_sha": old.sha, "new_sha": new.sha}
    if Comparison.objects.runs().filter(**known, execution__suite=path).exists():
        return False
    asked = Asked(Questions(budget=watch.budget))
    ask(Execution(old, new, path), asked, (watch.repo, newer), requested_by=watch.created_by)
    return True


def at_head(repo: Repo) -> Named:
    """A model at its newest mirrored commit. Raises BadVersion where none is known."""
    if repo.head is None:
        raise BadVersion(f"No commit of {repo.name} is known.")
    return Named(repo.name, repo.head.sha)
