"""Verifies a model that is given as folders of weights, keeps the finding, and marks the relations it is about."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from pathlib import Path

from django.db import transaction
from django.utils.timezone import now

from lineage.claims import RecipeRecord
from lineage.models import Node, Relation, Verification, VerifiedParent
from lineage.proof.gguf_weights import open_model
from lineage.proof.judging import Finding, answer, verify
from lineage.proof.parents import DECLARED, UNVERIFIABLE, ParentFinding
from lineage.queries import find
from registry.energy import metered
from registry.models import EnergyRun, Repo
from registry.storable import storable, storable_text

CODE = "proof/2"
TENSORS_KEPT = 500  # of one parent
PARENTS_MOST = 32


def verify_folders(
    child: str,
    files: Path,
    parents: Mapping[str, Path],
    base: str | None = None,
    recipe: RecipeRecord | None = None,
    say: Callable[[str], None] = lambda words: None,
) -> tuple[Verification, dict]:
    """Open the folders, verify, store; the row and the agreed answer. Raises BadWeights before anything is stored."""
    start = time.monotonic()
    with metered(EnergyRun.Activity.VERIFICATION, child):
        own = open_model(files)
        others = {name: open_model(folder) for name, folder in parents.items()}
        found = verify(own, others, base, recipe, say) if others else declared(child)
    read = sum(weights.tally[0] for weights in (own, *others.values()))
    said = answer(found, read, time.monotonic() - start)
    return keep(child, found, said), said


def declared(child: str) -> Finding:
    """Without any parent's weights there is only what cards say, where the child is mirrored."""
    rows = Relation.objects.filter(child__repo__in=Repo.objects.named(Repo.Kind.MODEL, child), is_current=True)
    rows = list(rows.filter(parent__kind=Repo.Kind.MODEL).select_related("parent").order_by("pk")[:PARENTS_MOST])
    if not rows:
        return Finding(UNVERIFIABLE, "The weights of no parent were given.", None, Relation.Kind.UNKNOWN.value, ())
    parents = tuple(ParentFinding(row.parent.label, DECLARED, "Its weights were not given.") for row in rows)
    return Finding(DECLARED, "Cards say so, and the weights of no parent were given.", None, rows[0].kind, parents)


def keep(child: str, found: Finding, said: dict) -> Verification:
    """Store a finding and mark the relations it is about. A finding about a model that is not mirrored is kept too."""
    repo = Repo.objects.named(Repo.Kind.MODEL, child).order_by("pk").first()
    with transaction.atomic():
        row = Verification.objects.create(
            child=repo,
            child_name=child[:360],
            staff_only=bool(repo and repo.staff_only),
            verdict=found.verdict,
            exactness=found.exactness or "",
            relation=found.relation,
            reason=storable_text(found.reason)[:600],
            method=found.method or "",
            dialect=found.dialect or "",
            recovered_recipe=storable(found.recovered_recipe),
            remade=storable(found.remade),
            bytes_read=said["bytes_read"],
            seconds=said["seconds"],
            code=CODE,
            verified_at=now(),
        )
        for parent in found.parents:
            keep_parent(row, repo, parent)
    return row


def keep_parent(row: Verification, repo: Repo | None, parent: ParentFinding) -> None:
    relation = relation_to(repo, parent.id) if repo else None
    mirrored = (
        relation.parent.repo if relation else Repo.objects.named(Repo.Kind.MODEL, parent.id).order_by("pk").first()
    )
    node = relation.parent if relation else node_called(parent.id, mirrored)
    least = sorted(
        parent.tensors, key=lambda each: (each.cosine is None, each.cosine if each.cosine is not None else 0)
    )
    VerifiedParent.objects.create(
        verification=row,
        node=node,
        relation=relation,
        name=parent.id[:360],
        staff_only=bool(mirrored and mirrored.staff_only),
        verdict=parent.verdict,
        reason=storable_text(parent.reason)[:600],
        statistics=storable(parent.statistics),
        tensors=storable([each.as_dict() for each in least[:TENSORS_KEPT]]),
    )
    says_nothing = parent.verdict in (DECLARED, UNVERIFIABLE)  # and takes back nothing that was proved
    if relation and not (says_nothing and relation.proof != DECLARED):
        Relation.objects.filter(pk=relation.pk).update(proof=parent.verdict)


def node_called(name: str, repo: Repo | None) -> Node | None:
    """The model of that name, mirrored or only named."""
    if repo is not None:
        return Node.objects.filter(repo=repo).first()
    seen = find(Repo.Kind.MODEL, name, None)
    return Node.objects.filter(pk=seen.key).first() if seen and seen.key else None


def relation_to(repo: Repo, parent: str) -> Relation | None:
    """The current relation from a child to a parent of that name."""
    rows = Relation.objects.filter(child__repo=repo, is_current=True).select_related("parent__repo").order_by("pk")
    return next((row for row in rows if parent.lower() in (row.parent.name.lower(), row.parent.label.lower())), None)
