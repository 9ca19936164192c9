"""Assessments of repositories by versioned rubrics."""

from openness.models.assessment import Assessment

__all__ = ["Assessment"]
