"""All ancestors or all descendants of a node, nearest first, in pages that cost the same however many there are.

The closure table answers when every relation counts and nothing is hidden. Where only some kinds of relation count, or
a hidden repository lies in the way, the relations are walked, up to a bound.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property

from django.core.cache import cache
from django.db.models import Exists, OuterRef, Q, QuerySet

from lineage.claims import NOT_DERIVED
from lineage.closure import chunks
from lineage.models import Closure, Node, Relation
from lineage.sight import hidden_among, hidden_nodes, told
from registry.models import Repo

ABOVE, BELOW, NEWER = "above", "below", "newer"
WALKED_MOST = 50_000  # nodes; what lies further is not counted
DEPTH_MOST = 100
MANY = 10_000  # rows; counting so many takes longer than all else on a page, so their number may be a minute old
MANY_KEPT_FOR_S = 60
FEW_HIDDEN = 300  # repositories; so many are looked for one by one among any number of descendants
Position = tuple[int, int]  # depth and node: the order of the pages


def counted(kinds: Collection[str] = (), as_of: datetime | None = None) -> QuerySet[Relation]:
    """The current relations of the given kinds, or of all that ancestors are counted through.

    With `as_of` those that the mirror knew at that time: seen until then, and not found gone before it. One that went
    and came again counts as known all the time between.
    """
    rows = Relation.objects.filter(is_current=True)
    if as_of is not None:
        rows = Relation.objects.filter(Q(is_current=True) | Q(last_seen_at__gte=as_of), first_seen_at__lte=as_of)
    return rows.filter(kind__in=kinds) if kinds else rows.exclude(kind__in=NOT_DERIVED)


@dataclass(frozen=True)
class ClosureReach:
    """What the closure table says of one side of `root`. `omit` are nodes that the other side has already."""

    root: int
    side: str
    depth: int = DEPTH_MOST
    omit: frozenset[int] = frozenset()
    is_cut: bool = False
    everything: bool = False  # does the viewer see what is for staff only? None of it is among the rows else
    whole: list[list[Position]] = field(default_factory=list, compare=False)  # all rows, once a page has held them

    @property
    def far(self) -> str:
        return "ancestor_id" if self.side == ABOVE else "descendant_id"

    @cached_property
    def rows(self) -> QuerySet[Closure]:
        near = "descendant_id" if self.side == ABOVE else "ancestor_id"
        rows = Closure.objects.filter(**{near: self.root})
        rows = rows.filter(depth__lte=self.depth) if self.depth < DEPTH_MOST else rows
        return rows.exclude(**{f"{self.far}__in": self.omit}) if self.omit else rows

    def total(self) -> int:
        if self.whole:
            return len(self.whole[0])
        key = f"closure-count-{self.root}-{self.side}-{self.depth}"
        found = None if self.omit else cache.get(key)
        if found is None:
            found = self.rows.count()
            if found >= MANY:
                cache.set(key, found, MANY_KEPT_FOR_S)
        return found

    def after(self, position: Position | None, limit: int) -> list[Position]:
        if self.whole:
            return [each for each in self.whole[0] if position is None or each > position][:limit]
        rows = self.rows
        if position:
            depth, node = position
            rows = rows.filter(depth__gte=depth).exclude(Q(depth=depth) & Q(**{f"{self.far}__lte": node}))
        found = list(rows.order_by("depth", self.far).values_list("depth", self.far)[:limit])
        if position is None and len(found) < limit:
            self.whole.append(found)  # of most families, which saves asking for parts of it again
        return found

    def holding(self, nodes: Iterable[int]) -> set[int]:
        if self.whole:
            return {node for _, node in self.whole[0]}.intersection(nodes)
        found: set[int] = set()
        for some in chunks(nodes):
            found.update(self.rows.filter(**{f"{self.far}__in": some}).values_list(self.far, flat=True))
        return found

    def open_nodes(self, nodes: Collection[int], last: Position | None) -> set[int]:
        """Those of `nodes` from which a relation leads on to what neither this page nor one before it shows.

        `last` is where the page ends; None when nothing follows it.
        """
        if last is None and self.depth >= DEPTH_MOST:
            return set()
        if last is None and self.whole:  # neighbours of nearer nodes lie within the depth, so they are shown
            rim = {node for depth, node in self.whole[0] if depth == self.depth}
            nodes = rim.intersection(nodes) if self.depth else nodes
        other = "parent_id" if self.side == ABOVE else "child_id"
        own = "child_id" if self.side == ABOVE else "parent_id"
        shown = self.rows.filter(**{self.far: OuterRef(other)})
        if last:
            depth, node = last
            shown = shown.filter(Q(depth__lt=depth) | Q(**{"depth": depth, f"{self.far}__lte": node}))
        edges = counted().filter(**{own: OuterRef("pk")}).exclude(**{other: self.root}).filter(~Exists(shown))
        edges = edges.exclude(**{f"{other}__in": self.omit}) if self.omit else edges
        if self.side == BELOW:  # a hidden child beyond the depth asked for is not there
            edges = told(edges, everything=self.everything)
        found: set[int] = set()
        for some in chunks(nodes):
            found.update(Node.objects.filter(Exists(edges), pk__in=some).values_list("pk", flat=True))
        return found


@dataclass
class WalkReach:
    """The same, walked breadth first over some kinds of relation, around what is hidden."""

    root: int
    side: str
    depth: int = DEPTH_MOST
    omit: frozenset[int] = frozenset()
    kinds: tuple[str, ...] = ()
    everything: bool = False  # as of `ClosureReach`
    as_of: datetime | None = None
    is_cut: bool = False
    depths: dict[int, int] = field(default_factory=dict)
    onward: dict[int, list[int]] = field(default_factory=dict)  # node -> its neighbours on this side

    def __post_init__(self) -> None:
        level, depth, met = [self.root], 0, {self.root}
        while level and not self.is_cut:
            edges = self.edges_of(level)
            for near, far in edges:
                self.onward.setdefault(near, []).append(far)
            if depth >= self.depth:
                break
            depth += 1
            level = sorted({far for _, far in edges} - met)
            self.is_cut = len(met) + len(level) > WALKED_MOST
            level = level[: max(WALKED_MOST - len(met), 0)]
            met.update(level)
            self.depths |= dict.fromkeys((node for node in level if node not in self.omit), depth)

    def edges_of(self, nodes: Sequence[int]) -> list[tuple[int, int]]:
        """(near, far) pairs that lead on from `nodes`; a hidden child is not there, a hidden parent is."""
        near, far = ("child_id", "parent_id") if self.side == ABOVE else ("parent_id", "child_id")
        found = []
        for some in chunks(nodes):
            rows = counted(self.kinds, self.as_of).filter(**{f"{near}__in": some}).values_list(near, far).distinct()
            found += rows.order_by(near, far)[: WALKED_MOST + 1]
            if len(found) > WALKED_MOST:
                break
        if self.everything:
            return found
        place = 0 if self.side == ABOVE else 1  # of the child
        unseen = hidden_among({pair[place] for pair in found})
        return [pair for pair in found if pair[place] not in unseen]

    @cached_property
    def positions(self) -> list[Position]:
        return sorted((depth, node) for node, depth in self.depths.items())

    def total(self) -> int:
        return len(self.depths)

    def after(self, position: Position | None, limit: int) -> list[Position]:
        rest = self.positions if position is None else [each for each in self.positions if each > position]
        return rest[:limit]

    def holding(self, nodes: Iterable[int]) -> set[int]:
        return {node for node in nodes if node in self.depths}

    def open_nodes(self, nodes: Collection[int], last: Position | None) -> set[int]:
        """As `ClosureReach.open_nodes`."""

        def is_shown(node: int) -> bool:
            if node == self.root or node in self.omit:
                return True
            return node in self.depths and (last is None or (self.depths[node], node) <= last)

        return {node for node in nodes if not all(is_shown(far) for far in self.onward.get(node, ()))}


@dataclass(frozen=True)
class NewerReach:
    """The newer versions that a repository names: no ancestors, and yet what a reader of its lineage must see."""

    nodes: tuple[int, ...]
    is_cut: bool = False

    def total(self) -> int:
        return len(self.nodes)

    def after(self, position: Position | None, limit: int) -> list[Position]:
        return [(1, node) for node in self.nodes if position is None or (1, node) > position][:limit]

    def holding(self, nodes: Iterable[int]) -> set[int]:
        return set(nodes) & set(self.nodes)

    def open_nodes(self, nodes: Collection[int], last: Position | None) -> set[int]:
        return set()


Reach = ClosureReach | WalkReach | NewerReach


def reach(
    root: int,
    side: str,
    *,
    depth: int = DEPTH_MOST,
    kinds: tuple[str, ...] = (),
    everything: bool,
    omit: frozenset[int] = frozenset(),
    as_of: datetime | None = None,
    hidden: frozenset[int] | None = None,
) -> ClosureReach | WalkReach:
    """The cheaper of the two that is right. `everything`: for who sees what is for staff only.

    `hidden` are the nodes that nobody else sees, for who asks about many roots and knows that they are few.
    """
    if not kinds and as_of is None:
        found = ClosureReach(root, side, depth, omit, everything=everything)
        if everything or not meets_hidden(found, hidden):
            return found
    return WalkReach(root, side, depth, omit, kinds, everything, as_of)


def few_hidden() -> frozenset[int] | None:
    """The nodes for staff only, where they are few; None where they are many."""
    repos = list(Repo.objects.filter(staff_only=True).values_list("pk", flat=True)[: FEW_HIDDEN + 1])
    if len(repos) > FEW_HIDDEN:
        return None
    return frozenset(Node.objects.filter(repo__in=repos).values_list("pk", flat=True)) if repos else frozenset()


def meets_hidden(found: ClosureReach, few: frozenset[int] | None) -> bool:
    """Is a repository for staff only the root or among the rows?

    No index leads from descendants to hidden ones among them: few hidden ones are looked for by their keys.
    """
    if found.side == BELOW and (few := few_hidden() if few is None else few) is not None:
        return found.root in few or (bool(few) and found.rows.filter(descendant__in=few).exists())
    own = hidden_nodes(None).filter(pk=found.root).values_list("pk")
    return own.union(found.rows.filter(**{f"{found.far[:-3]}__repo__staff_only": True}).values_list(found.far)).exists()
