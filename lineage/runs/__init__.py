"""Runs one version of a model over one suite, in a process of its own that has limits and no network.

Only that process (`python -m lineage.runs.child`) imports torch; the registry itself never does.
"""
