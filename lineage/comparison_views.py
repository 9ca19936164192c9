"""Pages of comparisons: the list, one comparison with its broken items, the same items as CSV, and a form to ask."""

import csv
from collections.abc import Iterator

from django.contrib import messages
from django.contrib.auth.decorators import permission_required
from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.safestring import mark_safe

from lineage.chain_report import chain_report
from lineage.comparison_forms import ComparisonForm
from lineage.comparison_intake import Upload, take
from lineage.flip_drawing import interval_picture, margin_picture
from lineage.flip_verdict import WORST_FIRST
from lineage.models import Comparison, FlippedItem
from lineage.outcomes import BadOutcomes
from registry.models import Repo

PAGE_ROWS = 50
PRINTED_ROWS = 500
LAST_PAGE = 2_000
CSV_COLUMNS = (
    "item_id direction label prediction_old prediction_new slice is_new_label"
    " margin_old margin_new score_old score_new input is_fragile"
).split()
FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r", "\n", "\N{FULLWIDTH EQUALS SIGN}", "\N{FULLWIDTH PLUS SIGN}")
SEARCH_CHARACTERS = 200
NOISE = {"beyond": False, "within": True}


def page_of(queryset, request: HttpRequest, size: int = PAGE_ROWS) -> dict:
    """The rows of the page that the request asks for, and whether one lies before or after it."""
    asked = request.GET.get("page", "")
    number = min(int(asked), LAST_PAGE) if asked.isascii() and asked.isdigit() and len(asked) < 9 and int(asked) else 1
    rows = list(queryset[(number - 1) * size : number * size + 1])
    return {"rows": rows[:size], "number": number, "has_next": len(rows) > size and number < LAST_PAGE}


def comparison_list(request: HttpRequest) -> HttpResponse:
    visible = Comparison.objects.visible_to(request.user).select_related("old_repo", "new_repo")
    verdict = request.GET.get("verdict", "")
    if verdict in WORST_FIRST:
        visible = visible.filter(verdict=verdict)
    context = {"page": page_of(visible.last_asked_first().defer("details", "report"), request), "verdict": verdict}
    return render(request, "lineage/comparison_list.html", context)


def comparison_page(request: HttpRequest, pk: int) -> HttpResponse:
    comparison = visible_comparison(request, pk)
    printing = request.GET.get("view") == "print"
    items, filters = filtered_items(comparison, request)
    context = {
        "comparison": comparison,
        "report": comparison.report,
        "details": comparison.details,
        "filters": filters,
        "printing": printing,
        "page": page_of(items, request, PRINTED_ROWS if printing else PAGE_ROWS),
        "query": "&".join(part for part in request.GET.urlencode().split("&") if part and not part.startswith("page=")),
        "pictures": pictures(comparison) if comparison.report else {},
    }
    return render(request, "lineage/comparison.html", context)


def visible_comparison(request: HttpRequest, pk: int) -> Comparison:
    return get_object_or_404(Comparison.objects.visible_to(request.user).select_related("old_repo", "new_repo"), pk=pk)


def filtered_items(comparison: Comparison, request: HttpRequest) -> tuple:
    """The flipped items that the request asks for, and the filters as they were understood."""
    given = {name: request.GET.get(name, "")[:SEARCH_CHARACTERS].replace("\0", "") for name in ("slice", "label", "q")}
    items = comparison.flipped_items.order_by("id")
    direction = request.GET.get("direction", "negative")
    if direction != "all":
        items = items.filter(is_negative=direction != "positive")
    noise = request.GET.get("noise", "")
    if noise in NOISE:
        items = items.filter(is_fragile=NOISE[noise])
    if given["slice"]:
        items = items.filter(slice=given["slice"])
    if given["label"]:
        items = items.filter(label=given["label"])
    if given["q"]:
        items = items.filter(item_id__icontains=given["q"])
    return items, given | {"direction": direction, "noise": noise if noise in NOISE else ""}


def pictures(comparison: Comparison) -> dict[str, str]:
    """SVG of numbers alone, made by us, so that it is safe to embed."""
    report = comparison.report
    noise = report["noise"] and report["noise"].get("nfr")
    drawn = {
        "interval": interval_picture(report["nfr"], report["nfr_ci"], report["nfr_upper"], comparison.budget, noise)
    }
    flips = comparison.flipped_items.filter(is_negative=True, margin_old__isnull=False, margin_new__isnull=False)
    if points := list(flips.values_list("margin_old", "margin_new")[:2_000]):
        band = (comparison.details.get("margins") or {}).get("noise_band")
        drawn["margins"] = margin_picture(points, band)
    return {name: mark_safe(picture) for name, picture in drawn.items()}  # noqa: S308


def flipped_csv(request: HttpRequest, pk: int) -> StreamingHttpResponse:
    """The flipped items that the page shows, all pages of them, as a table that no spreadsheet runs."""
    comparison = visible_comparison(request, pk)
    items, _ = filtered_items(comparison, request)
    response = StreamingHttpResponse(csv_lines(items), content_type="text/csv; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="comparison-{comparison.pk}.csv"'
    return response


def csv_lines(items) -> Iterator[str]:
    writer = csv.writer(Echo())
    yield writer.writerow(CSV_COLUMNS)
    for item in items.iterator(chunk_size=2_000):
        yield writer.writerow([defused(value) for value in csv_row(item)])


def csv_row(item: FlippedItem) -> list:
    values = {name: getattr(item, name) for name in CSV_COLUMNS if name != "direction"}
    values["direction"] = "negative" if item.is_negative else "positive"
    return [values[name] for name in CSV_COLUMNS]


def defused(value: object) -> object:
    """A cell that a spreadsheet shows and does not run: text that starts like a formula gets an apostrophe."""
    return f"'{value}" if isinstance(value, str) and value.lstrip(" ").startswith(FORMULA_STARTS) else value


class Echo:
    """A file that hands back what is written to it."""

    def write(self, line: str) -> str:
        return line


def comparison_chain(request: HttpRequest, name: str) -> HttpResponse:
    repo = get_object_or_404(Repo.objects.visible_to(request.user).named(Repo.Kind.MODEL, name))
    found = chain_report(repo, request.GET.get("suite"), request.user)
    rows = list(zip(found.report["versions"], found.report["nfr"], strict=True)) if found.report else []
    return render(request, "lineage/comparison_chain.html", {"repo": repo, "found": found, "rows": rows})


@permission_required("lineage.add_comparison", raise_exception=True)
def comparison_new(request: HttpRequest) -> HttpResponse:
    form = ComparisonForm(request.POST or None, request.FILES or None, user=request.user)
    if request.method == "POST" and form.is_valid():
        uploads = [Upload(form.version(side), form.cleaned_data[side].file) for side in ("old", "new")]
        try:
            row = take(*uploads, form.asked(), noise=form.rerun(), requested_by=request.user)
        except BadOutcomes as problem:
            form.add_error(None, str(problem))
        else:
            messages.success(request, "Compared." if row.report else "Queued: a worker will compare the two files.")
            return redirect(row)
    return render(request, "lineage/comparison_form.html", {"form": form}, status=400 if form.errors else 200)
