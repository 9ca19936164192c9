"""Resampled intervals, margins, grades, planning and verdicts: each against another implementation or by hand."""

import io
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from lineage.flip_grades import grades_of, wilcoxon_p
from lineage.flip_margins import noise_band, split_by_margin
from lineage.flip_noise import Rerun
from lineage.flip_planning import (
    detectable_change,
    flips_allowed,
    items_to_decide,
    items_without_flips,
    plan,
)
from lineage.flip_report import Analysis, Questions
from lineage.flip_resampling import cells_by_cluster, clustered_bootstrap, paired_bootstrap
from lineage.flip_statistics import mcnemar_exact, newcombe, upper_bound
from lineage.flipped import flipped_items
from lineage.flips import FlipCount
from lineage.importers import read_outcomes
from lineage.pairing import Allowances, pair
from tests.outcome_rows import jsonl, rows


def analysed(old, new, *reruns, **questions):
    """An analysis; `reruns` are named by their number, unless there is only one."""
    tables = [read_outcomes(io.BytesIO(jsonl(one)), "log.jsonl") for one in (old, new, *reruns)]
    names = [str(number) for number in range(len(reruns))] if len(reruns) > 1 else [""]
    again = [
        Rerun(pair(tables[0], table, Allowances(common_items=True)), name)
        for name, table in zip(names, tables[2:], strict=False)
    ]
    return Analysis(pair(*tables[:2]), Questions(**questions), tuple(again))


def test_resampling_gives_the_interval_that_theory_gives():
    count = FlipCount(cc=7_000, cw=800, wc=900, ww=1_300)
    drawn = paired_bootstrap(count)
    assert drawn["delta"] == pytest.approx(newcombe(7_000, 800, 900, 1_300), abs=6e-4)
    spread = 1.96 * (0.08 * 0.92 / 10_000) ** 0.5
    assert drawn["nfr"] == pytest.approx((0.08 - spread, 0.08 + spread), abs=6e-4)
    theirs = stats.bootstrap(
        (np.repeat([1, 0], [7_000, 800]),), np.mean, n_resamples=500, method="percentile", rng=np.random.default_rng(1)
    ).confidence_interval
    assert drawn["btc"] == pytest.approx((theirs.low, theirs.high), abs=1.5e-3)


def test_resampling_is_repeatable_and_says_nothing_where_a_ratio_is_undefined():
    count = FlipCount(cc=5, cw=1, wc=1, ww=3)
    assert paired_bootstrap(count) == paired_bootstrap(count)
    never_wrong = paired_bootstrap(FlipCount(cc=10))
    assert never_wrong["nfi"] is None and never_wrong["nfr"] == (0, 0)
    assert paired_bootstrap(FlipCount())["nfr"] is None


@pytest.mark.parametrize("clusters", [40, 6_000])  # drawn one by one, and as normal sums
def test_items_that_break_together_widen_the_interval(clusters):
    rng = np.random.default_rng(5)
    number = np.repeat(np.arange(clusters), 25)
    together = np.repeat(rng.random(clusters) < 0.1, 25)
    right = np.ones(len(number), bool)
    found = clustered_bootstrap(number, right, ~together)
    alone = clustered_bootstrap(np.arange(len(number)), right, ~together)
    assert found.clusters == clusters and found.design_effect == pytest.approx(25, rel=0.1)
    assert alone.design_effect == pytest.approx(1, rel=0.01)
    wide, narrow = (np.diff(one.intervals["nfr"])[0] for one in (found, alone))
    assert wide / narrow == pytest.approx(5, rel=0.15)
    assert found.intervals["nfr"][0] <= together.mean() <= found.intervals["nfr"][1]


@given(st.lists(st.tuples(st.integers(0, 4), st.booleans(), st.booleans()), max_size=40))
def test_cells_of_the_clusters_sum_to_the_cells(items):
    clusters, was, now = (np.array(column) for column in zip(*items, strict=True)) if items else ([], [], [])
    cells = cells_by_cluster(np.array(clusters, int), np.array(was, bool), np.array(now, bool))
    assert cells.sum() == len(items)
    assert cells[:, 1].sum() == sum(a and not b for _, a, b in items)


