"""Keeps record files that somebody hands in, each once, and finds the repository that a record is about."""

from __future__ import annotations

import hashlib
import zlib

from django.db.models import Q
from django.db.models.functions import Lower
from django.utils.timezone import now

from openness.models import ImportedRecord
from openness.mof.record import RecordProblem
from openness.record_files import classed_line, read_file
from registry.models import Repo
from registry.storable import storable_text

MOST_FILE_NAME = 200


def keep_record(file: str, data: bytes, by: str = "") -> tuple[dict, ImportedRecord | None]:
    """The line of `assess --mof` about a file, and its stored row; None for what cannot be classed, which is not kept.

    The same bytes are kept once, as they came first.
    """
    try:
        record = read_file(data)
    except RecordProblem as problem:
        return classed_line(file, None, str(problem)), None
    line = classed_line(file, record, None)
    values = {
        "packed": zlib.compress(data),
        "file": storable_text(file)[-MOST_FILE_NAME:],
        "release": record.name,
        "hub_name": record.hub_name,
        "repo": Repo.objects.visible_to(None).called(Repo.Kind.MODEL.value, record.hub_name)
        if record.hub_name
        else None,
        "parity_class": line["class"],
        "strict_class": line["strict"]["class"],
        "imported_by": by[:150],
        "imported_at": now(),
    }
    row, _ = ImportedRecord.objects.get_or_create(sha256=hashlib.sha256(data).hexdigest(), defaults=values)
    return line, row


def records_about(repo: Repo):
    """The records that name a repository, also those that came before it was mirrored; the newest first."""
    named = Q(repo=None, lower_name=repo.name.lower())
    found = ImportedRecord.objects.annotate(lower_name=Lower("hub_name")).filter(Q(repo=repo) | named)
    return found.order_by("-pk")
