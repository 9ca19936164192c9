"""Repositories as the Hub shows them, each with its names, revisions, files and cards.

Three things are told apart in every nullable column: `None` is unknown, empty is "looked and found nothing", and what
could not be read has a `problem`.
"""

from __future__ import annotations

import zlib
from typing import Self

from django.db import connections, models
from django.db.models import F, Q
from django.db.models.functions import Lower

from registry.models.name_search import SHORTEST_INDEXED, keys_matching
from registry.models.ordering import LargestFirst

SEARCH_WORDS_MOST = 8


class Account(models.Model):
    """A user or an organisation; its name is the part of a repository's name before the slash."""

    class Kind(models.TextChoices):
        UNKNOWN = "unknown"
        USER = "user"
        ORGANISATION = "organisation"

    name = models.CharField(max_length=96, unique=True)
    kind = models.CharField(max_length=12, choices=Kind, default=Kind.UNKNOWN)

    class Meta:
        indexes = [models.Index(Lower("name"), name="account_lower_name")]

    def __str__(self) -> str:
        return self.name


class Content(models.Model):
    """The bytes of a card or another small text file, stored once however many revisions carry them."""

    sha256 = models.CharField(max_length=64, unique=True)
    git_sha1 = models.CharField(max_length=40, db_index=True, help_text="the Hub's blob id of the same bytes")
    size_bytes = models.PositiveBigIntegerField()
    packed = models.BinaryField(help_text="zlib")

    def __str__(self) -> str:
        return self.sha256[:12]

    @property
    def data(self) -> bytes:
        """The file, byte for byte."""
        return zlib.decompress(self.packed)

    @property
    def text(self) -> str:
        """The file as text; bytes that are not UTF-8 become U+FFFD."""
        return self.data.decode("utf8", "replace")


class Card(models.Model):
    """A README split at its YAML header; made again from its content whenever the reader changes."""

    content = models.OneToOneField(Content, on_delete=models.CASCADE, related_name="card")
    metadata = models.JSONField(null=True, help_text="the header; null when there is none or it cannot be read")
    problem = models.TextField(blank=True, help_text="why the header cannot be read")
    body_line = models.PositiveIntegerField(help_text="the line, from 1, at which the text after the header begins")
    flags = models.JSONField(default=list)
    reader = models.CharField(max_length=40, db_index=True)

    def __str__(self) -> str:
        return f"card {self.content_id}"


class RepoQuerySet(models.QuerySet):
    def of_kind(self, kind: str) -> Self:
        return self.filter(kind=kind)

    def current(self) -> Self:
        """Repositories that hold their name; the rest gave it to another and are reached by id only."""
        return self.filter(holds_name=True)

    def present(self) -> Self:
        return self.filter(gone_at=None)

    def visible_to(self, user) -> Self:
        """Without staff's rights, what was read with a token and is private or gated does not exist."""
        return self if user is not None and user.is_staff else self.filter(staff_only=False)

    def named(self, kind: str, name: str) -> Self:
        """The repository that is called `name` now, upper and lower case alike."""
        return self.current().filter(kind=kind).annotate(lower_name=Lower("name")).filter(lower_name=name.lower())

    def once_named(self, kind: str, name: str) -> Self:
        """Repositories that were called `name` once, the last to be so first."""
        former = Alias.objects.annotate(lower_name=Lower("name")).filter(kind=kind, lower_name=name.lower())
        return self.filter(aliases__in=former).order_by(F("aliases__valid_to").desc(nulls_first=True), "-id")

    def called(self, kind: str, name: str) -> Repo | None:
        """The repository that is called `name` now, else the last that was; its own name tells which."""
        return self.named(kind, name).first() or self.once_named(kind, name).first()

    def holding(self, **values) -> Self:
        """Those with these values, which an index finds and which the order of a list then only looks up."""
        matching = Repo.objects.filter(kind__in=Repo.Kind.values, **values)
        return self.filter(pk__in=matching.values("pk"))

    def hidden_from(self, user) -> Self:
        """The few that a count of what `user` may see leaves out: for staff only, or without their name."""
        lost, secret = self.filter(holds_name=False), self.filter(staff_only=True)
        return lost if user is not None and user.is_staff else lost.union(secret)

    def search(self, text: str) -> Self:
        """Repositories whose names hold every word of `text`, upper and lower case alike."""
        words = text.split()[:SEARCH_WORDS_MOST]
        found = self
        if connections[self.db].vendor == "sqlite":
            indexed = [word for word in words if len(word) >= SHORTEST_INDEXED]
            words = [word for word in words if len(word) < SHORTEST_INDEXED]
            found = found.filter(pk__in=keys_matching(indexed)) if indexed else found
        for word in words:
            found = found.filter(name__icontains=word)
        return found


