"""Pages of the graph: a family as a drawing and a table, one relation with its evidence, one recipe with its layers."""

from __future__ import annotations

from urllib.parse import urlencode

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_safe

from lineage.answers import claims_of, contradictions_of, cycle_sentences, parents_of
from lineage.candidates import candidates, candidates_of
from lineage.claims import KINDS
from lineage.colouring import COLOURS, colouring
from lineage.drawing import WORDS, Extras, draw
from lineage.expansion import Expansion, expand, wanted_in
from lineage.layer_drawing import draw_layers
from lineage.models import MergeRecipe, Node, Relation, Trace
from lineage.queries import BadQuestion, Question, Subgraph, find, moved_to, subgraph
from lineage.reaches import DEPTH_MOST
from lineage.recipes import told
from lineage.references import read_reference
from lineage.sight import Seen, is_hidden, seen, seen_in_bulk, sees_all
from registry.models import Repo

UP, DOWN = 4, 2  # generations that a page shows before anybody asks for more
DRAWN_MOST = 500  # nodes
PANEL_MOST, PANEL_BOXES = 60, 14
GENERATIONS_MOST = 20  # that the links of a page lead to; the address takes more


@require_safe
def lineage_page(request: HttpRequest, kind: str, name: str) -> HttpResponse:
    """The family of one repository. A former name, or another spelling of case, leads to the present one."""
    root = find(kind, name, request.user)
    if root is None:
        repo = moved_to(kind, name, request.user)
        if repo is None:
            raise Http404(f"No {kind} of this name is mirrored, and none is named as a parent.")
        return redirect(f"/lineage/{kind}/{repo.name}", permanent=True)
    if root.repo is not None and root.id != name:
        return redirect(root.path, permanent=True)
    up, down = generations(request, "up", UP), generations(request, "down", DOWN)
    kinds = tuple(each for each in request.GET.getlist("relation") if each)
    try:
        question = Question(
            depth=up, depth_below=down, relations=kinds, limit=DRAWN_MOST, cursor=request.GET.get("cursor", "")
        )
    except BadQuestion as problem:
        raise Http404(str(problem)) from None
    graph = subgraph(root, question, request.user)
    extra = expand(graph, wanted_in(request.GET.getlist("open")), kinds, request.user)
    return render(request, "lineage/graph.html", page_of(request, graph, question, extra))


def generations(request: HttpRequest, name: str, default: int) -> int:
    text = request.GET.get(name, "")
    return min(int(text), DEPTH_MOST) if text.isascii() and text.isdigit() and len(text) < 5 else default


def page_of(request: HttpRequest, graph: Subgraph, question: Question, extra: Expansion) -> dict:
    up, down, kinds = question.depth, question.depth_below, question.relations
    by = request.GET.get("colour", "")
    nodes = [placed.node for placed in graph.nodes] + list(extra.nodes.values())
    colours = colouring(by, {node.key: node for node in [*nodes, graph.root]}.values(), extra.edges)
    opened = [f"{side}.{key}" for side, key in extra.wanted]

    def address(**changed) -> str:
        given = {"up": up, "down": down, "relation": kinds, "open": opened}
        given |= ({"colour": colours.by} if colours.by != "relation" else {}) | changed
        return f"{graph.root.path}?{urlencode(given, doseq=True)}"

    def toggle(side: str, key: int) -> str:
        word = f"{side}.{key}"
        return address(open=[each for each in opened if each != word] if word in opened else [*opened, word])

    return {
        "root": graph.root,
        "graph": graph,
        "drawing": draw(graph, extras=Extras(extra, colours, toggle)),
        "colours": [(key, words, key == colours.by) for key, words in COLOURS.items()],
        "colour_legend": colours.legend,
        "opened": opened,
        "candidates": perhaps(graph.root, request.user),
        "rows": rows_of(graph, extra, request.user),
        "said": said_of(graph.root, request.user),
        "legend": [(kind, WORDS[kind]) for kind in KINDS if any(edge.kind == kind for edge in extra.edges)],
        "kinds": [(kind, WORDS[kind], kind in kinds) for kind in KINDS],
        "up": up,
        "down": down,
        "more_up": address(up=up + 1) if up < GENERATIONS_MOST else "",
        "less_up": address(up=up - 1) if up else "",
        "more_down": address(down=down + 1) if down < GENERATIONS_MOST else "",
        "less_down": address(down=down - 1) if down else "",
        "next_page": address(cursor=graph.next) if graph.next else "",
    }


def rows_of(graph: Subgraph, extra: Expansion, user) -> list[dict]:
    """The relations of the page as a table tells them, those of opened nodes with them."""
    claims = claims_of(extra.edges)
    known = {placed.node.key: placed.node for placed in graph.nodes} | extra.nodes
    missing = {key for edge in extra.edges for key in (edge.child_id, edge.parent_id)} - known.keys()
    known |= seen_in_bulk(missing, user)
    return [
        {
            "relation": edge,
            "words": WORDS[edge.kind],
            "child": known[edge.child_id],
            "parent": known[edge.parent_id],
            "claims": claims.get(edge.pk, []),
            "sources": sorted({claim.source for claim in claims.get(edge.pk, [])}),
        }
        for edge in extra.edges
    ]


