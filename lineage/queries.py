"""Questions to the graph: who a node comes from and what comes from it, in pages that say what they leave out."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from django.db.models.functions import Lower

from lineage.claims import KINDS
from lineage.models import Node, Relation
from lineage.reaches import ABOVE, BELOW, DEPTH_MOST, NEWER, NewerReach, Position, Reach, counted, reach
from lineage.sight import Seen, hidden_nodes, public_names, seen, seen_in_bulk, seen_of_repo, sees_all, told
from registry.models import Alias, Repo

SIDES = {"ancestors": (ABOVE,), "descendants": (BELOW,), "both": (ABOVE, BELOW)}
LIMIT, LIMIT_MOST = 100, 1_000  # nodes of a page
NEWER_MOST = 20  # newer versions that one repository names
CURSOR = re.compile(r"(newer|above|below)\.(\d{1,5})\.(\d{1,18})", re.ASCII)


class BadQuestion(ValueError):
    """A parameter that cannot be answered; the message is one sentence."""


@dataclass(frozen=True)
class Question:
    """Which part of the graph around a node is asked for."""

    direction: str = "both"
    depth: int = DEPTH_MOST
    depth_below: int | None = None  # of descendants, where it is another than of ancestors
    relations: tuple[str, ...] = ()
    limit: int = LIMIT
    cursor: str = ""
    as_of: datetime | None = None  # the relations that the mirror knew then; None: those of now

    def __post_init__(self) -> None:
        if self.direction not in SIDES:
            raise BadQuestion(f"direction is one of {', '.join(SIDES)}.")
        if not all(0 <= depth <= DEPTH_MOST for depth in (self.depth, self.depth_of(BELOW))):
            raise BadQuestion(f"depth is between 0 and {DEPTH_MOST}.")
        if not 1 <= self.limit <= LIMIT_MOST:
            raise BadQuestion(f"limit is between 1 and {LIMIT_MOST}.")
        if unknown := [kind for kind in self.relations if kind not in KINDS]:
            raise BadQuestion(f"{unknown[0]!r} is no kind of relation; they are {', '.join(KINDS)}.")
        if self.cursor and not CURSOR.fullmatch(self.cursor):
            raise BadQuestion("The cursor is not one that was given out.")

    def depth_of(self, side: str) -> int:
        return self.depth_below if side == BELOW and self.depth_below is not None else self.depth

    @property
    def start(self) -> tuple[str, Position] | None:
        """The side and the position after which the page begins; None for the first page."""
        found = CURSOR.fullmatch(self.cursor)
        return (found[1], (int(found[2]), int(found[3]))) if found else None


@dataclass(frozen=True)
class Placed:
    """A node in the answer: on which side of the root, and how many generations away."""

    node: Seen
    side: str  # root, above, below, newer
    depth: int


@dataclass(frozen=True)
class Subgraph:
    """A part of the graph around one node. An edge comes with the farther of its nodes."""

    root: Seen
    nodes: tuple[Placed, ...]
    edges: tuple[Relation, ...]  # with child and parent as keys
    total: int | None  # nodes of all pages together; None where they were too many to count
    frontier: tuple[Seen, ...]  # from which relations lead on to what is not shown
    next: str | None
    as_of: datetime | None

    @property
    def is_partial(self) -> bool:
        return bool(self.next or self.frontier or self.total is None)

    @property
    def by_key(self) -> dict[int, Placed]:
        return {placed.node.key: placed for placed in self.nodes}


def find(kind: str, name: str, user) -> Seen | None:
    """What `user` sees under a name: a mirrored repository, or a parent that is only named."""
    repo = Repo.objects.visible_to(user).named(kind, name).select_related("node").order_by("pk").first()
    if repo is not None:
        node = getattr(repo, "node", None)  # a repository that was never traced has none
        return seen(node, user) if node else seen_of_repo(repo)
    rows = Node.objects.annotate(lower_name=Lower("name")).filter(kind=kind, lower_name=name.lower())
    node = rows.filter(repo=None).first()
    if node is not None:
        return seen(node, user)
    return masked(kind, name, user)


def masked(kind: str, name: str, user) -> Seen | None:
    """A repository that `user` may not see, where a public card names it: like one that is not mirrored."""
    hidden = hidden_nodes(user).filter(kind=kind).select_related("repo")
    for node in hidden.annotate(lower_name=Lower("name")).filter(lower_name=name.lower()):
        if name.lower() in (each.lower() for each in public_names(node)):
            return seen(node, user)
    return None


def moved_to(kind: str, name: str, user) -> Repo | None:
    """The repository that was called `name` last, and is called otherwise now."""
    former = Alias.objects.filter(kind=kind, valid_to__isnull=False, repo__in=Repo.objects.visible_to(user).current())
    alias = former.annotate(lower_name=Lower("name")).filter(lower_name=name.lower()).order_by("-valid_to").first()
    return alias.repo if alias and alias.repo.name.lower() != name.lower() else None


def subgraph(root: Seen, question: Question, user=None) -> Subgraph:
    """The page of the graph around `root` that `question` asks for; the root itself leads the first page."""
    if root.key is None:
        return Subgraph(root, (Placed(root, "root", 0),), (), 1, (), None, root.repo.observed_at)
    reaches = reaches_of(root, question, user)
    is_first = question.start is None
    positions, following = page(reaches, question, room=question.limit - is_first)
    known = seen_in_bulk({key for _, _, key in positions}, user) | {root.key: root}
    placed = [Placed(root, "root", 0)] if is_first else []
    placed += [Placed(known[key], side, depth) for side, depth, key in positions]
    own = {root.key} if is_first else set()
    keys = {side: {key for where, _, key in positions if where == side} | own for side in reaches}
    edges = edges_of(root, keys, reaches, question, user)
    open_nodes = frontier(keys, reaches, following)
    return Subgraph(
        root=root,
        nodes=tuple(placed),
        edges=tuple(edges),
        total=total_of(reaches.values()),
        frontier=tuple(known[key] for key in sorted(open_nodes)),
        next=following,
        as_of=question.as_of or seen_at(root, edges),
    )


def seen_at(root: Seen, edges: Iterable[Relation]) -> datetime | None:
    """When what is said of a node was last looked at."""
    return root.repo.observed_at if root.repo else max((row.last_seen_at for row in edges), default=None)


def total_of(reaches: Iterable[Reach]) -> int | None:
    """The nodes of all pages, the root with them; None where there were too many to walk."""
    reaches = list(reaches)
    return None if any(one.is_cut for one in reaches) else 1 + sum(one.total() for one in reaches)


def reaches_of(root: Seen, question: Question, user) -> dict[str, Reach]:
    """The sides that are asked for, in the order of the pages; what two would show only the first has."""
    found: dict[str, Reach] = {}
    for side in SIDES[question.direction]:
        omit: Iterable[int] = ()
        if ABOVE in found and root.cycle is not None:
            omit = found[ABOVE].holding(Node.objects.filter(cycle=root.cycle).values_list("pk", flat=True))
        kinds = question.relations
        found[side] = reach(
            root.key,
            side,
            depth=question.depth_of(side),
            kinds=kinds,
            everything=sees_all(user),
            omit=frozenset(omit),
            as_of=question.as_of,
        )
    if ABOVE not in found or question.relations or root.is_masked or not question.depth:
        return found
    rows = counted(("new_version",), question.as_of).filter(child_id=root.key).order_by("parent_id")[:NEWER_MOST]
    newer = {row.parent_id for row in rows} - {root.key}
    newer -= {key for one in found.values() for key in one.holding(newer)}
    return {NEWER: NewerReach(tuple(sorted(newer)))} | found


def page(reaches: dict[str, Reach], question: Question, room: int) -> tuple[list[tuple[str, int, int]], str | None]:
    """(side, depth, node) of up to `room` nodes, and the cursor of the next page where more follow."""
    sides = list(reaches)
    start_side, start = question.start or (sides[0], None)
    if start_side not in sides:
        return [], None
    found: list[tuple[str, int, int]] = []
    for side in sides[sides.index(start_side) :]:
        after = start if side == start_side else None
        found += [(side, depth, node) for depth, node in reaches[side].after(after, room + 1 - len(found))]
        if len(found) > room:
            side, depth, node = found[room - 1] if room else (sides[0], 0, 0)
            return found[:room], f"{side}.{depth}.{node}"
    return found, None


def edges_of(
    root: Seen, keys: dict[str, set[int]], reaches: dict[str, Reach], question: Question, user
) -> list[Relation]:
    """The relations between nodes that are shown: over all pages together every one, each on one page only."""
    found: dict[int, Relation] = {}
    rows = told(counted(question.relations, question.as_of), everything=sees_all(user))
    above, below = reaches.get(ABOVE), reaches.get(BELOW)
    if NEWER in reaches:
        newer = counted(("new_version",), question.as_of).filter(child_id=root.key, parent_id__in=keys[NEWER])
        found |= {row.pk: row for row in newer}
    if above:  # an edge comes with its parent; a popular one has more children than anyone may load
        ids = {node for _, node in above.after(None, LIMIT_MOST)} | {root.key}
        found |= {row.pk: row for row in rows.filter(parent_id__in=keys[ABOVE], child_id__in=ids)}
    if below:  # an edge comes with its child, but with its parent where the child is an ancestor of the root as well
        own = keys[BELOW] - {root.key} if above else keys[BELOW]
        some = [*rows.filter(child_id__in=own), *rows.filter(child_id__in=below.omit, parent_id__in=own)]
        parents = {row.parent_id for row in some}
        shown = below.holding(parents) | (above.holding(parents) if above else set()) | {root.key}
        found |= {row.pk: row for row in some if row.parent_id in shown}
    return [found[key] for key in sorted(found)]


def frontier(keys: dict[str, set[int]], reaches: dict[str, Reach], following: str | None) -> set[int]:
    """Nodes of the page from which relations lead on to what no page so far shows."""
    stop = CURSOR.fullmatch(following) if following else None
    sides = list(reaches)
    found: set[int] = set()
    for side, one in reaches.items():
        last = None
        if stop and side == stop[1]:
            last = (int(stop[2]), int(stop[3]))
        elif stop and sides.index(side) > sides.index(stop[1]):
            last = (0, 0)  # nothing of that side is shown yet
        found |= one.open_nodes(keys[side], last)
    return found
