"""Versions that were run here: what each answered, so that an unchanged one is never run twice; and what is watched."""

from __future__ import annotations

from django.conf import settings
from django.db import models

from lineage.models.comparison import OutcomeSet
from registry.models import Repo


class Run(models.Model):
    """One version on one suite. The key is of everything that decides its answers."""

    key = models.CharField(max_length=64, unique=True, help_text="sha256 of files, suite, device, dtype, plan, code")
    outcomes = models.ForeignKey(OutcomeSet, on_delete=models.PROTECT, related_name="runs")
    name = models.CharField(max_length=200)
    repo = models.ForeignKey(Repo, null=True, on_delete=models.SET_NULL, related_name="runs")
    sha = models.CharField(max_length=40, blank=True)
    suite = models.CharField(max_length=200)
    files_digest = models.CharField(max_length=64, help_text="of the version's files, and of its base's")
    suite_digest = models.CharField(max_length=64)
    about = models.JSONField(default=dict, help_text="environment, settings, plan, and what it took")
    created_at = models.DateTimeField(auto_now_add=True)

    def __str__(self) -> str:
        return f"{self.name} on {self.suite}"


class Watch(models.Model):
    """A model in use: when the mirror learns of a newer version of it, the two are compared on a suite."""

    repo = models.ForeignKey(Repo, on_delete=models.CASCADE, related_name="watches")
    suite = models.CharField(max_length=200, help_text="name of a suite")
    budget = models.FloatField(null=True, blank=True, help_text="largest negative flip rate that passes, a fraction")
    is_active = models.BooleanField(default=True)
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.SET_NULL)
    created_at = models.DateTimeField(auto_now_add=True)
    looked_at = models.DateTimeField(null=True, help_text="when newer versions were last looked for")
    problem = models.TextField(blank=True, help_text="why the last newer version could not be compared")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["repo", "suite"], name="watch_once")]
        verbose_name_plural = "watches"

    def __str__(self) -> str:
        return f"{self.repo} on {self.suite}"
