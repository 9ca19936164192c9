"""The page of one model's carbon: its checks with their arithmetic, its family and its history."""

from __future__ import annotations

from django.http import Http404
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_safe

from openness.carbon_family import family_of, history_of
from openness.models import Assessment
from registry.models import Repo


@require_safe
def carbon_of_repo(request, name: str):
    """One model's carbon report. A former name, or another spelling of case, leads to the present one."""
    repo = Repo.objects.visible_to(request.user).called(Repo.Kind.MODEL.value, name)
    if repo is None:
        raise Http404("No model of this name is mirrored.")
    if repo.holds_name and repo.name != name:
        return redirect(reverse("carbon-page", args=[repo.name]), permanent=True)
    row = Assessment.objects.current().filter(repo=repo, name="carbon").first()
    page = {"repo": repo, "row": row, "part": row.result if row else {}, "history": history_of(repo)}
    return render(request, "openness/carbon_of_repo.html", page | {"family": family_of(repo, request.user)})
