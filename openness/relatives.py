"""Reads of whole batches what their ancestors report, however far, and who stated the same emissions before them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime

from django.db.models import Q

from lineage.models import Closure, Node, Trace
from lineage.reaches import ABOVE, reach
from openness.carbon.header import read_header
from openness.carbon.report import Report
from openness.carbon.uncommon import uncommon
from openness.models import Emission
from openness.state import AncestorReport
from registry.models import Repo

ANCESTORS_MOST = 200  # of one model; the nearest
NAMESAKES_MOST = 20  # repositories that state one uncommon amount
LAST = datetime.max.replace(tzinfo=UTC)


def ancestors_of(repos: Sequence[Repo]) -> dict[int, tuple[AncestorReport, ...]]:
    """Of each traced model among `repos` its public model ancestors, nearest first, with what they state."""
    keys = [repo.pk for repo in repos if repo.kind == Repo.Kind.MODEL]
    traced = set(Trace.objects.filter(repo__in=keys).values_list("repo_id", flat=True))
    nodes = dict(Node.objects.filter(repo__in=traced).values_list("pk", "repo_id"))
    rows = Closure.objects.filter(descendant__in=nodes, ancestor__kind=Repo.Kind.MODEL)
    public = Q(ancestor__repo=None) | Q(ancestor__repo__staff_only=False)
    told = rows.filter(public).order_by("descendant_id", "depth", "ancestor_id").values_list(
        "descendant_id", "ancestor_id", "depth", "ancestor__name", "ancestor__repo_id",
        "ancestor__repo__emission__emissions_g",
    )  # fmt: skip
    found: dict[int, list[AncestorReport]] = {key: [] for key in traced}
    around = ways_around(nodes)
    for node, ancestor, depth, name, repo, grams in told.iterator(chunk_size=2_000):
        of_repo = found[nodes[node]]
        if len(of_repo) < ANCESTORS_MOST and ancestor in around.get(node, (ancestor,)):
            of_repo.append(AncestorReport(name, depth, grams, mirrored=repo is not None))
    return {key: tuple(reports) for key, reports in found.items()}


def ways_around(nodes: Iterable[int]) -> dict[int, frozenset[int]]:
    """Of each node below a repository for staff only: the ancestors to which a way leads that passes none such.

    What lies behind such a repository is not told, so it takes no part in findings that everybody may read.
    """
    below = Closure.objects.filter(descendant__in=nodes, ancestor__repo__staff_only=True)
    reaches = {key: reach(key, ABOVE, everything=False) for key in set(below.values_list("descendant_id", flat=True))}
    return {key: frozenset(node for _, node in one.after(None, ANCESTORS_MOST)) for key, one in reaches.items()}


def copied_from(repos: Sequence[Repo], headers: dict[int, dict | None]) -> dict[int, tuple[str, ...]]:
    """Of each model whose header states uncommon emissions: older, unrelated, public ones that state the same.

    Models of one account, and those that share an ancestor, may share a figure: it is their family's.
    """
    stated: dict[int, float] = {}
    for repo in repos:
        if repo.kind == Repo.Kind.MODEL:
            amount = Report(read_header(headers.get(repo.pk)).statements).amount()
            if amount is not None and uncommon(amount.value.grams):
                stated[repo.pk] = amount.value.grams
    namesakes = emissions_by_amount(set(stated.values()))
    found = {}
    for repo in repos:
        others = [
            other
            for other in namesakes.get(stated.get(repo.pk, -1.0), ())
            if other.pk != repo.pk and other.account_id != repo.account_id and age(other) < age(repo)
        ]
        if others and (strangers := unrelated(repo, others[:NAMESAKES_MOST])):
            found[repo.pk] = tuple(other.name for other in strangers)
    return found


def age(repo: Repo) -> tuple[datetime, int]:
    """What puts the oldest first; a repository of unknown age is as old as it is in the mirror."""
    return repo.hub_created_at or repo.first_seen_at or LAST, repo.pk


def emissions_by_amount(amounts: set[float]) -> dict[float, list[Repo]]:
    """Public repositories by the uncommon amount that they state, oldest first."""
    rows = Emission.objects.visible_to(None).filter(uncommon_g__in=amounts).select_related("repo")
    found: dict[float, list[Repo]] = defaultdict(list)
    for row in rows.order_by("pk"):
        found[row.uncommon_g].append(row.repo)
    return {amount: sorted(repos, key=age) for amount, repos in found.items()}


def unrelated(repo: Repo, others: Sequence[Repo]) -> list[Repo]:
    """Those of `others` that share no ancestor with `repo` and are none of its own."""
    nodes = dict(Node.objects.filter(repo__in=[repo, *others]).values_list("repo_id", "pk"))
    lines: dict[int, set[int]] = {node: {node} for node in nodes.values()}
    for descendant, ancestor in Closure.objects.filter(descendant__in=lines).values_list(
        "descendant_id", "ancestor_id"
    ):
        lines[descendant].add(ancestor)
    own = lines.get(nodes.get(repo.pk, -1), set())
    return [other for other in others if not own & lines.get(nodes.get(other.pk, -1), set())]
