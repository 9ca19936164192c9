"""By which shortest way each clause came to a repository: a walk upwards that remembers what each step lets pass."""

from __future__ import annotations

from collections import deque
from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Protocol

from lineage.obligations.rules import PLACES, carried, places

MOST_STATES = 20_000  # (ancestor, what passes) pairs; more are not walked, and the answer says so

Edge = tuple[int, str]  # a parent, and the kind of the relation to it
NOTHING = (0,) * len(PLACES)
EVERYTHING = tuple(1 << number for number in range(len(PLACES)))


class Groups(Protocol):
    """Sorts sources, as a mapping does."""

    def get(self, source: int, /) -> Hashable: ...


@dataclass(frozen=True)
class Carried:
    """One clause as it stands at a repository: in which lane, whose it is, and the way from there."""

    lane: str
    flag: str
    source: int  # the ancestor whose licence states it
    way: tuple[int, ...]  # from the repository itself up to `source`
    kinds: tuple[str, ...]  # of the relations along the way, from below


@dataclass(frozen=True)
class Arrived:
    """All clauses that reach a repository from above, each by its shortest way from each group of sources."""

    clauses: tuple[Carried, ...]
    is_cut: bool = False  # the walk was longer than it may be: more may apply


def arrived(
    root: int,
    parents: Mapping[int, Sequence[Edge]],
    own: Mapping[int, int],
    groups: Groups | None = None,
) -> Arrived:
    """The clauses that reach `root` from its ancestors, the nearest source first.

    `parents` gives each node's relations upwards and `own` the bits of each node's own licence; of sources in one of
    `groups` the nearest speaks for all (without groups, the nearest of all). A breadth-first walk over (ancestor, what
    of it would arrive): two ways to one ancestor that let different clauses pass are both walked.

    >>> found = arrived(1, {1: [(2, "finetune")]}, {2: 1})
    >>> [(each.flag, each.source, each.way) for each in found.clauses]
    [('NC', 2, (1, 2))]
    """
    groups = groups or {}
    found: dict[tuple[str, str, Hashable], Carried] = {}
    seen = {(root, EVERYTHING)}
    queue = deque([(root, EVERYTHING, (root,), ())])
    while queue:
        node, passing, way, kinds = queue.popleft()
        for parent, kind in parents.get(node, ()):
            onwards = through(passing, kind)
            if onwards == NOTHING or (parent, onwards) in seen:
                continue
            if len(seen) >= MOST_STATES:
                return Arrived(tuple(found.values()), is_cut=True)
            seen.add((parent, onwards))
            longer = (*way, parent), (*kinds, kind)
            if parent != root:  # on a cycle its own clauses come back to it, and say nothing new
                for lane, flag in places(image(onwards, own.get(parent, 0))):
                    found.setdefault((lane, flag, groups.get(parent)), Carried(lane, flag, parent, *longer))
            queue.append((parent, onwards, *longer))
    return Arrived(tuple(found.values()))


@lru_cache(maxsize=4_096)
def through(passing: tuple[int, ...], kind: str) -> tuple[int, ...]:
    """What passes of each bit one relation further up."""
    return tuple(image(passing, carried(kind, 1 << number)) for number in range(len(PLACES)))


def image(passing: tuple[int, ...], bits: int) -> int:
    """Where a sum of bits arrives."""
    found = 0
    while bits:
        lowest = bits & -bits
        found |= passing[lowest.bit_length() - 1]
        bits ^= lowest
    return found
