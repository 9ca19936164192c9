"""Stores what was decided about batches of repositories: relations, claims, recipes. What says the same stays as it is.

Claims are superseded and never overwritten; a relation that nobody claims any more is kept as no longer current.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from lineage.binding import Key, keyed, node_name, nodes_named
from lineage.claims import NOT_DERIVED, READER, ClaimRecord, RecipeRecord
from lineage.closure import chunks
from lineage.groups import Parent
from lineage.kinds import Verdict
from lineage.models import Claim, MergeRecipe, Node, Relation
from lineage.reach import Pair
from lineage.references import read_reference
from registry.models import Repo
from registry.storable import storable, storable_text

RelationKey = tuple[int, int, str, str]  # child, parent, kind, role


@dataclass
class Traced:
    """One repository with what was decided of it, and its node."""

    repo: Repo
    verdict: Verdict
    recipes: tuple[RecipeRecord, ...] = ()
    problem: str = ""
    has_moved: bool = True  # is the state other than the one that was traced last?
    node: Node | None = None
    bound_before: dict[str, int] = field(default_factory=dict)  # reference as written -> node that it meant before


def bind_parents(batch: Sequence[Traced]) -> dict[tuple[int, Parent], int]:
    """The node of each parent of each repository; one that a claim was bound to before stays bound."""
    wanted = [(each, parent) for each in batch for parent in each.verdict.parents]
    bound = {}
    free = []
    for each, parent in wanted:
        before = [each.bound_before[c.parent] for c in parent.claims if c.parent in each.bound_before]
        if before:
            bound[each.repo.pk, parent] = before[0]
        else:
            free.append((each, parent))
    nodes = nodes_named((parent.kind, parent.reference, each.repo.name) for each, parent in free)
    for each, parent in free:
        bound[each.repo.pk, parent] = nodes[keyed(parent.kind, node_name(parent.reference, each.repo.name))].pk
    return bound


def keep_relations(batch: Sequence[Traced], bound: dict, at: datetime) -> tuple[dict, set[Pair], set[Pair]]:
    """Store the relations; gives their keys by (repository, parent), and the pairs that came and that went."""
    stored = relations_of(each.node.pk for each in batch)
    before = pairs_of(stored.values())
    wanted: dict[RelationKey, tuple[Traced, Parent]] = {}
    key_of = {}
    for each in batch:
        for parent in each.verdict.parents:
            key = (each.node.pk, bound[each.repo.pk, parent], parent.relation, parent.role[:24])
            wanted.setdefault(key, (each, parent))
            key_of[each.repo.pk, parent] = key
    changed = [
        row for key, (each, parent) in wanted.items() if (row := stored.get(key)) and fill(row, each, parent, at)
    ]
    left = [row for key, row in stored.items() if row.is_current and key not in wanted]
    for row in left:
        row.is_current = False
    fields = ["declared_kind", "hub_kind", "is_current", "last_seen_at"]
    Relation.objects.bulk_update([*changed, *left], fields, batch_size=100)
    new = {key: new_relation(key, parent, at) for key, (_, parent) in wanted.items() if key not in stored}
    Relation.objects.bulk_create(new.values(), batch_size=500)
    rows = stored | new
    after = pairs_of(rows.values())
    return {pair: rows[key].pk for pair, key in key_of.items()}, after - before, before - after


def relations_of(nodes: Iterable[int]) -> dict[RelationKey, Relation]:
    rows = (row for some in chunks(nodes) for row in Relation.objects.filter(child__in=some))
    return {(row.child_id, row.parent_id, row.kind, row.role): row for row in rows}


def pairs_of(rows: Iterable[Relation]) -> set[Pair]:
    """The pairs that ancestors are counted through."""
    return {(row.child_id, row.parent_id) for row in rows if row.is_current and row.kind not in NOT_DERIVED}


def fill(row: Relation, each: Traced, parent: Parent, at: datetime) -> bool:
    """Bring a stored relation up to what is said now; whether anything changed."""
    said = (parent.declared_relation, parent.hub_relation, True)
    if said == (row.declared_kind, row.hub_kind, row.is_current) and not each.has_moved:
        return False
    row.declared_kind, row.hub_kind, row.is_current = said
    row.last_seen_at = at
    return True


def new_relation(key: RelationKey, parent: Parent, at: datetime) -> Relation:
    child, node, kind, role = key
    return Relation(
        child_id=child,
        parent_id=node,
        kind=kind,
        role=role,
        declared_kind=parent.declared_relation,
        hub_kind=parent.hub_relation,
        first_seen_at=at,
        last_seen_at=at,
    )


def claim_row(each: Traced, claim: ClaimRecord, relation: int | None, at: datetime) -> Claim:
    first, last = claim.lines or (None, None)
    reference = read_reference(claim.parent)
    return Claim(
        child=each.repo,
        revision_id=each.repo.head_id,
        relation_id=relation,
        said_kind=claim.relation,
        parent_kind=claim.parent_kind,
        parent_ref=storable_text(claim.parent[:1024]),
        parent_revision=storable_text((claim.parent_revision or (reference.revision if reference else ""))[:80]),
        role=claim.role[:24],
        source=claim.source,
        file=storable_text(claim.file[:200]),
        field=claim.field[:120],
        first_line=first,
        last_line=last,
        quote=storable_text(claim.quote[:400]),
        reader=READER,
        state_digest=each.repo.state_digest,
        read_at=at,
    )


SAID = "said_kind parent_kind parent_ref parent_revision role source file field first_line last_line quote".split()


def said(row: Claim) -> tuple:
    return (row.child_id, *(getattr(row, name) for name in SAID))


def current_claims(repos: Iterable[int]) -> list[Claim]:
    found = Claim.objects.filter(is_current=True).select_related("relation")
    return [row for some in chunks(repos) for row in found.filter(child__in=some).order_by("pk")]


def keep_claims(batch: Sequence[Traced], current: Sequence[Claim], relations: dict, at: datetime) -> None:
    """Store the claims that are new, point those that stay at their relation, and supersede the rest."""
    stay: dict[tuple, list[Claim]] = defaultdict(list)
    for row in current:
        stay[said(row)].append(row)
    new, pointed = [], []
    for each in batch:
        found = [(claim, relations[each.repo.pk, parent]) for parent in each.verdict.parents for claim in parent.claims]
        for claim, relation in [*found, *((claim, None) for claim in each.verdict.unbound)]:
            row = claim_row(each, claim, relation, at)
            known = stay[said(row)].pop() if stay.get(said(row)) else None
            if known is None:
                new.append(row)
            elif known.relation_id != relation:
                known.relation_id = relation
                pointed.append(known)
    gone = [row.pk for rows in stay.values() for row in rows]
    for some in chunks(gone):
        Claim.objects.filter(pk__in=some).update(is_current=False)
    Claim.objects.bulk_update(pointed, ["relation"], batch_size=100)
    Claim.objects.bulk_create(new, batch_size=500)


def recipe_row(each: Traced, recipe: RecipeRecord) -> MergeRecipe:
    first, last = recipe.lines or (None, None)
    return MergeRecipe(
        repo=each.repo,
        revision_id=each.repo.head_id,
        method=storable_text(recipe.method[:40]),
        dialect=recipe.dialect,
        inputs=storable([one.as_dict() for one in recipe.inputs]),
        settings=storable(recipe.settings),
        file=recipe.file[:200],
        first_line=first,
        last_line=last,
        text=storable_text(recipe.text),
        problem=storable_text(recipe.problem),
        reader=READER,
    )


def keep_recipes(batch: Sequence[Traced]) -> None:
    """Store the recipes that are new; one that no longer stands there is kept as no longer current."""
    names = "method dialect inputs settings file first_line last_line text problem".split()
    keys = [each.repo.pk for each in batch]
    rows = [row for some in chunks(keys) for row in MergeRecipe.objects.filter(repo__in=some, is_current=True)]
    stay = defaultdict(list)
    for row in rows:
        stay[row.repo_id].append(row)
    new = []
    for each in batch:
        for row in (recipe_row(each, recipe) for recipe in each.recipes):
            same = [old for old in stay[each.repo.pk] if all(getattr(old, n) == getattr(row, n) for n in names)]
            if same:
                stay[each.repo.pk].remove(same[0])
            else:
                new.append(row)
    gone = [row.pk for rows in stay.values() for row in rows]
    MergeRecipe.objects.filter(pk__in=gone).update(is_current=False)
    MergeRecipe.objects.bulk_create(new, batch_size=100)


__all__ = ["Key", "Traced", "bind_parents", "current_claims", "keep_claims", "keep_recipes", "keep_relations"]
