"""Pages that compose all three apps: the corpus, a repository, statistics."""

from __future__ import annotations

from django.conf import settings
from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_POST, require_safe
from django.views.decorators.vary import vary_on_headers

from lineage.tasks import trace_now
from openness.corpus import SORTS, CorpusFilter, counted, facets, in_order, rows_of
from openness.repo_page import repo_page
from openness.statistics import statistics_for
from openness.tasks import assess_now
from registry.freshness import mirror_freshness
from registry.models import Repo
from registry.page_rows import page_of
from registry.tasks import mirror_now
from registry.work import run_soon

ACTIONS = {
    "mirror": ("registry.mirror_repo", "Mirroring", lambda repo: run_soon(mirror_now, repo.kind, repo.name)),
    "trace": ("lineage.trace_repo", "Tracing", lambda repo: run_soon(trace_now, repo.pk)),
    "assess": ("openness.assess_repo", "Assessing", lambda repo: run_soon(assess_now, repo.pk)),
}


@require_safe
@vary_on_headers("HX-Request")
def corpus(request):
    """The mirrored repositories of one kind: searched, filtered, sorted and paged by the address alone."""
    kind = request.GET.get("kind") if request.GET.get("kind") in Repo.Kind.values else Repo.Kind.MODEL.value
    sort = request.GET.get("sort") if request.GET.get("sort") in SORTS else "downloads"
    visible = Repo.objects.of_kind(kind).current().visible_to(request.user)
    asked = CorpusFilter(request.GET, visible, request=request)
    is_valid = asked.is_valid()
    found = asked.qs if is_valid else visible.none()
    ordered, order = in_order(found, kind, sort)
    repos, following = page_of(ordered, order, request)
    number, is_more = counted(ordered)
    page = {
        "kind": kind,
        "kinds": Repo.Kind.values,
        "sort": sort,
        "sorts": [(name, words) for name, (words, _) in SORTS.items()],
        "form": asked.form,
        "rows": rows_of(repos),
        "following": following,
        "number": number,
        "is_more": is_more,
        "facets": facets(kind),
        "fresh": mirror_freshness(),
        "chosen": chosen(request.GET, asked),
    }
    return render(request, "openness/corpus.html", page, status=200 if is_valid else 400)


def chosen(query, asked: CorpusFilter) -> list[tuple[str, str, str]]:
    """Each filter that is set: its name, its value, and the query string without it."""
    found = []
    for name in asked.filters:
        if value := query.get(name):
            rest = query.copy()
            for gone in (name, "after"):
                rest.pop(gone, None)
            found.append((name.replace("_", " "), value, rest.urlencode()))
    return found


@require_safe
def repo(request, kind: str, name: str):
    """A repository by its name. A former name, and another spelling of case, lead to the present one."""
    repos = Repo.objects.visible_to(request.user).select_related("account", "head__card")
    found = repos.called(kind, name)
    if found is None:
        raise Http404(f"No {kind} of this name is mirrored.")
    if found.holds_name and found.name != name:
        return redirect(found.path, permanent=True)
    return shown(request, found)


@require_safe
def repo_without_name(request, key: int):
    """A repository whose name another one took over; any other is shown under its name."""
    found = get_object_or_404(Repo.objects.visible_to(request.user).select_related("account", "head__card"), pk=key)
    return redirect(found.path, permanent=True) if found.holds_name else shown(request, found)


def shown(request, found: Repo):
    allowed = [name for name, (permission, _, _) in ACTIONS.items() if request.user.has_perm(permission)]
    return render(request, "openness/repo.html", repo_page(found, request) | {"actions": allowed})


@require_POST
def act(request, key: int, action: str):
    """Mirror, trace or assess one repository now, for users with the permission."""
    if action not in ACTIONS:
        raise Http404
    permission, words, work = ACTIONS[action]
    if not request.user.has_perm(permission):
        raise PermissionDenied
    found = get_object_or_404(Repo.objects.visible_to(request.user), pk=key)
    work(found)
    state = "is queued" if settings.HAS_BROKER else "was tried; this page shows what came of it"
    messages.success(request, f"{words} {state}.")
    return redirect(Repo.objects.get(pk=key).path)


@require_safe
def statistics(request):
    """What the mirror holds, counted, with the population beside every count."""
    return render(request, "openness/statistics.html", statistics_for(request.user))
