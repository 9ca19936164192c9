"""Rubrics, assessments, policies and the passport that composes all three apps."""
