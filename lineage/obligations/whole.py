"""The clauses that reach every node of a graph, all at once: a fixpoint over arrays."""

from __future__ import annotations

import numpy as np

from lineage.obligations.rules import carried


def inherited(child: np.ndarray, parent: np.ndarray, kind: np.ndarray, kinds: list[str], own: np.ndarray) -> np.ndarray:
    """The bits that arrive at each node from above, by repeated passes over the edges that still bring something.

    `child`, `parent`: node numbers 0 … n−1 of each edge; `kind`: a number into `kinds` for each edge; `own`: int64, the
    bits of each node's own licence. Cycles end by themselves, since bits are only ever added.

    >>> inherited(np.array([0]), np.array([1]), np.array([0]), ["finetune"], np.array([0, 1])).tolist()
    [1, 0]
    """
    order = np.argsort(parent, kind="stable")  # so that the edges below a node stand together
    child, parent, kind = child[order], parent[order], kind[order]
    start = np.zeros(own.size + 1, dtype=np.int64)
    np.cumsum(np.bincount(parent, minlength=own.size), out=start[1:])
    found = np.zeros(own.size, dtype=np.int64)
    changed = own != 0
    while changed.any():
        edges = below(np.flatnonzero(changed), start)
        brought = passed(kind[edges], kinds, (own | found)[parent[edges]])
        reached = child[edges]
        fresh = brought & ~found[reached] != 0
        before, reached = found.copy(), reached[fresh]
        np.bitwise_or.at(found, reached, brought[fresh])
        changed = found != before
    return found


def passed(kind: np.ndarray, kinds: list[str], bits: np.ndarray) -> np.ndarray:
    """What passes along edges of several kinds, given the bits of the parent of each."""
    found = np.zeros_like(bits)
    for number, name in enumerate(kinds):
        of_kind = kind == number
        found[of_kind] = carried(name, bits[of_kind])
    return found


def below(nodes: np.ndarray, start: np.ndarray) -> np.ndarray:
    """The numbers of all edges below `nodes`, where those of node n are start[n] … start[n + 1] − 1."""
    count = start[nodes + 1] - start[nodes]
    ends = np.cumsum(count)
    return np.arange(ends[-1] if ends.size else 0) + np.repeat(start[nodes] - (ends - count), count)
