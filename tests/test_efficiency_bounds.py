"""The boundaries of the efficiency classes as a kept version: from the mirror, exact, and beside every label."""

import json
from fractions import Fraction
from io import StringIO

import pytest
from django.core.management import call_command
from hypothesis import given
from hypothesis import strategies as st

from lineage.trace import trace_due
from openness.assess import assess_due
from openness.carbon.efficiency import Model, bounds_of, labels_of
from openness.carbon.efficiency_record import bounds_from, bounds_json
from openness.efficiency_corpus import TooFewReports, bound_corpus, models_of, standing_of
from openness.models import EfficiencyBounds
from openness.tasks import bound_efficiency
from registry.models import Repo
from tests.mirrored import mirrored

fractions = st.fractions(min_value=0, max_value=10**9, max_denominator=10**6)
maybe = st.none() | fractions
metrics = st.dictionaries(st.sampled_from(["accuracy", "f1", "rouge1", "rougeL"]), fractions, max_size=2)
corpora = st.lists(st.builds(Model, st.just("a/b"), maybe, maybe, maybe, maybe, metrics), min_size=1, max_size=12)


@given(corpora)
def test_bounds_come_back_from_json_as_they_were(models):
    bounds = bounds_of(models)
    again = bounds_from(json.loads(json.dumps(bounds_json(bounds))), bounds.version)
    assert again == bounds
    alone = [found for model in models for found in labels_of([model], again)]
    assert alone == list(labels_of(models, bounds))  # one by one by kept bounds as all together


def report(number, grams, **fields):
    header = {"co2_eq_emissions": grams, "datasets": ["acme/corpus"]}
    header["model-index"] = [{"results": [{"metrics": [{"type": "accuracy", "value": 50 + number}]}]}]
    lines = f"co2_eq_emissions: {grams}\ndatasets: [acme/corpus]\n"
    card = f"---\n{lines}---\n# A model\n{number}\n"
    files = {"model.safetensors": 10**6 * (number + 1), "pytorch_model.bin": 7, "training_args.bin": 3}
    return mirrored(f"acme/m{number}", card=card, header=header, files=files, downloads=number, **fields)


@pytest.fixture
def corpus(db):
    header = {"dataset_info": {"dataset_size": 5_000_000}}
    mirrored("acme/corpus", kind="dataset", card="---\ndataset_info: {}\n---\n", header=header)
    for number in range(32):
        report(number, 12.5 + 7 * number * number)
    trace_due(99)
    assess_due(99, ["carbon"])


def test_a_model_is_read_with_what_the_mirror_knows_of_it(corpus):
    (model,) = models_of([Repo.objects.get(name="acme/m2")])
    assert (model.emissions_g, model.size_bytes, model.dataset_size_bytes, model.downloads, model.metrics) == (
        Fraction("40.5"), 3 * 10**6, 5_000_000, 2, {"accuracy": 52},
    )  # fmt: skip
    strange = mirrored(
        "acme/strange", header={"model-index": [{"results": "none"}], "datasets": 5}, card="x", files={"a.bin": None}
    )
    (model,) = models_of([strange])
    assert model == Model("acme/strange", metrics={})


def test_a_version_is_made_once_from_one_corpus_and_labels_name_it(corpus, client):
    model = Repo.objects.get(name="acme/m2")
    assert standing_of(model) is None
    assert client.get("/api/v1/carbon/model/acme/m2").json()["efficiency"] is None
    first, again = bound_corpus(), bound_corpus()
    assert first == again and first.models_in_corpus == 32
    assert sum(first.labels["corrected"].values()) == 32
    said = client.get("/api/v1/carbon/model/acme/m2").json()["efficiency"]
    models = models_of(list(Repo.objects.filter(kind="model")))
    literal = {each.id: each for each in labels_of(models, bounds_of(models))}["acme/m2"]
    assert (said["label_corrected"], said["label_published"]) == (literal.corrected, literal.published)
    assert (said["boundaries"], said["models_in_corpus"]) == (first.version, 32)
    page = client.get("/carbon/model/acme/m2").content.decode()
    assert first.version in page and "As the study" not in page
    boundaries = client.get("/api/v1/carbon/boundaries").json()
    assert boundaries["version"] == first.version and len(boundaries["boundaries_corrected"]["co2_eq_emissions"]) == 4
    assert first.version in client.get("/carbon").content.decode()


def test_a_new_report_makes_a_new_version_and_the_old_one_stays(corpus):
    first = bound_corpus()
    report(40, 3.25)
    assess_due(99, ["carbon"])
    assert bound_efficiency() != first.version
    assert EfficiencyBounds.objects.count() == 2
    assert standing_of(Repo.objects.get(name="acme/m40")).record.models_in_corpus == 33


def test_what_is_refuted_inherited_hidden_or_zero_takes_no_part(corpus):
    report(50, 0)
    report(51, 99.125, staff_only=True)
    report(52, "1.2345")  # a placeholder of the documentation
    assess_due(99, ["carbon"])
    assert bound_corpus().models_in_corpus == 32
    assert standing_of(Repo.objects.get(name="acme/m50")) is None


def test_too_few_reports_set_no_boundaries(db, client):
    report(1, 12.5)
    assess_due(9, ["carbon"])
    with pytest.raises(TooFewReports, match="1 models state"):
        bound_corpus()
    assert bound_efficiency() is None
    out = StringIO()
    with pytest.raises(SystemExit) as ended:
        call_command("carbon_boundaries", json=True, stdout=out)
    assert ended.value.code == 2 and json.loads(out.getvalue())["version"] is None
    assert client.get("/api/v1/carbon/boundaries").status_code == 404
    assert "No boundaries were computed" in client.get("/carbon").content.decode()


def test_the_command_prints_what_is_in_force(corpus):
    made, shown = StringIO(), StringIO()
    call_command("carbon_boundaries", json=True, stdout=made)
    call_command("carbon_boundaries", json=True, show=True, stdout=shown)
    assert json.loads(made.getvalue()) == json.loads(shown.getvalue())
    assert json.loads(made.getvalue())["models_in_corpus"] == 32
