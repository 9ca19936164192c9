"""The five cells and their ratios keep the identities that the papers imply."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lineage.flips import FlipCount, count_flips

counts = st.integers(min_value=0, max_value=10**6)


@st.composite
def flip_counts(draw):
    ww = draw(counts)
    return FlipCount(draw(counts), draw(counts), draw(counts), ww, draw(st.none() | st.integers(0, ww)))


def close(left, right):
    return left == pytest.approx(right, rel=1e-9, abs=1e-12)


@given(flip_counts())
def test_accuracy_gained_is_positive_flips_less_negative_ones(count):
    if count.n:
        assert close(count.accuracy_new - count.accuracy_old, count.pfr - count.nfr)
        assert close(count.delta, count.pfr - count.nfr)


@given(flip_counts())
def test_trust_lost_is_negative_flips_over_what_was_right(count):
    if count.btc is not None:
        assert close(count.btc, 1 - count.nfr / count.accuracy_old)
        assert (count.relative_nfr is None) == (count.nfi is None)
        if count.nfi is not None:
            assert close(count.relative_nfr, count.nfi / count.accuracy_old)


@given(flip_counts())
def test_each_error_of_the_new_version_is_either_new_or_old(count):
    if count.nfi is not None:
        assert close(count.nfi, 1 - count.bec_of_new_errors)
    if count.bec_of_old_errors is not None:
        assert close(count.bec_of_old_errors, 1 - count.critique)


@given(flip_counts())
def test_confidence_and_critique_make_up_the_new_accuracy(count):
    if count.btc is not None and count.critique is not None:
        kept, mended = count.accuracy_old * count.btc, (1 - count.accuracy_old) * count.critique
        assert close(count.accuracy_new, kept + mended)


@given(flip_counts())
def test_negative_flips_lie_between_the_loss_and_what_there_was_to_lose(count):
    if count.n:
        assert count.nfr >= count.accuracy_old - count.accuracy_new - 1e-12
        assert count.nfr <= min(count.accuracy_old, 1 - count.accuracy_new) + 1e-12


@given(flip_counts())
def test_churn_and_multiple_choice_flips_differ_by_the_positive_flips(count):
    assert (count.churn is None) == (count.ww_same is None or count.n == 0)
    if count.churn is not None:
        assert close(count.churn, count.nfr_multiple_choice + count.pfr)
    if count.ww_same == count.ww and count.n:  # two classes: who is wrong twice gave one answer
        assert count.nfr_multiple_choice == count.nfr


@given(flip_counts())
def test_swapping_the_versions_swaps_the_flips(count):
    back = FlipCount(count.cc, count.wc, count.cw, count.ww, count.ww_same)
    assert (back.nfr, back.pfr, back.churn) == (count.pfr, count.nfr, count.churn)
    assert (back.btc is None) == (count.pfi is None)
    if count.pfi is not None:
        assert close(back.btc, 1 - count.pfi)


def test_what_is_undefined_is_none_and_never_zero():
    nothing = FlipCount()
    for name in ("accuracy_old", "nfr", "pfr", "relative_nfr", "nfi", "pfi", "btc", "bec_of_new_errors", "churn"):
        assert getattr(nothing, name) is None
    never_right = FlipCount(ww=3, wc=1)
    assert never_right.btc is None and never_right.relative_nfr is None and never_right.nfr == 0
    never_wrong = FlipCount(cc=3, cw=1)
    assert never_wrong.bec_of_old_errors is None and never_wrong.critique is None


@given(st.lists(st.tuples(st.booleans(), st.booleans(), st.booleans())))
def test_counting_arrays_agrees_with_counting_by_hand(rows):
    was, now, same = (np.array(column, bool) for column in (zip(*rows, strict=True) if rows else ([], [], [])))
    count = count_flips(was, now, same)
    assert count.n == len(rows)
    assert (count.cc, count.cw, count.wc, count.ww) == tuple(
        sum(row[:2] == cell for row in rows) for cell in ((True, True), (True, False), (False, True), (False, False))
    )
    assert count.ww_same == sum(row == (False, False, True) for row in rows)
    assert count_flips(was, now).cells()["ww_same"] is None


# Published rows (per cent): accuracy before and after, negative flip rate, as the papers print them.
PUBLISHED = [
    # HellaSwag
    (72.74, 72.91, 10.27, 10_042),
    (69.76, 78.02, 3.09, 10_042),
    (32.38, 69.76, 2.47, 10_042),
    (72.19, 71.54, 10.48, 10_042),
    # PIQA
    (74.86, 74.76, 11.59, 1_838),
    (74.65, 78.78, 6.20, 1_838),
    (59.03, 74.65, 7.78, 1_838),
    (74.70, 75.52, 9.90, 1_838),
    # GSM8K
    (24.45, 33.09, 8.49, 1_319),
    (30.02, 48.18, 5.88, 1_319),
    (3.41, 30.02, 2.01, 1_319),
    (26.72, 29.91, 11.60, 1_319),
]


@pytest.mark.parametrize("old, new, nfr, n", PUBLISHED)
def test_published_rows_are_reproduced_from_their_counts(old, new, nfr, n):
    right_old, right_new, broken = (round(share * n / 100) for share in (old, new, nfr))
    cc = right_old - broken
    count = FlipCount(cc, broken, right_new - cc, n - right_new - broken)
    assert min(count.cc, count.cw, count.wc, count.ww) >= 0
    found = [round(100 * share, 2) for share in (count.accuracy_old, count.accuracy_new, count.nfr)]
    assert found == pytest.approx([old, new, nfr], abs=100 * 0.5 / n + 0.005)
    assert 100 * count.pfr == pytest.approx(new - old + nfr, abs=0.1)


def test_the_published_relative_rate_of_the_seed_only_retrain_follows_from_its_nfr():
    # ResNet-18 → 18, seed alone: NFR 6.44 %, relative 30.48 %, so accuracy_old · error_new is 0.2113
    n, right, broken = 50_000, round(0.6976 * 50_000), round(0.0644 * 50_000)
    count = FlipCount(right - broken, broken, broken, n - right - broken)
    assert round(100 * count.relative_nfr, 1) == pytest.approx(30.5, abs=0.1)
