"""Recorded outcomes of two versions, and what the comparison of them found."""

from django.conf import settings
from django.db import models

from registry.models import Repo


class OutcomeSet(models.Model):
    """How one version fared on one suite: a Parquet file under DATA_DIR, named by what is in it."""

    digest = models.CharField(max_length=64, unique=True, help_text="sha256 of the canonical outcomes")
    repo = models.ForeignKey(Repo, null=True, on_delete=models.SET_NULL, related_name="outcome_sets")
    revision_sha = models.CharField(max_length=40, blank=True)
    label = models.CharField(max_length=300, help_text="what the version is called, or the file it came from")
    suite = models.CharField(max_length=120, blank=True)
    format = models.CharField(max_length=40)
    items = models.PositiveIntegerField()
    about = models.JSONField(default=dict, help_text="what the log says of tool, model, dtype, prompts")
    created_at = models.DateTimeField(auto_now_add=True)

    def __str__(self) -> str:
        return self.label


class Comparison(models.Model):
    """An old and a new version on the same items."""

    class Status(models.TextChoices):
        QUEUED = "queued"
        RUNNING = "running"
        DONE = "done"
        FAILED = "failed"

    status = models.CharField(max_length=7, choices=Status, default=Status.QUEUED)
    old = models.ForeignKey(OutcomeSet, null=True, on_delete=models.PROTECT, related_name="compared_as_old")
    new = models.ForeignKey(OutcomeSet, null=True, on_delete=models.PROTECT, related_name="compared_as_new")
    old_repo = models.ForeignKey(Repo, null=True, on_delete=models.SET_NULL, related_name="comparisons_as_old")
    new_repo = models.ForeignKey(Repo, null=True, on_delete=models.SET_NULL, related_name="comparisons_as_new")
    suite = models.CharField(max_length=120, blank=True)
    budget = models.FloatField(null=True, help_text="largest negative flip rate that passes, a fraction")
    report = models.JSONField(null=True)
    negative_flip_rate = models.FloatField(null=True, help_text="broken items over all items")
    verdict = models.CharField(max_length=7, null=True, help_text="pass, fail, unknown; null: nothing was asked")
    reason = models.TextField(blank=True)
    problem = models.TextField(blank=True)
    requested_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL)
    created_at = models.DateTimeField(auto_now_add=True)
    finished_at = models.DateTimeField(null=True)

    def __str__(self) -> str:
        return f"comparison {self.pk}"


class FlippedItem(models.Model):
    """One item whose correctness changed, kept beside the comparison so that a page can show it."""

    comparison = models.ForeignKey(Comparison, on_delete=models.CASCADE, related_name="flipped_items")
    is_negative = models.BooleanField(help_text="right before, wrong now")
    item_id = models.CharField(max_length=300)
    label = models.TextField(null=True)
    prediction_old = models.TextField(null=True)
    prediction_new = models.TextField(null=True)
    slice = models.CharField(max_length=200, blank=True)
    margin = models.FloatField(null=True, help_text="how far the new version was from right, where scores are recorded")

    class Meta:
        indexes = [models.Index(fields=["comparison", "is_negative", "id"], name="flipped_by_comparison")]

    def __str__(self) -> str:
        return self.item_id
