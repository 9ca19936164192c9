"""May I adopt, or upgrade to, this? The gate's answer from what the mirror, the lineage and the rubrics know."""

import json
from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django.utils.timezone import now

from lineage.models import Comparison, Node, Relation, Trace
from openness.gate import facts_about
from openness.gathered import gather
from openness.models import Assessment
from tests.mirrored import SEEN, mirrored

pytestmark = pytest.mark.django_db


def assessed(repo, name, score=None, label="", **result):
    answer = {"score": score, "label": label, "result": result}
    state = {"state_digest": repo.state_digest, "assessed_at": now()}
    return Assessment.objects.create(repo=repo, name=name, rubric=f"{name}/1", reader="t", **answer, **state)


def classed(repo, confirmed, ceiling):
    decided = confirmed if confirmed == ceiling else None
    levels = {"confirmed": {"class": confirmed}, "ceiling": {"class": ceiling}}
    return assessed(repo, "mof", label="Class III - Open Model", **levels, **{"class": decided})


def traced(repo, *parents, relation="base"):
    Trace.objects.create(repo=repo, state_digest=repo.state_digest, reader="t", relation=relation, traced_at=now())
    child, _ = Node.objects.get_or_create(kind=repo.kind, name=repo.name, repo=repo)
    for name, parent in parents:
        node, _ = Node.objects.get_or_create(kind="model", name=name, repo=parent)
        Relation.objects.create(child=child, parent=node, kind="finetune", first_seen_at=SEEN, last_seen_at=SEEN)


def compared(old, new, upper, rate=0.01):
    return Comparison.objects.create(status="done", old_repo=old, new_repo=new, negative_flip_rate=rate,
                                     report={"nfr_upper": upper}, asked_at=now(), finished_at=now())  # fmt: skip


def gate_of(*arguments):
    out, status = StringIO(), 0
    try:
        call_command("gate", *arguments, "--json", stdout=out)
    except SystemExit as exit:
        status = exit.code
    return status, json.loads(out.getvalue())


def adoptable(name="acme/new"):
    repo = mirrored(name, card="---\nlicense: mit\n---\n", header={"license": "mit"})
    traced(repo)
    assessed(repo, "model-card", score=71.5)
    classed(repo, 3, 1)
    return repo


def status_of(answer, rule):
    return next(found["status"] for found in answer["rules"] if found["rule"] == rule)


def test_what_meets_every_rule_passes():
    old, new = mirrored("acme/old"), adoptable()
    compared(old, new, upper=0.03)
    status, answer = gate_of("acme/new", "--against", "acme/old")
    assert (status, answer["verdict"], answer["policy"]) == (0, "pass", "default/2")
    assert {rule["status"] for rule in answer["rules"]} == {"passed"}
    assert answer["as_of"]


def test_what_was_never_compared_is_unknown_and_not_passed():
    adoptable()
    status, answer = gate_of("acme/new")
    assert (status, answer["verdict"]) == (2, "unknown")
    assert [rule["rule"] for rule in answer["rules"] if rule["status"] == "unknown"] == ["negative_flip_rate"]
    assert gate_of("acme/new", "--policy", "adoption")[0] == 0


def test_nothing_known_is_unknown_in_every_rule():
    mirrored("acme/new")
    status, answer = gate_of("acme/new")
    assert status == 2
    assert {rule["status"] for rule in answer["rules"]} == {"unknown"}


def test_a_comparison_fails_on_its_upper_bound_even_where_the_rate_that_was_seen_is_small():
    old, new = mirrored("acme/old"), adoptable()
    compared(old, new, upper=0.09, rate=0.02)
    status, answer = gate_of("acme/new", "--against", "acme/old")
    assert (status, status_of(answer, "negative_flip_rate")) == (1, "failed")
    assert answer["rules"][-1]["found"] == 0.09
    assert "2.00%" in answer["rules"][-1]["reason"]


