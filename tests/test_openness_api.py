"""The openness of models over REST, as pages and as files: evidence, both rule sets, history, the corpus by class."""

import io
import json
import re
from datetime import timedelta

import pytest
import yaml
from django.contrib.auth.models import Permission, User
from django.core.management import call_command
from django.utils.timezone import now
from rest_framework.test import APIClient

from openness.assess import assess_repo
from openness.models import ImportedRecord
from openness.record_files import mof_line
from openness.record_store import keep_record, records_about
from registry.models import ApiToken, Repo
from tests.mirrored import content_of, mirrored
from tests.test_mof_evidence import CARD

pytestmark = pytest.mark.django_db
RECORD = {
    "release": {
        "name": "tiny",
        "license": {"distribution": {"name": "Apache-2.0"}},
        "components": [{"name": "Model card"}, {"name": "Model parameters (Final)", "license": "mit"}],
    }
}
BAD = {
    "broken": b"release: [unclosed",
    "no-release": b"framework: {}",
    "latin": "release: é".encode("latin-1"),
    "large": b"a: " + b"x" * 10_000_000,
    "many": json.dumps({"release": {"components": [{"name": "Model card"}] * 10_000}}).encode(),
    "deep": b"[" * 50_000,
    "nested-json": b'{"a":' * 50_000,
    "deep-licence": f"release: {{license: {{distribution: {{name: '{'(' * 200}MIT{')' * 200}'}}}}}}".encode(),
    "long-licence": f"release: {{license: {{distribution: {{name: '{'MIT OR ' * 1_000}MIT'}}}}}}".encode(),
}
FILES = {"README.md": 10, "config.json": 10, "model.safetensors": 10**8}


@pytest.fixture
def client():
    return APIClient()


@pytest.fixture
def tiny() -> Repo:
    mirrored("acme/corpus", kind="dataset", licence="cc-by-4.0", gated="no", card="# Data", files={"a.csv": 1})
    header = yaml.safe_load(CARD.split("---")[1])
    repo = mirrored("acme/tiny", card=CARD, header=header, files=FILES, gated="no")
    assess_repo(repo, ["mof"])
    return repo


def changed(repo: Repo) -> Repo:
    """The same model after its card lost the results."""
    text = CARD[: CARD.index("model-index")] + CARD[CARD.index("---\n#") :]
    repo.head.card = content_of(text)
    repo.head.save()
    repo.state_digest = "1" * 64
    repo.save()
    assess_repo(repo, ["mof"])
    return repo


def test_a_model_s_components_come_with_evidence_and_both_rule_sets(client, tiny):
    answer = client.get("/api/v1/openness/model/acme/tiny")
    assert answer.status_code == 200
    body = answer.json()
    assert body["result"]["rules"].keys() == {"mof-parity/1", "mof-strict/1"}
    for levels in body["result"]["rules"].values():
        assert levels["confirmed"].keys() >= {"class", "label", "progress", "buckets", "badges", "components"}
    weights = next(e for e in body["evidence"] if e["criterion"] == "MOF10")
    assert (weights["grade"], weights["path"]) == ("A", "model.safetensors")
    assert (weights["object"], weights["revision"]) == ("acme/tiny", tiny.head.sha)
    card = next(e for e in body["evidence"] if e["criterion"] == "MOF13")
    assert card["path"] == "README.md" and card["lines"] and card["quote"] and card["reader"] == body["reader"]


def test_the_tool_accepts_a_licence_for_weights_that_the_strict_rules_do_not(client, tiny):
    rules = client.get("/api/v1/openness/model/acme/tiny").json()["result"]["rules"]
    status = {
        rubric: next(c["status"] for c in found["confirmed"]["components"] if c["name"] == "Model parameters (Final)")
        for rubric, found in rules.items()
    }
    assert status == {"mof-parity/1": "included", "mof-strict/1": "invalid"}


def test_what_was_not_assessed_or_not_mirrored_is_not_found(client):
    mirrored("acme/new")
    assert client.get("/api/v1/openness/model/acme/new").status_code == 404
    assert client.get("/api/v1/openness/model/acme/none").status_code == 404


