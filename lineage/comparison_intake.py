"""Takes two uploaded files of outcomes: small ones are compared at once, large ones wait as a row for a worker."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import BinaryIO

from django.db import transaction
from django.utils.timezone import now

from lineage.comparing import Side, Version, compare, describe, fill
from lineage.comparison_requests import Asked
from lineage.importers import read_outcomes
from lineage.models import Comparison
from lineage.outcomes import BadOutcomes
from lineage.uploads import SIDES, discard_uploads, folder_of, keep_uploads
from registry.storable import storable_text

MAX_UPLOAD_BYTES = 256 << 20  # of both files; larger logs are for the command
INLINE_BYTES = 16 << 20  # of both files; read, compared and kept in less than about 5 s
LEASE = timedelta(minutes=30)
MAX_TRIES = 3


@dataclass(frozen=True)
class Upload:
    """One side as it was sent: which version, and its open, seekable file."""

    version: Version
    stream: BinaryIO

    @property
    def size_bytes(self) -> int:
        return self.stream.seek(0, 2)


def take(old: Upload, new: Upload, asked: Asked, *, noise: Upload | None = None, requested_by=None) -> Comparison:
    """The finished comparison, or a queued one. Raises BadOutcomes on small files that cannot be compared.

    `noise` is the old version run again.
    """
    uploads = {name: upload for name, upload in zip(SIDES, (old, new, noise), strict=True) if upload}
    total = sum(upload.size_bytes for upload in uploads.values())
    if total > MAX_UPLOAD_BYTES:
        raise BadOutcomes(f"The files have {total:,} bytes, more than the {MAX_UPLOAD_BYTES:,} that are taken.")
    if total <= INLINE_BYTES:
        tables = [read_outcomes(upload.stream, upload.version.name, asked.read) for upload in uploads.values()]
        sides = Side(old.version, tables[0]), Side(new.version, tables[1])
        return compare(*sides, asked, rerun=tables[2] if noise else None, requested_by=requested_by)
    row = Comparison(requested_by=requested_by, asked_at=now())
    describe(row, old.version, new.version, asked)
    with transaction.atomic():
        row.save()
        keep_uploads(row, {name: upload.stream for name, upload in uploads.items()})
    return row


def work_off(key: int) -> str:
    """Compare one queued pair of uploads, unless another worker has taken it; its status afterwards."""
    at = now()
    mine = Comparison.objects.takeable(at).filter(pk=key)
    if not mine.update(status=Comparison.Status.RUNNING, leased_until=at + LEASE):
        return "not due"
    row = Comparison.objects.get(pk=key)
    row.tries += 1
    row.save(update_fields=["tries"])
    try:
        compare_uploads(row)
    except (BadOutcomes, OSError) as problem:
        give_up(row, str(problem))
    except Exception as error:
        if row.tries >= MAX_TRIES:
            give_up(row, f"The comparison failed {row.tries} times: {type(error).__name__}.")
        raise
    discard_uploads(row)
    return row.status


def compare_uploads(row: Comparison) -> None:
    """Fill a queued row from its files. Raises BadOutcomes and OSError."""
    asked, tables = Asked.from_json(row.asked), []
    for side, name in zip(SIDES, (row.old_name, row.new_name, "noise"), strict=True):
        path = folder_of(row) / side
        if side != "noise" or path.exists():
            with path.open("rb") as stream:
                tables.append(read_outcomes(stream, name, asked.read))
    fill(row, tables[0], tables[1], asked, [("", table) for table in tables[2:]])


def give_up(row: Comparison, problem: str) -> None:
    """Mark a comparison as failed, with the sentence that says why."""
    row.status, row.problem, row.finished_at = Comparison.Status.FAILED, storable_text(problem), now()
    row.save(update_fields=["status", "problem", "finished_at"])
