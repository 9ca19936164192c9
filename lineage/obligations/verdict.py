"""Whether a repository keeps what the licences above it ask for: findings with their clause and way, and one verdict.

The verdicts from worst to best: conflict, missing_obligation, relabelled, unknown, ok. They are findings about what
cards and licences say, never legal advice.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from lineage.obligations.kept import keeps
from lineage.obligations.paths import Arrived, Carried
from lineage.obligations.rules import CHANGES, COMBINED, COPIES, TRAINED, WEIGHTS
from registry.licences import LicenceReading, read_licence

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
BUILT_WITH_LLAMA = re.compile(r"built\s+with\W+(?:meta\W+)?llama", re.IGNORECASE)  # Llama 3 ff., §1.b.i
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
    says_built_with: bool | None = None  # whether its card shows “Built with Llama”; None: its card was not read

    @property
    def owner(self) -> str:
        return self.name.rpartition("/")[0].lower()


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
    relabelled: str = ""  # how its licence was exchanged where that is allowed, also where something worse was found


def judge(
    repo: Repository,
    above: Arrived,
    direct: Sequence[tuple[Repository, str]],
    sources: Mapping[int, Repository] | None = None,
) -> Verdict:
    """Hold what arrives from above against a repository's own licence, name and files.

    `direct` are its parents with the kind of each relation, for a licence that was only exchanged for another open one;
    `sources` are those whose licences ask, by the key that `above` names them by. An owner is not bound by the licence
    that it gave others: where it drops what that asks for, the repository is relabelled, and nothing conflicts.
    """
    sources = sources or {}
    is_family = any((each.lane, each.flag) == (WEIGHTS, "NO_TRAIN_OTHER") for each in above.clauses)
    clauses = [clause_of(repo, each, sources.get(each.source), is_family=is_family) for each in above.clauses]
    clauses.sort(key=lambda clause: (VERDICTS.index(clause.standing), len(clause.carried.way)))
    clauses = list({(each.carried.lane, each.carried.flag): each for each in reversed(clauses)}.values())[::-1]
    other = next((each.why for each in clauses if each.standing == RELABELLED), "") or relabelled(repo, direct)
    worst, why = verdict_of(repo, clauses, other)
    return Verdict(worst, why, tuple(clauses), above.is_cut, other)


def verdict_of(repo: Repository, clauses: Sequence[Clause], other: str) -> tuple[str, str]:
    """The verdict, and the sentence that says why."""
    if clauses and clauses[0].standing in (CONFLICT, MISSING):
        return clauses[0].standing, clauses[0].why
    if other:
        return RELABELLED, other
    if not repo.licence.known:
        said = "states no licence" if repo.licence.verdict == "unstated" else "states a licence that is not known"
        return UNKNOWN, f"It {said}."
    if clauses and clauses[0].standing == UNKNOWN:
        return UNKNOWN, clauses[0].why
    return OK, "Nothing that was found above speaks against its licence."


def clause_of(repo: Repository, carried: Carried, source: Repository | None, *, is_family: bool) -> Clause:
    """How one clause stands. `is_family`: it is made from such a model's weights as well as with its outputs."""
    flag, words = carried.flag, WORDS[carried.flag]
    lacks = repo.licence.known and not keeps(flag, source.licence if source else None, repo.licence)
    if source and is_same_owner(repo, source):
        if lacks and flag in KEPT_BY_LICENCE and carried.lane == WEIGHTS:
            why = f"{source.name}, by the same owner, asks for {words}, and this does not."
            return Clause(carried, RELABELLED, why)
        return Clause(carried, OK, f"{source.name} is by the same owner, whom its own licence does not bind.")
    if carried.lane == TRAINED and flag == "NO_TRAIN_OTHER":
        if is_family:
            return Clause(carried, OK, f"It is made from a model that asks for {words}, which it may be.")
        return Clause(carried, CONFLICT, "It was trained on the outputs of a model whose licence forbids that.")
    if flag in NAMES and carried.lane in (WEIGHTS, TRAINED):
        return name_clause(repo, carried)
    if carried.lane == COMBINED and flag != "UNKNOWN":
        held = flag in ("ND", "ND_CHANGED") or (flag in KEPT_BY_LICENCE and lacks)
        why = f"Together with its base it comes under {words}; whether by itself is for a person to decide."
        return Clause(carried, UNKNOWN if held else OK, why)
    if carried.lane not in (WEIGHTS, COMBINED):
        return Clause(carried, OK, f"Shown, and not weighed: {words}.")
    if flag == "UNKNOWN":
        return Clause(carried, UNKNOWN, "Above it stands a repository whose licence is not known.")
    if flag == "ND_CHANGED":
        return Clause(carried, CONFLICT, "It is a changed version of a work whose licence allows none.")
    if flag in KEPT_BY_LICENCE and lacks and source and (other := kept_of(repo, source)):
        return Clause(carried, UNKNOWN, f"{source.name} lists several licences, of which it keeps {other} alone.")
    if flag in KEPT_BY_LICENCE and lacks:
        return Clause(carried, CONFLICT, f"Its licence {repo.licence.expression} leaves out {words}.")
    if flag in KEPT_BY_LICENCE and not repo.licence.known:
        return Clause(carried, UNKNOWN, f"Whether its licence keeps {words} is not known.")
    if flag == "NOTICE" and repo.has_licence_file is False:
        return Clause(carried, MISSING, "None of its files is a licence or a notice, and one has to go along.")
    if flag == "NOTICE" and repo.has_licence_file is None:
        return Clause(carried, UNKNOWN, "Its files were not seen, of which one has to be a licence or a notice.")
    return Clause(carried, OK, f"It comes under {words}.")


def kept_of(repo: Repository, source: Repository) -> str:
    """One of several licences that a source lists whose restrictions are all kept; "" for none.

    A list of licences may mean all of them, or a choice, as with a text under CC-BY-SA and GFDL.
    """
    for each in source.licence.ids if len(source.licence.ids) > 1 else ():
        alone = read_licence(each)
        if all(keeps(flag, alone, repo.licence) for flag in KEPT_BY_LICENCE if flag in alone.flags):
            return each
    return ""


def name_clause(repo: Repository, carried: Carried) -> Clause:
    """A rule about the beginning of a name, read without case, hyphens and blanks, and the credit beside it."""
    plain, shown = NAMES[carried.flag]
    if not plain_name(repo.name).startswith(plain):
        return Clause(carried, MISSING, f"Its name has to begin with “{shown}”.")
    if carried.flag != "NAME_EXAONE" and repo.says_built_with is False:
        return Clause(carried, MISSING, "Its card has to show “Built with Llama”.")
    return Clause(carried, OK, f"Its name begins with “{shown}”, as it has to.")


def is_same_owner(one: Repository, other: Repository) -> bool:
    return bool(one.owner) and one.owner == other.owner


def plain_name(name: str) -> str:
    """The part of a repository's name behind its owner, with nothing but letters and digits.

    >>> plain_name("acme/Llama-3-Tiny")
    'llama3tiny'
    """
    return re.sub(r"[\W_]", "", name.rpartition("/")[2].lower())


def relabelled(repo: Repository, direct: Sequence[tuple[Repository, str]]) -> str:
    """Why a licence was exchanged for another open one, "" where it was not."""
    own = repo.licence
    for parent, kind in direct:
        other = parent.licence
        if kind in WEIGHT_BOUND and own.known and own.open and other.known and other.open:
            if not set(own.ids) & set(other.ids):
                return f"{parent.name} is under {other.expression}, and this is under {own.expression}."
    return ""
