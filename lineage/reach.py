"""Reachability in a graph of children and parents, as plain numbers: shortest distances to all ancestors, cycles."""

from __future__ import annotations

from collections import defaultdict, deque
from collections.abc import Iterable, Mapping

Pair = tuple[int, int]  # child, parent
DEPTH_MOST = 32_767  # the largest distance that the closure's column holds


def distances(
    nodes: Iterable[int], pairs: Iterable[Pair], beyond: Mapping[int, Mapping[int, int]] | None = None
) -> dict[int, dict[int, int]]:
    """For each of `nodes` its ancestors and the length of the shortest way to each; never itself.

    `pairs` are the edges out of `nodes`. `beyond` holds the same answer for parents outside of `nodes`, whose own
    ancestors are outside too. Breadth first from every node, so cycles and self-references do no harm.

    >>> distances([1, 2], [(1, 2), (2, 1), (2, 3)], {3: {4: 1}})
    {1: {2: 1, 3: 2, 4: 3}, 2: {1: 1, 3: 1, 4: 2}}
    """
    beyond = beyond or {}
    parents: dict[int, list[int]] = defaultdict(list)
    for child, parent in pairs:
        parents[child].append(parent)
    wanted = list(dict.fromkeys(nodes))
    inside = set(wanted)
    return {node: reach(node, parents, inside, beyond) for node in wanted}


def reach(
    start: int, parents: Mapping[int, list[int]], inside: set[int], beyond: Mapping[int, Mapping[int, int]]
) -> dict[int, int]:
    found = {start: 0}
    queue = deque([start])
    outside: dict[int, int] = {}
    while queue:
        node = queue.popleft()
        for parent in parents.get(node, ()):
            if parent in found:
                continue
            found[parent] = found[node] + 1
            if parent in inside:
                queue.append(parent)
            else:
                outside[parent] = found[parent]
    for node, steps in outside.items():
        for ancestor, more in beyond.get(node, {}).items():
            if steps + more < found.get(ancestor, DEPTH_MOST + 1):
                found[ancestor] = steps + more
    del found[start]
    return found


def cycles(pairs: Iterable[Pair]) -> dict[int, int]:
    """For each node on a cycle the smallest node of its cycle (of its strongly connected component).

    Tarjan's algorithm with a stack of its own, so that long chains do not exhaust Python's.

    >>> cycles([(1, 2), (2, 3), (3, 2), (4, 4)])
    {2: 2, 3: 2, 4: 4}
    """
    parents: dict[int, list[int]] = defaultdict(list)
    loops = set()
    for child, parent in pairs:
        parents[child].append(parent)
        if child == parent:
            loops.add(child)
    found: dict[int, int] = {}
    for component in components(parents):
        if len(component) > 1 or component[0] in loops:
            found |= dict.fromkeys(component, min(component))
    return dict(sorted(found.items()))


def way_round(start: int, pairs: Iterable[Pair]) -> list[int]:
    """A shortest way from `start` over its parents back to itself: the nodes on it, `start` first; [] without one.

    >>> way_round(1, [(1, 2), (2, 3), (3, 1), (2, 1)])
    [1, 2]
    """
    parents: dict[int, list[int]] = defaultdict(list)
    for child, parent in pairs:
        parents[child].append(parent)
    came_from: dict[int, int] = {}
    queue = deque([start])
    while queue:
        node = queue.popleft()
        for parent in sorted(parents.get(node, ())):
            if parent == start:
                way = [node]
                while way[-1] != start:
                    way.append(came_from[way[-1]])
                return way[::-1]
            if parent not in came_from:
                came_from[parent] = node
                queue.append(parent)
    return []


def components(parents: Mapping[int, list[int]]) -> Iterable[list[int]]:
    """Strongly connected components of the nodes that have parents."""
    order: dict[int, int] = {}
    low: dict[int, int] = {}
    on_stack: set[int] = set()
    stack: list[int] = []
    for root in list(parents):
        if root in order:
            continue
        work = [(root, iter(parents.get(root, ())))]
        order[root] = low[root] = len(order)
        stack.append(root)
        on_stack.add(root)
        while work:
            node, rest = work[-1]
            parent = next(rest, None)
            if parent is None:
                work.pop()
                if work:
                    low[work[-1][0]] = min(low[work[-1][0]], low[node])
                if low[node] == order[node]:
                    yield popped(stack, on_stack, node)
            elif parent not in order:
                order[parent] = low[parent] = len(order)
                stack.append(parent)
                on_stack.add(parent)
                work.append((parent, iter(parents.get(parent, ()))))
            elif parent in on_stack:
                low[node] = min(low[node], order[parent])


def popped(stack: list[int], on_stack: set[int], node: int) -> list[int]:
    component = []
    while True:
        member = stack.pop()
        on_stack.discard(member)
        component.append(member)
        if member == node:
            return component