def test_clusters_cover_where_independent_items_would_not():
    rng, rate, hits = np.random.default_rng(11), 0.1, 0
    number, right = np.repeat(np.arange(120), 10), np.ones(1_200, bool)
    for _ in range(200):
        broken = np.repeat(rng.random(120) < rate, 10)
        low, high = clustered_bootstrap(number, right, ~broken, draws=400).intervals["nfr"]
        hits += low <= rate <= high
    assert hits / 200 >= 0.88  # a percentile interval of 120 clusters is a little short; items alone cover 0.5


def test_flips_within_the_noise_band_are_fragile():
    nan = float("nan")
    split = split_by_margin(np.array([0.1, 0.1, 2.0, nan]), np.array([0.2, 3.0, 0.1, 1.0]), 0.5)
    assert (split.solid, split.fragile, split.unknown) == (2, 1, 1)
    assert split_by_margin(np.array([0.1]), np.array([0.2]), None).solid is None
    assert split_by_margin(np.array([nan]), np.array([nan]), 0.5) is None
    assert noise_band(np.array([1.0, nan]), np.array([1.25, 2.0])) == 0.25
    assert noise_band(np.array([nan]), np.array([nan])) is None


scores = st.lists(st.tuples(st.integers(0, 20), st.integers(0, 20)), min_size=1, max_size=60)


@given(scores, st.integers(0, 3))
@settings(deadline=None)
def test_gains_and_regressions_add_up_and_swap_with_the_versions(pairs, tolerance):
    old, new = (np.array(column, float) for column in zip(*pairs, strict=True))
    there, back = grades_of(old, new, tolerance), grades_of(new, old, tolerance)
    assert there.gains + there.regressions + there.ties == len(pairs)
    assert (there.gains, there.mean_gain) == (back.regressions, back.mean_regression)
    assert grades_of(old, new, tolerance, higher_is_better=False).gains == there.regressions
    means = (there.mean_gain or 0) * there.gains - (there.mean_regression or 0) * there.regressions
    if tolerance == 0:
        assert means == pytest.approx((new - old).sum())
    if (old != new).any():
        theirs = stats.wilcoxon(old, new, method="asymptotic", correction=False).pvalue
        assert wilcoxon_p(new - old) == pytest.approx(theirs, rel=1e-9)
    else:
        assert there.wilcoxon_p is None


PLANNED = {  # the published planning table: upper bound in %, flips for 0.5/1/2/5 %, net points if 2/5/10/20 % flip
    100: (2.95, (None, None, None, 1), (None, None, 8.8, 12.4)),
    300: (0.99, (None, 0, 1, 8), (None, 3.6, 5.1, 7.2)),
    1_000: (0.30, (1, 4, 12, 38), (1.25, 1.98, 2.80, 3.96)),
    5_000: (0.06, (16, 38, 83, 224), (0.56, 0.89, 1.25, 1.77)),
    10_000: (0.03, (38, 83, 176, 463), (0.40, 0.63, 0.89, 1.25)),
}


@pytest.mark.parametrize("n, row", PLANNED.items())
def test_the_published_planning_table_is_reproduced(n, row):
    upper, flips, changes = row
    assert round(100 * upper_bound(0, n), 2) == upper
    assert tuple(flips_allowed(n, budget) for budget in (0.005, 0.01, 0.02, 0.05)) == flips
    found = [detectable_change(n, share) for share in (0.02, 0.05, 0.1, 0.2)]
    digits = 2 if n >= 1_000 else 1
    assert [value and round(100 * value, digits) for value in found] == list(changes)


