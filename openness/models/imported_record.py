"""A record file of the Model Openness Tool that somebody handed in: a claim, kept as it came."""

from __future__ import annotations

import zlib

from django.db import models
from django.db.models.functions import Lower

from openness.mof.components import LABELS
from registry.models import Repo


class ImportedRecord(models.Model):
    """What a record says is its author's claim; it stands beside our own evidence and never enters it."""

    sha256 = models.CharField(max_length=64, unique=True, help_text="of the file's bytes")
    packed = models.BinaryField(help_text="the file, zlib")
    file = models.CharField(max_length=200, blank=True, help_text="what it was called when it came")
    release = models.CharField(max_length=500, blank=True, help_text="the name that the record gives its release")
    hub_name = models.CharField(max_length=360, blank=True, help_text="the repository that the record names")
    repo = models.ForeignKey(Repo, null=True, on_delete=models.SET_NULL, related_name="imported_records")
    parity_class = models.PositiveSmallIntegerField(help_text="1 to 3, 1 the most open; 0 unclassified")
    strict_class = models.PositiveSmallIntegerField()
    imported_by = models.CharField(max_length=150, blank=True)
    imported_at = models.DateTimeField()

    class Meta:
        indexes = [models.Index(Lower("hub_name"), name="imported_record_lower_name")]
        permissions = [("import_record", "Can hand in record files of the Model Openness Tool")]

    def __str__(self) -> str:
        return self.release or self.file

    @property
    def parity_label(self) -> str:
        return LABELS[self.parity_class]

    @property
    def strict_label(self) -> str:
        return LABELS[self.strict_class]

    @property
    def data(self) -> bytes:
        return zlib.decompress(self.packed)
