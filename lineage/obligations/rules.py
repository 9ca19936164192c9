"""Which clauses of a licence pass along which relation, as sums over bits, for one repository or for arrays of them.

The matrix is that of Stemma's design: weights carry the clauses about derivatives, outputs those about what may be
trained on them, data stays beside. A clause stands in one of five lanes of the child:

weights    it binds the repository as it is
combined   it binds once the repository is used together with its base, as an adapter is
data       it binds the data that it was trained on; shown, and no verdict by itself
outputs    it binds what is made with the model's outputs
trained    the repository was made with outputs that such a clause is about
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import cache

import numpy as np

FLAGS = (
    "NC", "ND", "SA", "COPYLEFT", "USE_RESTRICT", "NOTICE", "ATTRIB", "NAME_LLAMA_3", "NAME_LLAMA", "NAME_EXAONE",
    "MAU_CAP", "REGION", "REVOCABLE", "NO_TRAIN_OTHER", "UNKNOWN", "ND_CHANGED",
)  # fmt: skip
ABOUT_OUTPUTS = ("NO_TRAIN_OTHER", "NAME_LLAMA", "NAME_EXAONE")
WEIGHTS, COMBINED, DATA, OUTPUTS, TRAINED = "weights", "combined", "data", "outputs", "trained"
LANES = {WEIGHTS: FLAGS, COMBINED: FLAGS, DATA: FLAGS, OUTPUTS: ABOUT_OUTPUTS, TRAINED: ABOUT_OUTPUTS}
CHANGES = ("finetune", "quantized", "converted", "pruned", "edited", "merge", "moe_expert")
MERGES = ("merge", "moe_expert", "quantized", "converted", "pruned")  # what was for combined use is combined by these
COPIES = ("copied", "duplicated_from")
BITS = {place: number for number, place in enumerate((lane, flag) for lane in LANES for flag in LANES[lane])}
PLACES = tuple(BITS)

Bits = int | np.ndarray


def bits_of(flags: Iterable[str], lane: str = WEIGHTS) -> int:
    """The sum of the bits of `flags` in one lane.

    >>> places(bits_of(["NC", "SA"]))
    [('weights', 'NC'), ('weights', 'SA')]
    """
    return sum(1 << BITS[lane, flag] for flag in set(flags))


def places(bits: int) -> list[tuple[str, str]]:
    """The (lane, flag) pairs of a sum."""
    return [place for place, number in BITS.items() if bits >> number & 1]


def own_bits(flags: Mapping[str, str], licence_id: str, known: bool) -> int:
    """What a repository hands on of its own licence. `flags` are the clauses as `registry.licences` reads them.

    A rule about names is told apart by whose it is; an unknown licence is a clause of its own.
    """
    if not known:
        return bits_of(["UNKNOWN"])
    found = {flag for flag in flags if flag in FLAGS}
    if "NAME_PREFIX" in flags:
        found.add(name_rule(licence_id))
    return bits_of(found) | bits_of(found & set(ABOUT_OUTPUTS), OUTPUTS)


def name_rule(licence_id: str) -> str:
    """Which beginning of a name a licence asks for.

    >>> name_rule("llama3"), name_rule("llama3.2"), name_rule("exaone")
    ('NAME_LLAMA_3', 'NAME_LLAMA', 'NAME_EXAONE')
    """
    if licence_id.lower().startswith("exaone"):
        return "NAME_EXAONE"
    return "NAME_LLAMA_3" if licence_id.lower() == "llama3" else "NAME_LLAMA"


@cache
def steps(kind: str) -> tuple[tuple[int, int], ...]:
    """(mask, shift left) pairs: how the bits of a parent become those of its child along one relation."""
    moves: dict[int, int] = {}

    def move(source: str, target: str, flags: Iterable[str]) -> None:
        for flag in flags:
            to = "ND_CHANGED" if flag == "ND" and kind in CHANGES + ("derived_data",) and target == WEIGHTS else flag
            shift = BITS[target, to] - BITS[source, flag]
            moves[shift] = moves.get(shift, 0) | 1 << BITS[source, flag]

    for source, target in lanes(kind):
        shared = [flag for flag in LANES[source] if flag in LANES[target]]
        move(source, target, ["NOTICE"] if kind == "tokenizer_source" else shared)
    return tuple((mask, shift) for shift, mask in moves.items())


def lanes(kind: str) -> list[tuple[str, str]]:
    """(lane of the parent, lane of the child) for each way that clauses take along a relation."""
    onwards = [(OUTPUTS, OUTPUTS), (TRAINED, TRAINED), (DATA, DATA)]
    if kind in CHANGES:
        return [*onwards, (WEIGHTS, WEIGHTS), (COMBINED, WEIGHTS if kind in MERGES else COMBINED)]
    if kind in COPIES:
        return [*onwards, (WEIGHTS, WEIGHTS), (COMBINED, COMBINED)]
    ways = {
        "adapter": [*onwards, (WEIGHTS, COMBINED), (COMBINED, COMBINED)],
        "unknown": [*onwards, (WEIGHTS, COMBINED), (COMBINED, COMBINED)],
        "distilled": [(OUTPUTS, OUTPUTS), (OUTPUTS, TRAINED), (TRAINED, TRAINED)],
        "tokenizer_source": [(WEIGHTS, WEIGHTS)],
        "trained_on": [(WEIGHTS, DATA)],
        "derived_data": [(WEIGHTS, WEIGHTS)],
    }
    return ways.get(kind, [])  # new_version, uses: nothing passes


def carried(kind: str, bits: Bits) -> Bits:
    """What of a parent's bits reaches its child along a relation of `kind`; for a number or an array of them.

    >>> places(carried("adapter", bits_of(["NC"]))), places(carried("new_version", bits_of(["NC"])))
    ([('combined', 'NC')], [])
    >>> places(carried("quantized", bits_of(["ND"])))
    [('weights', 'ND_CHANGED')]
    """
    found = bits & 0
    for mask, shift in steps(kind):
        taken = bits & mask
        found = found | (taken << shift if shift >= 0 else taken >> -shift)
    return found
