"""Assessments of repositories by versioned rubrics, and the records that others made of them."""

from openness.models.assessment import Assessment
from openness.models.imported_record import ImportedRecord

__all__ = ["Assessment", "ImportedRecord"]
