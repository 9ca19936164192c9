"""Ways upwards between two nodes of a small graph, shortest first; pure code on relations that were already loaded."""

from __future__ import annotations

import heapq
from collections import deque
from collections.abc import Hashable, Iterable, Mapping
from dataclasses import dataclass
from typing import TypeVar

Key = TypeVar("Key", bound=Hashable)
Parents = Mapping[Key, Iterable[Key]]
STEPS_MOST = 50_000  # partial ways that are looked at
COUNT_MOST = 10**15  # of ways; more are not counted


@dataclass(frozen=True)
class Ways:
    """Ways from one node up to another. `total` None: not counted, because of a cycle or their number."""

    found: tuple[tuple, ...]
    total: int | None
    is_cut: bool


def ways_between(low: Key, high: Key, parents: Parents, limit: int) -> Ways:
    """Up to `limit` ways without a repeated node from `low` up to `high`, by length and then by the keys on them.

    A best-first search by the length so far and the known distance that remains, so every partial way that is taken up
    can be finished, and the first ways come out at once however many there are.

    >>> ways_between(1, 4, {1: [2, 3], 2: [4], 3: [4]}, limit=10).found
    ((1, 2, 4), (1, 3, 4))
    """
    inner = between(low, high, parents)
    remaining = distances_to(high, inner)
    if low not in remaining:
        return Ways((), 0, is_cut=False)
    found: list[tuple] = []
    queue = [(remaining[low], 0, (low,))]
    steps = 0
    while queue and len(found) < limit and steps < STEPS_MOST:
        _, negative_length, way = heapq.heappop(queue)
        steps += 1
        if way[-1] == high:
            found.append(way)
            continue
        for parent in inner[way[-1]]:
            if parent not in way and len(queue) < STEPS_MOST:
                heapq.heappush(queue, (len(way) + remaining[parent], negative_length - 1, (*way, parent)))
    total = number_of(low, high, inner)
    if not queue and total is None:
        total = len(found)
    return Ways(tuple(found), total, is_cut=bool(queue) and total != len(found))


def between(low: Key, high: Key, parents: Parents) -> dict[Key, list[Key]]:
    """The parents of each node on some walk from `low` up to `high`, those only that lead there, without repeats."""
    reached, queue = {low}, deque([low])
    children: dict[Key, list[Key]] = {}
    while queue:
        node = queue.popleft()
        if node == high:
            continue
        for parent in parents.get(node, ()):
            children.setdefault(parent, []).append(node)
            if parent not in reached:
                reached.add(parent)
                queue.append(parent)
    leading, queue = {high}, deque([high])
    while queue:
        for child in children.get(queue.popleft(), ()):
            if child not in leading:
                leading.add(child)
                queue.append(child)
    inner = {node: sorted(set(parents.get(node, ())) & leading - {node}) for node in leading & reached}
    return inner | {high: []}


def distances_to(high: Key, inner: Mapping[Key, list[Key]]) -> dict[Key, int]:
    """The length of the shortest way up to `high` from every node that has one."""
    children: dict[Key, list[Key]] = {}
    for child, above in inner.items():
        for parent in above:
            children.setdefault(parent, []).append(child)
    found, queue = {high: 0}, deque([high])
    while queue:
        node = queue.popleft()
        for child in children.get(node, ()):
            if child not in found:
                found[child] = found[node] + 1
                queue.append(child)
    return found


def number_of(low: Key, high: Key, inner: Mapping[Key, list[Key]]) -> int | None:
    """How many ways there are; None where a cycle lies between, or there are more than 10¹⁵.

    >>> number_of(1, 4, {1: [2, 3], 2: [4], 3: [4], 4: []})
    2
    """
    waiting = dict.fromkeys(inner, 0)
    for above in inner.values():
        for parent in above:
            waiting[parent] += 1
    count = dict.fromkeys(inner, 0) | {low: 1}
    ready = [node for node, number in waiting.items() if not number]
    done = 0
    while ready:
        node = ready.pop()
        done += 1
        for parent in inner[node]:
            count[parent] = min(count[parent] + count[node], COUNT_MOST + 1)
            waiting[parent] -= 1
            if not waiting[parent]:
                ready.append(parent)
    return count[high] if done == len(inner) and count[high] <= COUNT_MOST else None
