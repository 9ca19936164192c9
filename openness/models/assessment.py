"""One rubric's answer about one repository in one state."""

from __future__ import annotations

from typing import Self

from django.db import models
from django.db.models import Exists, OuterRef

from registry.models import Repo, Revision


class AssessmentQuerySet(models.QuerySet):
    def current(self) -> Self:
        return self.filter(is_current=True)


class Assessment(models.Model):
    """Kept when superseded. The same rubric, reader and state give the same bytes."""

    repo = models.ForeignKey(Repo, on_delete=models.CASCADE, related_name="assessments")
    revision = models.ForeignKey(Revision, null=True, on_delete=models.SET_NULL, related_name="assessments")
    rubric = models.CharField(max_length=40, help_text="name/version, such as model-card/0.1")
    reader = models.CharField(max_length=40, help_text="version of the code that found the evidence")
    state_digest = models.CharField(max_length=64)
    score = models.FloatField(null=True, help_text="0 to 100; null while too little could be assessed")
    assessed_weight = models.FloatField(null=True)
    label = models.CharField(max_length=60, blank=True, help_text="class or grade, where the rubric gives one")
    findings = models.JSONField(default=list)
    result = models.JSONField(default=dict, help_text="what the rubric answers beside findings")
    problem = models.TextField(blank=True)
    is_current = models.BooleanField(default=True)
    assessed_at = models.DateTimeField()

    objects = AssessmentQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["repo", "rubric", "reader", "state_digest"], name="assessment_of_state")
        ]
        indexes = [
            models.Index(fields=["rubric", "is_current", "score"], name="assessment_by_score"),
            models.Index(fields=["repo", "is_current"], name="assessment_current"),
        ]

    def __str__(self) -> str:
        return f"{self.rubric} of {self.repo}"


def due_for(rubric: str, reader: str, kinds: list[str]) -> models.QuerySet[Repo]:
    """Repositories whose present state this rubric and reader have not assessed."""
    done = Assessment.objects.filter(
        repo=OuterRef("pk"), rubric=rubric, reader=reader, state_digest=OuterRef("state_digest")
    )
    return Repo.objects.filter(kind__in=kinds).filter(~Exists(done))