def test_superseded_assessments_are_kept_and_compared(client, tiny):
    changed(tiny)
    history = client.get("/api/v1/openness/model/acme/tiny").json()["history"]
    assert [row["is_current"] for row in history] == [True, False]
    new, old = (row["number"] for row in history)
    found = client.get(f"/api/v1/assessments/{new}/since/{old}").json()
    assert found["same_rules"]
    results = next(change for change in found["changes"] if change["criterion"] == "MOF12")
    assert (results["old"]["tier"], results["new"]["tier"]) == ("metadata", "none")
    assert results["evidence_gone"] and not results["evidence_new"]
    assert "MOF10" not in {change["criterion"] for change in found["changes"]}


def test_an_assessment_is_compared_with_its_own_repository_only(client, tiny):
    other = mirrored("acme/other", card=CARD, files=FILES)
    [row], [mine] = assess_repo(other, ["mof"]), tiny.assessments.all()
    assert client.get(f"/api/v1/assessments/{mine.pk}/since/{row.pk}").status_code == 404


def test_the_corpus_is_counted_by_class_under_each_rule_set(client, tiny):
    assess_repo(mirrored("acme/secret", card=CARD, files=FILES, staff_only=True), ["mof"])
    body = client.get("/api/v1/openness").json()
    assert body["assessed"] == 1 and body["as_of"]
    assert body["classes"].keys() == {"evidence", "mof-parity/1", "mof-strict/1"}
    counts = [counts for levels in body["classes"].values() for counts in levels.values()]
    assert len(counts) == 6 and all(sum(found.values()) == 1 for found in counts)


def test_rows_from_before_classes_were_kept_are_counted_too(client, tiny):
    counted = client.get("/api/v1/openness").json()
    tiny.assessments.update(classes=None)
    assert client.get("/api/v1/openness").json() == counted and counted["assessed"] == 1


def test_a_record_file_is_classed_as_the_command_does(client):
    data = yaml.safe_dump(RECORD).encode()
    answer = client.post("/api/v1/openness/records", data, content_type="application/yaml")
    assert answer.json() == mof_line("", data) and answer.json()["buckets"]["3"]["included"] == ["Model card"]
    as_json = client.post("/api/v1/openness/records", json.dumps(RECORD), content_type="application/json")
    assert as_json.json() == answer.json()


def test_several_record_files_are_classed_at_once(client):
    files = [io.BytesIO(yaml.safe_dump(RECORD).encode()), io.BytesIO(b"{")]
    for number, file in enumerate(files):
        file.name = f"{number}.yml"
    answer = client.post("/api/v1/openness/records", {"file": files}, format="multipart")
    found = [(line["file"], bool(line["problem"])) for line in answer.json()["results"]]
    assert found == [("0.yml", False), ("1.yml", True)]


@pytest.mark.parametrize("data", BAD.values(), ids=BAD.keys())
def test_a_bad_record_is_a_recorded_problem_and_never_a_class(client, data):
    line = client.post("/api/v1/openness/records", data, content_type="application/octet-stream").json()
    assert line["problem"] and (line["class"], line["strict"]["class"]) == (0, 0)


@pytest.fixture
def writer():
    user = User.objects.create_user("ada")
    user.user_permissions.add(Permission.objects.get(codename="import_record"))
    _, secret = ApiToken.issue(user, label="t", scopes=["read", "assess"], expires_at=now() + timedelta(days=1))
    client = APIClient()
    client.credentials(HTTP_AUTHORIZATION=f"Bearer {secret}")
    return client


