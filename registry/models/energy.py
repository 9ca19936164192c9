"""The energy of this installation's own work: one row for each piece of work that was metered, or was to be."""

from __future__ import annotations

from django.db import models


class EnergyRun(models.Model):
    """One piece of our own work. Energy is null where nothing trustworthy was measured; `problem` then says why."""

    class Activity(models.TextChoices):
        COMPARISON = "comparison"
        VERIFICATION = "verification"
        ASSESSMENT = "assessment"

    class Status(models.TextChoices):
        MEASURED = "measured"
        TOO_SHORT = "too_short", "too short"
        SHARED = "shared", "counted elsewhere"
        FAILED = "failed"

    class Method(models.TextChoices):
        COUNTERS = "counters"
        LOAD = "load"
        CONSTANT = "constant"

    activity = models.CharField(max_length=12, choices=Activity)
    subject = models.CharField(max_length=200, blank=True, help_text="what was worked on")
    status = models.CharField(max_length=9, choices=Status)
    method = models.CharField(
        max_length=8, choices=Method, blank=True, help_text="how the processor's power was known; blank: not known"
    )
    energy_kwh = models.FloatField(null=True, help_text="of the whole machine while the work ran")
    cpu_energy_kwh = models.FloatField(null=True)
    gpu_energy_kwh = models.FloatField(null=True)
    ram_energy_kwh = models.FloatField(null=True, help_text="guessed from the size of the memory")
    emissions_g = models.FloatField(null=True, help_text="null where no country is set")
    country = models.CharField(max_length=3, blank=True, help_text="ISO 3166 code, as ENERGY_COUNTRY had it")
    region = models.CharField(max_length=80, blank=True)
    hardware = models.CharField(max_length=300, blank=True)
    tool = models.CharField(max_length=40, blank=True, help_text="name and version")
    started_at = models.DateTimeField()
    duration_s = models.FloatField()
    problem = models.TextField(blank=True)

    class Meta:
        indexes = [
            models.Index(fields=["activity", "status"], name="energy_by_activity"),
            models.Index(fields=["started_at"], name="energy_by_start"),
        ]

    def __str__(self) -> str:
        return f"{self.activity} {self.pk}"

    @property
    def power_w(self) -> float | None:
        """Mean power, from energy and time; None where either is missing."""
        return self.energy_kwh * 3.6e6 / self.duration_s if self.energy_kwh is not None and self.duration_s else None
