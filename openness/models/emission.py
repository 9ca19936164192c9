"""What repositories report of their carbon as narrow rows, which relatives and statistics can ask."""

from __future__ import annotations

from typing import Self

from django.db import models
from django.db.models import Exists, F, OuterRef

from lineage.models import Closure
from registry.models import Repo


class EmissionQuerySet(models.QuerySet):
    def visible_to(self, user) -> Self:
        """Of repositories that `user` may see."""
        return self if user is not None and user.is_staff else self.filter(repo__staff_only=False)

    def unsettled(self) -> Self:
        """Those that a relative's, or a namesake's, later report may show in another light."""
        later = {"changed_at__gt": OuterRef("checked_at")}
        same = Emission.objects.filter(uncommon_g=OuterRef("uncommon_g"), **later).exclude(pk=OuterRef("pk"))
        above = Closure.objects.filter(
            descendant__repo=OuterRef("repo"), ancestor__repo__emission__changed_at__gt=OuterRef("checked_at")
        )
        return self.filter(Exists(same) | Exists(above))


class Emission(models.Model):
    """A repository's stated emissions. Made with its assessment and again with every new one; absent: none stated."""

    class Origin(models.TextChoices):
        OWN = "own"
        INHERITED = "inherited", "an ancestor's"
        COPIED = "copied", "another card's"
        PLACEHOLDER = "placeholder"

    class EnergyFrom(models.TextChoices):
        STATED = "stated"
        INTENSITY = "intensity", "emissions over the stated intensity"
        HARDWARE = "hardware", "power times hours"
        UNKNOWN = ""

    repo = models.OneToOneField(Repo, on_delete=models.CASCADE, related_name="emission")
    emissions_g = models.FloatField(help_text="as stated, in the unit that stands there, else grams")
    least_g = models.FloatField(help_text="the smaller of what is stated and what a refuted unit should have been")
    uncommon_g = models.FloatField(null=True, db_index=True, help_text="the amount, where chance does not repeat it")
    origin = models.CharField(max_length=11, choices=Origin)
    inherited_from = models.ForeignKey(Repo, null=True, on_delete=models.SET_NULL, related_name="emissions_passed_on")
    is_doubted = models.BooleanField(help_text="a plausibility check failed")
    energy_kwh = models.FloatField(null=True)
    energy_from = models.CharField(max_length=9, choices=EnergyFrom, blank=True)
    tool = models.CharField(max_length=40, blank=True)
    has_weights = models.BooleanField(null=True, help_text="null: its files were not seen")
    checked_at = models.DateTimeField(help_text="when its relatives were last looked at")
    changed_at = models.DateTimeField(help_text="when the amount last became another")

    objects = EmissionQuerySet.as_manager()

    class Meta:
        indexes = [models.Index(F("changed_at"), name="emission_by_change")]

    def __str__(self) -> str:
        return f"emissions of {self.repo}"