def test_only_a_comparison_with_the_version_in_question_counts():
    old, other, new = mirrored("acme/old"), mirrored("acme/other"), adoptable()
    compared(other, new, upper=0.01)
    assert status_of(gate_of("acme/new", "--against", "acme/old")[1], "negative_flip_rate") == "unknown"
    compared(old, new, upper=0.02)
    assert status_of(gate_of("acme/new", "--against", "acme/old")[1], "negative_flip_rate") == "passed"


@pytest.mark.parametrize(
    ("fields", "value"),
    [
        ({"card": "x", "header": {"license": "apache-2.0"}}, True),
        ({"card": "x", "header": {"license": "our-own-terms"}}, False),
        ({"card": "x", "header": {"license": "other"}}, False),
        ({"card": "x", "header": {}}, False),
        ({"card": ""}, False),
        ({"card": "---\nlicense: [mit\n---\nx", "problem": "The header cannot be read."}, None),
        ({"licence": "mit", "tags": ["license:mit"]}, True),
        ({}, None),
    ],
)
def test_a_licence_is_known_stated_unknown_unstated_or_unread(fields, value):
    assert facts_about(gather(mirrored("acme/new", **fields)))["licence_known"].value is value


def test_a_parent_that_is_not_mirrored_fails_and_is_named():
    repo = adoptable("acme/child")
    child = repo.node
    lost = Node.objects.create(kind="model", name="acme/lost")
    Relation.objects.create(child=child, parent=lost, kind="finetune", first_seen_at=SEEN, last_seen_at=SEEN)
    fact = facts_about(gather(repo))["parents_dangling"]
    assert (fact.value, "acme/lost" in fact.reason) == (1, True)


def test_a_lost_training_set_is_no_lost_parent():
    repo = adoptable("acme/child")
    lost = Node.objects.create(kind="dataset", name="acme/lost")
    Relation.objects.create(child=repo.node, parent=lost, kind="trained_on", first_seen_at=SEEN, last_seen_at=SEEN)
    assert facts_about(gather(repo))["parents_dangling"].value == 0


def test_a_score_that_could_not_be_made_is_unknown_with_its_reason():
    repo = mirrored("acme/new")
    assessed(repo, "model-card", score=None)
    fact = facts_about(gather(repo))["card_score"]
    assert (fact.value, "Too little" in fact.reason) == (None, True)


@pytest.mark.parametrize(
    ("confirmed", "ceiling", "status", "decided"),
    [(0, 0, "failed", 0), (0, 3, "unknown", None), (3, 3, "passed", 3), (3, 1, "passed", None)],
)
def test_a_class_that_is_confirmed_passes_and_one_that_is_only_possible_is_unknown(confirmed, ceiling, status, decided):
    repo = mirrored("acme/new")
    classed(repo, confirmed, ceiling)
    assert status_of(gate_of("acme/new")[1], "openness_class") == status
    assert facts_about(gather(repo))["openness_class"].value == decided


def test_a_dataset_is_asked_only_what_concerns_datasets():
    mirrored("acme/corpus", kind="dataset", card="x", header={"license": "cc0-1.0"})
    _, answer = gate_of("acme/corpus")
    assert [rule["rule"] for rule in answer["rules"]] == [
        "licence_known", "parents_resolved", "no_licence_conflict", "card_score",
    ]  # fmt: skip


@pytest.mark.parametrize(
    "arguments", [["acme/nowhere"], ["acme/new", "--against", "acme/nowhere"], ["acme/new", "--policy", "../default"]]
)
def test_what_does_not_exist_is_bad_input(arguments):
    mirrored("acme/new")
    with pytest.raises(CommandError) as error:
        call_command("gate", *arguments)
    assert error.value.returncode == 3


def test_the_readable_answer_names_every_rule():
    adoptable()
    out = StringIO()
    with pytest.raises(SystemExit):
        call_command("gate", "acme/new", stdout=out)
    assert out.getvalue().splitlines()[0] == "acme/new by default/2: unknown"
    assert len(out.getvalue().splitlines()) == 7


def test_the_facts_take_a_bounded_number_of_queries(django_assert_max_num_queries):
    repo = adoptable()
    with django_assert_max_num_queries(9):
        facts_about(gather(repo))
