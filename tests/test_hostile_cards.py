"""No card, whatever it holds, takes long or much memory to judge, to show or to send, and the worker judges on."""

import json
import resource
import time

import pytest
from rest_framework.test import APIClient

from openness.card_lint import judged_card, text_of
from openness.cards.addresses import Place
from openness.rendering import render
from registry.cards import read_card
from tests.hostile_cards import BIG, BODIES, FILES, HEADERS, every_card, filled

CARDS = every_card()
PLACE = Place("model", "acme/tiny")
ORDINARY = b"---\nlicense: mit\n---\n# Tiny\n\nA small model that sorts letters by their sender, for offices.\n"


def seconds_of(work):
    """The processor's seconds of ours: other work on the machine is not the card's."""
    start = time.process_time()
    work()
    return time.process_time() - start


@pytest.mark.parametrize("name", CARDS)
def test_a_hostile_card_is_judged_and_shown_within_two_seconds(name):
    data = CARDS[name]()
    kind = ("model", "dataset")[list(CARDS).index(name) % 2]  # both by `python -m tests.bench.hostile`
    start = time.process_time()
    line = judged_card("README.md", data, kind)[0]
    assert time.process_time() - start < 2
    assert len(line["findings"]) == 25 or line["problem"]
    json.dumps(line, allow_nan=False)
    text = text_of(data)[0] or ""
    assert seconds_of(lambda: render(read_card(text), PLACE)) < 2
    assert judged_card("README.md", ORDINARY, "model")[0]["score"] is not None


@pytest.mark.parametrize(("mark", "depth"), [("- ", 2), ("- ", 15), ("1) ", 10), ("> ", 45), ("> - ", 7)])
def test_lists_and_quotes_within_others_are_bounded_however_often_they_begin(mark, depth):
    text = "# A\n\n" + filled(mark * depth + "a\n", BIG)
    assert seconds_of(lambda: judged_card("README.md", text.encode(), "model")[0]) < 2
    assert seconds_of(lambda: render(read_card(text), PLACE)) < 2


def test_what_was_not_read_for_its_nests_is_flagged():
    line = judged_card("README.md", b"# A\n\n" + b"- - - a\n" * 2_000, "model")[0]
    assert "truncated" in line["flags"]
    assert "truncated" not in judged_card("README.md", b"# A\n\n" + b"- - - a\n" * 100, "model")[0]["flags"]


@pytest.mark.parametrize(
    "line",
    ["see the paper a/b 0.1", "1 &a 0.1 0.1 a 0.1", "trained on A100 for hours", "kg CO2 1 kWh V100 in us-east-1"],
)
def test_a_long_text_on_emissions_is_read_within_two_seconds(line):
    text = "## Environmental impact\n" + filled(line + "\n", BIG)
    assert seconds_of(lambda: judged_card("README.md", text.encode(), "model")[0]) < 2


def test_a_hostile_header_leaves_the_text_judged():
    for name in (
        "1,000,000 brackets",
        "merge keys in a chain",
        "a Python object",
        "a key twice",
        "more than a mebibyte",
    ):
        line = judged_card("README.md", CARDS[f"header: {name}"](), "model")[0]
        assert line["problem"].startswith("The header ")
        assert {f["id"]: f["tier"] for f in line["findings"]}["M03"] == "section"


def test_a_few_nul_bytes_do_not_make_a_short_card_no_text():
    line = judged_card("README.md", FILES["BOM, CRLF and NUL"](), "model")[0]
    assert (line["problem"], line["flags"]) == (None, ["bom", "crlf", "unstorable_characters"])


@pytest.mark.django_db
@pytest.mark.parametrize("group", [HEADERS, BODIES], ids=["headers", "texts"])
def test_a_hostile_card_that_is_sent_is_answered_and_so_is_the_next(group, monkeypatch):
    monkeypatch.setattr("openness.api.CardView.throttle_classes", [])
    client = APIClient()
    kind = "header" if group is HEADERS else "text"
    for name in list(group)[::3]:
        body = {"card": CARDS[f"{kind}: {name}"]().decode("utf8", "replace"), "kind": "dataset"}
        answer = client.post("/api/v1/assess", body, format="json")
        assert answer.status_code in (200, 400, 413), name
        json.loads(answer.content)
    assert client.post("/api/v1/assess", {"card": ORDINARY.decode(), "kind": "model"}, format="json").json()["score"]


def test_memory_stays_below_256_megabytes():
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    for name in ("a wide table", "quotes, over and over", "titles, over and over", "labels, over and over"):
        judged_card("README.md", CARDS[f"text: {name}"](), "model")[0]
    assert (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) / 1024 < 256
