"""The boundaries between the efficiency classes, as one state of the corpus set them. Never changed, never replaced."""

from __future__ import annotations

from django.db import models


class EfficiencyBounds(models.Model):
    """One version: of which models and when, and how many of them fell into each class. The newest is in force."""

    version = models.CharField(max_length=40, unique=True, help_text="method/digest of the corpus it was made from")
    computed_at = models.DateTimeField(db_index=True)
    corpus_as_of = models.DateTimeField(null=True, help_text="when the newest report in it was looked at")
    models_in_corpus = models.PositiveIntegerField()
    bounds = models.JSONField(help_text="exact fractions as text, best band first")
    labels = models.JSONField(help_text="how many models of the corpus have each label, published and corrected")

    class Meta:
        ordering = ["-computed_at"]
        verbose_name_plural = "efficiency bounds"

    def __str__(self) -> str:
        return self.version
