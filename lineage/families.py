"""The family of a node: everything that comes from its topmost ancestors, in pages, bounded, as one viewer sees it."""

from __future__ import annotations

from django.db.models import Exists, OuterRef

from lineage.models import Closure, Node, Relation
from lineage.queries import seen_at
from lineage.reaches import BELOW, WALKED_MOST, ClosureReach, Reach, few_hidden
from lineage.relatives import RELATIONS_MOST, Relatives, Scope, Upwards, rings_of, upwards
from lineage.sight import Seen, seen_in_bulk

ROOTS_MOST = 50  # topmost ancestors


def family(root: Seen, scope: Scope, limit: int, after: int = 0, user=None) -> Relatives:
    """Everything that comes from the topmost ancestors of `root`, those included, in pages by key.

    A node without parents is its own topmost ancestor; on a cycle without a way out every member is one.
    """
    side = upwards(root.key, scope, user)
    tops = topmost(side)
    roots, left_out = tops[:ROOTS_MOST], len(tops) > ROOTS_MOST
    hidden = few_hidden()
    reaches = {key: scope.reach(key, BELOW, user, hidden) for key in roots}
    members = set(roots)
    for one in reaches.values():
        members.update(node for _, node in one.after(None, max(WALKED_MOST + 1 - len(members), 0)))
    is_large = len(members) > WALKED_MOST
    by_closure = all(isinstance(one, ClosureReach) for one in reaches.values())
    keys = large_page(roots, after, limit) if is_large and by_closure else sorted(k for k in members if k > after)
    shown = keys[:limit]
    is_cut = side.is_cut or left_out or (is_large and not by_closure) or any(one.is_cut for one in reaches.values())
    rows = scope.rows(user).filter(child_id__in=shown)
    edges = tuple(rows.order_by("pk")[:RELATIONS_MOST])
    names = seen_in_bulk({*shown, *roots}, user)
    following = str(shown[-1]) if len(keys) > limit else None
    return Relatives(
        root=root,
        nodes=tuple(names[key] for key in shown),
        edges=edges,
        total=total_of(roots, members, reaches, is_cut=is_cut, is_large=is_large),
        is_partial=is_cut or following is not None,
        frontier=(),
        as_of=scope.as_of or seen_at(root, edges),
        told={
            "roots": [
                {"id": names[key].id, "kind": names[key].kind, "descendants": None if one.is_cut else one.total()}
                for key, one in reaches.items()
            ]
        },
        next=following,
    )


def topmost(side: Upwards) -> list[int]:
    """The ancestors from which no relation leads further up, to another than their own cycle; the nearest first."""

    rings = rings_of(side.edges)

    def leads_on(edge: Relation) -> bool:
        ring = rings.get(edge.child_id)
        return edge.parent_id != edge.child_id and (ring is None or ring != rings.get(edge.parent_id))

    going_on = {edge.child_id for edge in side.edges if leads_on(edge)}
    return sorted(side.depths.keys() - going_on, key=lambda key: (side.depths[key], key))


def large_page(roots: list[int], after: int, limit: int) -> list[int]:
    """Members of a family of more than 50,000 that the closure knows: by their keys, so that no page sorts it all."""
    under = Closure.objects.filter(descendant=OuterRef("pk"), ancestor__in=roots)
    rows = Node.objects.filter(Exists(under), pk__gt=after).order_by("pk").values_list("pk", flat=True)
    found = list(rows[: limit + 1])
    return sorted({*found, *(key for key in roots if after < key and (len(found) <= limit or key < found[-1]))})


def total_of(
    roots: list[int], members: set[int], reaches: dict[int, Reach], *, is_cut: bool, is_large: bool
) -> int | None:
    if is_cut:
        return None
    if not is_large:
        return len(members)
    if len(roots) == 1:
        return 1 + reaches[roots[0]].total()
    rows = Closure.objects.filter(ancestor__in=roots)
    return rows.values("descendant_id").distinct().count() + sum(
        1 for key in roots if not Closure.objects.filter(descendant=key, ancestor__in=roots).exists()
    )
