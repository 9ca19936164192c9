"""The page that asks for two versions to be run; what comes of it is the page of the comparison."""

from django.contrib import messages
from django.contrib.auth.decorators import permission_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render

from lineage.comparison_tasks import run_queued
from lineage.run_comparison import ask
from lineage.run_forms import RunForm
from registry.work import tell_workers


@permission_required("lineage.add_comparison", raise_exception=True)
def comparison_run(request: HttpRequest) -> HttpResponse:
    form = RunForm(request.POST or None, initial=request.GET.dict(), user=request.user)
    if request.method == "POST" and form.is_valid():
        repos = tuple(form.cleaned_data[side][1] for side in ("old", "new"))
        row = ask(form.execution(), form.asked(), repos, requested_by=request.user)
        tell_workers(run_queued)
        messages.success(request, "Queued: a worker runs both versions.")
        return redirect(row)
    return render(request, "lineage/comparison_run.html", {"form": form}, status=400 if form.errors else 200)
