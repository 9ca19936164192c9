"""Reachability in a graph of children and parents, as plain numbers: shortest distances to all ancestors, cycles."""

from __future__ import annotations

from collections import defaultdict, deque
from collections.abc import Iterable, Iterator, Mapping, Sequence

Pair = tuple[int, int]  # child, parent
DEPTH_MOST = 32_767  # the largest distance that the closure's column holds
BITS_MOST = 400_000_000  # nodes times ancestors that are walked together, a bit each: 50 MB a set


def distances(
    nodes: Iterable[int], pairs: Iterable[Pair], beyond: Mapping[int, Mapping[int, int]] | None = None
) -> dict[int, dict[int, int]]:
    """For each of `nodes` its ancestors and the length of the shortest way to each; never itself.

    `pairs` are the edges out of `nodes`. `beyond` holds the same answer for parents outside of `nodes`, whose own
    ancestors are outside too. Breadth first, so cycles and self-references do no harm: from all nodes together where
    that fits into `BITS_MOST`, which is what a dense graph needs, else from one node after the other.

    >>> distances([1, 2], [(1, 2), (2, 1), (2, 3)], {3: {4: 1}})
    {1: {2: 1, 3: 2, 4: 3}, 2: {1: 1, 3: 1, 4: 2}}
    """
    beyond = beyond or {}
    pairs = list(pairs)
    wanted = list(dict.fromkeys(nodes))
    named = {parent for _, parent in pairs}
    targets = named.union(*(beyond.get(parent, ()) for parent in named))
    if len(wanted) * len(targets) <= BITS_MOST:
        return together(wanted, pairs, beyond, sorted(targets))
    parents: dict[int, list[int]] = defaultdict(list)
    for child, parent in pairs:
        parents[child].append(parent)
    inside = set(wanted)
    return {node: reach(node, parents, inside, beyond) for node in wanted}


def together(
    wanted: Sequence[int], pairs: Iterable[Pair], beyond: Mapping[int, Mapping[int, int]], targets: Sequence[int]
) -> dict[int, dict[int, int]]:
    """`distances` step by step for all nodes: what a node newly reached is, a step later, new to its children.

    A set of ancestors is one number with a bit for each of `targets`, so an edge costs one operation a step, and only
    while something new comes along it: a cycle of 180 nodes with all 32,220 edges ends after two steps.
    """
    bit = {target: 1 << place for place, target in enumerate(targets)}
    inside = set(wanted)
    children: dict[int, list[int]] = defaultdict(list)
    arrives: dict[int, dict[int, int]] = defaultdict(lambda: defaultdict(int))  # step -> node -> from outside
    for child, parent in pairs:
        if parent in inside:
            children[parent].append(child)
        else:
            arrives[1][child] |= bit[parent]
            for ancestor, more in beyond.get(parent, {}).items():
                arrives[more + 1][child] |= bit[ancestor]
    found: dict[int, dict[int, int]] = {node: {} for node in wanted}
    reached = {node: bit.get(node, 0) for node in wanted}
    new = {parent: bit[parent] for parent in children}
    step = 0
    while (new or arrives) and step < DEPTH_MOST:
        step += 1
        coming = arrives.pop(step, None) or defaultdict(int)
        for parent, some in new.items():
            for child in children.get(parent, ()):
                coming[child] |= some
        new = {}
        for node, some in coming.items():
            fresh = some & ~reached[node]
            if fresh:
                new[node] = fresh
                reached[node] |= fresh
                found[node].update((targets[place], step) for place in places(fresh))
    return found


def places(bits: int) -> Iterator[int]:
    """The places of the bits that are set, the lowest first; the time is that of the number's length.

    >>> list(places(0b101000))
    [3, 5]
    """
    if bits & (bits - 1) == 0:  # one bit, which is what a chain brings
        yield bits.bit_length() - 1
        return
    text = bin(bits)[:1:-1]
    place = text.find("1")
    while place >= 0:
        yield place
        place = text.find("1", place + 1)


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
