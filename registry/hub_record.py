"""One repository as the Hub's JSON at one revision, with its files."""

from __future__ import annotations

from collections.abc import Collection

from registry.hub_json import OF_EVERY_REVISION, hub_json, info_fields, sibling, stamp
from registry.hub_listing import kept_infos
from registry.models import Repo, Revision

FileRow = tuple[str, int | None, str, str]  # path, size in bytes, blob id, LFS sha256


def record_at(repo: Repo, at: Revision | None, named: Collection[str], *, blobs: bool) -> dict:
    """The JSON of `repo` at `at`: the fields `named`, or without any all that a client gets unasked.

    Of a revision that is not the head only what is known of that revision is told.
    """
    stored = kept_infos([repo], named or ["siblings", "cardData"]).get(repo.pk, {})
    fields = named or info_fields(repo.kind, stored)
    record = hub_json(repo, fields, stored)
    if at is None:
        return record
    if at.pk != repo.head_id:
        record = {field: value for field, value in record.items() if field in OF_EVERY_REVISION}
        card = getattr(at.card, "card", None)
        theirs = {"sha": at.sha, "lastModified": stamp(at.committed_at), "cardData": card and card.metadata}
        record |= {field: theirs[field] for field in fields if theirs.get(field) is not None}
    if "siblings" in fields and at.has_file_list:
        record["siblings"] = [sibling(*row, blobs=blobs) for row in file_rows(at)]
    return record


def file_rows(at: Revision) -> list[FileRow]:
    """The files of a revision whose file list is known, by path."""
    return list(at.files.order_by("path").values_list("path", "size_bytes", "blob_id", "lfs_sha256"))
