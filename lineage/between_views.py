"""Two repositories side by side: what both come from, the ways between them; and what hangs on the first."""

from __future__ import annotations

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_safe

from lineage.drawing import WORDS
from lineage.queries import find, moved_to
from lineage.relatives import Relatives, Scope, common_ancestors, impact, paths
from lineage.sight import Seen
from registry.models import Repo

COMMON_SHOWN, WAYS_SHOWN = 50, 20
NAME_MOST = 300  # characters


@require_safe
def between_page(request: HttpRequest, kind: str, name: str) -> HttpResponse:
    """What hangs on one repository, and how another one is related to it where `with` names one."""
    root = find(kind, name, request.user)
    if root is None:
        if repo := moved_to(kind, name, request.user):
            return redirect("between-page", kind, repo.name)
        raise Http404(f"No {kind} of this name is mirrored, and none is named as a parent.")
    asked = request.GET.get("with", "").strip()[:NAME_MOST]
    other_kind = request.GET.get("with_kind", kind)
    other_kind = other_kind if other_kind in Repo.Kind.values else kind
    context = {"root": root, "asked": asked, "kinds": [(each, each == other_kind) for each in Repo.Kind.values]}
    if root.key is None:
        return render(request, "lineage/between.html", context | {"problem": "It was not traced yet."})
    context |= {"impact": impact_of(root, request.user), "address": request.path}
    if asked:
        context |= related(root, asked, other_kind, request.user)
    return render(request, "lineage/between.html", context)


def impact_of(root: Seen, user) -> dict:
    found = impact(root, Scope(), user)
    by_relation = [(WORDS[row["relation"]], row["repositories"]) for row in found["by_relation"]]
    return found | {"by_relation": by_relation}


def related(root: Seen, asked: str, kind: str, user) -> dict:
    """The two answers, or why there are none."""
    other = find(kind, asked, user)
    if other is None or other.key is None:
        said = "was not traced yet" if other else "is neither mirrored nor named as a parent"
        return {"problem": f"The {kind} {asked} {said}."}
    if other.key == root.key:
        return {"problem": "That is the same repository."}
    common = common_ancestors(root, other, Scope(), COMMON_SHOWN, user)
    between = paths(root, other, Scope(), WAYS_SHOWN, user)
    seen = {(node.kind, node.id): node for node in common.nodes}
    return {
        "other": other,
        "common": [row | {"node": seen[row["kind"], row["id"]]} for row in common.told["common"]],
        "common_total": common.total,
        "is_partial": common.is_partial or between.is_partial,
        "ways": ways_of(between),
        "ways_total": between.total,
        "is_ancestor": between.told["direction"] == "ancestors",
    }


def ways_of(found: Relatives) -> list[list[tuple[Seen, list[tuple[int, str]]]]]:
    """Each way as its nodes from below upwards, each with the relations that lead to it from the one before."""
    seen = {node.id: node for node in found.nodes}
    steps: dict[tuple[int, int], list[tuple[int, str]]] = {}
    for edge in found.edges:
        steps.setdefault((edge.child_id, edge.parent_id), []).append((edge.pk, WORDS[edge.kind]))
    return [
        [(node, steps.get((way[at - 1].key, node.key), []) if at else []) for at, node in enumerate(way)]
        for way in ([seen[name] for name in names] for names in found.told["paths"])
    ]