class Repo(models.Model):
    """One repository. It is (kind, hub_id); what it is called may change, and is kept as dated aliases."""

    class Kind(models.TextChoices):
        MODEL = "model"
        DATASET = "dataset"
        SPACE = "space"

    class Source(models.TextChoices):
        HUB = "hub"
        DUMP = "dump"
        BUNDLED = "bundled"

    class Gated(models.TextChoices):
        NO = "no"
        AUTO = "auto"
        MANUAL = "manual"

    kind = models.CharField(max_length=7, choices=Kind)
    hub_id = models.CharField(
        max_length=24, null=True, help_text="the Hub's _id; null while nothing trustworthy said it"
    )
    name = models.CharField(max_length=360, help_text="owner/name, or the bare name of a canonical repository")
    holds_name = models.BooleanField(default=True, help_text="false once another repository took the name over")
    account = models.ForeignKey(Account, null=True, on_delete=models.PROTECT, related_name="repos")
    source = models.CharField(max_length=7, choices=Source, default=Source.HUB)
    gated = models.CharField(max_length=6, choices=Gated, null=True)
    is_private = models.BooleanField(null=True)
    is_disabled = models.BooleanField(null=True)
    staff_only = models.BooleanField(default=False, help_text="read with a token and private or gated")
    head = models.ForeignKey("Revision", null=True, on_delete=models.SET_NULL, related_name="head_of")
    hub_created_at = models.DateTimeField(null=True)
    hub_modified_at = models.DateTimeField(null=True)
    downloads = models.BigIntegerField(null=True, help_text="in the last 30 days, as the Hub counts")
    downloads_all_time = models.BigIntegerField(null=True)
    likes = models.BigIntegerField(null=True)
    trending_score = models.FloatField(null=True)
    used_storage_bytes = models.BigIntegerField(null=True)
    parameters = models.BigIntegerField(null=True, help_text="as the safetensors headers count them")
    pipeline_tag = models.CharField(max_length=80, blank=True)
    library_name = models.CharField(max_length=80, blank=True)
    sdk = models.CharField(max_length=40, blank=True)
    licence = models.CharField(max_length=120, blank=True, help_text="the id that the card or the tags declare")
    tags = models.JSONField(default=list, help_text="in the Hub's order; RepoTag is the index over them")
    state_digest = models.CharField(
        max_length=64, db_index=True, help_text="moves when anything that is derived is due"
    )
    info_digest = models.CharField(max_length=64, help_text="of the newest observation")
    first_seen_at = models.DateTimeField()
    observed_at = models.DateTimeField(help_text="when the source last said anything about it")
    visited_at = models.DateTimeField(null=True)
    gone_at = models.DateTimeField(null=True)
    suspected_gone_at = models.DateTimeField(null=True, help_text="first of the two failed looks that make it gone")

    objects = RepoQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["kind", "hub_id"], condition=Q(hub_id__isnull=False), name="repo_hub_id"),
            models.UniqueConstraint(fields=["kind", "name"], condition=Q(holds_name=True), name="repo_current_name"),
        ]
        indexes = [
            models.Index("kind", Lower("name"), name="repo_lower_name"),
            models.Index("kind", LargestFirst(F("hub_modified_at")), "id", name="repo_by_modified"),
            models.Index("kind", LargestFirst(F("downloads")), "id", name="repo_by_downloads"),
            models.Index("kind", LargestFirst(F("likes")), "id", name="repo_by_likes"),
            models.Index("kind", LargestFirst(F("hub_created_at")), "id", name="repo_by_created"),
            models.Index(fields=["kind", "licence"], name="repo_by_licence"),
            models.Index(fields=["kind", "pipeline_tag"], name="repo_by_task"),
            models.Index(fields=["kind", "library_name"], name="repo_by_library"),
            models.Index(fields=["id"], condition=Q(staff_only=True), name="repo_staff_only"),
            models.Index(fields=["id"], condition=Q(holds_name=False), name="repo_name_lost"),
            models.Index(fields=["kind", "id"], condition=Q(gone_at__isnull=False), name="repo_gone"),
        ]
        permissions = [("mirror_repo", "Can ask for a repository to be mirrored now")]

    def __str__(self) -> str:
        return self.name

    @property
    def path(self) -> str:
        """Its page: `/models/owner/name`, or one by key where another repository holds the name."""
        return f"/{self.kind}s/{self.name}" if self.holds_name else f"/repos/{self.pk}"