def test_records_are_kept_once_as_claims_and_shown_with_their_model(client, writer, tiny):
    record = {"release": RECORD["release"] | {"huggingface": "https://huggingface.co/Acme/Tiny"}}
    files = [io.BytesIO(yaml.safe_dump(record).encode()), io.BytesIO(b"{")]
    for number, file in enumerate(files):
        file.name = f"{number}.yml"
    first = writer.post("/api/v1/openness/records/kept", {"file": files}, format="multipart").json()["results"]
    again = writer.post(
        "/api/v1/openness/records/kept", yaml.safe_dump(record).encode(), content_type="application/yaml"
    ).json()["results"]
    assert [bool(line["number"]) for line in first] == [True, False] and again[0]["number"] == first[0]["number"]
    listed = client.get("/api/v1/openness/records/kept").json()["results"]
    assert [(row["hub_name"], row["parity_class"]) for row in listed] == [("Acme/Tiny", 0)]
    assert ImportedRecord.objects.get().data == yaml.safe_dump(record).encode()
    assert "Records that were handed in" in client.get("/openness/model/acme/tiny").content.decode()


def test_a_record_is_kept_for_writers_only(client):
    answer = client.post("/api/v1/openness/records/kept", b"release: {}", content_type="application/yaml")
    assert answer.status_code in (401, 403) and not ImportedRecord.objects.exists()


def test_a_record_that_came_before_its_model_is_found_with_it():
    keep_record("x.yml", yaml.safe_dump({"release": {"name": "x", "huggingface": "acme/later"}}).encode())
    assert records_about(mirrored("acme/later")).count() == 1


def test_confirmed_components_are_exported_as_records(client, tiny):
    records = client.get("/api/v1/exports/mof?repos=acme/tiny").json()["records"]
    text = client.get("/api/v1/exports/mof?repos=acme/tiny&as=yaml").content
    assert yaml.safe_load(text) == records[0]
    current = client.get("/api/v1/openness/model/acme/tiny").json()
    assert mof_line("", text)["class"] == current["result"]["rules"]["mof-parity/1"]["confirmed"]["class"]


@pytest.mark.parametrize("query", ["", "repos=", "repos=acme/none", "repos=acme/tiny&as=xml", "names=a"])
def test_an_export_that_cannot_be_answered_is_refused(client, tiny, query):
    assert client.get(f"/api/v1/exports/mof?{query}").status_code == 400


def test_the_command_writes_lines_and_yaml(tiny, tmp_path):
    call_command("export", "mof", stdout=(lines := io.StringIO()))
    assert [json.loads(line)["release"]["name"] for line in lines.getvalue().splitlines()] == ["tiny"]
    call_command("export", "mof", "acme/tiny", out=str(tmp_path / "tiny.yml"))
    assert mof_line("", (tmp_path / "tiny.yml").read_bytes())["problem"] is None


def test_the_page_shows_every_component_with_its_evidence_and_what_changed(client, tiny):
    changed(tiny)
    page = client.get("/openness/model/acme/tiny").content.decode()
    assert page.count("<details") == 17 and "model.safetensors" in page and "mof-strict/1" in page
    [older] = re.findall(r"\?since=(\d+)", page)
    assert (
        "Evaluation results: metadata → none" in client.get(f"/openness/model/acme/tiny?since={older}").content.decode()
    )


def test_the_page_of_the_corpus_shows_the_classes(client, tiny):
    page = client.get("/openness").content.decode()
    assert "1 model was assessed" in page and "mof-parity/1" in page


def test_the_page_of_an_empty_corpus_says_so(client):
    assert "No model was assessed" in client.get("/openness").content.decode()


def test_the_page_tells_the_parents_licences_and_the_next_step_apart(client):
    mirrored("meta/big", card="x", header={"license": "llama3"}, licence="llama3")
    header = {"license": "apache-2.0", "base_model": "meta/big"}
    repo = mirrored("acme/child", card=CARD, header=header, files=FILES)
    assess_repo(repo, ["mof"])
    page = client.get("/openness/model/acme/child").content.decode()
    assert "The models that it derives from" in page and "unclassified, because of meta/big" in page
    assert 'href="#technical-report"' in page and "Next: Class III" in page


def test_a_model_that_nobody_assessed_has_a_page_that_says_so(client):
    mirrored("acme/new")
    assert "not assessed yet" in client.get("/openness/model/acme/new").content.decode()
    assert client.get("/openness/model/acme/none").status_code == 404
