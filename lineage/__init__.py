"""Claims of parents, the lineage graph, and comparisons of versions. Builds on registry; knows nothing of openness."""