class Alias(models.Model):
    """One name that a repository carried, and when."""

    repo = models.ForeignKey(Repo, on_delete=models.CASCADE, related_name="aliases")
    kind = models.CharField(max_length=7, choices=Repo.Kind)
    name = models.CharField(max_length=360)
    valid_from = models.DateTimeField()
    valid_to = models.DateTimeField(null=True, help_text="null while it is the name")

    class Meta:
        indexes = [models.Index("kind", Lower("name"), name="alias_lower_name")]
        verbose_name_plural = "aliases"

    def __str__(self) -> str:
        return self.name


class Tag(models.Model):
    name = models.CharField(max_length=255, unique=True)

    def __str__(self) -> str:
        return self.name


class RepoTag(models.Model):
    repo = models.ForeignKey(Repo, on_delete=models.CASCADE, related_name="repo_tags")
    tag = models.ForeignKey(Tag, on_delete=models.CASCADE, related_name="repo_tags")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["tag", "repo"], name="repo_tag")]


class Revision(models.Model):
    """One commit of a repository, with what was on it; never changed once its file list is known."""

    class CardState(models.TextChoices):
        UNKNOWN = "unknown"
        ABSENT = "absent"
        PRESENT = "present"
        UNREADABLE = "unreadable"

    repo = models.ForeignKey(Repo, on_delete=models.CASCADE, related_name="revisions")
    sha = models.CharField(max_length=40, db_index=True)
    committed_at = models.DateTimeField(null=True)
    first_seen_at = models.DateTimeField()
    has_file_list = models.BooleanField(default=False, help_text="false: what files it holds is unknown, not none")
    card_state = models.CharField(max_length=10, choices=CardState, default=CardState.UNKNOWN)
    card_problem = models.TextField(blank=True)
    card = models.ForeignKey(Content, null=True, on_delete=models.PROTECT, related_name="revisions")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["repo", "sha"], name="revision_sha")]

    def __str__(self) -> str:
        return self.sha[:12]


class File(models.Model):
    """One file of a revision. A size or hash that the listing did not give is null."""

    revision = models.ForeignKey(Revision, on_delete=models.CASCADE, related_name="files")
    path = models.CharField(max_length=1024)
    size_bytes = models.BigIntegerField(null=True)
    blob_id = models.CharField(max_length=64, blank=True, help_text="git's id of the blob, or of the pointer to it")
    lfs_sha256 = models.CharField(max_length=64, blank=True, db_index=True)
    content = models.ForeignKey(Content, null=True, on_delete=models.PROTECT, related_name="files")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["revision", "path"], name="file_path")]

    def __str__(self) -> str:
        return self.path


class Observation(models.Model):
    """The JSON that a source gave for a repository, kept whenever more than a counter changed in it."""

    repo = models.ForeignKey(Repo, on_delete=models.CASCADE, related_name="observations")
    digest = models.CharField(max_length=64, help_text="sha256 of the canonical JSON without its volatile counters")
    packed = models.BinaryField(help_text="zlib")
    observed_at = models.DateTimeField()
    harvest = models.ForeignKey("Harvest", null=True, on_delete=models.SET_NULL, related_name="observations")

    class Meta:
        indexes = [models.Index(fields=["repo", "-id"], name="observation_newest")]

    def __str__(self) -> str:
        return self.digest[:12]
