"""Batches are sorted and bounded; memory that runs out halves them and repeats the batch, and skips no item."""

import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lineage.runs.batches import NATURAL, Plan, cut, in_order, padding_share

ROOT = Path(__file__).resolve().parent.parent
LENGTHS = st.lists(st.integers(1, 600), min_size=1, max_size=300)
PLANS = st.builds(Plan, st.integers(1, 4_000), st.integers(1, 64), st.sampled_from([NATURAL, "longest first"]))


@given(LENGTHS, PLANS)
def test_every_item_is_in_one_batch_and_no_batch_is_larger_than_the_plan_but_for_a_single_item(lengths, plan):
    ordered = [lengths[place] for place in in_order(lengths, plan.order)]
    parts = list(cut(ordered, plan))
    assert [place for part in parts for place in range(part.start, part.stop)] == list(range(len(lengths)))
    for part in parts:
        rows = ordered[part]
        assert len(rows) == 1 or (len(rows) <= plan.rows and max(rows) * len(rows) <= plan.tokens)


@given(LENGTHS)
def test_sorting_by_length_never_pads_more_than_the_natural_order_in_batches_of_equal_rows(lengths):
    rows = min(8, len(lengths))
    lengths = lengths[: len(lengths) // rows * rows]  # a last batch of fewer rows may suit the natural order better
    assert padding_share(lengths, Plan(10**9, rows)) <= padding_share(lengths, Plan(10**9, rows, NATURAL)) + 1e-12


torch = pytest.importorskip("torch", reason="what runs models is not installed: make models")

from lineage.runs.engine import Encoded, Engine  # noqa: E402
from lineage.runs.problems import OutOfMemory  # noqa: E402
from lineage.suites import Item  # noqa: E402


class Greedy:
    """Answers with an item's length, and needs more memory than there is for more than `room` padded tokens."""

    def __init__(self, room: int):
        self.room, self.sizes = room, []

    def encode(self, items):
        return [Encoded(item, len(item.input)) for item in items]

    def compute(self, batch):
        size = max(one.length for one in batch) * len(batch)
        if size > self.room:
            raise torch.OutOfMemoryError(f"{size} tokens")
        self.sizes.append(size)
        return [one.length for one in batch]

    def answers(self, batch, computed):
        return [{"id": one.item.id, "prediction": str(n)} for one, n in zip(batch, computed, strict=True)]


def run(task, plan, lengths):
    told, found = [], []
    items = [Item(str(n), "x", "a" * length) for n, length in enumerate(lengths)]
    figures = Engine(task, plan, torch.device("cpu"), found.extend, lambda *said: told.append(said)).run(items)
    return {row["id"]: row["prediction"] for row in found}, figures


@settings(max_examples=25)
@given(st.lists(st.integers(1, 50), min_size=1, max_size=200), st.integers(50, 500), PLANS)
def test_memory_that_runs_out_costs_time_and_no_item(lengths, room, plan):
    answers, figures = run(Greedy(room), plan, lengths)
    assert answers == {str(n): str(length) for n, length in enumerate(lengths)}
    assert figures.items == len(lengths)
    assert figures.tokens == sum(lengths)


def test_the_plan_is_halved_until_a_batch_fits_and_stays_so():
    task = Greedy(room=100)
    _, figures = run(task, Plan(tokens=1_000, rows=64), [10] * 200)
    assert figures.halved == 3  # 64 rows → 32 → 16 → 8
    assert max(task.sizes) == 80


def test_an_item_that_alone_does_not_fit_is_an_error_and_not_skipped():
    with pytest.raises(OutOfMemory, match="'1' alone does not fit"):
        run(Greedy(room=10), Plan(), [5, 11])


def test_an_error_that_is_no_want_of_memory_is_not_hidden():
    class Broken(Greedy):
        def compute(self, batch):
            raise RuntimeError("shapes do not match")

    with pytest.raises(RuntimeError, match="shapes do not match"):
        run(Broken(10), Plan(), [5])


GROWN = """
import subprocess, sys
held = b"x" * (300 << 20)
subprocess.run([sys.executable, "-c", "from lineage.runs.child import peak_of_process; print(peak_of_process())"])
"""


def test_the_peak_of_a_run_is_its_own_and_not_that_of_the_worker_that_started_it():
    done = subprocess.run([sys.executable, "-c", GROWN], cwd=ROOT, capture_output=True, text=True, check=True)
    assert 1 << 20 < int(done.stdout) < 250 << 20
