"""How repositories stand to the licences above them, as everybody sees it; made again after each tracing."""

from __future__ import annotations

from django.db import models

from lineage.obligations.verdict import VERDICT_CHOICES
from registry.models import Repo


class ObligationVerdict(models.Model):
    """The verdict about one repository that has parents. Staff, who see more, get theirs worked out when they ask."""

    repo = models.OneToOneField(Repo, on_delete=models.CASCADE, primary_key=True, related_name="obligations")
    verdict = models.CharField(max_length=18, choices=VERDICT_CHOICES, db_index=True)
    reason = models.CharField(max_length=600)
    is_partial = models.BooleanField(default=False, help_text="there were more ancestors than are looked at")
    rules = models.CharField(max_length=40, help_text="name and version of the rules")
    judged_at = models.DateTimeField(help_text="when it was last worked out, whether or not it changed")

    def __str__(self) -> str:
        return f"{self.verdict}: {self.repo}"
