"""Policies are data: a rule is passed, failed or unknown, and what cannot be compared is refused."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from openness.gate import facts_about
from openness.gathered import gather
from openness.policy import BadPolicy, Fact, evaluate, load, names, read_policy, verdict
from tests.mirrored import mirrored


def policy_of(**rule):
    return read_policy({"rules": [{"id": "r", "fact": "f"} | rule]})


@pytest.mark.parametrize(
    ("rule", "value", "status"),
    [
        ({"at_least": 40}, 40, "passed"),
        ({"at_least": 40}, 39.9, "failed"),
        ({"at_most": 0.05}, 0.05, "passed"),
        ({"between": [1, 3]}, 0, "failed"),
        ({"is": True}, False, "failed"),
        ({"one_of": ["mit", "apache-2.0"]}, "mit", "passed"),
        ({"at_least": 0}, None, "unknown"),
    ],
)
def test_a_rule_compares_its_fact_with_its_bound(rule, value, status):
    (found,) = evaluate(policy_of(**rule), "model", {"f": Fact(value, "because")})
    assert (found.status, found.as_dict()["reason"]) == (status, "because")


def test_one_failed_rule_fails_and_one_unknown_rule_leaves_it_open():
    policy = read_policy({"rules": [{"id": n, "fact": n, "at_least": 1} for n in "abc"]})

    def verdict_of(*values):
        facts = {name: Fact(value, "") for name, value in zip("abc", values, strict=True)}
        return verdict(evaluate(policy, "model", facts))

    assert verdict_of(1, 1, 1) == "pass"
    assert verdict_of(1, None, 1) == "unknown"
    assert verdict_of(0, None, 1) == "fail"


def test_a_rule_is_asked_only_of_its_kinds():
    assert evaluate(policy_of(at_least=1, kinds=["model"]), "dataset", {}) == []
    assert verdict([]) == "unknown"


@pytest.mark.parametrize(
    "said",
    [None, [], {}, {"rules": []}, {"rules": [1]}, {"rules": [{"id": "r"}]}, {"rules": [{"id": "r", "fact": "f"}]},
     {"rules": [{"id": "r", "fact": "f", "at_least": 1, "at_most": 2}]},
     {"rules": [{"id": "r", "fact": "f", "at_least": "x"}]}, {"rules": [{"id": "r", "fact": "f", "at_least": True}]},
     {"rules": [{"id": "r", "fact": "f", "between": [1]}]}, {"rules": [{"id": "r", "fact": "f", "one_of": 3}]},
     {"rules": [{"id": "r", "fact": "f", "at_least": 1, "kinds": ["horse"]}]},
     {"rules": [{"id": "r", "fact": "f", "at_least": 1}] * 101}],
)  # fmt: skip
def test_what_is_no_policy_is_refused_in_one_sentence(said):
    with pytest.raises(BadPolicy) as error:
        read_policy(said)
    assert str(error.value).count("\n") == 0


@given(st.recursive(st.none() | st.booleans() | st.floats() | st.text(max_size=8),
                    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(
                        st.sampled_from(["rules", "id", "fact", "at_least", "between", "one_of", "kinds"]), inner),
                    max_leaves=12))  # fmt: skip
def test_no_data_crashes_the_reader_of_policies(said):
    try:
        policy = read_policy(said)
    except BadPolicy:
        return
    assert policy.rules


def test_a_name_is_never_a_path():
    for name in ("../default", "/etc/passwd", "default.toml", ""):
        with pytest.raises(BadPolicy):
            load(name)


@pytest.mark.django_db
def test_every_rule_of_every_policy_asks_for_a_fact_that_exists():
    facts = facts_about(gather(mirrored("acme/tiny")))
    for name in names():
        assert {rule.fact for rule in load(name).rules} <= facts.keys()
        assert load(name).name == name


def test_an_unknown_fact_is_refused():
    with pytest.raises(BadPolicy, match="facts are"):
        evaluate(policy_of(at_least=1), "model", {"other": Fact(1, "")})


def test_a_number_is_not_compared_with_a_word():
    with pytest.raises(BadPolicy, match="no number"):
        evaluate(policy_of(at_least=1), "model", {"f": Fact("soon", "")})
