"""Sentences that stand in many repositories are found, and those that are shipped as stock earn little."""

import pytest

from openness.cards.substance import judge_line
from tests.bench.stock_sentences import frequent

SAID = "The weights of this model were put here by a robot."


def cards(count, owners, text=SAID):
    return [(f"owner{n % owners}/repo{n}", f"# R\n\n{text}\n") for n in range(count)]


def test_a_sentence_in_twenty_repositories_of_five_owners_is_stock():
    assert frequent(cards(20, 5)) == [(SAID.casefold(), 20, 5)]


@pytest.mark.parametrize(("count", "owners"), [(19, 5), (20, 4)])
def test_fewer_repositories_or_owners_are_chance_or_habit(count, owners):
    assert frequent(cards(count, owners)) == []


def test_placeholders_and_shipped_stock_are_not_listed_again():
    known = "- Paper: [More Information Needed]\n\nThe data fields are the same among all splits."
    assert frequent(cards(30, 10, known)) == []


@pytest.mark.parametrize(
    "line",
    [
        "The data fields are the same among all splits.",
        "It achieves the following results on the evaluation set:",
        "The following hyperparameters were used during training:",
    ],
)
def test_lead_ins_of_tools_are_stock(line):
    assert judge_line(line, 1).kind == "stock"
