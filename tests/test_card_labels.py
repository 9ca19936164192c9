"""The cards labelled by hand are enough, of every kind, and their two halves are told apart by their ids alone."""

import csv
import hashlib
from collections import Counter

from tests.bench.card_labels import LABELS, compare, rates
from tests.shared import shared

with LABELS.open(newline="", encoding="utf8") as lines:
    ROWS = list(csv.DictReader(lines, delimiter="\t"))


def test_at_least_150_cards_of_every_kind_are_labelled_for_all_25_criteria():
    kinds = Counter(row["dump"].partition("_")[0] for row in ROWS)
    assert kinds["models"] >= 110 and kinds["datasets"] >= 40
    assert len({row["id"] for row in ROWS}) == len(ROWS)
    assert len({row["kind"] for row in ROWS}) >= 12
    assert all(len(row["labels"]) == 25 and set(row["labels"]) <= set("se-?") for row in ROWS)


def test_the_half_of_a_card_follows_from_its_id():
    for row in ROWS:
        if row["half"] == "later":  # labelled after the halves were drawn
            continue
        odd = int(hashlib.sha256(row["id"].encode()).hexdigest(), 16) % 2
        assert row["half"] == ("kept" if odd else "tune"), row["id"]


def test_rates_are_null_where_there_is_nothing_to_divide():
    assert rates([0, 0, 0]) == {"right": 0, "wrong": 0, "missed": 0, "precision": None, "recall": None}
    assert rates([3, 1, 2])["precision"] == 0.75 and rates([3, 1, 2])["recall"] == 0.6


def test_the_half_that_rules_were_tuned_on_is_read_well():
    shared("hubdata", "models_2025.jsonl.gz")
    counts, _ = compare("tune")
    for kind, least in (("models", 0.85), ("datasets", 0.95)):
        for way in ("own", "any"):
            found = rates(counts[kind][way])
            assert found["precision"] >= least and found["recall"] >= least, (kind, way, found)
