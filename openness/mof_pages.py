"""Pages about the Model Openness Framework: the corpus by class, and one model's components with their evidence."""

from __future__ import annotations

from django.http import Http404
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_safe

from openness.distribution import class_distribution
from openness.evidence import differences, evidence_rows
from openness.mof_api import HISTORY_SHOWN, mof_rows
from openness.record_store import records_about
from registry.models import Repo

RECORDS_SHOWN = 20
CLASS_ORDER = ("1", "2", "3", "0")
SHORT = {"1": "I", "2": "II", "3": "III", "0": "None"}


@require_safe
def openness_of_corpus(request):
    """How many models reach each class, confirmed and possible, by each rule set."""
    found = class_distribution(request.user)
    rows = [
        (rules, level, [counts[mof_class] for mof_class in CLASS_ORDER])
        for rules, levels in found["classes"].items()
        for level, counts in levels.items()
    ]
    labels = [(SHORT[mof_class], found["labels"][mof_class]) for mof_class in CLASS_ORDER]
    return render(request, "openness/openness_of_corpus.html", {"found": found, "rows": rows, "labels": labels})


@require_safe
def openness_of_repo(request, kind: str, name: str):
    """One model's components, each with its evidence, both rule sets, and how all of it changed over time."""
    repo = Repo.objects.visible_to(request.user).select_related("head").called(kind, name)
    if repo is None:
        raise Http404(f"No {kind} of this name is mirrored.")
    if repo.holds_name and repo.name != name:
        return redirect(reverse("openness-page", args=[repo.kind, repo.name]), permanent=True)
    history = list(mof_rows(repo)[:HISTORY_SHOWN])
    row = history[0] if history and history[0].is_current else None
    asked = request.GET.get("since", "")
    earlier = next((old for old in history if old is not row and str(old.pk) == asked), None)
    page = {
        "repo": repo,
        "row": row,
        "components": components(row) if row else [],
        "rules": rules(row) if row else [],
        "history": history,
        "records": records_about(repo).defer("packed")[:RECORDS_SHOWN],
        "changes": differences(earlier, row) if earlier and row else None,
    }
    return render(request, "openness/openness_of_repo.html", page)


def components(row) -> list[dict]:
    """The stored components, each with its verdicts by both rule sets and its evidence."""
    evidence: dict[str, list[dict]] = {}
    for found in evidence_rows(row):
        evidence.setdefault(found["name"], []).append(found)
    stated = row.result.get("rules", {})
    by_rules = {
        rubric: {part["name"]: part["status"] for part in levels["confirmed"]["components"]}
        for rubric, levels in stated.items()
    }
    return [
        part
        | {
            "evidence": evidence.get(part["name"], []),
            "by_rules": [statuses.get(part["name"]) for statuses in by_rules.values()],
        }
        for part in row.result.get("components", [])
    ]


def rules(row) -> list[tuple[str, str, dict]]:
    """(rubric, level of certainty, classification) for both rule sets."""
    stated = row.result.get("rules", {})
    return [(rubric, level, found) for rubric, levels in stated.items() for level, found in levels.items()]