@given(st.integers(1, 3_000), st.floats(0.001, 0.999))
@settings(max_examples=60, deadline=None)
def test_the_flips_allowed_are_the_last_that_pass(n, budget):
    allowed = flips_allowed(n, budget)
    if allowed is None:
        assert upper_bound(0, n) > budget
        assert n < items_without_flips(budget)
    else:
        assert upper_bound(allowed, n) <= budget
        assert allowed == n or upper_bound(allowed + 1, n) > budget


def test_the_planned_change_is_found_four_times_in_five():
    n, flipping = 1_000, 0.1
    change = detectable_change(n, flipping)
    rng = np.random.default_rng(3)
    shares = [(flipping + change) / 2, (flipping - change) / 2, 1 - flipping]
    draws = rng.multinomial(n, shares, size=1_000)
    power = np.mean([mcnemar_exact(int(d[0]), int(d[1])) <= 0.05 for d in draws])
    assert 0.75 <= power <= 0.84


def test_the_items_that_would_decide_do_and_fewer_do_not():
    needed = items_to_decide(0.02, 0.03)
    assert upper_bound(round(0.02 * needed), needed) <= 0.03
    fewer = needed // 2
    assert upper_bound(round(0.02 * fewer), fewer) > 0.03
    assert items_to_decide(0.02, 0.02) is None
    assert plan(0.0)["items_without_flips"] is None


def test_must_pass_items_decide_whatever_the_rate():
    old, new = rows("a" * 400), rows("a" * 399 + "b")
    verdict = analysed(old, new, budget=0.05, must_pass=("399", "0")).line()
    assert verdict["verdict"] == "fail" and "1 of 2 items that must be right are wrong now: '399'" in verdict["reason"]
    assert analysed(old, new, budget=0.05, must_pass=("0",)).line()["verdict"] == "pass"
    missing = analysed(old, new, must_pass=("0", "x")).line()
    assert missing["verdict"] == "unknown" and "1 of 2 items that must be right are in neither" in missing["reason"]


def test_non_inferiority_is_decided_by_the_interval_of_the_difference():
    old, new = rows("a" * 500), rows("a" * 490 + "b" * 10)
    for margin, verdict in ((0.05, "pass"), (0.001, "fail"), (0.02, "unknown")):
        assert analysed(old, new, non_inferiority=margin).line()["verdict"] == verdict, margin


def test_a_slice_that_got_worse_fails_and_slices_that_are_too_small_decide_nothing():
    old = rows("a" * 60)
    for row in old:
        row["slice"] = "first" if row["id"] < 30 else "rest"
    new = [row | {"prediction": "b"} if row["id"] < 12 else row for row in old]
    line = analysed(old, new, slices=True).line()
    assert line["verdict"] == "fail" and "slice 'first' broke 12" in line["reason"]
    assert analysed(old, old, slices=True).line()["verdict"] == "pass"
    assert analysed(old[:30:3], old[:30:3], slices=True).line()["verdict"] == "unknown"


def with_margins(outcomes, margins):
    return [row | {"margin": margin} for row, margin in zip(outcomes, margins, strict=True)]


def test_a_second_run_of_the_old_version_gives_the_noise_floor_and_the_band():
    old = with_margins(rows("a" * 100), [0.1 if n < 4 else 5.0 for n in range(100)])
    rerun = [row | {"margin": row["margin"] + 0.2, "prediction": "b" if row["id"] == 0 else "a"} for row in old[:50]]
    new = with_margins(rows("bb" + "a" * 8 + "b" + "a" * 89), [0.1] * 100)
    analysis = analysed(old, new, rerun, budget=0.5, solid_budget=0.05)
    noise = analysis.line()["noise"]
    assert (noise["n"], noise["flips"], noise["nfr"]) == (50, 1, 0.02)
    assert noise["nfr_above"] == pytest.approx(0.01) and noise["margin_band"] == pytest.approx(0.2)
    assert (analysis.margins.solid, analysis.margins.fragile) == (1, 2)
    assert {ruling.rule: ruling.verdict for ruling in analysis.rulings} == {"budget": "pass", "solid_budget": "pass"}


