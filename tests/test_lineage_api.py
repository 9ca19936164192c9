"""`GET /api/v1/lineage/{kind}/{id}`: the agreed form, strict parameters, pages, and errors that are one sentence."""

import pytest

from lineage.trace import trace_due
from registry.models import Alias, Repo
from tests.mirrored import SEEN, mirrored

pytestmark = pytest.mark.django_db
WHOLE = {"config.json": 9, "model.safetensors": 999}
URL = "/api/v1/lineage/model/"


@pytest.fixture
def family():
    mirrored("acme/base", card="---\nlicense: mit\n---\n", files=WHOLE)
    mirrored(
        "acme/lora",
        card="---\nbase_model: acme/base\ndatasets: [acme/corpus]\n---\n",
        files={"adapter_model.safetensors": 9},
        tags=["base_model:finetune:acme/base"],
    )
    for n in range(5):
        mirrored(f"acme/tuned-{n}", card="---\nbase_model: acme/base\n---\n", files=WHOLE)
    trace_due(99)


def test_the_answer_has_the_agreed_form(client, family):
    answer = client.get(f"{URL}acme/lora").json()
    assert answer["root"] == "acme/lora"
    assert [(n["id"], n["kind"], n["state"]) for n in answer["nodes"]] == [
        ("acme/lora", "model", "mirrored"),
        ("acme/base", "model", "mirrored"),
        ("acme/corpus", "dataset", "dangling"),
    ]
    edge = answer["edges"][0]
    assert (edge["child"], edge["parent"], edge["relation"], edge["role"], edge["proof"]) == (
        "acme/lora", "acme/base", "adapter", None, "declared",
    )  # fmt: skip
    assert (edge["declared_relation"], edge["hub_relation"]) == (None, "finetune")
    assert edge["evidence"][0] == {
        "source": "card", "file": "README.md", "field": "base_model", "lines": [2, 2], "quote": "base_model: acme/base",
    }  # fmt: skip
    assert (answer["is_partial"], answer["total"], answer["frontier"], answer["next"]) == (False, 3, [], None)
    assert answer["as_of"] == SEEN.isoformat()


def test_pages_follow_the_cursor_to_the_end(client, family):
    ids, cursor = [], None
    for _ in range(9):
        given = {"direction": "descendants", "limit": 2} | ({"cursor": cursor} if cursor else {})
        answer = client.get(f"{URL}acme/base", given).json()
        assert len(answer["nodes"]) <= 2 and answer["total"] == 7
        ids += [node["id"] for node in answer["nodes"]]
        cursor = answer["next"]
        if cursor is None:
            break
        assert answer["is_partial"]
    assert ids == ["acme/base", "acme/lora", *(f"acme/tuned-{n}" for n in range(5))]


def test_relation_and_depth_narrow_the_answer(client, family):
    answer = client.get(f"{URL}acme/base", {"direction": "descendants", "relation": "adapter"}).json()
    assert [node["id"] for node in answer["nodes"]] == ["acme/base", "acme/lora"]
    answer = client.get(f"{URL}acme/base", {"direction": "descendants", "depth": 0}).json()
    assert answer["frontier"] == ["acme/base"] and answer["is_partial"]


@pytest.mark.parametrize(
    "given",
    [
        {"unknown": "1"},
        {"direction": "sideways"},
        {"depth": "-1"},
        {"depth": "x"},
        {"limit": "0"},
        {"limit": "1001"},
        {"limit": "９"},
        {"relation": "cousin"},
        {"cursor": "below.1"},
        {"cursor": "\0"},
    ],
)
def test_a_bad_parameter_is_a_400(client, family, given):
    answer = client.get(f"{URL}acme/base", given)
    assert answer.status_code == 400 and answer["Content-Type"] == "application/problem+json"


def test_an_unknown_name_is_a_404_and_a_former_one_leads_on(client, family):
    assert client.get(f"{URL}acme/nobody").status_code == 404
    assert client.get("/api/v1/lineage/dataset/acme/base").status_code == 404
    repo = Repo.objects.get(name="acme/base")
    Alias.objects.create(repo=repo, kind="model", name="acme/before", valid_from=SEEN, valid_to=SEEN)
    answer = client.get(f"{URL}acme/before?depth=1")
    assert (answer.status_code, answer["Location"]) == (307, f"{URL}acme/base?depth=1")


def test_names_are_found_in_any_case_and_a_dangling_parent_has_an_answer(client, family):
    assert client.get(f"{URL}ACME/Base").json()["root"] == "acme/base"
    answer = client.get("/api/v1/lineage/dataset/acme/corpus").json()
    assert [(n["id"], n["state"]) for n in answer["nodes"]] == [("acme/corpus", "dangling"), ("acme/lora", "mirrored")]


def test_what_only_staff_may_see_is_a_404(client, family):
    mirrored("acme/secret", card="# x", files=WHOLE, staff_only=True)
    trace_due(9)
    assert client.get(f"{URL}acme/secret").status_code == 404


def test_the_document_describes_the_answer(client):
    document = client.get("/api/v1/schema", headers={"accept": "application/vnd.oai.openapi+json"}).json()
    operation = document["paths"]["/api/v1/lineage/{kind}/{name}"]["get"]
    assert {p["name"] for p in operation["parameters"]} >= {"direction", "depth", "relation", "limit", "cursor"}
