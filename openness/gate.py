"""Gathers what is known of a repository and holds it against a policy: may I adopt, or upgrade to, this?"""

from __future__ import annotations

from datetime import datetime

from lineage.models import Comparison, ObligationVerdict, Relation
from openness.gathered import CARD_RUBRICS, Gathered, gather
from openness.models import Assessment
from openness.policy import Fact, Policy, evaluate, verdict
from registry.models import Repo


def gate(repo: Repo, policy: Policy, against: Repo | None = None, gathered: Gathered | None = None) -> dict:
    """The answer of `gate` for one repository, rule by rule; `gathered` where it was read already. Raises BadPolicy."""
    answers = evaluate(policy, repo.kind, facts_about(gathered or gather(repo), against))
    return {
        "id": repo.name,
        "kind": repo.kind,
        "against": against.name if against else None,
        "policy": f"{policy.name}/{policy.version}",
        "verdict": verdict(answers),
        "rules": [found.as_dict() for found in answers],
        "as_of": iso(repo.observed_at),
    }


def facts_about(gathered: Gathered, against: Repo | None = None) -> dict[str, Fact]:
    """Everything that a rule may ask of a repository, in a bounded number of queries."""
    repo, current, licence = gathered.repo, gathered.assessments, licence_fact(gathered)
    return {
        "licence_known": licence,
        "licence_open": Fact(gathered.licence.open, licence.reason, licence.as_of),
        "parents_dangling": parents_fact(gathered),
        "obligations_verdict": obligations_fact(gathered),
        "card_score": card_fact(gathered),
        "openness_class": openness_fact(current.get("mof")),
        "openness_class_confirmed": confirmed_fact(current.get("mof")),
        "carbon_score": score_fact(current.get("carbon"), "carbon report"),
        "emissions_g": emissions_fact(current.get("carbon")),
        "negative_flip_rate": flips_fact(repo, against),
        "is_gone": Fact(repo.gone_at is not None, "As the last visit found it.", iso(repo.observed_at)),
    }


def iso(at: datetime | None) -> str | None:
    return at.isoformat().replace("+00:00", "Z") if at else None


def licence_fact(gathered: Gathered) -> Fact:
    reading, as_of = gathered.licence, iso(gathered.repo.observed_at)
    if reading.known:
        return Fact(True, f"It states {reading.expression}.", as_of)
    if reading.verdict == "unstated":
        return (
            Fact(False, "It states no licence.", as_of)
            if gathered.licence_was_read
            else Fact(None, "Its card, or the header of it, was not read.", as_of)
        )
    said = ", ".join(reading.ids)[:120]
    return Fact(False, reading.problem or f"It states {said or 'a licence'}, which is not known.", as_of)


def parents_fact(gathered: Gathered) -> Fact:
    """How many of the parents of its own kind that it names are not mirrored."""
    repo, trace = gathered.repo, gathered.trace
    if trace is None:
        return Fact(None, "Its parents were not traced.")
    as_of = iso(trace.traced_at)
    if trace.problem:
        return Fact(None, f"Its parents could not be traced: {trace.problem[:200]}", as_of)
    parents = Relation.objects.filter(child__repo=repo, is_current=True, parent__kind=repo.kind)
    named = {relation.parent for relation in parents.select_related("parent")}
    dangling = sorted(node.label for node in named if node.repo_id is None)
    if dangling:
        return Fact(len(dangling), f"{len(dangling)} of {len(named)} parents are not mirrored: {dangling[0]}.", as_of)
    if not named and trace.relation == Relation.Kind.UNKNOWN:
        return Fact(None, "Nothing says whether it has parents.", as_of)
    return Fact(0, f"All {len(named)} parents are mirrored." if named else "It names no parent.", as_of)


def obligations_fact(gathered: Gathered) -> Fact:
    """How it stands to the licences above it: ok, relabelled, missing_obligation or conflict."""
    repo = gathered.repo
    row = ObligationVerdict.objects.filter(repo=repo).first()
    if row is not None:
        return Fact(None if row.verdict == "unknown" else row.verdict, row.reason, iso(row.judged_at))
    if gathered.trace is None:
        return Fact(None, "Its parents were not traced.")
    if Relation.objects.filter(child__repo=repo, is_current=True).exists():
        return Fact(None, "It was not held against the licences above it yet.")
    return Fact("ok", "No parent of it is known.")


def card_fact(gathered: Gathered) -> Fact:
    if gathered.repo.kind not in CARD_RUBRICS:
        return Fact(None, f"No rubric scores the card of a {gathered.repo.kind}.")
    return score_fact(gathered.card, "card")


def score_fact(row: Assessment | None, what: str) -> Fact:
    if row is None:
        return Fact(None, f"Its {what} was not assessed.")
    as_of = iso(row.assessed_at)
    if row.score is None:
        return Fact(None, row.problem[:300] or f"Too little of its {what} could be assessed for a score.", as_of)
    return Fact(row.score, f"Its {what} scores {row.score:g} by {row.rubric}.", as_of)


def openness_fact(row: Assessment | None) -> Fact:
    """Its class of the Model Openness Framework: 1 is the most open, 3 the least, 0 none."""
    if row is None:
        return Fact(None, "Its openness was not assessed.")
    as_of, found = iso(row.assessed_at), row.result.get("class")
    if found is None:
        return Fact(None, row.problem[:300] or "Too little is known for an openness class.", as_of)
    return Fact(found, f"{row.label or 'Unclassified'} by {row.rubric}.", as_of)


def confirmed_fact(row: Assessment | None) -> Fact:
    """The class that what was seen confirms; unknown while none is confirmed and one is still possible."""
    if row is None:
        return openness_fact(row)
    confirmed, ceiling = (row.result.get(level, {}).get("class") for level in ("confirmed", "ceiling"))
    if not confirmed and ceiling != 0:
        return Fact(None, row.problem[:300] or f"{row.label or 'Nothing'} by {row.rubric}.", iso(row.assessed_at))
    return Fact(confirmed, f"{row.label} by {row.rubric}.", iso(row.assessed_at))


def emissions_fact(row: Assessment | None) -> Fact:
    grams = row.result.get("emissions_g") if row else None
    if grams is None:
        return Fact(None, "It reports no emissions.", iso(row.assessed_at) if row else None)
    return Fact(grams, f"It reports {grams:g} g of CO2.", iso(row.assessed_at))


def flips_fact(repo: Repo, against: Repo | None) -> Fact:
    """The 95 % one-sided upper bound of the negative flip rate in the last comparison that was finished."""
    last = Comparison.objects.of_upgrade(repo, against).first()
    whom = f" with {against.name}" if against else ""
    if last is None:
        return Fact(None, f"It was not compared{whom}.")
    upper = (last.report or {}).get("nfr_upper")
    if upper is None:
        return Fact(None, f"Comparison {last.pk}{whom} gives no bound of its flip rate.", iso(last.finished_at))
    rate = f", of which {last.negative_flip_rate:.2%} were seen" if last.negative_flip_rate is not None else ""
    return Fact(upper, f"Comparison {last.pk}{whom} bounds what broke by {upper:.2%}{rate}.", iso(last.finished_at))
