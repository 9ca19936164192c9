"""What a viewer may see of the graph's nodes.

What was read with a token and is private or gated does not exist for those who are not staff. Where a public card names
such a repository, its node looks like any parent that is not mirrored, under the name that the card says, and nothing
lies behind it; as a child it is not there.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

from django.db.models import QuerySet

from lineage.closure import chunks
from lineage.models import Claim, Node, Relation
from lineage.references import read_reference
from registry.models import Repo

State = Literal["mirrored", "gone", "dangling"]
CLAIMS_LOOKED_AT = 50  # for the name under which a hidden repository is known


@dataclass(frozen=True)
class Seen:
    """A node as one viewer sees it."""

    key: int | None  # of the node; None for a repository that was never traced
    kind: str
    id: str
    state: State
    label: str
    repo: Repo | None = None
    cycle: int | None = None
    is_masked: bool = False  # staff sees a repository here

    @property
    def path(self) -> str:
        """Its page of lineage; empty for what only one child knows by a path on a disk."""
        return "" if ":" in self.id else f"/lineage/{self.kind}/{self.id}"


def sees_all(user) -> bool:
    """Is `user` shown what is for staff only?"""
    return user is not None and user.is_staff


def hidden_nodes(user) -> QuerySet[Node]:
    """The nodes whose repositories `user` may not see: to be narrowed down, since there may be any number of them."""
    return Node.objects.none() if sees_all(user) else Node.objects.filter(repo__staff_only=True)


def hidden_among(keys: Iterable[int]) -> set[int]:
    """Those of the nodes `keys` that the public may not see. Many are asked for in parts, each by their keys."""
    found: set[int] = set()
    for some in chunks(sorted(keys)):
        found.update(hidden_nodes(None).filter(pk__in=some).values_list("pk", flat=True))
    return found


def told(rows: QuerySet[Relation], *, everything: bool = False) -> QuerySet[Relation]:
    """Those of `rows` that the public is told of: a relation is a statement of its child, and is hidden with it.

    So no way leads up from a hidden repository, and none down to one. `everything` is for who sees all.
    """
    return rows if everything else rows.exclude(child__repo__staff_only=True)


def seen(node: Node, user) -> Seen:
    """One node; its repository must be selected with it."""
    repo = node.repo if node.repo_id else None
    if repo is not None and repo.staff_only and not sees_all(user):
        name = public_name(node)
        return Seen(node.pk, node.kind, name, "dangling", name, is_masked=True)
    state: State = "dangling" if repo is None else "gone" if repo.gone_at else "mirrored"
    return Seen(node.pk, node.kind, node.name, state, node.label, repo, node.cycle)


def seen_of_repo(repo: Repo) -> Seen:
    """A repository that no trace has made a node of yet."""
    return Seen(None, repo.kind, repo.name, "gone" if repo.gone_at else "mirrored", repo.name, repo)


def public_claims(node: Node) -> QuerySet[Claim]:
    return Claim.objects.filter(relation__parent=node, is_current=True, child__staff_only=False).order_by("pk")


def public_name(node: Node) -> str:
    """The name under which public cards know a hidden repository."""
    return next(iter(public_names(node)), "(not mirrored)")


def public_names(node: Node) -> list[str]:
    texts = public_claims(node).values_list("parent_ref", flat=True)[:CLAIMS_LOOKED_AT]
    found = (read_reference(text) for text in texts)
    return list(dict.fromkeys(reference.name for reference in found if reference and reference.name))


def seen_in_bulk(keys: Iterable[int], user) -> dict[int, Seen]:
    nodes = Node.objects.select_related("repo").in_bulk(list(keys))
    return {key: seen(node, user) for key, node in nodes.items()}


def is_hidden(node: Node, user) -> bool:
    """May `user` not see the repository behind a node?"""
    repo = node.repo if node.repo_id else None
    return repo is not None and repo.staff_only and not sees_all(user)
