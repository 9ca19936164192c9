"""What the weights of a model said of its parents, each time somebody looked. Rows are added, never changed."""

from __future__ import annotations

from typing import Self

from django.db import models
from django.db.models import Exists, OuterRef, Q
from django.db.models.functions import Lower

from lineage.models.graph import Node, Relation
from registry.models import Repo


class VerificationQuerySet(models.QuerySet):
    def visible_to(self, user) -> Self:
        """Those of models that `user` may see; one that is not mirrored is anybody's unless it once was staff's."""
        if user is not None and user.is_staff:
            return self
        rows = self.annotate(lower_name=Lower("child_name"))
        hidden = Repo.objects.annotate(lower_name=Lower("name")).filter(
            kind=Repo.Kind.MODEL, staff_only=True, lower_name=OuterRef("lower_name")
        )
        return rows.filter(Q(child__staff_only=False) | Q(child=None, staff_only=False) & ~Exists(hidden))


class Verification(models.Model):
    """One look at the files of a child and of the parents that were given for it."""

    child = models.ForeignKey(Repo, null=True, on_delete=models.SET_NULL, related_name="verifications")
    child_name = models.CharField(max_length=360, help_text="as it was given; the model need not be mirrored")
    staff_only = models.BooleanField(default=False, help_text="the child was, when it was looked at")
    verdict = models.CharField(max_length=12, choices=Relation.Proof)
    exactness = models.CharField(max_length=9, blank=True, choices=[("bit_exact", "bit_exact"), ("one_ulp", "one_ulp")])
    relation = models.CharField(max_length=16, choices=Relation.Kind)
    reason = models.CharField(max_length=600)
    method = models.CharField(max_length=40, blank=True)
    dialect = models.CharField(max_length=40, blank=True)
    recovered_recipe = models.JSONField(null=True)
    remade = models.JSONField(null=True, help_text="how much of the child the recipe gave")
    bytes_read = models.BigIntegerField()
    seconds = models.FloatField()
    code = models.CharField(max_length=40, help_text="name and version of the code that looked")
    verified_at = models.DateTimeField()

    objects = VerificationQuerySet.as_manager()

    class Meta:
        ordering = ["-verified_at"]
        indexes = [models.Index(fields=["child", "-verified_at"], name="verification_of_child")]

    def __str__(self) -> str:
        return f"{self.verdict}: {self.child_name}"


class VerifiedParent(models.Model):
    """What one look said of one parent, with a bounded number of its tensors."""

    verification = models.ForeignKey(Verification, on_delete=models.CASCADE, related_name="parents")
    node = models.ForeignKey(Node, null=True, on_delete=models.SET_NULL, related_name="+")
    relation = models.ForeignKey(Relation, null=True, on_delete=models.SET_NULL, related_name="verified")
    name = models.CharField(max_length=360)
    staff_only = models.BooleanField(default=False, help_text="the parent was, when it was looked at")
    verdict = models.CharField(max_length=12, choices=Relation.Proof)
    reason = models.CharField(max_length=600)
    statistics = models.JSONField(default=dict)
    tensors = models.JSONField(default=list, help_text="the least alike first, at most 500")

    def __str__(self) -> str:
        return f"{self.verdict}: {self.name}"
