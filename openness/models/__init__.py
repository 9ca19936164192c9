"""Assessments of repositories by versioned rubrics, and the records that others made of them, and what they emitted."""

from openness.models.assessment import Assessment
from openness.models.efficiency_bounds import EfficiencyBounds
from openness.models.emission import Emission
from openness.models.imported_record import ImportedRecord

__all__ = ["Assessment", "EfficiencyBounds", "Emission", "ImportedRecord"]