def test_of_several_reruns_the_floor_is_the_largest_and_each_is_listed_by_its_name_with_their_mean():
    old = rows("a" * 100)
    again = [rows("a" * 99 + "b"), rows("bb" + "a" * 98), rows("b" + "a" * 99)[:40]]
    noise = analysed(old, rows("bbb" + "a" * 96 + "b"), *again).line()["noise"]
    assert [(one["name"], one["n"], one["flips"]) for one in noise["reruns"]] == [
        ("0", 100, 1),
        ("1", 100, 2),
        ("2", 40, 1),
    ]
    assert noise["floor"]["max"] == {"flips": 2, "nfr": 0.025, "pfr": 0.0, "churn": 0.025}
    assert noise["floor"]["mean"]["flips"] == pytest.approx(4 / 3)
    assert noise["floor"]["mean"]["nfr"] == pytest.approx((0.01 + 0.02 + 0.025) / 3)
    assert (noise["n"], noise["flips"], noise["nfr"]) == (100, 2, 0.025)
    assert noise["nfr_above"] == pytest.approx(0.04 - 0.025)


def test_a_flip_of_an_item_on_which_the_old_version_mostly_contradicts_itself_is_not_beyond_the_noise():
    old = rows("a" * 60)
    again = [rows("bb" + "a" * 58), rows("ba" + "a" * 58), rows("aa" + "a" * 58)[:30]]
    analysis = analysed(old, rows("bbb" + "a" * 56 + "b"), *again)
    noise = analysis.line()["noise"]
    assert (noise["flips_checked"], noise["flips_beyond"]) == (4, 3)  # the first item changed in two of four runs
    assert {item.item_id: item.is_fragile for item in flipped_items(analysis)} == {
        "0": True, "1": False, "2": False, "59": False,
    }  # fmt: skip
    unknown = analysed(old, rows("b" + "a" * 59), rows("a" * 60)[1:])
    assert [item.is_fragile for item in flipped_items(unknown)] == [None]


def test_a_written_answer_that_changed_moved_past_its_narrowest_lead_and_not_to_the_lead_of_other_words():
    first, again = [[row | {"margin": margin} for row in rows("ab")] for margin in (0.1, 0.1)]
    again[1] |= {"prediction": "c", "margin": 7.0}
    tables = [read_outcomes(io.BytesIO(jsonl(one)), "log.jsonl") for one in (first, again)]
    free = replace(pair(*tables), answers="text")
    assert Rerun(pair(*tables)).band == pytest.approx(6.9, rel=1e-2)
    assert Rerun(free).band == pytest.approx(0.1, rel=1e-2)


def test_without_a_band_solid_flips_are_unknown_and_without_flips_they_are_none():
    old, new = with_margins(rows("aa"), [1, 1]), with_margins(rows("ab"), [1, 1])
    assert analysed(old, new, solid_budget=0.9).line()["verdict"] == "unknown"
    assert analysed(rows("a" * 300), rows("a" * 300), solid_budget=0.01).line()["verdict"] == "pass"


def test_graded_scores_are_reported_with_the_declared_tolerance():
    old = [{"id": n, "correct": True, "score": 0.5} for n in range(4)]
    new = [row | {"score": score} for row, score in zip(old, (0.9, 0.51, 0.49, 0.1), strict=True)]
    grades = analysed(old, new, tolerance=0.05).details()["grades"]
    assert (grades["gains"], grades["regressions"], grades["ties"]) == (1, 1, 2)
    assert grades["mean_gain"] == pytest.approx(0.4) and grades["nfr"] == 0.25
    assert analysed(rows("a"), rows("a")).details()["grades"] is None


def test_clusters_are_reported_and_an_item_without_one_is_its_own():
    old = [row | ({"cluster": "c"} if row["id"] < 4 else {}) for row in rows("a" * 6)]
    assert analysed(old, rows("b" + "a" * 5)).details()["clustered"]["clusters"] == 3
    assert analysed(rows("a"), rows("a")).details()["clustered"] is None
