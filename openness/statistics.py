"""What the mirror holds, counted by the database: kinds, licences, relations, classes and how scores are spread.

Every share has its population beside it: what was not seen, not assessed or not decided is counted as that.
"""

from __future__ import annotations

from django.core.cache import cache
from django.db.models import Count, F, IntegerField, Max, Q, QuerySet
from django.db.models.functions import Cast, Floor, Least

from lineage.models import Relation, Trace
from openness.gathered import CARD_RUBRICS
from openness.models import Assessment
from registry.freshness import mirror_freshness
from registry.models import Repo, Revision

LICENCES_SHOWN = 20
KEPT_FOR_S = 60
BAND = 10  # points a bar of a histogram
BANDS = 100 // BAND
KIND_OF = {rubric: kind for kind, rubric in CARD_RUBRICS.items()} | {"carbon": "model"}


def statistics_for(user) -> dict:
    """The statistics of what `user` may see, at most a minute old: counting a million rows takes seconds."""
    audience = "staff" if user is not None and user.is_staff else "public"
    return cache.get_or_set(f"statistics-{audience}", lambda: counted_for(user), KEPT_FOR_S)


def counted_for(user) -> dict:
    repos = Repo.objects.current().visible_to(user)
    assessments = Assessment.objects.current().exclude(repo__in=Repo.objects.hidden_from(user).values("pk"))
    kinds, fresh = by_kind(repos), mirror_freshness()
    return {
        "as_of": fresh.as_of,
        "completeness": fresh.completeness,
        "kinds": kinds,
        "licences": {kind: licences(repos.of_kind(kind), row["total"]) for kind, row in kinds.items()},
        "lineage": lineage(user, kinds),
        "openness": labels(assessments, "mof", kinds),
        "scores": [scores(assessments, rubric, kinds) for rubric in KIND_OF],
    }


def by_kind(repos: QuerySet[Repo]) -> dict[str, dict]:
    """Of each kind: how many there are, and how many of them were seen in which way."""
    state = Revision.CardState
    gated = Q(gated__in=[Repo.Gated.AUTO, Repo.Gated.MANUAL])
    counts = (
        repos.order_by()
        .values("kind")
        .annotate(
            total=Count("pk"),
            gone=Count("pk", filter=Q(gone_at__isnull=False)),
            with_gate=Count("pk", filter=gated),
            gate_unknown=Count("pk", filter=Q(gated=None)),
            visited=Count("pk", filter=Q(visited_at__isnull=False)),
            card_present=Count("pk", filter=Q(head__card_state=state.PRESENT)),
            card_absent=Count("pk", filter=Q(head__card_state=state.ABSENT)),
            card_unreadable=Count("pk", filter=Q(head__card_state=state.UNREADABLE)),
        )
    )
    found = {row.pop("kind"): row for row in counts}
    for row in found.values():
        row["card_unknown"] = row["total"] - row["card_present"] - row["card_absent"] - row["card_unreadable"]
    return {kind: found[kind] for kind in Repo.Kind.values if kind in found}


def licences(repos: QuerySet[Repo], total: int) -> dict:
    """The most frequent declared licences; none declared is not the same as another licence."""
    counted = repos.order_by().values("licence").annotate(number=Count("pk"))
    declared = counted.exclude(licence="").order_by("-number", "licence")[:LICENCES_SHOWN]
    none = repos.filter(licence="").count()
    rows = [{"licence": row["licence"], "number": row["number"]} for row in declared]
    others = total - none - sum(row["number"] for row in rows)
    return {"most_frequent": rows, "others": others, "none_known": none, "total": total}


def lineage(user, kinds: dict) -> dict:
    """Relations by kind and by proof, and how many models were traced at all."""
    relations = Relation.objects.filter(is_current=True).order_by()
    traces = Trace.objects.all()
    if not (user is not None and user.is_staff):
        relations = relations.filter(Q(child__repo=None) | Q(child__repo__staff_only=False))
        traces = traces.filter(repo__staff_only=False)
    return {
        "relations": counts_of(relations, "kind", "relation"),
        "proofs": counts_of(relations, "proof", "proof"),
        "traced": traces.count(),
        "total": sum(row["total"] for row in kinds.values()),
        "as_of": traces.aggregate(newest=Max("traced_at"))["newest"],
    }


def counts_of(rows: QuerySet, column: str, name: str) -> list[dict]:
    counted = rows.values(column).annotate(number=Count("pk")).order_by("-number", column)
    return [{name: row[column], "number": row["number"]} for row in counted]


def labels(assessments: QuerySet[Assessment], rubric: str, kinds: dict) -> dict:
    """How many models each label of a rubric was given."""
    rows = assessments.filter(name=rubric).order_by()
    found = counts_of(rows, "label", "label")
    total, assessed = kinds.get("model", {}).get("total", 0), sum(row["number"] for row in found)
    return {
        "rubric": rubric,
        "labels": found,
        "assessed": assessed,
        "not_assessed": total - assessed,
        "total": total,
        "as_of": rows.aggregate(newest=Max("assessed_at"))["newest"],
    }


def scores(assessments: QuerySet[Assessment], rubric: str, kinds: dict) -> dict:
    """How the current scores of one rubric are spread over ten bands of ten points; 100 falls into the last."""
    rows = assessments.filter(name=rubric).order_by()
    band = Least(Cast(Floor(F("score") / BAND), IntegerField()), BANDS - 1)
    counted = rows.filter(score__isnull=False).annotate(band=band).values("band").annotate(number=Count("pk"))
    spread = {row["band"]: row["number"] for row in counted}
    total, scored, assessed = kinds.get(KIND_OF[rubric], {}).get("total", 0), sum(spread.values()), rows.count()
    bands = [{"from": n * BAND, "to": (n + 1) * BAND, "number": spread.get(n, 0)} for n in range(BANDS)]
    return {
        "rubric": rubric,
        "kind": KIND_OF[rubric],
        "bands": bands,
        "scored": scored,
        "not_scored": assessed - scored,
        "not_assessed": total - assessed,
        "total": total,
        "as_of": rows.aggregate(newest=Max("assessed_at"))["newest"],
    }
