"""The cards of the corpus are counted as a naive recount of their findings gives it, whoever asks."""

import random
import re
import statistics

import pytest
from django.contrib.auth.models import User
from django.db import connection
from hypothesis import given
from hypothesis import strategies as st

from openness import card_statistics
from openness.assess import assess_batch
from openness.card_corpus import grouped_marks
from openness.cards.scoring import score
from openness.fill_rates import Marks
from openness.models import Assessment
from openness.profiles.published import STANDINGS, published_rates
from openness.rubric import load
from openness.score_drawing import score_picture
from registry.cards import read_card
from registry.models import Repo
from tests.bench.corpus import fill
from tests.mirrored import SEEN, mirrored

pytestmark = pytest.mark.django_db
PIECES = (
    "## Limitations\n\nIt knows nothing of the sea and little of snow.",
    "## Limitations\n\n[More Information Needed]",
    "## Training data\n\nTen thousand old poems of the north were read by the model.",
    "## Intended use\n\nSee https://example.org/uses",
    "## License\n\nMIT",
    "## Evaluation results\n\n| metric | value |\n|---|---|\n| accuracy | 0.9 |",
    "## Citation\n\n```\n@article{a, title={b}}\n```",
    "It was trained on eight A100 GPUs and emitted 12 kg CO2eq.",
    "This model card has been generated automatically according to the information the Trainer had access to.",
)  # fmt: skip
HEADERS = ("", "---\nlicense: mit\n---\n", "---\nlicense: [mit\n---\n", "---\nlicense: mit\nlanguage: en\n---\n")
DATA_PIECES = (
    "## Dataset Summary\n\nTen thousand poems of the north, one a line.",
    "## Data Fields\n\n- `text`: a poem of three lines",
    "## Annotators\n\nTwo nurses of Bergen read them all.",
    "## Annotations\n\n[More Information Needed]",
    "## Discussion of Biases\n\nThe poets were nearly all from the towns.",
    "## Licensing Information\n\nMIT",
)


def cards(seed: int, pieces, number: int) -> list[str]:
    rng = random.Random(seed)
    return [
        rng.choice(HEADERS) + f"# Tiny {n}\n\n" + "\n\n".join(rng.sample(pieces, rng.randint(0, len(pieces)))) + "\n"
        for n in range(number)
    ]


@pytest.fixture
def corpus():
    """Small models and datasets with cards of many kinds, some of them hidden, absent or never read."""
    models = [mirrored(f"ada/m{n}", card=text) for n, text in enumerate(cards(1, PIECES, 24))]
    models += [mirrored("ada/none", card=""), mirrored("ada/unread"), mirrored("ada/header", card=HEADERS[1])]
    models += [mirrored("ada/secret", card=cards(2, PIECES, 1)[0], staff_only=True)]
    data = [mirrored(f"ada/d{n}", kind="dataset", card=text) for n, text in enumerate(cards(3, DATA_PIECES, 12))]
    assess_batch([*models, *data], ["model-card", "data-card"])


def public(name: str) -> list[Assessment]:
    return list(Assessment.objects.filter(name=name, is_current=True, repo__staff_only=False))


def asked(client, kind="model", stock="with") -> dict:
    answer = client.get("/api/v1/cards", {"kind": kind, "stock": stock})
    assert answer.status_code == 200
    return answer.json()


def is_written(row: Assessment) -> bool:
    return row.label in ("written", "empty")


@pytest.mark.parametrize("kind, name", [("model", "model-card"), ("dataset", "data-card")])
@pytest.mark.parametrize("stock", ["with", "without"])
def test_every_share_is_that_of_a_naive_recount_of_the_findings(client, corpus, kind, name, stock):
    rows = [row for row in public(name) if row.result["card_kind"] not in ("no_card", "unknown")]
    rows = [row for row in rows if stock == "with" or is_written(row)]
    for section in asked(client, kind, stock)["sections"]:
        found = [next(f for f in row.findings if f["id"] == section["id"]) for row in rows]
        judged = [f for f in found if f["tier"] not in ("unknown", "na")]
        assert section["cards"] == len(judged)
        assert section["any"] == sum(f["value"] > 0 for f in judged)
        assert section["unknown"] == sum(f["tier"] == "unknown" for f in found)
        assert section["not_applicable"] == sum(f["tier"] == "na" for f in found)
        assert section["own"] >= sum(f["tier"] == "section" for f in judged)
        assert section["any_share"] == (section["any"] / len(judged) if judged else None)


