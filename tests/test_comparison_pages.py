"""The pages of comparisons, at nothing, one and many, and in the admin."""

import csv
import io

import pytest
from django.contrib.auth.models import User
from django.core.files.uploadedfile import SimpleUploadedFile
from django.utils.timezone import now

from lineage.comparing import Side, Version, compare
from lineage.comparison_requests import Asked
from lineage.comparison_views import defused
from lineage.flip_report import Questions
from lineage.importers import read_outcomes
from lineage.models import Comparison, FlippedItem
from tests.outcome_rows import jsonl, rows

pytestmark = pytest.mark.django_db


def comparison(old, new, **questions) -> Comparison:
    sides = (
        Side(Version(name), read_outcomes(io.BytesIO(jsonl(outcomes)), name))
        for name, outcomes in (("old.jsonl", old), ("new.jsonl", new))
    )
    return compare(*sides, Asked(Questions(**questions)))


def page(client, url) -> str:
    answer = client.get(url)
    assert answer.status_code == 200
    return answer.content.decode()


def test_the_list_without_any_comparison_says_how_to_make_one(client):
    assert "manage.py compare --outcomes" in page(client, "/comparisons")


def test_the_list_shows_each_comparison_and_its_verdict(client):
    comparison(rows("aab"), rows("abb"), budget=0.001)
    shown = page(client, "/comparisons")
    assert "old.jsonl" in shown and "33.3 %" in shown and "unknown" in shown
    assert "old.jsonl" not in page(client, "/comparisons?verdict=pass")


def test_a_comparison_shows_its_cells_its_verdict_and_what_broke(client):
    made = comparison(rows("aaabc"), rows("azabb"), budget=0.5)
    shown = page(client, made.get_absolute_url())
    assert "1 of 5 items broke" in shown and "negative flips" in shown and "another wrong answer" in shown
    assert "<svg" in shown and "z" in shown
    assert "It broke nothing." not in shown


def test_a_page_shows_margins_grades_clusters_and_every_question(client):
    old = [row | {"margin": 1.0, "score": 0.5, "cluster": f"c{row['id'] // 2}"} for row in rows("a" * 40)]
    new = [row | {"score": 0.2, "prediction": "b" if row["id"] < 4 else "a"} for row in old]
    made = comparison(old, new, budget=0.5, solid_budget=0.5, margin_band=0.1, must_pass=("39",), tolerance=0.1)
    shown = page(client, made.get_absolute_url())
    for words in ("Solid", "Graded scores", "clusters resampled", "What was asked", "all 1 items that must be right"):
        assert words in shown, words


def test_a_comparison_without_flips_or_predictions_has_a_page(client):
    only_right = [{"id": 1, "correct": True}]
    shown = page(client, comparison(only_right, only_right).get_absolute_url())
    assert "It broke nothing." in shown and "answers were not recorded" in shown


def test_a_queued_and_a_failed_comparison_have_pages(client):
    made = comparison(rows("a"), rows("a"))
    Comparison.objects.update(status="failed", report=None, details=None, problem="It is <empty>.")
    assert "It is &lt;empty&gt;." in page(client, made.get_absolute_url())
    Comparison.objects.update(status="queued", problem="")
    assert "wait for a worker" in page(client, made.get_absolute_url())


def test_thousands_of_broken_items_come_in_pages(client, django_assert_max_num_queries):
    made = comparison(rows("a" * 3_000), rows("b" * 3_000))
    with django_assert_max_num_queries(6):
        shown = page(client, made.get_absolute_url())
    assert shown.count('scope="row" class="mono"') == 50 and "page=2" in shown
    assert page(client, f"{made.get_absolute_url()}?page=60").count('scope="row" class="mono"') == 50
    assert "It broke nothing." in page(client, f"{made.get_absolute_url()}?page=61")
    assert page(client, f"{made.get_absolute_url()}?view=print").count('scope="row" class="mono"') == 500


@pytest.mark.parametrize(
    "query", ["page=-1", "page=9999999999", "page=x", "direction=up", "q=%00", "slice=%ff", "label="]
)
def test_no_query_breaks_the_page(client, query):
    made = comparison(rows("aab"), rows("abb"))
    assert client.get(f"{made.get_absolute_url()}?{query}").status_code == 200


