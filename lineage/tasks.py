"""What workers do for lineage."""

from lineage.comparison_tasks import compare_queued

__all__ = ["compare_queued"]
