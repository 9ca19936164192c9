"""The passport of a repository: all that is known of it, each part with its date and how complete it is."""

from __future__ import annotations

from collections import Counter

from lineage.answers import contradictions_of, evidence_for, parent_answer, parents_of
from lineage.models import Comparison, Node, Relation
from lineage.reaches import ABOVE, reach
from lineage.sight import is_hidden, public_name, sees_all
from openness.card_corpus import percentile_of
from openness.gate import iso
from openness.gathered import Gathered, gather
from openness.models import Assessment
from registry.models import Alias, Repo

PARENTS_SHOWN = 100
EVIDENCE_SHOWN = 5
COMPARISONS_SHOWN = 5
CARBON_SHOWN = (
    "emissions_g", "raw", "unit_assumed", "suspected_unit", "suggested_emissions_g", "fix", "reporting_class",
    "grade", "checks_possible", "findings", "said",
)  # fmt: skip
OPENNESS_SHOWN = ("class", "confirmed", "possible", "ceiling", "next_step", "openwashing", "inherited")


def passport_of(repo: Repo, user=None, gathered: Gathered | None = None) -> dict:
    """Everything that `user` may see of a repository, in a bounded number of queries; `gathered` where it was read.

    Every part says `as_of` (null: never looked) and `is_complete`; what is not known is null and never empty.
    """
    gathered = gathered or gather(repo)
    return {
        "id": repo.name,
        "kind": repo.kind,
        "as_of": iso(repo.observed_at),
        "identity": identity(repo),
        "licence": licence(gathered),
        "lineage": lineage(gathered, user),
        "openness": openness(repo, gathered.assessments.get("mof")),
        "card": card(repo, gathered.card),
        "carbon": carbon(repo, gathered.assessments.get("carbon")),
        "comparisons": comparisons(repo, user),
    }


def identity(repo: Repo) -> dict:
    head = repo.head
    names = Alias.objects.filter(repo=repo).order_by("valid_from", "pk")[:PARENTS_SHOWN]
    return {
        "hub_id": repo.hub_id,
        "names": [{"name": a.name, "from": iso(a.valid_from), "to": iso(a.valid_to)} for a in names],
        "holds_name": repo.holds_name,
        "revision": head.sha if head else None,
        "committed_at": iso(head.committed_at) if head else None,
        "created_at": iso(repo.hub_created_at),
        "modified_at": iso(repo.hub_modified_at),
        "gated": repo.gated,
        "gone_at": iso(repo.gone_at),
        "parameters": repo.parameters,
        "source": repo.source,
        "card_state": head.card_state if head else "unknown",
        "as_of": iso(repo.observed_at),
        "is_complete": bool(repo.hub_id and repo.visited_at and head and head.has_file_list),
    }


def licence(gathered: Gathered) -> dict:
    """What it states of its licence, and which obligations follow; its parents' licences stand in `lineage`."""
    reading, was_read = gathered.licence, gathered.licence_was_read
    return {
        "expression": reading.expression or None,
        "ids": list(reading.ids),
        "verdict": reading.verdict if was_read else None,
        "is_known": reading.known if was_read else None,
        "is_open": reading.open,
        "obligations": dict(sorted(reading.flags.items())),
        "problem": reading.problem or None,
        "as_of": iso(gathered.repo.observed_at),
        "is_complete": was_read,
    }


def lineage(gathered: Gathered, user) -> dict:
    """Its parents with proof and evidence; one that only staff may see is shown by the name that public cards say."""
    repo, trace = gathered.repo, gathered.trace
    node = Node.objects.filter(repo=repo).first()
    relations = parents_of(node) if node else []
    visible = [row for row in relations if not is_hidden(row.parent, user)]
    evidence = evidence_for(relations[:PARENTS_SHOWN])
    parents = [parent(row, evidence.get(row.pk, []), user) for row in relations[:PARENTS_SHOWN]]
    return {
        "relation": trace.relation if trace else None,
        "parents": parents if trace else None,
        "ancestors": ancestors(node, user) if trace and node else None,
        "contradictions": contradictions_of(trace, node, visible, everything=sees_all(user))
        if trace and node
        else None,
        "problem": trace.problem or None if trace else None,
        "as_of": iso(trace.traced_at) if trace else None,
        "is_complete": bool(trace and trace.state_digest == repo.state_digest and len(relations) <= PARENTS_SHOWN),
    }


def ancestors(node: Node, user) -> int | None:
    """How many ancestors `user` sees; None where there are too many to walk around what is hidden."""
    above = reach(node.pk, ABOVE, everything=sees_all(user))
    return None if above.is_cut else above.total()


def parent(relation: Relation, evidence: list[dict], user) -> dict:
    """A parent as `trace` tells it, with its licence where the mirror knows one that `user` may see."""
    shown = parent_answer(relation, evidence[:EVIDENCE_SHOWN])
    if is_hidden(relation.parent, user):
        return shown | {"id": public_name(relation.parent), "resolved": False, "licence": None}
    repo = relation.parent.repo
    return shown | {"licence": repo.licence or None if repo else None}


def assessed(repo: Repo, row: Assessment | None) -> dict:
    """What every assessment says of itself."""
    return {
        "rubric": row.rubric if row else None,
        "reader": row.reader if row else None,
        "score": row.score if row else None,
        "assessed_weight": row.assessed_weight if row else None,
        "label": row.label or None if row else None,
        "problem": row.problem or None if row else None,
        "as_of": iso(row.assessed_at) if row else None,
        "is_complete": bool(row and not row.problem and row.state_digest == repo.state_digest),
    }


def openness(repo: Repo, row: Assessment | None) -> dict:
    shown = {key: row.result.get(key) if row else None for key in OPENNESS_SHOWN}
    return assessed(repo, row) | shown


def card(repo: Repo, row: Assessment | None) -> dict:
    tiers = Counter(finding["tier"] for finding in row.findings) if row else None
    missing = [f["name"] for f in row.findings if f["tier"] in ("none", "placeholder")] if row else None
    flags = row.result.get("flags") if row else None
    percentile = percentile_of(row)
    return assessed(repo, row) | {
        "tiers": tiers and dict(sorted(tiers.items())),
        "missing": missing,
        "flags": flags,
        "percentile": percentile and percentile | {"as_of": iso(percentile["as_of"])},
    }


def carbon(repo: Repo, row: Assessment | None) -> dict:
    return assessed(repo, row) | {key: row.result.get(key) if row else None for key in CARBON_SHOWN}


def comparisons(repo: Repo, user) -> dict:
    """The last comparisons in which it was the newer version."""
    found = Comparison.objects.of_upgrade(repo).visible_to(user).select_related("old_repo")
    rows = list(found[: COMPARISONS_SHOWN + 1])
    return {
        "last": [compared(row) for row in rows[:COMPARISONS_SHOWN]],
        "as_of": iso(rows[0].finished_at) if rows else None,
        "is_complete": len(rows) <= COMPARISONS_SHOWN,
    }


def compared(row: Comparison) -> dict:
    report = row.report or {}
    return {
        "comparison": row.pk,
        "old": row.old_repo.name if row.old_repo else row.old_name or None,
        "suite": row.suite or None,
        "n": report.get("n"),
        "nfr": row.negative_flip_rate,
        "nfr_upper": report.get("nfr_upper"),
        "verdict": row.verdict,
        "as_of": iso(row.finished_at),
    }
