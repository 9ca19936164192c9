"""What the corpus reports: shares of who could, medians of own values only, and any grid that a reader picks."""

import pytest

from openness.assess import assess_due
from openness.carbon_corpus import corpus_carbon
from tests.test_carbon_lineage import family, model

pytestmark = pytest.mark.django_db


def corpus():
    for n, grams in enumerate((0.5, 40, 400_000)):
        said = f"{{emissions: {grams}, energy_consumed: {grams / 400!r}, source: codecarbon}}"
        model(f"acme/m{n}", emissions=said, day=40 * n, pipeline_tag="fill-mask")
    model("acme/silent")
    assess_due(100, ["carbon"])


def test_shares_and_medians_have_their_population_beside_them():
    corpus()
    found = corpus_carbon(None)
    assert (found["models"], found["reporting"], found["median_g"], found["median_kwh"]) == (4, 3, 40, 0.1)
    assert found["months"][0] == {"month": "2026-01", "models": 2, "reporting": 1, "share": 0.5, "median_g": 0.5}
    assert found["domains"] == [{"name": "language", "number": 3, "median_g": 40}]
    assert found["tools"][0]["name"] == "codecarbon"
    assert sum(row["number"] for row in found["decades"]) == 3


def test_another_grid_is_energy_times_its_intensity_and_who_states_no_energy_is_counted():
    corpus()
    model("bob/no-energy", emissions=7.5)
    assess_due(100, ["carbon"])
    found = corpus_carbon(None, 50.0)
    assert (found["median_g"], found["in_figures"], found["without_energy"]) == (pytest.approx(5.0), 3, 1)


def test_an_inherited_value_is_counted_once():
    family()
    found = corpus_carbon(None)
    assert (found["reporting"], found["in_figures"], found["not_own"]) == (3, 2, {"inherited": 1})


def test_page_and_rest_take_a_grid_in_bounds_and_refuse_others(client, django_assert_max_num_queries):
    assert "No model is in the figures" in client.get("/carbon").content.decode()
    corpus()
    with django_assert_max_num_queries(10):
        text = client.get("/carbon?g_per_kwh=50").content.decode()
    assert "at 50 g/kWh" in text
    for bad in ("nan", "inf", "-1", "0", "1e9", "x", "1" * 500, "2001"):
        assert client.get("/carbon", {"g_per_kwh": bad}).status_code == 400, bad
        assert client.get("/api/v1/carbon", {"g_per_kwh": bad}).status_code == 400, bad
    assert client.get("/api/v1/carbon?g_per_kwh=50").json()["g_per_kwh"] == 50
    assert client.get("/api/v1/carbon?x=1").status_code == 400


def test_what_only_staff_may_see_is_not_in_the_figures():
    model("acme/secret", emissions=41123.5, staff_only=True)
    assess_due(10, ["carbon"])
    assert corpus_carbon(None)["reporting"] == 0
