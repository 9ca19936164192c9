"""Pages about cards: those of the corpus as charts, and what changed between two revisions of one."""

from __future__ import annotations

from itertools import groupby, islice

from django.http import Http404
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_safe

from openness.card_changes import REVISIONS_LISTED, NotKept, card_changes, chosen, kept_cards, said_of
from openness.card_statistics import card_statistics
from openness.gathered import CARD_RUBRICS
from openness.score_drawing import score_picture
from registry.models import Repo

LINES_SHOWN = 1_000
SHA_MOST = 40


@require_safe
def cards_of_corpus(request):
    """Scores, kinds and sections of the corpus's cards beside published rates; a kind that has no cards is models."""
    kind = request.GET.get("kind") if request.GET.get("kind") in CARD_RUBRICS else "model"
    found = card_statistics(kind, with_stock=request.GET.get("stock") != "without")
    page = {
        "found": found,
        "kinds": list(CARD_RUBRICS),
        "studies": by_study(found["published"]),
        "picture": score_picture([band["number"] for band in found["scores"]["bands"]], found["scores"]["median"]),
    }
    return render(request, "openness/cards_of_corpus.html", page)


def by_study(rates: list[dict]) -> list[tuple[dict, list[dict]]]:
    """The published rates, those of one study, population and definition together under the first of them."""
    keys = ("source", "population", "definition", "differs")
    groups = groupby(rates, key=lambda rate: tuple(rate[key] for key in keys))
    return [(rows[0], rows) for rows in (list(each) for _, each in groups)]


@require_safe
def card_of_repo(request, kind: str, name: str):
    """How one repository's card changed from one kept revision to another; a revision that is not kept is a 404."""
    repo = Repo.objects.visible_to(request.user).called(kind, name) if kind in CARD_RUBRICS else None
    if repo is None:
        raise Http404(f"No {kind} of this name has a card that is assessed.")
    if repo.holds_name and repo.name != name:
        query = request.META.get("QUERY_STRING")
        place = reverse("card-page", args=[repo.kind, repo.name])
        return redirect(f"{place}?{query}" if query else place, permanent=True)
    listed = list(kept_cards(repo)[: REVISIONS_LISTED + 1])
    is_more, listed = len(listed) > REVISIONS_LISTED, listed[:REVISIONS_LISTED]
    asked = {side: request.GET.get(side, "")[: SHA_MOST + 1] for side in ("old", "new")}
    try:
        old, new = chosen(repo, listed, **asked)
    except NotKept as problem:
        raise Http404(f"No card of the {problem} revision is kept.") from None
    listed += [each for each in (old, new) if each and each.pk not in {row.pk for row in listed}]
    said = said_of(repo, listed)
    page = {
        "repo": repo,
        "revisions": [(each, next(iter(said[each.pk]), None)) for each in listed],
        "is_more": is_more,
        "old": old,
        "new": new,
        "changes": card_changes(repo, old, new) if old and new else None,
    }
    if page["changes"]:
        page["sides"] = [("before", page["changes"]["old"]), ("after", page["changes"]["new"])]
        page["hunks"], page["lines_hidden"] = within(page["changes"]["lines"].hunks)
    return render(request, "openness/card_changes.html", page)


def within(hunks) -> tuple[list, int]:
    """As many lines of the hunks as one page shows, and how many it leaves out."""
    lines = ((number, line) for number, hunk in enumerate(hunks) for line in hunk)
    shown: list[list] = []
    for number, line in islice(lines, LINES_SHOWN):
        if number == len(shown):
            shown.append([])
        shown[number].append(line)
    return shown, sum(1 for _ in lines)
