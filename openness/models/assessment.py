"""One rubric's answer about one repository in one state."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Self

from django.db import models
from django.db.models import Exists, F, OuterRef, Q

from registry.models import Repo, Revision
from registry.models.ordering import LargestFirst


class AssessmentQuerySet(models.QuerySet):
    def current(self) -> Self:
        return self.filter(is_current=True)

    def visible_to(self, user) -> Self:
        """Assessments of repositories that `user` may see."""
        return self if user is not None and user.is_staff else self.filter(repo__staff_only=False)


class Assessment(models.Model):
    """Kept when superseded. The same rubric, reader and state give the same bytes."""

    repo = models.ForeignKey(Repo, on_delete=models.CASCADE, related_name="assessments")
    revision = models.ForeignKey(Revision, null=True, on_delete=models.SET_NULL, related_name="assessments")
    name = models.CharField(max_length=30, help_text="of the rubric, without its version")
    rubric = models.CharField(max_length=40, help_text="name/version, such as model-card/0.1")
    reader = models.CharField(max_length=40, help_text="version of the code that found the evidence")
    state_digest = models.CharField(max_length=64)
    score = models.FloatField(null=True, help_text="0 to 100; null while too little could be assessed")
    assessed_weight = models.FloatField(null=True)
    label = models.CharField(max_length=60, blank=True, help_text="class or grade, where the rubric gives one")
    classes = models.CharField(max_length=12, null=True, help_text="of openness: a digit by rule set and certainty")
    marks = models.CharField(max_length=40, null=True, help_text="of a card: a letter by criterion, see cards/marks.py")
    findings = models.JSONField(default=list)
    result = models.JSONField(default=dict, help_text="what the rubric answers beside findings")
    problem = models.TextField(blank=True)
    is_current = models.BooleanField(default=True)
    assessed_at = models.DateTimeField()

    objects = AssessmentQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["repo", "rubric", "reader", "state_digest"], name="assessment_of_state"),
            models.UniqueConstraint(
                fields=["repo", "name"], condition=Q(is_current=True), name="assessment_current_by_rubric"
            ),
        ]
        indexes = [
            models.Index(
                "name", LargestFirst(F("score")), "repo", condition=Q(is_current=True), name="assessment_by_score"
            ),
            models.Index(
                fields=["name", "classes", "repo", "assessed_at"],
                condition=Q(is_current=True),
                name="assessment_by_classes",
            ),
            models.Index(fields=["name", "label", "repo"], condition=Q(is_current=True), name="assessment_by_label"),
            models.Index(  # is_current too: SQLite reads the table for a column that only the condition names
                fields=["name", "rubric", "label", "score", "repo", "assessed_at", "is_current"],
                condition=Q(is_current=True),
                name="assessment_scores",
            ),
            models.Index(
                fields=["name", "rubric", "label", "marks", "repo", "is_current"],
                condition=Q(is_current=True),
                name="assessment_marks",
            ),
        ]
        permissions = [("assess_repo", "Can ask for a repository to be assessed now")]

    def __str__(self) -> str:
        return f"{self.rubric} of {self.repo}"


def due_for(versions: Sequence[tuple[str, str]], kinds: Sequence[str]) -> models.QuerySet[Repo]:
    """Repositories of `kinds` whose present state one of the (rubric, reader) `versions` has not assessed."""
    behind = Q(pk__in=[])
    for rubric, reader in versions:
        done = Assessment.objects.current().filter(
            repo=OuterRef("pk"), rubric=rubric, reader=reader, state_digest=OuterRef("state_digest")
        )
        behind |= ~Exists(done)
    return Repo.objects.filter(kind__in=kinds).filter(behind)
