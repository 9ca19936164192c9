"""Who comes from whom (`graph`) and what changed between versions (`comparison`)."""

from lineage.models.comparison import Comparison, FlippedItem, OutcomeSet
from lineage.models.graph import Claim, Closure, MergeRecipe, Node, Relation, Trace

__all__ = [
    "Claim",
    "Closure",
    "Comparison",
    "FlippedItem",
    "MergeRecipe",
    "Node",
    "OutcomeSet",
    "Relation",
    "Trace",
]
