"""Lineage in the admin."""

from lineage import comparison_admin  # noqa: F401  registers
