"""Pages of carbon: the corpus for any grid, and one model with its checks, its family and its history."""

from __future__ import annotations

from django.http import Http404
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_safe

from openness.carbon.efficiency import EMISSIONS, LETTERS
from openness.carbon_corpus import INTENSITY_MOST_G_PER_KWH, corpus_carbon, intensity_in
from openness.carbon_family import family_of, history_of
from openness.efficiency_corpus import Standing, boundaries_json, in_force, standing_of
from openness.models import Assessment
from registry.models import Repo

MEASURES = {
    EMISSIONS: "emissions, as published",
    "downloads": "downloads",
    "performance_score": "performance",
    "size_efficency": "bytes of weights per gram",
    "datasets_size_efficency": "bytes of data per gram",
}


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
    page["standing"] = standing = standing_of(repo)
    page["bands"] = bands_shown(standing) if standing else []
    return render(request, "openness/carbon_of_repo.html", page | {"family": family_of(repo, request.user)})


@require_safe
def carbon_of_corpus(request):
    """What the corpus reports, as stated or recomputed for the grid that is asked for; a grid that is none is a 400."""
    asked, problem = request.GET.get("g_per_kwh", "")[:20], ""
    try:
        grid = intensity_in(asked)
    except ValueError:
        grid, problem = None, f"The grid's intensity is a number above 0 and up to {INTENSITY_MOST_G_PER_KWH:g} g/kWh."
    found = corpus_carbon(request.user, grid)
    groups = [("Domain", found["domains"]), ("Tool", found["tools"])]
    page = {"found": found, "groups": groups, "asked": asked, "problem": problem, "boundaries": boundaries_shown()}
    return render(request, "openness/carbon_of_corpus.html", page, status=400 if problem else 200)


def bands_shown(standing: Standing) -> list[tuple[str, str | None]]:
    said = standing.as_json()
    rows = [(MEASURES[metric], band) for metric, band in said["bands"].items()]
    return [("emissions, corrected", said["band_of_emissions_corrected"]), *rows]


def boundaries_shown() -> dict | None:
    """The boundaries in force as rows of a table, and how many models have each label; None before there were any."""
    record = in_force()
    if record is None:
        return None
    said = boundaries_json(record)
    why = said["left_out"]
    rows = [(MEASURES[metric], found, why.get(metric)) for metric, found in said["boundaries"].items()]
    rows += [("emissions, corrected", said["boundaries_corrected"][EMISSIONS], why.get(EMISSIONS))]
    labels = [
        (each, said["labels"]["corrected"].get(each, 0), said["labels"]["published"].get(each, 0)) for each in LETTERS
    ]
    return {"record": record, "rows": rows, "labels": labels}
