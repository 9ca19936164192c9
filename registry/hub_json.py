"""A mirrored repository as the Hub's own JSON: what our columns know now over what the Hub last said.

A field that is unknown is left out, as the Hub does; a client reads that as None.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime

from registry.hub_fields import IN_COLUMNS, ONLY_EXPANDED

POINTER = "version https://git-lfs.github.com/spec/v1\noid sha256:{}\nsize {}\n"
OF_EVERY_REVISION = frozenset(  # the rest of a record speaks of the head alone
    "_id id modelId author createdAt private gated disabled downloads downloadsAllTime likes trendingScore usedStorage "
    "childrenModelCount spaces".split()
)


def stamp(moment: datetime | None) -> str | None:
    """A date as the Hub writes it, in UTC and to the millisecond.

    >>> stamp(datetime(2024, 5, 1, 12, 0, 3, 250_999, tzinfo=UTC))
    '2024-05-01T12:00:03.250Z'
    """
    if moment is None:
        return None
    return moment.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def hub_json(repo, fields: Iterable[str], stored: Mapping[str, object]) -> dict:
    """The `fields` of `repo` that are known, with its `_id` and `id`; `stored` is its newest observation or empty.

    `repo` is a row of Repo with `head_sha` beside its columns.
    """
    columns = column_fields(repo)
    answer = {}
    for field in ("_id", "id", *fields):
        value = columns[field] if field in IN_COLUMNS else stored.get(field)
        value = file_names(value) if field == "siblings" else value
        if value is not None:
            answer[field] = value
    return answer


def column_fields(repo) -> dict:
    """What the columns of `repo` say, under the Hub's names; None is unknown."""
    owner, slash, _ = repo.name.partition("/")
    trending = repo.trending_score
    return {
        "_id": repo.hub_id,
        "id": repo.name,
        "modelId": repo.name if repo.kind == "model" else None,
        "author": owner if slash else None,
        "sha": repo.head_sha,
        "createdAt": stamp(repo.hub_created_at),
        "lastModified": stamp(repo.hub_modified_at),
        "private": repo.is_private,
        "gated": False if repo.gated == "no" else repo.gated,
        "disabled": repo.is_disabled,
        "downloads": repo.downloads,
        "downloadsAllTime": repo.downloads_all_time,
        "likes": repo.likes,
        "trendingScore": int(trending) if trending is not None and trending.is_integer() else trending,
        "usedStorage": repo.used_storage_bytes,
        "tags": repo.tags,
        "pipeline_tag": repo.pipeline_tag or None,
        "library_name": repo.library_name or None,
        "sdk": repo.sdk or None,
    }


def file_names(siblings: object) -> list[dict] | None:
    """The files of a kept record by name alone, as a listing gives them."""
    if not isinstance(siblings, list):
        return None
    names = (entry.get("rfilename") for entry in siblings if isinstance(entry, dict))
    return [{"rfilename": name} for name in names if isinstance(name, str)]


def info_fields(kind: str, stored: Mapping[str, object]) -> list[str]:
    """What a repository's own JSON holds when no field is asked for by name."""
    unasked = ONLY_EXPANDED[kind]
    kept = dict.fromkeys(["siblings", "cardData", *stored])
    return [
        *sorted(IN_COLUMNS - {"_id", "id", *unasked}),
        *(f for f in kept if f not in IN_COLUMNS and f not in unasked),
    ]


def sibling(path: str, size_bytes: int | None, blob_id: str, lfs_sha256: str, *, blobs: bool) -> dict:
    """One file as the Hub's JSON has it; size and hashes only where `blobs` asks for them and they are known."""
    entry: dict = {"rfilename": path}
    if not blobs:
        return entry
    if size_bytes is not None:
        entry["size"] = size_bytes
    if blob_id:
        entry["blobId"] = blob_id
    if lfs_sha256 and size_bytes is not None:
        entry["lfs"] = {"sha256": lfs_sha256} | pointer(lfs_sha256, size_bytes)
    return entry


def pointer(lfs_sha256: str, size_bytes: int) -> dict:
    """Size of a file kept in LFS, and of the pointer that git holds in its place."""
    return {"size": size_bytes, "pointerSize": len(POINTER.format(lfs_sha256, size_bytes))}


def tree_entries(files: Iterable[tuple[str, int | None, str, str]], folder: str, *, recursive: bool) -> list[dict]:
    """The entries below `folder` ("" is the root) of files given as path, size, blob id and LFS sha256, by path.

    >>> [e["path"] for e in tree_entries([("a/b", 1, "", ""), ("c", 2, "", "")], "", recursive=False)]
    ['a', 'c']
    """
    start = f"{folder}/" if folder else ""
    entries: dict[str, dict] = {}
    for path, size_bytes, blob_id, lfs_sha256 in files:
        if not path.startswith(start):
            continue
        parts = path[len(start) :].split("/")
        for depth in range(1, len(parts) if recursive else min(len(parts), 2)):
            above = start + "/".join(parts[:depth])
            entries.setdefault(above, {"type": "directory", "path": above, "size": 0, "oid": None})
        if recursive or len(parts) == 1:
            entry = {"type": "file", "path": path, "size": size_bytes, "oid": blob_id or None}
            if lfs_sha256 and size_bytes is not None:
                entry["lfs"] = {"oid": lfs_sha256} | pointer(lfs_sha256, size_bytes)
            entries[path] = entry
    return [entries[path] for path in sorted(entries)]
