"""Lineage in the admin."""

from lineage import comparison_admin, graph_admin, run_admin  # noqa: F401  register
