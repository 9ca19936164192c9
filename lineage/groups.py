"""All that is said about one repository's origin, put together by what it names; values only."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from lineage.claims import DATASET, FROM_MODEL, MODEL, ClaimRecord, Reading
from lineage.forms import Holdings
from lineage.references import Reference, read_reference

PARENTS_MOST = 300
MADE_FROM = "made_from"  # the family of all claims that name a model which the weights come from
INHERITED = "inherited"  # role of a parent that a copied card names: an ancestor of the true parent
WEAK_FIELDS = ("mention", "_name_or_path")
WEAK_ROLES = ("original", "parent_of_source")


@dataclass(frozen=True)
class Evidence:
    """What is decided from: the repository, its claims, how many recipes are its own, and whether its card was read."""

    kind: str
    held: Holdings
    reading: Reading
    is_card_read: bool = False
    former_names: tuple[str, ...] = ()

    @property
    def own_names(self) -> set[str]:
        return {self.held.name.lower(), *(name.lower() for name in self.former_names)}


@dataclass(frozen=True)
class Group:
    """The claims that name the same repository in the same way of relating to it."""

    reference: Reference
    kind: str
    family: str  # MADE_FROM, or the relation kind itself
    claims: tuple[ClaimRecord, ...]

    def said_by(self, *sources: str) -> str:
        """The first relation that one of `sources` says."""
        return next((claim.relation for claim in self.claims if claim.source in sources and claim.relation), "")

    @property
    def name(self) -> str:
        return self.reference.name or self.reference.text

    @property
    def is_weak(self) -> bool:
        return all(claim.field.rpartition(".")[2] in WEAK_FIELDS or claim.role in WEAK_ROLES for claim in self.claims)

    @property
    def prose_relations(self) -> set[str]:
        return {claim.relation for claim in self.claims if claim.source == "prose" and claim.relation}


def family_of(claim: ClaimRecord) -> str:
    return MADE_FROM if claim.parent_kind == MODEL and claim.relation in ("", "copied", *FROM_MODEL) else claim.relation


def grouped(claims: Sequence[ClaimRecord]) -> list[Group]:
    """Claims by what they name, in the order of the first claim about each; names compare without regard to case."""
    found: dict[tuple, tuple[Reference, list[ClaimRecord]]] = {}
    for claim in claims:
        reference = read_reference(claim.parent)
        if reference is None:
            continue
        kind = reference.kind if reference.kind not in (None, MODEL) else claim.parent_kind
        family = family_of(claim)
        if kind == DATASET and family == MADE_FROM:  # a dataset's address where a model's id belongs
            family = "trained_on"
        key = (kind, (reference.name or reference.text).lower(), family)
        found.setdefault(key, (reference, []))[1].append(claim)
    groups = [Group(ref, kind, family, tuple(said)) for (kind, _, family), (ref, said) in found.items()]
    return groups[:PARENTS_MOST]


@dataclass(frozen=True)
class Parent:
    """One parent, in one role, with every claim that names it."""

    reference: Reference
    kind: str  # of the repository: model, dataset or space
    relation: str  # our reading
    role: str
    declared_relation: str
    hub_relation: str
    claims: tuple[ClaimRecord, ...]

    @property
    def name(self) -> str:
        return self.reference.name or self.reference.text

    @property
    def key(self) -> tuple[str, str]:
        return self.kind, self.name.lower()
