"""Policies as data: each rule asks one number or truth of one fact, and answers passed, failed or unknown."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

FOLDER = Path(__file__).parent / "policies"
KINDS = ("model", "dataset", "space")
RULES_MOST = 100
Value = bool | int | float | str


class BadPolicy(ValueError):
    """The policy cannot be evaluated; one sentence says why."""


@dataclass(frozen=True)
class Fact:
    """What is known of one question. `value` None is unknown; `reason` says what it rests on, or why it is unknown."""

    value: Value | None
    reason: str
    as_of: str | None = None  # ISO 8601


@dataclass(frozen=True)
class Rule:
    """`wanted` is the bound as the policy gives it, under the name of its comparison."""

    id: str
    fact: str
    asks: str
    comparison: str
    wanted: Value | tuple[Value, Value]
    kinds: tuple[str, ...] = KINDS

    def as_dict(self) -> dict:
        wanted = {self.comparison: self.wanted}
        return {"rule": self.id, "asks": self.asks, "fact": self.fact, "wanted": wanted, "kinds": list(self.kinds)}

    def is_met(self, value: Value) -> bool:
        return COMPARISONS[self.comparison](value, self.wanted)


COMPARISONS = {
    "is": lambda value, wanted: value == wanted,
    "at_least": lambda value, wanted: value >= wanted,
    "at_most": lambda value, wanted: value <= wanted,
    "between": lambda value, wanted: wanted[0] <= value <= wanted[1],
    "one_of": lambda value, wanted: value in wanted,
}
NUMERIC = ("at_least", "at_most", "between")


@dataclass(frozen=True)
class Policy:
    name: str
    version: str
    about: str
    rules: tuple[Rule, ...]

    def as_dict(self) -> dict:
        rules = [rule.as_dict() for rule in self.rules]
        return {"name": self.name, "version": self.version, "about": self.about, "rules": rules}


@dataclass(frozen=True)
class RuleAnswer:
    rule: Rule
    status: str  # passed, failed, unknown
    fact: Fact

    def as_dict(self) -> dict:
        return {
            "rule": self.rule.id,
            "status": self.status,
            "found": self.fact.value,
            "wanted": {self.rule.comparison: self.rule.wanted},
            "reason": self.fact.reason,
            "asks": self.rule.asks,
            "as_of": self.fact.as_of,
        }


def names() -> list[str]:
    """The policies that this installation ships."""
    return sorted(path.stem for path in FOLDER.glob("*.toml"))


@cache
def load(name: str) -> Policy:
    """The policy called `name`. Raises BadPolicy where there is none: a name is never a path."""
    if name not in names():
        raise BadPolicy(f"There is no policy {name[:60]!r}; there are {', '.join(names())}.")
    return read_policy(tomllib.loads((FOLDER / f"{name}.toml").read_text("utf8")))


def read_policy(said: object) -> Policy:
    """A policy from its data. Raises BadPolicy.

    >>> read_policy({"name": "n", "rules": [{"id": "r", "fact": "card_score", "at_least": 40}]}).rules[0].wanted
    40
    """
    if not isinstance(said, dict) or not isinstance(said.get("rules"), list) or not said["rules"]:
        raise BadPolicy("A policy is a mapping with a list of rules.")
    if len(said["rules"]) > RULES_MOST:
        raise BadPolicy(f"A policy has at most {RULES_MOST} rules.")
    rules = tuple(read_rule(rule) for rule in said["rules"])
    texts = [said.get(key, default) for key, default in (("name", ""), ("version", ""), ("about", ""))]
    return Policy(*(str(text)[:300] for text in texts), rules)


def read_rule(said: object) -> Rule:
    """A rule from its data: an id, a fact, and exactly one comparison."""
    if not isinstance(said, dict) or not all(isinstance(said.get(key), str) for key in ("id", "fact")):
        raise BadPolicy("A rule is a mapping with an id and a fact.")
    given = [name for name in COMPARISONS if name in said]
    if len(given) != 1:
        raise BadPolicy(f"The rule {said['id'][:60]!r} needs one of {', '.join(COMPARISONS)}.")
    kinds = said.get("kinds", KINDS)
    if not isinstance(kinds, (list, tuple)) or not set(map(str, kinds)) <= set(KINDS):
        raise BadPolicy(f"The kinds of the rule {said['id'][:60]!r} are not among {', '.join(KINDS)}.")
    wanted = read_wanted(said["id"][:60], given[0], said[given[0]])
    return Rule(said["id"][:60], said["fact"][:60], str(said.get("asks", ""))[:300], given[0], wanted, tuple(kinds))


def read_wanted(rule: str, comparison: str, wanted: object) -> Value | tuple:
    """The bound of a rule, of the type that its comparison takes."""
    if comparison in ("between", "one_of"):
        if not isinstance(wanted, (list, tuple)) or not 0 < len(wanted) <= RULES_MOST:
            raise BadPolicy(f"The rule {rule!r} needs a list.")
        parts = tuple(wanted)
    else:
        parts = (wanted,)
    allowed = (int, float) if comparison in NUMERIC else (bool, int, float, str)
    is_truth = comparison in NUMERIC and any(isinstance(part, bool) for part in parts)
    is_pair = comparison != "between" or len(parts) == 2
    if is_truth or not is_pair or not all(isinstance(part, allowed) for part in parts):
        raise BadPolicy(f"The rule {rule!r} has a bound that {comparison!r} cannot compare.")
    return parts if comparison in ("between", "one_of") else parts[0]


def evaluate(policy: Policy, kind: str, facts: Mapping[str, Fact]) -> list[RuleAnswer]:
    """Every rule that is about this kind of repository, answered from `facts`. Raises BadPolicy for an unknown fact.

    >>> policy = read_policy({"rules": [{"id": "r", "fact": "card_score", "at_least": 40}]})
    >>> [evaluate(policy, "model", {"card_score": Fact(v, "")})[0].status for v in (39.9, 40, None)]
    ['failed', 'passed', 'unknown']
    """
    return [answer(rule, facts) for rule in policy.rules if kind in rule.kinds]


def answer(rule: Rule, facts: Mapping[str, Fact]) -> RuleAnswer:
    if rule.fact not in facts:
        raise BadPolicy(f"The rule {rule.id!r} asks for {rule.fact!r}; the facts are {', '.join(sorted(facts))}.")
    fact = facts[rule.fact]
    if fact.value is None:
        return RuleAnswer(rule, "unknown", fact)
    if rule.comparison in NUMERIC and not isinstance(fact.value, (int, float)):
        raise BadPolicy(f"The rule {rule.id!r} compares {rule.fact!r}, which is no number.")
    return RuleAnswer(rule, "passed" if rule.is_met(fact.value) else "failed", fact)


def verdict(answers: list[RuleAnswer]) -> str:
    """fail as soon as one rule failed, else unknown as soon as one is unknown, else pass; unknown where none applied.

    >>> verdict([])
    'unknown'
    """
    statuses = {found.status for found in answers}
    if "failed" in statuses:
        return "fail"
    return "pass" if statuses == {"passed"} else "unknown"
