"""The gate, its policies, the assessments and the passport over REST."""

import json
from datetime import timedelta

import pytest
from django.contrib.auth.models import User
from django.utils.timezone import now
from rest_framework.test import APIClient

from lineage.models import Node, Relation
from lineage.trace import trace_repo
from openness.models import Assessment
from registry.models import Alias, ApiToken, Repo
from tests.mirrored import SEEN, mirrored
from tests.test_gate import adoptable, assessed, compared, traced

pytestmark = pytest.mark.django_db


@pytest.fixture
def client():
    return APIClient()


@pytest.fixture
def staff():
    client = APIClient()
    client.force_login(User.objects.create_user("ada", is_staff=True))
    return client


def test_the_gate_answers_as_the_command_does(client):
    old, new = mirrored("acme/old"), adoptable()
    compared(old, new, upper=0.03)
    answer = client.get("/api/v1/gate/model/acme/new?policy=default&against=acme/old")
    assert (answer.status_code, answer.json()["verdict"]) == (200, "pass")
    assert answer.json()["rules"][0].keys() >= {"rule", "status", "found", "wanted", "reason"}


def test_a_policy_of_one_s_own_is_evaluated(client):
    adoptable()
    policy = {"rules": [{"id": "documented", "fact": "card_score", "at_least": 90}]}
    answer = client.post("/api/v1/gate/model/acme/new", {"policy": policy}, format="json")
    assert (answer.json()["verdict"], answer.json()["rules"][0]["found"]) == ("fail", 71.5)


@pytest.mark.parametrize(
    "policy", [None, 3, [], {}, {"rules": [{"id": "r", "fact": "nonsense", "is": 1}]}, "../default", {"rules": "x"}]
)
def test_a_policy_that_is_none_is_a_400(client, policy):
    adoptable()
    answer = client.post("/api/v1/gate/model/acme/new", {"policy": policy}, format="json")
    assert answer.status_code == 400
    assert answer["Content-Type"] == "application/problem+json"


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/api/v1/gate/model/acme/nowhere", 404),
        ("/api/v1/gate/dataset/acme/new", 404),
        ("/api/v1/gate/model/acme/new?policy=nonsense", 400),
        ("/api/v1/gate/model/acme/new?against=acme/nowhere", 400),
        ("/api/v1/gate/model/acme/new?polcy=default", 400),
        ("/api/v1/passport/model/acme/new?depth=3", 400),
        ("/api/v1/assessments?repo=acme/new&colour=red", 400),
        ("/api/v1/assessments?min_score=nan", 400),
        ("/api/v1/assessments?min_score=x", 400),
        ("/api/v1/assessments?kind=horse", 400),
        ("/api/v1/assessments?label=%00", 400),
        ("/api/v1/assessments?superseded=AAA", 400),
        ("/api/v1/assessments?min_score=1e400", 400),
        ("/api/v1/assessments?max_score=-1e300", 200),
        ("/api/v1/assessments/99999999999999999999999", 404),
        ("/api/v1/policies", 200),
    ],
)
def test_what_is_asked_wrongly_is_a_clear_error(client, path, status):
    adoptable()
    assert client.get(path).status_code == status


def test_what_only_staff_may_see_does_not_exist_for_others(client, staff):
    secret = mirrored("acme/secret", staff_only=True)
    assessed(secret, "model-card", score=50)
    for path in ("gate/model/acme/secret", "passport/model/acme/secret", f"assessments/{Assessment.objects.get().pk}"):
        assert client.get(f"/api/v1/{path}").status_code == 404
        assert staff.get(f"/api/v1/{path}").status_code == 200
    assert client.get("/api/v1/assessments").json()["results"] == []
    assert client.get("/api/v1/gate/model/acme/secret?against=acme/secret").status_code == 404


def test_a_former_name_is_answered_with_a_redirect_to_the_present_one(client):
    repo = adoptable()
    Alias.objects.create(repo=repo, kind="model", name="acme/once", valid_from=SEEN, valid_to=now())
    answer = client.get("/api/v1/gate/model/acme/once?policy=adoption")
    assert (answer.status_code, answer["Location"]) == (307, "/api/v1/gate/model/acme/new?policy=adoption")
    assert client.get("/api/v1/passport/model/acme/once")["Location"] == "/api/v1/passport/model/acme/new"


def test_an_unchanged_answer_is_not_sent_twice(client):
    adoptable()
    first = client.get("/api/v1/passport/model/acme/new")
    again = client.get("/api/v1/passport/model/acme/new", HTTP_IF_NONE_MATCH=first["ETag"])
    assert (first.status_code, again.status_code) == (200, 304)


def test_a_token_without_the_scope_to_read_reckons_nothing(client):
    adoptable()
    user = User.objects.create_user("bo", is_staff=True)
    _, secret = ApiToken.issue(user, label="t", scopes=["mirror"], expires_at=now() + timedelta(days=1))
    client.credentials(HTTP_AUTHORIZATION=f"Bearer {secret}")
    assert client.post("/api/v1/gate/model/acme/new", {"policy": "default"}, format="json").status_code == 403