def test_own_sections_are_those_that_the_body_alone_shows(client, corpus):
    rubric = load("model-card")
    rows = [row for row in public("model-card") if row.result["card_kind"] not in ("no_card", "unknown")]
    expected = dict.fromkeys((each.id for each in rubric.criteria), 0)
    for row in rows:
        card = read_card(row.revision.card.text)
        alone = score(read_card("\n" * (card.body_line - 1) + card.body), rubric)
        for whole, body in zip(row.findings, alone.findings, strict=True):
            if whole["tier"] not in ("unknown", "na"):
                expected[body.id] += body.tier == "section"
    assert {each["id"]: each["own"] for each in asked(client)["sections"]} == expected
    assert expected["M03"] > 0 and expected["M19"] > 0


@pytest.mark.parametrize("stock", ["with", "without"])
def test_scores_bands_and_quantiles_are_those_of_the_scores(client, corpus, stock):
    found = asked(client, stock=stock)["scores"]
    scores = sorted(r.score for r in public("model-card") if r.score is not None and (stock == "with" or is_written(r)))
    assert found["scored"] == len(scores)
    assert [b["number"] for b in found["bands"]] == [
        sum(b["from"] <= s < b["to"] or s == b["to"] == 100 for s in scores) for b in found["bands"]
    ]
    assert found["median"] == statistics.median_low(scores)
    for name, share in (("p10", 0.1), ("p90", 0.9)):
        assert sum(s <= found[name] for s in scores) >= share * len(scores) > sum(s < found[name] for s in scores)


def test_the_population_tells_cards_none_and_not_read_apart(client, corpus):
    found = asked(client)
    assert found["cards"] == {
        "assessed": 27, "with_card": 25, "no_card": 1, "card_not_read": 1, "with_card_share": 25 / 26,
        "not_scored": sum(r.score is None for r in public("model-card") if r.label not in ("", "no_card")),
        "by_other_versions": 0,
    }  # fmt: skip
    kinds = {row["card_kind"]: row for row in found["kinds"]}
    assert sum(row["number"] for row in kinds.values()) == 25
    assert kinds["trainer"]["is_stock"] and not kinds["written"]["is_stock"]
    of_trainer = [r.score for r in public("model-card") if r.label == "trainer" and r.score is not None]
    assert kinds["trainer"]["median"] == statistics.median_low(of_trainer)


def test_what_a_look_without_stock_leaves_out_is_counted(client, corpus):
    assert asked(client)["left_out"] is None
    rows = [row for row in public("model-card") if row.label not in ("", "no_card") and not is_written(row)]
    assert asked(client, stock="without")["left_out"] == {"cards": len(rows), "partial_templates": 0}
    assert f"{len(rows)} card" in client.get("/cards?stock=without").content.decode()


def test_published_rates_stand_beside_ours_by_their_own_items(client, corpus):
    rates = {rate["item"]: rate for rate in asked(client)["published"]}
    assert (rates["Training"]["percent"], rates["Limitations"]["percent"]) == (74.3, 17.4)
    assert rates["How to start"]["percent"] is None and "none that we found" in rates["How to start"]["standing"]
    sections = {row["id"]: row for row in asked(client)["sections"]}
    assert rates["Environmental impact"]["ours"] == sections["M22"]["own"]
    assert rates["Training"]["ours"] >= max(sections["M10"]["own"], sections["M13"]["own"])
    assert (rates["Has a card"]["ours"], rates["Has a card"]["ours_of"]) == (25, 26)
    for rate in rates.values():
        assert rate["source"] and rate["population"] and rate["definition"] and rate["differs"] and rate["date"]


def test_items_of_several_criteria_are_those_of_a_naive_recount(client, corpus):
    rubric = load("data-card")
    places = {each.id: place for place, each in enumerate(rubric.criteria)}
    marks = [row.marks for row in public("data-card")]
    shown = {rate["item"]: rate for rate in asked(client, "dataset")["published"]}
    for rate in published_rates("dataset"):
        if rate.parts:
            letters = "s" if rate.measure == "own" else "sbp"
            number = sum(all(any(m[places[i]] in letters for i in part) for part in rate.parts) for m in marks)
            assert shown[rate.item]["ours"] == number


def test_the_page_shows_the_figures_of_rest_and_a_table_beside_each_picture(client, corpus):
    for kind, stock in (("model", "with"), ("model", "without"), ("dataset", "with")):
        found = asked(client, kind, stock)
        text = client.get("/cards", {"kind": kind, "stock": stock}).content.decode()
        assert f"{found['scores']['scored']} card" in text
        assert f"Median {found['scores']['median']:.1f}" in text
        for row in found["sections"]:
            cells = re.search(rf"{row['id']}</span>.*?</tr>", text, re.DOTALL)[0]
            said = [int(each) for each in re.findall(r'class="number">(\d+)', cells)]
            names = ("own", "any", "titled", "cards", "unknown", "not_applicable")
            assert said == [row[name] for name in names]
            assert f"{100 * row['own_share']:.1f} %" in cells
        assert text.count("<svg") == len(found["kinds"]) + len(found["sections"]) + len(found["published"]) + 1
        bands = re.findall(r'<th scope="row">(\d+)–\d+</th><td class="number">(\d+)', text)
        assert [int(number) for _, number in bands] == [band["number"] for band in found["scores"]["bands"]]
    assert 'href="/cards"' in client.get("/statistics").content.decode()