def test_items_are_found_by_filters(client):
    made = comparison(rows("aab"), rows("abb", slice="s"))
    url = made.get_absolute_url()
    for query in ("q=1", "slice=s", "label=a"):
        assert "No item fits" not in page(client, f"{url}?{query}"), query
    for query in ("q=7", "slice=t", "label=c"):
        assert "No item fits" in page(client, f"{url}?{query}"), query
    assert "It fixed nothing." in page(client, f"{url}?direction=positive")


def test_text_of_a_log_is_never_markup(client):
    evil = "<script>alert(1)</script>"
    old = [{"id": evil, "label": evil, "prediction": evil, "slice": evil, "input": evil}]
    made = comparison(old, [old[0] | {"prediction": f"{evil}!"}])
    shown = page(client, made.get_absolute_url())
    assert evil not in shown and "&lt;script&gt;" in shown


def test_the_table_to_download_runs_no_formula(client):
    formulas = ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", " =1"]
    old = [{"id": text, "label": "a", "prediction": "a"} for text in formulas]
    made = comparison(old, [row | {"prediction": "=cmd"} for row in old])
    answer = client.get(f"{made.get_absolute_url()}/flipped.csv")
    assert answer["Content-Type"].startswith("text/csv") and "attachment" in answer["Content-Disposition"]
    table = list(csv.DictReader(io.StringIO(b"".join(answer.streaming_content).decode())))
    assert [row["item_id"] for row in table] == [f"'{text}" for text in formulas]
    assert {row["prediction_new"] for row in table} == {"'=cmd"}
    assert defused(-1.5) == -1.5


def test_an_unknown_comparison_is_not_found(client):
    for url in ("/comparisons/1", "/comparisons/99999999999999999999999", "/comparisons/1/flipped.csv"):
        assert client.get(url).status_code == 404


def test_asking_on_a_page_needs_the_permission(client, admin_client):
    assert client.get("/comparisons/new").status_code == 403
    assert "Compare two files" in page(admin_client, "/comparisons/new")


def test_two_files_are_compared_from_the_page(admin_client):
    def ask(new):
        files = {"old": SimpleUploadedFile("o.jsonl", jsonl(rows("ab"))), "new": SimpleUploadedFile("n.jsonl", new)}
        return admin_client.post("/comparisons/new", files | {"budget": "0.1"})

    answer = ask(jsonl(rows("bb")))
    made = Comparison.objects.get()
    assert answer.status_code == 302 and answer["Location"] == made.get_absolute_url()
    assert made.requested_by == User.objects.get(username="admin") and made.budget == 0.1
    answer = ask(b"nonsense")
    assert answer.status_code == 400 and "line 1 is not JSON" in answer.content.decode()
    assert Comparison.objects.count() == 1


def test_the_admin_lists_take_ten_queries_at_most(admin_client, django_assert_max_num_queries):
    comparison(rows("a" * 60), rows("b" * 60))
    assert FlippedItem.objects.count() == 60
    for name in ("comparison", "flippeditem", "outcomeset"):
        with django_assert_max_num_queries(10):
            assert admin_client.get(f"/admin/lineage/{name}/").status_code == 200
        assert admin_client.get(f"/admin/lineage/{name}/?q=x").status_code == 200
    made = Comparison.objects.get()
    assert admin_client.get(f"/admin/lineage/comparison/{made.pk}/change/").status_code == 200
    assert admin_client.get("/admin/lineage/comparison/add/").status_code == 403


def test_the_list_says_what_failed_and_why_and_takes_few_queries_however_long_it_is(
    client, django_assert_max_num_queries
):
    for number in range(60):
        status, problem = ("failed", f"No {number} <loads>.") if number % 2 else ("queued", "")
        Comparison.objects.create(
            old_name="a", new_name="b", asked_at=now(), status=status, problem=problem, suite="kinds", execution={}
        )
    with django_assert_max_num_queries(6):
        shown = page(client, "/comparisons")
    assert "No 59 &lt;loads&gt;." in shown and "kinds" in shown and "queued" in shown


def test_a_run_that_goes_on_says_which_rerun_it_is_at(client, django_assert_max_num_queries):
    progress = {
        "step": "noise",
        "rerun": 2,
        "reruns": 3,
        "done": 210,
        "total": 500,
        "items_per_s": 12.3,
        "left_s": 23.4,
    }
    row = Comparison.objects.create(
        old_name="a", new_name="b", asked_at=now(), status="running", execution={}, progress=progress
    )
    with django_assert_max_num_queries(6):
        shown = page(client, row.get_absolute_url())
    assert "The older version runs again (2 of 3)" in shown and "210 of 500 items" in shown
