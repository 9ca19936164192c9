"""Who comes from whom (`graph`) and what changed between versions (`comparison`, `run`)."""

from lineage.models.comparison import Comparison, FlippedItem, OutcomeSet
from lineage.models.graph import Claim, Closure, MergeRecipe, Node, Relation, Trace
from lineage.models.obligation import ObligationVerdict
from lineage.models.run import Run, Watch
from lineage.models.verification import Verification, VerifiedParent

__all__ = [
    "Claim",
    "Closure",
    "Comparison",
    "FlippedItem",
    "MergeRecipe",
    "Node",
    "ObligationVerdict",
    "OutcomeSet",
    "Relation",
    "Run",
    "Trace",
    "Verification",
    "VerifiedParent",
    "Watch",
]
