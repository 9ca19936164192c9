"""Pages of registry: signing in, and the harvests."""

from __future__ import annotations

from django.contrib.auth.views import LoginView
from django.shortcuts import get_object_or_404, render

from registry.keyset import Order
from registry.models import Harvest, HarvestProblem, Visit
from registry.page_access import SignInThrottle
from registry.page_rows import page_of

COUNTS = ("seen", "created", "updated", "unchanged", "gone", "failed", "requests")
NEWEST_FIRST, IN_ORDER = Order("id", largest_first=True), Order("id")


class SignIn(LoginView):
    """Ten tries a minute from one address, right or wrong."""

    template_name = "registry/sign_in.html"

    def post(self, request, *args, **kwargs):
        throttle = SignInThrottle()
        if throttle.allow_request(request, self):
            return super().post(request, *args, **kwargs)
        wait_s = int(throttle.wait() or 60) + 1
        page = render(request, "registry/too_many_tries.html", {"wait_s": wait_s}, status=429)
        page["Retry-After"] = wait_s
        return page


def harvests(request):
    """Every run, the newest first."""
    rows, following = page_of(Harvest.objects.all(), NEWEST_FIRST, request)
    return render(request, "registry/harvests.html", {"harvests": rows, "following": following})


def harvest(request, number: int):
    """One run: what came of it, and what it could not take, for those who may see that."""
    row = get_object_or_404(Harvest.objects.select_related("requested_by"), pk=number)
    shown = row.details_shown_to(request.user)
    problems, more_problems = page_of(HarvestProblem.objects.filter(harvest=row), IN_ORDER, request, "problems")
    visits = Visit.objects.filter(harvest=row).shown_to(request.user).select_related("repo")
    visits, more_visits = page_of(visits, IN_ORDER, request, "visits")
    page = {
        "harvest": row,
        "details_shown": shown,
        "request_shown": row.request_shown_to(request.user),
        "problems": problems if shown else [],
        "more_problems": more_problems if shown else None,
        "visits": visits,
        "more_visits": more_visits,
        "counts": [(name, getattr(row, name)) for name in COUNTS],
    }
    return render(request, "registry/harvest.html", page)
