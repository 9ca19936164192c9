"""Tests and intervals agree with other implementations, and hold where naive ones overflow or stall."""

from fractions import Fraction
from math import comb

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats
from statsmodels.stats import contingency_tables, multitest, proportion

from lineage.flip_statistics import (
    benjamini_hochberg,
    clopper_pearson,
    corrected_phi,
    holm,
    lower_bound,
    mcnemar_exact,
    more_broken_than_fixed,
    newcombe,
    upper_bound,
    wilson,
)

flips = st.integers(min_value=0, max_value=400)


def by_fractions(broken, fixed):
    n = broken + fixed
    tail = Fraction(sum(comb(n, k) for k in range(min(broken, fixed) + 1)), 2**n)
    return float(min(Fraction(1), 2 * tail))


@given(flips, flips)
def test_mcnemar_is_exact_to_the_last_digits(broken, fixed):
    assert mcnemar_exact(broken, fixed) == pytest.approx(by_fractions(broken, fixed), rel=1e-11)
    assert mcnemar_exact(broken, fixed) == mcnemar_exact(fixed, broken)


def test_fewer_than_six_lone_flips_are_never_significant():
    assert mcnemar_exact(5, 0) == 0.0625
    assert mcnemar_exact(6, 0) == 0.03125


@pytest.mark.timeout(20)
def test_mcnemar_of_a_hundred_thousand_flips_is_exact():
    p = mcnemar_exact(50_000, 51_000)
    assert p == pytest.approx(stats.binomtest(50_000, 101_000).pvalue, rel=1e-9)
    assert mcnemar_exact(10**5, 0) == 0.0  # below the smallest double, and no overflow
    assert mcnemar_exact(50_500, 50_500) == 1.0


@given(flips, flips)
def test_the_one_sided_test_agrees_with_scipy(broken, fixed):
    if broken + fixed:
        expected = stats.binomtest(broken, broken + fixed, alternative="greater").pvalue
        assert more_broken_than_fixed(broken, fixed) == pytest.approx(expected, rel=1e-9)


@given(st.integers(1, 20_000), st.data())
@settings(max_examples=50)
def test_exact_and_score_intervals_agree_with_scipy(n, data):
    count = data.draw(st.integers(0, n))
    for ours, method in ((clopper_pearson, "exact"), (wilson, "wilson")):
        theirs = stats.binomtest(count, n).proportion_ci(0.95, method)
        assert ours(count, n) == pytest.approx((theirs.low, theirs.high), rel=1e-7, abs=1e-12)
    upper = stats.binomtest(count, n, alternative="less").proportion_ci(0.95).high
    lower = stats.binomtest(count, n, alternative="greater").proportion_ci(0.95).low
    assert (lower_bound(count, n), upper_bound(count, n)) == pytest.approx((lower, upper), rel=1e-7)


@pytest.mark.parametrize(
    "cells, limits",  # Newcombe 1998, paired data, method 10: difference of (a+b) and (a+c) with a, b, c, d
    [((36, 12, 2, 0), (0.0569, 0.3404)), ((0, 0, 0, 30), (-0.1135, 0.1135)), ((30, 0, 0, 0), (-0.1135, 0.1135))],
)
def test_the_paired_interval_reproduces_published_examples(cells, limits):
    both, first_only, second_only, neither = cells
    low, high = newcombe(both, second_only, first_only, neither)
    assert (round(low, 4), round(high, 4)) == limits


@given(flips, flips, flips, flips)
def test_the_paired_interval_holds_its_estimate_and_mirrors_when_the_versions_swap(cc, cw, wc, ww):
    if cc + cw + wc + ww == 0:
        assert newcombe(cc, cw, wc, ww) is None
        return
    low, high = newcombe(cc, cw, wc, ww)
    delta = (wc - cw) / (cc + cw + wc + ww)
    assert -1 <= low <= delta + 1e-12 and delta - 1e-12 <= high <= 1
    assert newcombe(cc, wc, cw, ww) == pytest.approx((-high, -low), abs=1e-12)
    assert abs(corrected_phi(cc, cw, wc, ww)) <= 1


def test_the_upper_bound_without_flips_is_what_planning_relies_on():
    assert round(upper_bound(0, 100), 4) == 0.0295
    assert upper_bound(0, 299) < 0.01 <= upper_bound(0, 298)
    assert upper_bound(0, 2995) < 0.001 <= upper_bound(0, 2994)
    assert upper_bound(7, 7) == 1.0 and lower_bound(0, 7) == 0.0


p_values = st.lists(st.floats(0, 1), max_size=30)


@given(p_values)
def test_corrections_never_lower_a_p_value_and_keep_the_order(values):
    for corrected in (holm(values), benjamini_hochberg(values)):
        assert all(before <= after <= 1 for before, after in zip(values, corrected, strict=True))
        order = np.argsort(values, kind="stable")
        assert all(np.diff([corrected[i] for i in order]) >= 0)


@given(st.lists(st.floats(0, 1), min_size=1, max_size=30))
def test_benjamini_hochberg_agrees_with_scipy(values):
    assert benjamini_hochberg(values) == pytest.approx(stats.false_discovery_control(values).tolist(), rel=1e-12)


@pytest.mark.parametrize("n, old, nfr, gain", [(200, 0.8, 0.03, 0.05), (1_000, 0.7, 0.08, 0.08)])
def test_the_intervals_cover_as_often_as_they_say(n, old, nfr, gain):
    rng = np.random.default_rng(7)
    cells = [old - nfr, nfr, gain, 1 - old - gain]
    draws = rng.multinomial(n, cells, size=2_000)
    exact = sum(low <= nfr <= high for low, high in (clopper_pearson(int(d[1]), n) for d in draws))
    paired = sum(low <= gain - nfr <= high for low, high in (newcombe(*map(int, d)) for d in draws))
    four_standard_errors = 4 * (0.95 * 0.05 / len(draws)) ** 0.5
    assert 0.95 - four_standard_errors <= exact / len(draws)
    assert 0.95 - four_standard_errors <= paired / len(draws) <= 0.99


@given(flips, flips)
@settings(max_examples=50, deadline=None)
def test_mcnemar_agrees_with_statsmodels(broken, fixed):
    theirs = contingency_tables.mcnemar([[0, broken], [fixed, 0]], exact=True).pvalue
    assert mcnemar_exact(broken, fixed) == pytest.approx(min(1.0, theirs) if broken + fixed else 1.0, rel=1e-9)


@given(st.lists(st.floats(0, 1), min_size=1, max_size=30))
@settings(max_examples=50, deadline=None)
def test_corrections_agree_with_statsmodels(values):
    for ours, method in ((holm, "holm"), (benjamini_hochberg, "fdr_bh")):
        assert ours(values) == pytest.approx(multitest.multipletests(values, method=method)[1].tolist(), rel=1e-12)


@given(st.integers(1, 5_000), st.data())
@settings(max_examples=50, deadline=None)
def test_intervals_agree_with_statsmodels(n, data):
    count = data.draw(st.integers(0, n))
    for ours, method in ((clopper_pearson, "beta"), (wilson, "wilson")):
        low, high = proportion.proportion_confint(count, n, method=method)
        assert ours(count, n) == pytest.approx((max(0, low), min(1, high)), rel=1e-7, abs=1e-9)
