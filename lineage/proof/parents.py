"""The verdict about one parent alone: identity, likeness of the matrices, or the vectors that a quantizer left."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

import numpy as np

from lineage.proof.adapters import factors
from lineage.proof.blocks import UNPACK
from lineage.proof.likeness import Likeness, Summary, liken, summary
from lineage.proof.pairs import Pairing, pair
from lineage.proof.rounding import STORED, rounded_to
from lineage.proof.weights import Weights

ORDER = ("declared", "consistent", "same_files", "derived", "recomputed")  # weakest first
DECLARED, CONSISTENT, SAME_FILES, DERIVED, RECOMPUTED = ORDER
CONTRADICTED, UNVERIFIABLE = "contradicted", "unverifiable"
ALIKE_LEAST, UNLIKE_MOST = 0.9, 0.1  # shares of matrices
NAMED_LEAST = 0.5  # share of the child's tensors that a parent has to hold by name
VECTORS_LEAST = 4  # equal vectors that are no constants: four do not meet by chance

Say = Callable[[str], None]


@dataclass(frozen=True)
class ParentFinding:
    """What the weights say of one parent."""

    id: str
    verdict: str
    reason: str
    statistics: dict = field(default_factory=dict)
    tensors: tuple[Likeness, ...] = ()


def parent_finding(name: str, child: Weights, parent: Weights, say: Say) -> ParentFinding:
    """The verdict about one parent alone."""
    if factors(parent):
        return ParentFinding(name, CONSISTENT, "It is an adapter, of which a merged model keeps nothing to compare.")
    pairing = pair(child, parent)
    shared = len(pairing.pairs) + len(pairing.resized)
    floats = [(c, p) for c, p in (*pairing.pairs, *pairing.resized) if c.is_float and p.is_float]
    if is_packed(child):
        return quantized_finding(name, child, parent, pairing)
    if not floats:
        return ParentFinding(name, UNVERIFIABLE, "No tensor of one has the name and shape of a tensor of the other.",
                             coverage(child, pairing))  # fmt: skip
    rows = []
    for number, (low, high) in enumerate(floats):
        rows.append(liken(low, high))
        if number % 50 == 49:
            say(f"{name}: {number + 1} of {len(floats)} tensors")
    found = summary(rows)
    statistics = coverage(child, pairing) | found.as_dict()
    verdict, reason = by_likeness(
        found, shared / len(child.tensors), whole=not (pairing.child_alone or pairing.resized or pairing.layers)
    )
    return ParentFinding(name, verdict, reason, statistics, tuple(rows))


def coverage(child: Weights, pairing: Pairing) -> dict:
    return {
        "tensors": len(child.tensors),
        "tensors_shared": len(pairing.pairs),
        "tensors_resized": len(pairing.resized),
        "tensors_of_other_shape": len(pairing.unlike),
        "tensors_of_child_alone": len(pairing.child_alone),
        "tensors_of_parent_alone": len(pairing.parent_alone),
        **({"layers_by_parent_layer": list(map(list, pairing.layers.items()))} if pairing.layers else {}),
    }


def by_likeness(found: Summary, share: float, *, whole: bool) -> tuple[str, str]:
    """The verdict that the figures of all tensors allow."""
    if whole and found.identical == found.tensors:
        return SAME_FILES, f"All {found.tensors} tensors are the parent's, byte for byte."
    if whole and found.rounded == found.tensors:
        return RECOMPUTED, f"All {found.tensors} tensors are the parent's, stored in another type."
    if found.unlike is None:
        return CONSISTENT, "Names and shapes agree; there is no matrix whose values could tell more."
    if found.unlike >= ALIKE_LEAST:
        return CONTRADICTED, f"{found.unlike:.0%} of the matrices are no more alike than those of unrelated models."
    if found.unlike <= UNLIKE_MOST and share >= NAMED_LEAST:
        control = found.control or 0.0
        return DERIVED, f"The matrices correlate at {found.cosine:.3f}; with its rows turned, at {control:.3f} at most."
    return CONSISTENT, f"Only {1 - found.unlike:.0%} of the matrices are more alike than by chance."


def is_quantized(weights: Weights, parents: Iterable[Weights] = ()) -> bool:
    """Are its numbers of fewer bits than those of its parents?"""
    if is_packed(weights) or any(each.dtype in UNPACK for each in weights.tensors.values()):
        return True
    small = any(each.dtype.startswith("F8_") for each in weights.tensors.values())
    return small and not any(e.dtype.startswith("F8_") for other in parents for e in other.tensors.values())


def is_packed(weights: Weights) -> bool:
    """Does it hold integers that are not turned into numbers here, as GPTQ, AWQ and bitsandbytes write them?"""
    names = weights.tensors
    return any(name.endswith((".qweight", ".weight_packed", ".absmax", ".SCB")) for name in names)


def quantized_finding(name: str, child: Weights, parent: Weights, pairing: Pairing) -> ParentFinding:
    """Quantizers leave vectors such as norms as they are, or round them: equal ones give the parent away."""
    vectors = [(c, p) for c, p in pairing.pairs if len(c.shape) == 1 and c.dtype in STORED and p.is_float]
    telling = [(c.values(), p.values(), c.dtype) for c, p in vectors if len(np.unique(p.values())) > 2]
    equal = sum(np.array_equal(rounded_to(high, dtype), low) for low, high, dtype in telling)
    statistics = coverage(child, pairing) | {"vectors_compared": len(telling), "vectors_equal": equal}
    if len(telling) < VECTORS_LEAST:
        verdict = CONSISTENT if pairing.pairs else UNVERIFIABLE
        return ParentFinding(name, verdict, "Too few vectors were left unquantized to tell.", statistics)
    share = equal / len(telling)
    reason = f"{equal} of the {len(telling)} vectors that were not quantized are the parent's."
    if share >= ALIKE_LEAST:
        return ParentFinding(name, DERIVED, reason, statistics)
    rows = [liken(c, p) for c, p in (*pairing.pairs, *pairing.resized) if c.is_float and p.is_float]
    found = summary(rows)
    # AWQ and SmoothQuant fold their scales into the norms, so that other vectors alone refute nothing.
    unlike = share <= UNLIKE_MOST and found.unlike is not None and found.unlike >= ALIKE_LEAST
    return ParentFinding(
        name, CONTRADICTED if unlike else CONSISTENT, reason, statistics | found.as_dict(), tuple(rows)
    )