def test_where_reading_is_not_public_nobody_reckons_without_a_token(client, settings):
    settings.PUBLIC_READ = False
    adoptable()
    assert client.post("/api/v1/gate/model/acme/new", {"policy": "default"}, format="json").status_code == 401
    assert client.get("/api/v1/policies").status_code == 401


def test_assessments_are_listed_by_repository_kind_rubric_and_score(client):
    first, second = mirrored("acme/a"), mirrored("acme/b", kind="dataset")
    assessed(first, "model-card", score=30.0)
    assessed(first, "carbon", score=55.0, label="C")
    assessed(second, "data-card", score=80.0)

    def ids(query):
        return [(row["id"], row["rubric"]) for row in client.get(f"/api/v1/assessments?{query}").json()["results"]]

    assert len(ids("")) == 3
    assert ids("min_score=50&max_score=60") == [("acme/a", "carbon/1")]
    assert ids("kind=dataset") == [("acme/b", "data-card/1")]
    assert ids("rubric=carbon") == ids("rubric=carbon/1") == ids("label=C") == [("acme/a", "carbon/1")]
    assert ids("rubric=carbon/2") == []
    assert ids("repo=acme/b&limit=1") == [("acme/b", "data-card/1")]


def test_superseded_assessments_are_listed_only_when_asked_for(client):
    row = assessed(mirrored("acme/a"), "carbon", score=1.0)
    Assessment.objects.filter(pk=row.pk).update(is_current=False)
    assert client.get("/api/v1/assessments").json()["results"] == []
    assert len(client.get("/api/v1/assessments?superseded=true").json()["results"]) == 1


def test_one_assessment_has_its_findings(client):
    row = assessed(mirrored("acme/a"), "carbon", score=1.0, emissions_g=5)
    answer = client.get(f"/api/v1/assessments/{row.pk}").json()
    assert (answer["result"], answer["findings"]) == ({"emissions_g": 5}, [])


def test_a_passport_says_of_each_part_when_it_was_known_and_whether_it_is_whole(client):
    old, new = mirrored("acme/old"), adoptable()
    compared(old, new, upper=0.03)
    passport = client.get("/api/v1/passport/model/acme/new").json()
    parts = {name: part for name, part in passport.items() if isinstance(part, dict)}
    assert all({"as_of", "is_complete"} <= part.keys() for part in parts.values())
    assert passport["licence"]["expression"] == "MIT"
    assert passport["card"]["score"] == 71.5
    assert passport["comparisons"]["last"][0]["nfr_upper"] == 0.03
    assert passport["carbon"]["as_of"] is None and passport["carbon"]["is_complete"] is False


def test_a_passport_tells_unknown_from_none(client):
    mirrored("acme/unseen")
    unseen = client.get("/api/v1/passport/model/acme/unseen").json()
    assert (unseen["lineage"]["parents"], unseen["licence"]["is_known"]) == (None, None)
    traced(mirrored("acme/orphan", card=""))
    orphan = client.get("/api/v1/passport/model/acme/orphan").json()
    assert (orphan["lineage"]["parents"], orphan["licence"]["is_known"]) == ([], False)


def test_a_passport_shows_a_hidden_parent_by_the_name_that_public_cards_say_alone(client, staff):
    secret = mirrored("acme/secret", staff_only=True, licence="mit")
    child = mirrored("acme/child", card="---\nbase_model: acme/secret\n---\n")
    trace_repo(child)
    Repo.objects.filter(pk=secret.pk).update(name="acme/renamed")
    Node.objects.filter(repo=secret).update(name="acme/renamed")
    for asker, name, resolved in ((client, "acme/secret", False), (staff, "acme/renamed", True)):
        (parent,) = asker.get("/api/v1/passport/model/acme/child").json()["lineage"]["parents"]
        assert (parent["id"], parent["resolved"], parent["licence"] is None) == (name, resolved, not resolved)


def test_a_passport_of_hundreds_of_parents_is_cut_and_says_so(client, django_assert_max_num_queries):
    repo = mirrored("acme/merge")
    traced(repo)
    for n in range(120):
        node = Node.objects.create(kind="model", name=f"acme/p{n}")
        Relation.objects.create(child=repo.node, parent=node, kind="merge", first_seen_at=SEEN, last_seen_at=SEEN)
    with django_assert_max_num_queries(20):
        lineage = client.get("/api/v1/passport/model/acme/merge").json()["lineage"]
    assert (len(lineage["parents"]), lineage["is_complete"]) == (100, False)


def test_the_schema_describes_every_path(client):
    schema = json.loads(client.get("/api/v1/schema", HTTP_ACCEPT="application/vnd.oai.openapi+json").content)
    assert {"/api/v1/gate/{kind}/{name}", "/api/v1/passport/{kind}/{name}", "/api/v1/assessments",
            "/api/v1/policies"} <= schema["paths"].keys()  # fmt: skip
    gate = schema["paths"]["/api/v1/gate/{kind}/{name}"]
    assert {p["name"] for p in gate["get"]["parameters"]} >= {"kind", "name", "policy", "against"}
