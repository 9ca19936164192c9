"""Whether a repository keeps what the licences above it ask for: findings with their clause and way, and one verdict.

The verdicts from worst to best: conflict, missing_obligation, relabelled, unknown, ok. They are findings about what
cards and licences say, never legal advice.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from lineage.obligations.paths import Arrived, Carried
from lineage.obligations.rules import CHANGES, COMBINED, COPIES, TRAINED, WEIGHTS
from registry.licences import LicenceReading

CONFLICT, MISSING, RELABELLED, UNKNOWN, OK = VERDICTS = (
    "conflict",
    "missing_obligation",
    "relabelled",
    "unknown",
    "ok",
)
VERDICT_CHOICES = [(word, word) for word in VERDICTS]
WEIGHT_BOUND = CHANGES + COPIES
KEPT_BY_LICENCE = ("NC", "SA", "COPYLEFT", "USE_RESTRICT", "ND")  # a child's own licence has to state them too
NAMES = {"NAME_LLAMA_3": ("llama3", "Llama 3"), "NAME_LLAMA": ("llama", "Llama"), "NAME_EXAONE": ("exaone", "EXAONE")}
WORDS = {
    "NC": "non-commercial use only",
    "ND": "no changed versions",
    "ND_CHANGED": "no changed versions",
    "SA": "the same licence for what is made from it",
    "COPYLEFT": "the same licence for what is made from it",
    "USE_RESTRICT": "restrictions of use, passed on",
    "NOTICE": "a copy of the licence or notice",
    "ATTRIB": "a credit",
    "MAU_CAP": "a limit of users or revenue",
    "REGION": "regions without rights",
    "REVOCABLE": "rights that can be taken back",
    "NO_TRAIN_OTHER": "no training of other models with its outputs",
    "UNKNOWN": "a licence that is not known",
    **{rule: f"a name that begins with “{shown}”" for rule, (_, shown) in NAMES.items()},
}


@dataclass(frozen=True)
class Repository:
    """What is known of one node: its name, what its own licence says, and whether a licence file was seen in it."""

    name: str
    licence: LicenceReading
    has_licence_file: bool | None = None  # None: its files are not known


@dataclass(frozen=True)
class Clause:
    """One clause from above, how it stands here, and why."""

    carried: Carried
    standing: str  # one of the verdicts; `ok` where it is kept, or cannot be broken by a licence
    why: str


@dataclass(frozen=True)
class Verdict:
    """The worst of all findings; `clauses` holds them worst first."""

    verdict: str
    why: str
    clauses: tuple[Clause, ...]
    is_cut: bool = False


def judge(repo: Repository, above: Arrived, direct: Sequence[tuple[Repository, str]]) -> Verdict:
    """Hold what arrives from above against a repository's own licence, name and files.

    `direct` are its parents with the kind of each relation, for a licence that was only exchanged for another open one.
    """
    is_family = any((each.lane, each.flag) == (WEIGHTS, "NO_TRAIN_OTHER") for each in above.clauses)
    clauses = [clause_of(repo, each, is_family=is_family) for each in above.clauses]
    clauses.sort(key=lambda clause: (VERDICTS.index(clause.standing), len(clause.carried.way)))
    if clauses and clauses[0].standing in (CONFLICT, MISSING):
        return Verdict(clauses[0].standing, clauses[0].why, tuple(clauses), above.is_cut)
    if other := relabelled(repo, direct):
        return Verdict(RELABELLED, other, tuple(clauses), above.is_cut)
    if not repo.licence.known:
        said = "states no licence" if repo.licence.verdict == "unstated" else "states a licence that is not known"
        return Verdict(UNKNOWN, f"It {said}.", tuple(clauses), above.is_cut)
    if clauses and clauses[0].standing == UNKNOWN:
        return Verdict(UNKNOWN, clauses[0].why, tuple(clauses), above.is_cut)
    return Verdict(OK, "Nothing that was found above speaks against its licence.", tuple(clauses), above.is_cut)


def clause_of(repo: Repository, carried: Carried, *, is_family: bool) -> Clause:
    """How one clause stands. `is_family`: it is made from such a model's weights as well as with its outputs."""
    flag, words = carried.flag, WORDS[carried.flag]
    if carried.lane == TRAINED and flag == "NO_TRAIN_OTHER":
        if is_family:
            return Clause(carried, OK, f"It is made from a model that asks for {words}, which it may be.")
        return Clause(carried, CONFLICT, "It was trained on the outputs of a model whose licence forbids that.")
    if flag in NAMES and carried.lane in (WEIGHTS, TRAINED):
        return name_clause(repo, carried)
    if carried.lane == COMBINED and flag != "UNKNOWN":
        held = flag in ("ND", "ND_CHANGED") or (flag in KEPT_BY_LICENCE and lacks(repo, flag))
        why = f"Together with its base it comes under {words}; whether by itself is for a person to decide."
        return Clause(carried, UNKNOWN if held else OK, why)
    if carried.lane not in (WEIGHTS, COMBINED):
        return Clause(carried, OK, f"Shown, and not weighed: {words}.")
    if flag == "UNKNOWN":
        return Clause(carried, UNKNOWN, "Above it stands a repository whose licence is not known.")
    if flag == "ND_CHANGED":
        return Clause(carried, CONFLICT, "It is a changed version of a work whose licence allows none.")
    if flag in KEPT_BY_LICENCE and lacks(repo, flag):
        return Clause(carried, CONFLICT, f"Its licence {repo.licence.expression} leaves out {words}.")
    if flag == "NOTICE" and repo.has_licence_file is False:
        return Clause(carried, MISSING, "None of its files is a licence or a notice, and one has to go along.")
    return Clause(carried, OK, f"It comes under {words}.")


def name_clause(repo: Repository, carried: Carried) -> Clause:
    """A rule about the beginning of a name, read without case, hyphens and blanks."""
    plain, shown = NAMES[carried.flag]
    if plain_name(repo.name).startswith(plain):
        return Clause(carried, OK, f"Its name begins with “{shown}”, as it has to.")
    return Clause(carried, MISSING, f"Its name has to begin with “{shown}”.")


def plain_name(name: str) -> str:
    """The part of a repository's name behind its owner, with nothing but letters and digits.

    >>> plain_name("acme/Llama-3-Tiny")
    'llama3tiny'
    """
    return re.sub(r"[\W_]", "", name.rpartition("/")[2].lower())


def lacks(repo: Repository, flag: str) -> bool:
    """Does its own licence, which is known, leave a clause out? Of an unknown licence nobody can say."""
    return repo.licence.known and flag not in repo.licence.flags


def relabelled(repo: Repository, direct: Sequence[tuple[Repository, str]]) -> str:
    """Why a licence was exchanged for another open one, "" where it was not."""
    own = repo.licence
    for parent, kind in direct:
        other = parent.licence
        if kind in WEIGHT_BOUND and own.known and own.open and other.known and other.open:
            if not set(own.ids) & set(other.ids):
                return f"{parent.name} is under {other.expression}, and this is under {own.expression}."
    return ""
