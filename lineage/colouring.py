"""By what the boxes and lines of a drawn family are coloured; each colour also stands as a word in its box."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from lineage.models import ObligationVerdict, Relation
from lineage.sight import Seen
from registry.licences import read_licence
from registry.models import Repo

COLOURS = {
    "relation": "relation",
    "licence": "licence",
    "obligations": "obligations kept",
    "openness": "openness class",
    "proof": "level of proof",
}
UNKNOWN = ("unknown", "unknown")
# Verdict of the licence table, and level of proof -> class of the style sheet, word in the box.
OF_LICENCE = {
    "open": ("good", "open licence"),
    "versionless": ("warn", "licence unclear"),
    "refused": ("bad", "restricted licence"),
    "unknown": ("unknown", "licence not known"),
    "unstated": ("unknown", "no licence stated"),
}
OF_OBLIGATIONS = {
    "ok": ("good", "obligations kept"),
    "relabelled": ("warn", "relabelled"),
    "missing_obligation": ("warn", "obligation missing"),
    "conflict": ("bad", "licence conflict"),
    "unknown": ("unknown", "not known"),
}
OF_PROOF = {
    "declared": ("unknown", "declared"),
    "consistent": ("warn", "consistent"),
    "same_files": ("good", "same files"),
    "derived": ("good", "derived"),
    "recomputed": ("best", "recomputed"),
    "contradicted": ("bad", "contradicted"),
    "unverifiable": ("unknown", "unverifiable"),
}
OF_CLASS = {"I": "best", "II": "good", "III": "warn"}


@dataclass(frozen=True)
class Colouring:
    """Class and word of each node and each relation; empty where the kind of relation colours, as it does by itself."""

    by: str = "relation"
    nodes: dict[int, tuple[str, str]] = field(default_factory=dict)
    edges: dict[tuple[int, int], tuple[str, str]] = field(default_factory=dict)

    @property
    def legend(self) -> list[tuple[str, str]]:
        return sorted(set(self.nodes.values()) | set(self.edges.values()))


def colouring(by: str, nodes: Iterable[Seen], edges: Sequence[Relation]) -> Colouring:
    """The colours of a family; an unknown word means the kind of relation."""
    nodes = [node for node in nodes if node.key is not None]
    if by == "proof":
        of_edges = {(edge.child_id, edge.parent_id): OF_PROOF.get(edge.proof, UNKNOWN) for edge in edges}
        return Colouring(by, edges=of_edges)
    if by == "licence":
        return Colouring(by, {node.key: licence_of(node.repo) for node in nodes})
    if by == "obligations":
        return Colouring(by, verdicts_of(nodes))
    if by == "openness":
        return Colouring(by, classes_of(nodes))
    return Colouring()


def licence_of(repo: Repo | None) -> tuple[str, str]:
    return OF_LICENCE[read_licence(repo.licence).verdict] if repo else ("unknown", "not mirrored")


def verdicts_of(nodes: Sequence[Seen]) -> dict[int, tuple[str, str]]:
    """How each repository stands to the licences above it, as it was judged last."""
    repos = [node.repo.pk for node in nodes if node.repo]
    stored = dict(ObligationVerdict.objects.filter(repo__in=repos).values_list("repo_id", "verdict"))
    words = {repo: OF_OBLIGATIONS[verdict] for repo, verdict in stored.items()}
    unsaid = ("unknown", "nothing above it"), ("unknown", "not mirrored")
    return {node.key: words.get(node.repo.pk, unsaid[0]) if node.repo else unsaid[1] for node in nodes}


def classes_of(nodes: Sequence[Seen]) -> dict[int, tuple[str, str]]:
    """The current class of each model by the Model Openness Framework, through the assessments of its repository."""
    repos = {node.repo.pk: node.key for node in nodes if node.repo}
    rows = Repo.objects.filter(pk__in=repos, assessments__name="mof", assessments__is_current=True)
    labels = dict(rows.values_list("pk", "assessments__label"))
    found = {node.key: ("unknown", "not assessed" if node.repo else "not mirrored") for node in nodes}
    for repo, label in labels.items():
        number = label.removeprefix("Class ").partition(" ")[0]
        found[repos[repo]] = (OF_CLASS.get(number, "unknown"), f"Class {number}" if number in OF_CLASS else "no class")
    return found
