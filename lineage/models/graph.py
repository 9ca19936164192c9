"""Claims of parents, the relations that follow from them, and the closure that answers ancestors and descendants."""

from __future__ import annotations

from django.db import models
from django.db.models import Q
from django.db.models.functions import Lower

from registry.models import Repo, Revision


class Node(models.Model):
    """A point of the graph: a mirrored repository, or a parent that is only named."""

    kind = models.CharField(max_length=7, choices=Repo.Kind)
    name = models.CharField(max_length=360, help_text="of the repository, or as the claim wrote it")
    repo = models.OneToOneField(Repo, null=True, on_delete=models.SET_NULL, related_name="node")
    cycle = models.BigIntegerField(null=True, help_text="the smallest node of the cycle it is on; null for nearly all")

    class Meta:
        constraints = [
            models.UniqueConstraint("kind", Lower("name"), condition=Q(repo__isnull=True), name="node_dangling_name")
        ]
        indexes = [models.Index("kind", Lower("name"), name="node_lower_name")]

    def __str__(self) -> str:
        return self.label

    @property
    def label(self) -> str:
        """What it is called; of a path on a disk, which is kept as `child:path`, the path alone."""
        return self.name if self.repo_id else self.name.partition(":")[2] or self.name

    @property
    def is_local(self) -> bool:
        """Is it a path or another text that only one child knows?"""
        return self.repo_id is None and ":" in self.name


class Relation(models.Model):
    """A child made from a parent. One row a pair and role, whatever the number of claims behind it."""

    class Kind(models.TextChoices):
        FINETUNE = "finetune"
        ADAPTER = "adapter"
        QUANTIZED = "quantized"
        MERGE = "merge"
        MOE_EXPERT = "moe_expert"
        DISTILLED = "distilled"
        PRUNED = "pruned"
        EDITED = "edited"
        CONVERTED = "converted"
        COPIED = "copied"
        NEW_VERSION = "new_version"
        TOKENIZER_SOURCE = "tokenizer_source"
        TRAINED_ON = "trained_on"
        DERIVED_DATA = "derived_data"
        USES = "uses"
        DUPLICATED_FROM = "duplicated_from"
        UNKNOWN = "unknown"

    class Proof(models.TextChoices):
        DECLARED = "declared"
        CONSISTENT = "consistent"
        SAME_FILES = "same_files"
        DERIVED = "derived"
        RECOMPUTED = "recomputed"
        CONTRADICTED = "contradicted"
        UNVERIFIABLE = "unverifiable"

    child = models.ForeignKey(Node, on_delete=models.CASCADE, related_name="parents")
    parent = models.ForeignKey(Node, on_delete=models.CASCADE, related_name="children")
    kind = models.CharField(max_length=16, choices=Kind, help_text="our own reading of all the evidence")
    role = models.CharField(max_length=24, blank=True, help_text="base, expert, teacher …, where a recipe says it")
    declared_kind = models.CharField(max_length=24, blank=True, help_text="as the card says it")
    hub_kind = models.CharField(max_length=24, blank=True, help_text="as the Hub inferred it")
    proof = models.CharField(max_length=12, choices=Proof, default=Proof.DECLARED)
    is_current = models.BooleanField(default=True, help_text="false when the newest revision no longer claims it")
    first_seen_at = models.DateTimeField()
    last_seen_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["child", "parent", "kind", "role"], name="relation_pair"),
        ]
        indexes = [models.Index(fields=["parent", "is_current", "child"], name="relation_children")]

    def __str__(self) -> str:
        return f"{self.child} {self.kind} of {self.parent}"


class Claim(models.Model):
    """One statement of a parent: who says it, where, at which revision, read by which reader. Never overwritten."""

    child = models.ForeignKey(Repo, on_delete=models.CASCADE, related_name="claims")
    revision = models.ForeignKey(Revision, null=True, on_delete=models.SET_NULL, related_name="claims")
    relation = models.ForeignKey(Relation, null=True, on_delete=models.SET_NULL, related_name="claims")
    said_kind = models.CharField(
        max_length=24, blank=True, help_text="the relation as the source words it; blank: none"
    )
    parent_kind = models.CharField(max_length=7, choices=Repo.Kind)
    parent_ref = models.CharField(max_length=1024, help_text="exactly as written")
    parent_revision = models.CharField(max_length=80, blank=True)
    role = models.CharField(max_length=24, blank=True)
    source = models.CharField(max_length=20, help_text="card, tag, hub, adapter_config, config, recipe, prose, gguf …")
    file = models.CharField(max_length=200, blank=True)
    field = models.CharField(max_length=120, blank=True)
    first_line = models.PositiveIntegerField(null=True)
    last_line = models.PositiveIntegerField(null=True)
    quote = models.CharField(max_length=400, blank=True)
    reader = models.CharField(max_length=40)
    state_digest = models.CharField(max_length=64, help_text="of the repository when it was read")
    is_current = models.BooleanField(default=True)
    read_at = models.DateTimeField()

    class Meta:
        indexes = [models.Index(fields=["child", "is_current"], name="claim_current")]

    def __str__(self) -> str:
        return f"{self.source}: {self.parent_ref}"


class Closure(models.Model):
    """Every ancestor of every node, at its shortest distance. A node is not its own ancestor, on a cycle neither."""

    pk = models.CompositePrimaryKey("descendant_id", "ancestor_id")
    descendant = models.ForeignKey(Node, on_delete=models.CASCADE, related_name="+", db_index=False)
    ancestor = models.ForeignKey(Node, on_delete=models.CASCADE, related_name="+", db_index=False)
    depth = models.PositiveSmallIntegerField()

    class Meta:
        indexes = [models.Index(fields=["ancestor", "depth", "descendant"], name="closure_descendants")]


class MergeRecipe(models.Model):
    """A merge as its own file or card tells it."""

    repo = models.ForeignKey(Repo, on_delete=models.CASCADE, related_name="recipes")
    revision = models.ForeignKey(Revision, null=True, on_delete=models.SET_NULL, related_name="recipes")
    method = models.CharField(max_length=40)
    dialect = models.CharField(max_length=40, blank=True, help_text="whose definition of the method")
    inputs = models.JSONField(default=list)
    settings = models.JSONField(default=dict, help_text="what holds for the whole merge: dtype, parameters …")
    file = models.CharField(max_length=200)
    first_line = models.PositiveIntegerField(null=True)
    last_line = models.PositiveIntegerField(null=True)
    text = models.TextField(help_text="the recipe itself")
    problem = models.TextField(blank=True)
    reader = models.CharField(max_length=40)
    is_current = models.BooleanField(default=True)

    def __str__(self) -> str:
        return f"{self.method} of {self.repo}"


class Trace(models.Model):
    """What the last reading of a repository's claims found; its absence or age makes the repository due."""

    repo = models.OneToOneField(Repo, on_delete=models.CASCADE, related_name="trace")
    state_digest = models.CharField(max_length=64, db_index=True)
    reader = models.CharField(max_length=40)
    relation = models.CharField(max_length=24, help_text="our kind, `base`, or `unknown`")
    contradictions = models.JSONField(default=list)
    problem = models.TextField(blank=True)
    traced_at = models.DateTimeField()

    class Meta:
        permissions = [("trace_repo", "Can ask for a repository's parents to be read now")]

    def __str__(self) -> str:
        return f"trace of {self.repo}"
