"""Draws the verdict about a child and the parents that it is said to have, from nothing but their weights.

Verdicts, weakest first: declared, consistent, same_files, derived, recomputed; beside them contradicted and
unverifiable. `derived` proves kinship and not its direction: a parent, a child and a sibling are equally alike.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from lineage.claims import RecipeInput, RecipeRecord
from lineage.proof.adapters import factors, fits, remake_merged
from lineage.proof.likeness import rounded
from lineage.proof.merging import Remade, Unverifiable, remake
from lineage.proof.parents import (
    CONSISTENT,
    CONTRADICTED,
    ORDER,
    RECOMPUTED,
    SAME_FILES,
    UNLIKE_MOST,
    UNVERIFIABLE,
    ParentFinding,
    Say,
    is_quantized,
    parent_finding,
)
from lineage.proof.recovery import layers_taken, weights_of
from lineage.proof.weights import Weights

REMADE_LEAST = 0.999  # share of elements within one unit in the last place
EXPLAINED = {"linear": 0.02, "task_arithmetic": 0.1}  # the largest residual of recovered weights that is rounding


@dataclass(frozen=True)
class Finding:
    """The verdict about all parents together."""

    verdict: str
    reason: str
    exactness: str | None
    relation: str
    parents: tuple[ParentFinding, ...]
    method: str | None = None
    dialect: str | None = None
    recovered_recipe: dict | None = None
    remade: dict | None = None


def verify(
    child: Weights,
    parents: Mapping[str, Weights],
    base: str | None = None,
    recipe: RecipeRecord | None = None,
    say: Say = lambda words: None,
) -> Finding:
    """Hold the child's weights against those of its parents, and against a recipe where there is one.

    `parents` by the names that the recipe uses, the base among them. `say` is told of progress.
    """
    if factors(child):
        return adapter_finding(child, parents)
    rows = [parent_finding(name, child, weights, say) for name, weights in parents.items()]
    relation = relation_of(child, parents, rows, recipe)
    adapters = {name: weights for name, weights in parents.items() if factors(weights)}
    if recipe is not None:
        return recipe_finding(child, parents, recipe, rows, say)
    if adapters and len(parents) == 2:
        return merged_adapter_finding(child, parents, adapters, rows)
    recovered = recover(child, parents, base, say) if len(parents) > 1 else None
    if recovered and (remade := proved(child, parents, recovered, say)):
        return Finding(
            RECOMPUTED, "The recipe that was found in the weights gives the child.", exactness_of(remade), "merge",
            tuple(rows), recovered["method"], "stemma", recovered, remade.as_dict(),
        )  # fmt: skip
    verdict, reason = together(rows)
    exactness = "bit_exact" if verdict in (SAME_FILES, RECOMPUTED) else None
    return Finding(verdict, reason, exactness, relation, tuple(rows), recovered_recipe=recovered)


def adapter_finding(child: Weights, parents: Mapping[str, Weights]) -> Finding:
    """An adapter shows by its shapes which bases it fits; that is all that it can show."""
    pairs, rows = factors(child), []
    for name, weights in parents.items():
        right, wrong = fits(pairs, weights)
        statistics = {"targets": len(pairs), "targets_that_fit": right, "targets_that_do_not": wrong[:20]}
        verdict, reason = CONSISTENT, f"All {len(pairs)} targets fit the base's matrices."
        if wrong:
            verdict, reason = CONTRADICTED, f"{len(wrong)} of {len(pairs)} targets are not in the base."
        rows.append(ParentFinding(name, verdict, reason, statistics))
    verdict, reason = together(rows)
    return Finding(verdict, reason, None, "adapter", tuple(rows))


def merged_adapter_finding(
    child: Weights, parents: Mapping[str, Weights], adapters: Mapping[str, Weights], rows: list[ParentFinding]
) -> Finding:
    (adapter,) = adapters
    (root,) = parents.keys() - adapters.keys()
    try:
        remade = remake_merged(child, parents[root], adapters[adapter])
    except (ValueError, AttributeError) as problem:
        verdict, reason = together(rows)
        return Finding(
            verdict, f"{reason} The adapter could not be merged again: {problem}", None, "merge", tuple(rows)
        )
    verdict, reason = by_remaking(remade)
    rows = [replace(row, verdict=verdict, reason=reason) if verdict == RECOMPUTED else row for row in rows]
    return Finding(verdict, reason, exactness_of(remade), "merge", tuple(rows), "lora", "peft", None, remade.as_dict())


def recipe_finding(
    child: Weights, parents: Mapping[str, Weights], recipe: RecipeRecord, rows: list[ParentFinding], say: Say
) -> Finding:
    say(f"making the merge again by {recipe.method}")
    try:
        remade = remake(child, parents, recipe)
    except Unverifiable as problem:
        verdict, reason = together(rows)
        verdict = CONTRADICTED if verdict == CONTRADICTED else UNVERIFIABLE
        return Finding(verdict, str(problem), None, "merge", tuple(rows), recipe.method, recipe.dialect)
    verdict, reason = by_remaking(remade)
    if verdict == RECOMPUTED:
        rows = [replace(row, verdict=verdict, reason=reason) for row in rows]
    return Finding(
        verdict,
        reason,
        exactness_of(remade),
        "merge",
        tuple(rows),
        recipe.method,
        recipe.dialect,
        None,
        remade.as_dict(),
    )


def by_remaking(remade: Remade) -> tuple[str, str]:
    """The verdict by how much of the child a recipe gives."""
    if remade.match is None:
        return UNVERIFIABLE, "The recipe has nothing for any tensor of the child."
    if len(remade.passed_over) > UNLIKE_MOST * (remade.tensors + len(remade.passed_over)):
        return UNVERIFIABLE, f"The parents lack the tensors for {len(remade.passed_over)} of the child's."
    if remade.match >= REMADE_LEAST and not remade.tells:
        return CONSISTENT, "The changes are too small beside their rounding to tell this recipe from others."
    if remade.match >= REMADE_LEAST and not remade.keeps_densities:
        return CONTRADICTED, "Other shares of the changes were kept than the recipe says."
    if remade.match >= REMADE_LEAST:
        return RECOMPUTED, f"The recipe gives {remade.match:.4%} of the child's numbers, to the last place."
    if remade.match >= 0.9:
        return CONSISTENT, f"The recipe gives {remade.match:.2%} of the child's numbers, too few to be the whole of it."
    return CONTRADICTED, f"The recipe gives {remade.match:.2%} of the child's numbers."


def exactness_of(remade: Remade) -> str | None:
    if not remade.elements or remade.match < REMADE_LEAST:
        return None
    if remade.exact == remade.elements:
        return "bit_exact"
    return "one_ulp" if remade.within_ulp == remade.elements else None


def recover(child: Weights, parents: Mapping[str, Weights], base: str | None, say: Say) -> dict | None:
    """A recipe of whole layers, else of weights; None where neither explains the child."""
    say("looking for the recipe in the weights")
    if slices := layers_taken(child, parents):
        return {"method": "passthrough", "base": None, "slices": slices}
    found = weights_of(child, parents, base)
    return found if found and found["residual"] <= EXPLAINED[found["method"]] else None


def proved(child: Weights, parents: Mapping[str, Weights], recovered: dict, say: Say) -> Remade | None:
    """The child made again by what was recovered; None where that does not give it."""
    try:
        remade = remake(child, parents, recipe_of(recovered, parents))
    except Unverifiable:
        return None
    return remade if by_remaking(remade)[0] == RECOMPUTED else None


def recipe_of(recovered: dict, parents: Mapping[str, Weights]) -> RecipeRecord:
    """A recovered recipe in the form of one that was read."""
    if recovered["method"] == "passthrough":
        spans = [
            (row["parent"], tuple(row["parent_layers"]), tuple(row["child_layers"])) for row in recovered["slices"]
        ]
        inputs = [RecipeInput(name, "expert", parent_layers=own, child_layers=here) for name, own, here in spans]
        return RecipeRecord("passthrough", "stemma", tuple(inputs))
    root = recovered["base"]
    inputs = [RecipeInput(name, "expert", parameters={"weight": w}) for name, w in recovered["weights"].items()]
    inputs += [RecipeInput(root, "base")] if root else []
    return RecipeRecord(recovered["method"], "stemma", tuple(inputs),
                        {"base_model": root, "parameters": {"normalize": False}})  # fmt: skip


def relation_of(
    child: Weights, parents: Mapping[str, Weights], rows: list[ParentFinding], recipe: RecipeRecord | None
) -> str:
    """The kind of relation that the weights speak for; a fine-tune where nothing is special."""
    if recipe is not None or len(rows) > 1:
        return "merge"
    if is_quantized(child, parents.values()):
        return "quantized"
    if rows and rows[0].verdict == SAME_FILES:
        return "copied"
    if rows and is_pruned(rows[0].statistics):
        return "pruned"
    return "converted" if rows and rows[0].verdict == RECOMPUTED else "finetune"


def is_pruned(statistics: dict) -> bool:
    """Did layers of the parent stay away, each of those that are left once?"""
    taken = [own for _, own in statistics.get("layers_by_parent_layer", [])]
    return bool(taken) and len(set(taken)) == len(taken) and statistics["tensors_of_parent_alone"] > 0


def together(rows: list[ParentFinding]) -> tuple[str, str]:
    """The verdict about all parents: a contradiction first, then what cannot be told, then the weakest."""
    for word in (CONTRADICTED, UNVERIFIABLE):
        if found := next((row for row in rows if row.verdict == word), None):
            return word, f"{found.id}: {found.reason}"
    if not rows:
        return UNVERIFIABLE, "The weights of no parent were given."
    weakest = min(rows, key=lambda row: ORDER.index(row.verdict))
    return weakest.verdict, f"{weakest.id}: {weakest.reason}"


def answer(finding: Finding, bytes_read: int, seconds: float) -> dict:
    """The finding in the agreed form."""
    return {
        "verdict": finding.verdict,
        "exactness": finding.exactness,
        "relation": finding.relation,
        "parents": [
            {"id": row.id, "verdict": row.verdict, "statistics": row.statistics, "reason": row.reason}
            for row in finding.parents
        ],
        "method": finding.method,
        "dialect": finding.dialect,
        "recovered_recipe": finding.recovered_recipe,
        "remade": finding.remade,
        "reason": finding.reason,
        "bytes_read": bytes_read,
        "seconds": rounded(seconds),
    }
