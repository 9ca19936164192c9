"""Passes over a whole graph as arrays of numbers: the closure of millions of edges in seconds, and its cycles.

Nodes are the numbers 0 … n−1. Level k holds the pairs whose shortest way has k edges; each level follows from the one
before by one join along the edges, so cycles end by themselves: what was reached before is not reached again.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from scipy.sparse import csr_array
from scipy.sparse.csgraph import connected_components

Arrays = tuple[np.ndarray, np.ndarray]


def parents_index(child: np.ndarray, parent: np.ndarray, nodes: int) -> Arrays:
    """(start of each node's parents, parents), so that those of node c are parents[start[c]:start[c + 1]]."""
    order = np.lexsort((parent, child))
    start = np.zeros(nodes + 1, dtype=np.int64)
    np.cumsum(np.bincount(child, minlength=nodes), out=start[1:])
    return start, parent[order]


def without(pairs: np.ndarray, seen: np.ndarray) -> np.ndarray:
    """Those of the sorted `pairs` that the sorted `seen` does not hold."""
    if not seen.size:
        return pairs
    place = np.searchsorted(seen, pairs)
    place[place == seen.size] = seen.size - 1
    return pairs[seen[place] != pairs]


def levels(child: np.ndarray, parent: np.ndarray, nodes: int) -> Iterator[tuple[np.ndarray, np.ndarray, int]]:
    """(descendants, ancestors, depth) level by level: each pair once, at its shortest distance, no node with itself.

    >>> edges = np.array([0, 1]), np.array([1, 2])
    >>> [(d.tolist(), a.tolist(), depth) for d, a, depth in levels(*edges, 3)]
    [([0, 1], [1, 2], 1), ([0], [2], 2)]
    """
    child, parent = child.astype(np.int64), parent.astype(np.int64)
    keep = child != parent
    start, parents = parents_index(child[keep], parent[keep], nodes)
    pairs = np.unique(child[keep] * nodes + parent[keep])
    seen, depth = np.empty(0, dtype=np.int64), 1
    while pairs.size:
        low, high = pairs // nodes, pairs % nodes
        yield low, high, depth
        seen = np.union1d(seen, pairs)
        count = start[high + 1] - start[high]
        first = np.repeat(start[high], count)
        within = np.arange(first.size) - np.repeat(np.cumsum(count) - count, count)
        low, far = np.repeat(low, count), parents[first + within]
        pairs = without(np.unique(low[low != far] * nodes + far[low != far]), seen)
        depth += 1


def cycle_of(child: np.ndarray, parent: np.ndarray, nodes: int) -> Arrays:
    """(nodes on a cycle, the smallest node of the cycle of each); a node that is its own parent is one by itself.

    >>> members, smallest = cycle_of(np.array([1, 2, 3, 4]), np.array([2, 1, 1, 4]), 5)
    >>> members.tolist(), smallest.tolist()
    ([1, 2, 4], [1, 1, 4])
    """
    graph = csr_array((np.ones(child.size, dtype=np.int8), (child, parent)), shape=(nodes, nodes))
    _, label = connected_components(graph, directed=True, connection="strong")
    size = np.bincount(label, minlength=nodes)
    on_cycle = size[label] > 1
    on_cycle[child[child == parent]] = True
    members = np.flatnonzero(on_cycle)
    smallest = np.full(label.max(initial=0) + 1, nodes, dtype=np.int64)
    np.minimum.at(smallest, label[members], members)
    return members, smallest[label[members]]