def perhaps(root: Seen, user) -> list[tuple[str, str]]:
    """The repositories that a root may mean which is only named."""
    return candidates(root.label, root.kind, user, root.key) if root.state == "dangling" and not root.is_masked else []


def said_of(root: Seen, user) -> dict:
    """What the last trace of the root found besides relations: contradictions, problems, recipes."""
    trace = Trace.objects.filter(repo=root.repo).select_related("repo").first() if root.repo else None
    if trace is None:
        return {"trace": None, "contradictions": [], "recipes": [], "is_on_cycle": False}
    node = Node(pk=root.key, kind=root.kind, name=root.id, repo=root.repo, cycle=root.cycle)  # as `find` read it
    visible = [row for row in parents_of(node) if not is_hidden(row.parent, user)]
    everything = sees_all(user)
    cycle = cycle_sentences(node, everything=everything)
    return {
        "trace": trace,
        "contradictions": contradictions_of(trace, node, visible, everything=everything, cycle=cycle),
        "is_on_cycle": bool(cycle) or any(row.parent_id == node.pk for row in visible),
        "recipes": MergeRecipe.objects.filter(repo=root.repo, is_current=True).defer("text").order_by("pk"),
    }


def lineage_panel(repo: Repo, user) -> dict:
    """What the page of a repository shows of its family: the nearest generation both ways."""
    root = find(repo.kind, repo.name, user)
    if root is None or root.repo != repo:
        return {"graph": None}
    graph = subgraph(root, Question(depth=1, limit=PANEL_MOST), user)
    shown_kinds = {edge.kind for edge in graph.edges}
    return {
        "graph": graph,
        "root": root,
        "drawing": draw(graph, PANEL_BOXES) if len(graph.nodes) > 1 or graph.edges else "",
        "legend": [(kind, WORDS[kind]) for kind in KINDS if kind in shown_kinds],
    }


@require_safe
def relation_page(request: HttpRequest, pk: int) -> HttpResponse:
    """One relation: the three readings of its kind, and every claim behind it, those that were superseded included."""
    relation = get_object_or_404(Relation.objects.select_related("child__repo", "parent__repo"), pk=pk)
    if is_hidden(relation.child, request.user):
        raise Http404("There is no such relation.")
    rows = list(relation.claims.select_related("revision").order_by("-is_current", "pk")[:200])
    context = {
        "relation": relation,
        "words": WORDS[relation.kind],
        "candidates": candidates_of(relation.parent, request.user),
        "verified": relation.verified.select_related("verification").order_by("-pk")[:20],
        "child": seen(relation.child, request.user),
        "parent": seen(relation.parent, request.user),
        "current": [row for row in rows if row.is_current],
        "superseded": [row for row in rows if not row.is_current],
    }
    return render(request, "lineage/relation.html", context)


@require_safe
def recipe_page(request: HttpRequest, pk: int) -> HttpResponse:
    """One merge recipe: its inputs as a table, and which layers come from whom as a drawing."""
    recipe = get_object_or_404(MergeRecipe.objects.select_related("repo"), pk=pk)
    if not Repo.objects.visible_to(request.user).filter(pk=recipe.repo_id).exists():
        raise Http404("There is no such recipe.")
    return render(request, "lineage/recipe.html", recipe_shown(recipe))


def recipe_shown(recipe: MergeRecipe) -> dict:
    """A recipe as its page shows it: each input with its family's page, parameters told, ends of the stack."""
    inputs = [
        each | {"told": list(told(each.get("parameters") or {})), "path": path_of(each["parent"])}
        for each in recipe.inputs
    ]
    sliced = [each for each in inputs if each.get("child_layers") and not each.get("module")]
    first, last = (end_of(sliced, 0), end_of(sliced, -1)) if sliced else ("", "")
    own = {name: value for name, value in recipe.settings.items() if name != "parameters"}
    parameters = recipe.settings.get("parameters")
    lines = told(parameters) if isinstance(parameters, dict) else ()
    return {
        "recipe": recipe,
        "inputs": inputs,
        "drawing": draw_layers(recipe.inputs),
        "ends": (first, last) if sliced else None,
        "settings": [
            *own.items(),
            *((f"{each['name']}{' of ' + each['filter'] if each['filter'] else ''}", each["value"]) for each in lines),
        ],
    }


def end_of(sliced: list[dict], at: int) -> str:
    """The models of the first or the last slice, which give the tensors outside of the layers (mergekit, plan.py)."""
    span = sorted(each["child_layers"] for each in sliced)[at]
    return " and ".join(dict.fromkeys(each["parent"] for each in sliced if each["child_layers"] == span))


def path_of(reference: str) -> str:
    """The page of the family of what a recipe names; empty for a path on a disk."""
    found = read_reference(reference)
    return f"/lineage/model/{found.name}" if found and found.name else ""
