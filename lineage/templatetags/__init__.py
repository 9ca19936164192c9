"""Filters for the templates of lineage."""