def test_nothing_and_one_card_are_shown_as_that(client):
    text = client.get("/cards").content.decode()
    assert "No card of a model was assessed" in text and "<svg" not in text
    assert asked(client)["as_of"] is None and asked(client)["sections"][0]["own_share"] is None
    assess_batch([mirrored("ada/m", card=cards(1, PIECES, 1)[0])], ["model-card"])
    assert "1 card</p>" in client.get("/cards").content.decode()
    text = client.get("/cards?kind=dataset&stock=without").content.decode()
    assert "No card of a dataset was assessed" in text


def test_everybody_is_told_the_same(client, corpus):
    before = asked(client)
    client.force_login(User.objects.create_user("root", is_staff=True))
    assert asked(client) == before
    Repo.objects.update(staff_only=True)
    assert asked(client)["cards"]["assessed"] == 0


def test_cards_of_another_version_and_spam_are_not_mixed_in(client, corpus):
    low = sum(row.score < 5 for row in public("model-card") if row.score is not None)
    for n, (rubric, label) in enumerate([("model-card/0.1", "written"), ("model-card/1.0", "spam")]):
        Assessment.objects.create(
            repo=mirrored(f"ada/x{n}"), name="model-card", rubric=rubric, reader="r", state_digest="0", score=1.0,
            label=label, marks="s" * 25, assessed_at=SEEN,
        )  # fmt: skip
    found = asked(client)
    assert (found["cards"]["assessed"], found["cards"]["by_other_versions"]) == (27, 1)
    assert found["scores"]["bands"][0]["number"] == low


def test_what_nobody_knows_is_refused_by_rest_and_taken_as_usual_by_the_page(client):
    for query in ("kind=space", "stock=some", "sort=1"):
        assert client.get(f"/api/v1/cards?{query}").status_code == 400
    assert client.get("/cards?kind=space&stock=some").status_code == 200


def test_few_queries_and_none_again_for_a_large_corpus(client, monkeypatch, django_assert_max_num_queries):
    fill(200)
    monkeypatch.setattr(card_statistics, "KEPT_FROM", 2)
    monkeypatch.setattr("openness.card_corpus.KEPT_FROM", 2)
    with django_assert_max_num_queries(6):
        client.get("/cards")
    with django_assert_max_num_queries(0):
        client.get("/cards")


@pytest.mark.skipif(connection.vendor != "sqlite", reason="plans are told in other words elsewhere")
def test_marks_are_counted_from_an_index_alone():
    fill(300)
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")
    assert "COVERING INDEX assessment_marks" in grouped_marks("model-card/1.0").explain()


def test_every_published_rate_names_known_criteria_and_standings():
    for kind, name in (("model", "model-card"), ("dataset", "data-card")):
        known = {each.id for each in load(name).criteria}
        for rate in published_rates(kind):
            assert {i for part in rate.parts for i in part} <= known
            assert rate.standing in STANDINGS and (rate.percent is None) == (rate.standing == "none")


@given(st.dictionaries(st.text("sbep-n?", min_size=3, max_size=3), st.integers(1, 5), max_size=20))
def test_items_are_counted_as_a_loop_over_the_marks_does(counts):
    parts, table = [[0, 1], [2]], Marks(counts, 3)
    found = table.filled(parts)
    rows = [marks for marks, number in counts.items() for _ in range(number)]

    def has(marks, letters):
        return all(any(marks[place] in letters for place in part) for part in parts)

    void = [marks for marks in rows if marks == "nnn"]
    open_ = [
        m for m in rows if m not in void and not has(m, "sbe") and not has(m, "sbp") and has(m, "sbep?") and "?" in m
    ]
    judged = [marks for marks in rows if marks not in void and marks not in open_]
    assert (found.not_applicable, found.unknown, found.cards) == (len(void), len(open_), len(judged))
    for name, letters in (("own", "s"), ("any", "sbe"), ("titled", "sbp")):
        assert getattr(found, name) == sum(has(marks, letters) for marks in judged)


def test_a_picture_has_a_column_for_each_band_that_holds_a_score():
    picture = score_picture([0, 3, 0, 1], 40.0)
    assert picture.count('class="column"') == 2 and "median 40" in picture
    assert score_picture([0, 0], None) == ""
