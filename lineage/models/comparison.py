"""Recorded outcomes of two versions, and what the comparison of them found."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import Self

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.urls import reverse

from registry.models import Repo


class OutcomeSet(models.Model):
    """How one version fared on one suite: a Parquet file under DATA_DIR, named by what is in it."""

    digest = models.CharField(max_length=64, unique=True, help_text="sha256 of the canonical outcomes")
    suite = models.CharField(max_length=200, blank=True)
    format = models.CharField(max_length=40)
    items = models.PositiveIntegerField()
    about = models.JSONField(default=dict, help_text="what the log says of tool, model, dtype, metric")
    created_at = models.DateTimeField(auto_now_add=True)

    def __str__(self) -> str:
        return f"{self.suite or self.format} {self.digest[:12]}"

    @property
    def path(self) -> Path:
        """Where its rows are."""
        return settings.DATA_DIR / "outcomes" / self.digest[:2] / f"{self.digest}.parquet"


class ComparisonQuerySet(models.QuerySet):
    def done(self) -> Self:
        return self.filter(status=Comparison.Status.DONE)

    def uploads(self) -> Self:
        """Of outcomes that were recorded elsewhere."""
        return self.filter(execution__isnull=True)

    def runs(self) -> Self:
        """Of two versions that are run here."""
        return self.filter(execution__isnull=False)

    def takeable(self, at: datetime) -> Self:
        """Queued, or left behind by a worker that is gone."""
        left_behind = Q(status=Comparison.Status.RUNNING, leased_until__lt=at)
        return self.filter(Q(status=Comparison.Status.QUEUED) | left_behind)

    def visible_to(self, user) -> Self:
        """Without staff's rights, a comparison of a version that only staff may see does not exist."""
        hidden = Q(old_repo__staff_only=True) | Q(new_repo__staff_only=True)
        return self if user is not None and user.is_staff else self.exclude(hidden)

    def of_upgrade(self, new: Repo, old: Repo | None = None) -> Self:
        """Finished comparisons in which `new` is the newer version, last asked first; `old` narrows the older."""
        found = self.done().filter(new_repo=new)
        return (found.filter(old_repo=old) if old else found).last_asked_first()

    def last_asked_first(self) -> Self:
        return self.order_by("-asked_at", "-id")


class Comparison(models.Model):
    """An old and a new version on the same items. Asked again, the same question finds the same row."""

    class Status(models.TextChoices):
        QUEUED = "queued"
        RUNNING = "running"
        DONE = "done"
        FAILED = "failed"

    status = models.CharField(max_length=7, choices=Status, default=Status.QUEUED)
    question_digest = models.CharField(max_length=64, unique=True, null=True, help_text="of outcomes and questions")
    old = models.ForeignKey(OutcomeSet, null=True, on_delete=models.PROTECT, related_name="compared_as_old")
    new = models.ForeignKey(OutcomeSet, null=True, on_delete=models.PROTECT, related_name="compared_as_new")
    rerun = models.ForeignKey(
        OutcomeSet,
        null=True,
        on_delete=models.PROTECT,
        related_name="noise_of",
        help_text="the old version run again, for the noise floor",
    )
    old_name = models.CharField(max_length=200, help_text="what the older version or its file is called")
    new_name = models.CharField(max_length=200)
    old_repo = models.ForeignKey(Repo, null=True, on_delete=models.SET_NULL, related_name="comparisons_as_old")
    new_repo = models.ForeignKey(Repo, null=True, on_delete=models.SET_NULL, related_name="comparisons_as_new")
    old_sha = models.CharField(max_length=40, blank=True, help_text="the revision, where it was said")
    new_sha = models.CharField(max_length=40, blank=True)
    suite = models.CharField(max_length=200, blank=True)
    asked = models.JSONField(default=dict, help_text="the questions, and how the files are to be read")
    execution = models.JSONField(null=True, help_text="what is to be run, and how; null: outcomes recorded elsewhere")
    progress = models.JSONField(null=True, help_text="which version is running, and how far it is")
    budget = models.FloatField(null=True, help_text="largest negative flip rate that passes, a fraction")
    items = models.PositiveIntegerField(null=True)
    report = models.JSONField(null=True, help_text="as the command prints it")
    details = models.JSONField(null=True, help_text="what the report line has no place for")
    negative_flip_rate = models.FloatField(null=True, help_text="broken items over all items")
    verdict = models.CharField(max_length=7, null=True, help_text="pass, fail, unknown; null: nothing was asked")
    reason = models.TextField(blank=True)
    problem = models.TextField(blank=True)
    requested_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL)
    created_at = models.DateTimeField(auto_now_add=True)
    asked_at = models.DateTimeField(help_text="when this was last asked", db_index=True)
    leased_until = models.DateTimeField(null=True, help_text="a worker that has not finished by then is gone")
    tries = models.PositiveSmallIntegerField(default=0, help_text="by workers")
    finished_at = models.DateTimeField(null=True)

    objects = ComparisonQuerySet.as_manager()

    class Meta:
        indexes = [models.Index(fields=["new_repo", "-asked_at"], name="comparison_of_upgrade")]

    def __str__(self) -> str:
        return f"comparison {self.pk}"

    def get_absolute_url(self) -> str:
        return reverse("comparison", args=[self.pk])


class FlippedItem(models.Model):
    """One item whose correctness changed, kept beside the comparison so that a page can show it, worst first by id."""

    comparison = models.ForeignKey(Comparison, on_delete=models.CASCADE, related_name="flipped_items")
    is_negative = models.BooleanField(help_text="right before, wrong now")
    item_id = models.CharField(max_length=300)
    label = models.TextField(null=True)
    prediction_old = models.TextField(null=True)
    prediction_new = models.TextField(null=True)
    input = models.TextField(null=True, help_text="what was asked, where the log tells")
    slice = models.CharField(max_length=200, blank=True)
    is_new_label = models.BooleanField(null=True, help_text="the old version gave this answer to no item")
    is_fragile = models.BooleanField(null=True, help_text="it may be the noise of running again")
    margin_old = models.FloatField(null=True, help_text="how far the old version's answer led the next best")
    margin_new = models.FloatField(null=True)
    score_old = models.FloatField(null=True)
    score_new = models.FloatField(null=True)

    class Meta:
        indexes = [models.Index(fields=["comparison", "is_negative", "id"], name="flipped_by_comparison")]

    def __str__(self) -> str:
        return self.item_id
