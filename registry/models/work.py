"""Harvests and visits: what was asked of the Hub, when, and what came of it."""

from __future__ import annotations

from typing import Self

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.db.models.functions import Lower

from registry.models.hub import Repo, Revision


class Harvest(models.Model):
    """One run over a listing, a dump or a list of names. A row before it is work, so that nothing asked for is lost."""

    class Status(models.TextChoices):
        QUEUED = "queued"
        RUNNING = "running"
        FULL = "full"
        PARTIAL = "partial"
        FAILED = "failed"

    status = models.CharField(max_length=7, choices=Status, default=Status.QUEUED)
    request = models.JSONField(default=dict, help_text="the options of `mirror` that it was asked with")
    source = models.CharField(max_length=300, help_text="the endpoint, or the dump's file name")
    requested_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL)
    created_at = models.DateTimeField(auto_now_add=True)
    started_at = models.DateTimeField(null=True)
    finished_at = models.DateTimeField(null=True)
    due_at = models.DateTimeField(null=True, help_text="when a queued or abandoned run may be taken up")
    leased_until = models.DateTimeField(null=True, help_text="a running harvest past this was abandoned")
    holder = models.CharField(max_length=32, blank=True, help_text="the process that runs it; another's steps fail")
    cursor = models.JSONField(default=dict, help_text="where to go on; commits together with the rows it covers")
    seen = models.PositiveIntegerField(default=0)
    created = models.PositiveIntegerField(default=0)
    updated = models.PositiveIntegerField(default=0)
    unchanged = models.PositiveIntegerField(default=0)
    gone = models.PositiveIntegerField(default=0)
    failed = models.PositiveIntegerField(default=0)
    requests = models.PositiveIntegerField(default=0)
    wall_s = models.FloatField(null=True)
    problem = models.TextField(blank=True)

    class Meta:
        indexes = [models.Index(fields=["status", "due_at"], name="harvest_due")]

    def __str__(self) -> str:
        return f"harvest {self.pk}"

    def details_shown_to(self, user) -> bool:
        """Whether `user` may see what was asked for and refused: names read from a Hub with a token may be private."""
        return bool(self.request.get("from")) or user.is_staff

    def request_shown_to(self, user) -> dict | None:
        """What was asked for, as far as `user` may see it; where a dump lies on our disk is for staff."""
        if not self.details_shown_to(user):
            return None
        named = {"from": self.source} if "from" in self.request and not user.is_staff else {}
        return self.request | named


class HarvestProblem(models.Model):
    """One record that a harvest could not take, and why; the run goes on."""

    harvest = models.ForeignKey(Harvest, on_delete=models.CASCADE, related_name="problems")
    line = models.PositiveIntegerField(null=True, help_text="of the dump, from 1")
    name = models.CharField(max_length=360, blank=True)
    problem = models.TextField()

    def __str__(self) -> str:
        return self.problem


class VisitQuerySet(models.QuerySet):
    def shown_to(self, user) -> Self:
        """Without staff's rights, no visit of a hidden repository, nor one with a token of what is not mirrored."""
        if user.is_staff:
            return self
        return self.filter(Q(repo__staff_only=False) | Q(repo=None, with_token=False))


class Visit(models.Model):
    """One request about one repository, or its failure."""

    class Status(models.TextChoices):
        FULL = "full"
        PARTIAL = "partial"
        GATED = "gated"
        GONE = "gone"
        FAILED = "failed"

    kind = models.CharField(max_length=7, choices=Repo.Kind)
    name = models.CharField(max_length=360, help_text="the name that was asked for")
    repo = models.ForeignKey(Repo, null=True, on_delete=models.CASCADE, related_name="visits")
    revision = models.ForeignKey(Revision, null=True, on_delete=models.SET_NULL, related_name="visits")
    harvest = models.ForeignKey(Harvest, null=True, on_delete=models.SET_NULL, related_name="visits")
    status = models.CharField(max_length=7, choices=Status)
    problem = models.TextField(blank=True)
    requests = models.PositiveIntegerField(default=0)
    with_token = models.BooleanField(default=False)
    started_at = models.DateTimeField()
    finished_at = models.DateTimeField()

    objects = VisitQuerySet.as_manager()

    class Meta:
        indexes = [
            models.Index(fields=["repo", "-id"], name="visit_newest"),
            models.Index(Lower("name"), name="visit_lower_name"),
        ]

    def __str__(self) -> str:
        return f"{self.name}: {self.status}"
