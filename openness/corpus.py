"""The corpus: which repositories are asked for, in which order, and what a row of the list shows of each."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

import django_filters
from django.core.cache import cache
from django.db.models import Count, Exists, F, FilteredRelation, OuterRef, Q, QuerySet
from django.db.models.functions import Lower

from lineage.models import Trace
from openness.filters import ScoreFilter
from openness.gathered import CARD_RUBRICS
from openness.models import Assessment
from registry.filters import RepoFilter
from registry.keyset import Order
from registry.models import Repo

SORTS = {
    "downloads": ("Most downloads", Order("downloads", largest_first=True)),
    "likes": ("Most likes", Order("likes", largest_first=True)),
    "modified": ("Last changed", Order("hub_modified_at", largest_first=True)),
    "created": ("Newest", Order("hub_created_at", largest_first=True)),
    "score": ("Best card", Order("card_score", largest_first=True, tie="card_of")),
    "name": ("Name", Order("lower_name")),
}
OPENNESS = {
    "1": ("Class I - Open Science", Q(label__startswith="Class I -")),
    "2": ("Class II - Open Tooling", Q(label__startswith="Class II -")),
    "3": ("Class III - Open Model", Q(label__startswith="Class III -")),
    "possible": ("possibly a class", Q(label__startswith="Unclassified; possibly")),
    "0": ("Unclassified", Q(label="Unclassified")),
    "unknown": ("Not decided", Q(label="Not decided")),
}
SUGGESTIONS = 60  # values a facet offers; any other can be typed
SUGGESTED_FOR_S = 600
COUNTED_MOST = 1_000
FEW = 2_000


class CorpusFilter(RepoFilter):
    """What the corpus page can be asked for: what REST can, and what assessments say."""

    search = kind = None
    q = django_filters.CharFilter(method="with_words", max_length=200, label="Search names")
    openness = django_filters.ChoiceFilter(method="in_class", choices=[(k, v[0]) for k, v in OPENNESS.items()])
    min_score = ScoreFilter(method="scoring", min_value=0, max_value=100, label="Card score at least")
    has_carbon = django_filters.BooleanFilter(method="reporting_carbon", label="Reports its carbon")

    def in_class(self, repos, name, value):
        return narrowed(repos, current("mof").filter(OPENNESS[value][1]))

    def scoring(self, repos, name, value):
        return narrowed(repos, current(*CARD_RUBRICS.values()).filter(score__gte=value))

    def reporting_carbon(self, repos, name, value):
        reports = current("carbon").filter(score__isnull=False)
        return narrowed(repos, reports) if value else repos.exclude(pk__in=reports.values("repo"))


def current(*rubrics: str) -> QuerySet[Assessment]:
    return Assessment.objects.current().filter(name__in=rubrics)


def narrowed(repos: QuerySet[Repo], assessments: QuerySet[Assessment]) -> QuerySet[Repo]:
    """Of `repos` those that one of `assessments` is about.

    Where these are few the search starts from them; where they are many one is soon met in the order of the list.
    """
    if assessments[: FEW + 1].count() <= FEW:
        return repos.filter(pk__in=assessments.values("repo"))
    return repos.filter(Exists(assessments.filter(repo=OuterRef("pk"))))


def in_order(repos: QuerySet[Repo], kind: str, sort: str) -> tuple[QuerySet[Repo], Order]:
    """`repos` with what `sort` needs. By card score only those are listed whose card has a score."""
    if sort == "score":
        of_card = Q(assessments__name=CARD_RUBRICS.get(kind, ""), assessments__is_current=True)
        repos = repos.annotate(scored=FilteredRelation("assessments", condition=of_card))
        repos = repos.filter(scored__score__isnull=False)
        repos = repos.annotate(card_score=F("scored__score"), card_of=F("scored__repo_id"))
    elif sort == "name":
        repos = repos.annotate(lower_name=Lower("name"))
    return repos, SORTS[sort][1]


def counted(repos: QuerySet[Repo]) -> tuple[int, bool]:
    """How many there are, and whether there are more than that: nobody pages through a million."""
    number = repos.order_by().values("pk")[: COUNTED_MOST + 1].count()
    return min(number, COUNTED_MOST), number > COUNTED_MOST


@dataclass
class Row:
    """What the list shows of one repository; None where nobody looked."""

    repo: Repo
    card: Assessment | None = None
    openness: Assessment | None = None
    carbon: Assessment | None = None
    relation: str | None = None


def rows_of(repos: Iterable[Repo]) -> list[Row]:
    """Rows for `repos`, in their order, in two queries."""
    rows = {repo.pk: Row(repo) for repo in repos}
    panel = dict.fromkeys(CARD_RUBRICS.values(), "card") | {"mof": "openness", "carbon": "carbon"}
    found = Assessment.objects.current().filter(repo__in=rows, name__in=panel)
    for row in found.only("repo_id", "name", "rubric", "score", "label"):
        setattr(rows[row.repo_id], panel[row.name], row)
    for key, relation in Trace.objects.filter(repo__in=rows).values_list("repo_id", "relation"):
        rows[key].relation = relation
    return list(rows.values())


@dataclass(frozen=True)
class Facets:
    """Values to choose from, the most frequent first, as they were at most ten minutes ago."""

    licence: list[str] = field(default_factory=list)
    pipeline_tag: list[str] = field(default_factory=list)
    library_name: list[str] = field(default_factory=list)


def facets(kind: str) -> Facets:
    """The most frequent values of public repositories of one kind; counted once in ten minutes a process."""
    key = f"corpus-facets-{kind}"
    if (found := cache.get(key)) is None:
        found = Facets(**{column: most_frequent(kind, column) for column in Facets.__dataclass_fields__})
        cache.set(key, found, SUGGESTED_FOR_S)
    return found


def most_frequent(kind: str, column: str) -> list[str]:
    public = Repo.objects.of_kind(kind).visible_to(None).exclude(**{column: ""})
    counts = public.values(column).annotate(number=Count("pk")).order_by("-number", column)
    return list(counts.values_list(column, flat=True)[:SUGGESTIONS])
