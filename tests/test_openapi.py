"""The OpenAPI document and the interface agree: whatever is asked of each operation, its answer is one it declares."""

import pytest
import schemathesis
from django.contrib.auth.models import User
from django.core.signals import request_finished, request_started
from django.db import close_old_connections
from django.utils.timezone import now, timedelta
from drf_spectacular.generators import SchemaGenerator
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from schemathesis import checks
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from lineage.models import Comparison, OutcomeSet
from openness.models import Assessment
from registry.models import ApiToken, Harvest, Repo
from registry.wsgi import application
from tests.bench.corpus import fill

pytestmark = pytest.mark.django_db
HELD = [checks.not_a_server_error, status_code_conformance, content_type_conformance, response_schema_conformance]
BOUNDED = settings(
    max_examples=15,
    deadline=None,
    derandomize=True,
    database=None,
    phases=[Phase.explicit, Phase.generate],
    suppress_health_check=list(HealthCheck),
)


def operations() -> dict:
    """Every operation of the document by its name."""
    document = schemathesis.openapi.from_dict(SchemaGenerator().get_schema(request=None, public=True))
    document.app = application
    return {found.ok().label: found.ok() for found in document.get_all_operations()}


OPERATIONS = operations()


@pytest.fixture(autouse=True)
def one_connection():
    """Requests are part of the test's transaction, as those of Django's own test client are."""
    for signal in (request_started, request_finished):
        signal.disconnect(close_old_connections)
    yield
    for signal in (request_started, request_finished):
        signal.connect(close_old_connections)


@pytest.fixture
def root_token(db) -> str:
    user = User.objects.create_superuser("root")
    scopes, tomorrow = ApiToken.Scope.values, now() + timedelta(days=1)
    return ApiToken.issue(user, label="fuzz", scopes=scopes, expires_at=tomorrow)[1]


def known_things() -> dict:
    """Path parameters under which something is found."""
    fill(20)
    model, assessment = Repo.objects.filter(kind="model").first(), Assessment.objects.first()
    old, new = (OutcomeSet.objects.create(digest=x, format="jsonl", items=2) for x in "ab")
    sides = {"old": old, "new": new, "old_name": "a", "new_name": "b", "new_repo": model}
    comparison = Comparison.objects.create(status="done", **sides, asked_at=now(), finished_at=now())
    harvest = Harvest.objects.create(status="full", source="dump", request={"from": "dump"})
    return {
        "name": model.name,
        "kind": "model",
        "id": comparison.pk,
        "earlier": assessment.pk,
        "number": {"assessments": assessment.pk, "harvests": harvest.pk},
    }


def ask_much(operation, **with_each):
    """Ask for what was made up and, every other time, for what is there."""
    things, part = known_things(), operation.label.split("/")[3]

    @BOUNDED
    @given(case=operation.as_strategy(), is_known=st.booleans())
    def ask(case, is_known):
        if is_known:
            for parameter in case.path_parameters or {}:
                thing = things[parameter]
                case.path_parameters[parameter] = thing[part] if isinstance(thing, dict) else thing
        case.call_and_validate(checks=HELD, **with_each)

    ask()


@pytest.mark.parametrize("name", OPERATIONS)
def test_no_stranger_gets_an_answer_that_is_not_declared(name):
    ask_much(OPERATIONS[name])


@pytest.mark.parametrize("name", OPERATIONS)
def test_no_holder_of_every_right_gets_an_answer_that_is_not_declared(name, root_token):
    ask_much(OPERATIONS[name], headers={"Authorization": f"Bearer {root_token}"})


def test_the_document_covers_every_path_of_the_interface():
    assert {name.split("/")[3] for name in OPERATIONS} >= {
        "repos", "harvests", "lineage", "assessments", "assess", "passport", "comparisons", "policies", "gate",
        "statistics",
    }  # fmt: skip
