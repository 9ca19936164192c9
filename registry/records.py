"""The Hub's JSON as frozen values: any type for any field is accepted or refused, and everything is bounded."""

from __future__ import annotations

import hashlib
import json
import math
import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime

from registry.storable import storable_text

KINDS = ("model", "dataset", "space")
NAME = re.compile(r"(?:[A-Za-z0-9._,+-]{1,96}/)?[A-Za-z0-9._,+-]{1,256}")  # old names are longer, or hold a comma
SHA = re.compile(r"[0-9a-f]{40}")
HUB_ID = re.compile(r"[0-9a-f]{24}")
HEX = re.compile(r"[0-9a-f]{40,64}")
MAX_TAGS = 2_000
MAX_FILES = 100_000
MAX_PATH_BYTES = 1_024  # an index of PostgreSQL takes no more than 2,704
MAX_INTEGER = 2**63 - 1
MAX_DEPTH = 64

# What changes without anything having been done to the repository. Their newest value is in Repo's columns.
VOLATILE = frozenset(
    "downloads downloadsAllTime likes trendingScore usedStorage spaces childrenModelCount inference"
    " inferenceProviderMapping likesRecent discussionsDisabled".split()
)
# What belongs to one commit: not carried over from an older one.
OF_REVISION = frozenset(
    "sha lastModified siblings config cardData safetensors gguf transformersInfo widgetData model-index tags"
    " pipeline_tag library_name mask_token description citation evalResults baseModels sdk models datasets".split()
)


class BadRecord(ValueError):
    """A record that cannot be taken; the message is one sentence."""


@dataclass(frozen=True)
class FileRecord:
    """One file of a listing; what the listing does not say is None or empty."""

    path: str
    size_bytes: int | None = None
    blob_id: str = ""
    lfs_sha256: str = ""


@dataclass(frozen=True)
class RepoRecord:
    """One repository as a source describes it. `None` means that the source did not say."""

    kind: str
    name: str
    info: dict
    hub_id: str | None = None
    sha: str | None = None
    created_at: datetime | None = None
    modified_at: datetime | None = None
    gated: str | None = None
    is_private: bool | None = None
    is_disabled: bool | None = None
    downloads: int | None = None
    downloads_all_time: int | None = None
    likes: int | None = None
    trending_score: float | None = None
    used_storage_bytes: int | None = None
    parameters: int | None = None
    pipeline_tag: str = ""
    library_name: str = ""
    sdk: str = ""
    licence: str = ""
    tags: tuple[str, ...] = ()
    files: tuple[FileRecord, ...] | None = None

    @classmethod
    def from_hub(cls, kind: str, info: object) -> RepoRecord:
        """The record in the Hub's JSON `info`. Raises BadRecord where no name can be read or a bound is exceeded."""
        if kind not in KINDS:
            raise BadRecord(f"{str(kind)[:40]!r} is not model, dataset or space.")
        if not isinstance(info, dict):
            raise BadRecord("The record is not an object.")
        info = bounded(info)
        created_at = moment(info.get("createdAt"))
        tags = texts(info.get("tags"), MAX_TAGS)
        card = info.get("cardData") if isinstance(info.get("cardData"), dict) else {}
        safetensors = info.get("safetensors") if isinstance(info.get("safetensors"), dict) else {}
        return cls(
            kind=kind,
            name=name_of(info),
            info=info,
            hub_id=trusted_id(info.get("_id"), created_at),
            sha=matching(SHA, info.get("sha")),
            created_at=created_at,
            modified_at=moment(info.get("lastModified")),
            gated=gate(info.get("gated")),
            is_private=flag(info.get("private")),
            is_disabled=flag(info.get("disabled")),
            downloads=count(info.get("downloads")),
            downloads_all_time=count(info.get("downloadsAllTime")),
            likes=count(info.get("likes")),
            trending_score=number(info.get("trendingScore")),
            used_storage_bytes=count(info.get("usedStorage")),
            parameters=count(safetensors.get("total")),
            pipeline_tag=word(info.get("pipeline_tag"), 80),
            library_name=word(info.get("library_name"), 80),
            sdk=word(info.get("sdk"), 40),
            licence=declared_licence(card, tags),
            tags=tags,
            files=files_of(info.get("siblings")),
        )

    @property
    def account(self) -> str | None:
        """The owner's name; None for a canonical repository, which has none."""
        return self.name.split("/")[0] if "/" in self.name else None


def bounded(value: object, depth: int = MAX_DEPTH) -> object:
    """`value` as JSON that both databases store, copied; raises BadRecord where it is nested too deeply.

    >>> bounded({"a\\x00": [1, float("inf")]})
    {'a\N{REPLACEMENT CHARACTER}': [1, None]}
    """
    if isinstance(value, str):
        return storable_text(value)
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if depth == 0 and isinstance(value, (dict, list)):
        raise BadRecord(f"The record is nested more than {MAX_DEPTH} deep.")
    if isinstance(value, dict):
        return {storable_text(str(key)): bounded(part, depth - 1) for key, part in value.items()}
    return [bounded(part, depth - 1) for part in value] if isinstance(value, list) else value


def name_of(info: dict) -> str:
    name = info.get("id") or info.get("modelId")
    if not isinstance(name, str) or not NAME.fullmatch(name) or ".." in name:
        raise BadRecord(f"{str(name)[:100]!r} is not the name of a repository.")
    return name


def trusted_id(hub_id: object, created_at: datetime | None) -> str | None:
    """The `_id` unless the time in it contradicts `createdAt`: a made-up one is as good as none.

    >>> trusted_id("622117dd0000000000000000", datetime(2022, 3, 3, 19, 32, 45, tzinfo=UTC))
    '622117dd0000000000000000'
    >>> trusted_id("622117dd0000000000000000", datetime(2024, 1, 1, tzinfo=UTC)) is None
    True
    """
    hub_id = matching(HUB_ID, hub_id)
    if hub_id is None or created_at is None:
        return hub_id
    return hub_id if int(hub_id[:8], 16) == int(created_at.timestamp()) else None


def moment(value: object) -> datetime | None:
    """An ISO 8601 time with any or no fraction; one without a zone is UTC. Unreadable ones are unknown."""
    if not isinstance(value, str) or len(value) > 40:
        return None
    try:
        found = datetime.fromisoformat(value.strip())
        return (found if found.tzinfo else found.replace(tzinfo=UTC)).astimezone(UTC)
    except (ValueError, OverflowError):
        return None


def gate(value: object) -> str | None:
    if value is False:
        return "no"
    return value if value in ("auto", "manual") else None


def flag(value: object) -> bool | None:
    return value if isinstance(value, bool) else None


def count(value: object) -> int | None:
    good = isinstance(value, (int, float)) and not isinstance(value, bool) and 0 <= value <= MAX_INTEGER
    return int(value) if good else None


def number(value: object) -> float | None:
    good = isinstance(value, (int, float)) and not isinstance(value, bool) and abs(value) < 1e15
    return float(value) if good else None


def matching(pattern: re.Pattern, value: object) -> str | None:
    return value if isinstance(value, str) and pattern.fullmatch(value) else None


def word(value: object, longest: int) -> str:
    return storable_text(value)[:longest] if isinstance(value, str) else ""


def texts(value: object, most: int) -> tuple[str, ...]:
    """The strings of a list, in order and once each, at most 255 characters long."""
    if not isinstance(value, list):
        return ()
    found = dict.fromkeys(storable_text(part)[:255] for part in value[: most * 2] if isinstance(part, str) and part)
    return tuple(found)[:most]


def declared_licence(card: dict, tags: Iterable[str]) -> str:
    """The licence id as the card or else a tag declares it; several are joined with commas."""
    said = card.get("license")
    said = said if isinstance(said, list) else [said]
    named = [part.strip() for part in said if isinstance(part, str) and part.strip()]
    named = named or [tag.removeprefix("license:") for tag in tags if tag.startswith("license:")]
    return storable_text(", ".join(named))[:120]


def files_of(siblings: object) -> tuple[FileRecord, ...] | None:
    """The file list, by path; None where the source gave none."""
    if not isinstance(siblings, list):
        return None
    if len(siblings) > MAX_FILES:
        raise BadRecord(f"The file list holds {len(siblings)} entries; {MAX_FILES} are the most that is taken.")
    files = {}
    for entry in siblings:
        path = entry.get("rfilename") if isinstance(entry, dict) else None
        if is_path(path):
            files[path] = file_of(path, entry)
    return tuple(files[path] for path in sorted(files))


def is_path(path: object) -> bool:
    """Whether a repository could hold a file of that name; what a listing holds beside such is passed over."""
    return isinstance(path, str) and 0 < len(path) and len(path.encode("utf8", "replace")) <= MAX_PATH_BYTES


def file_of(path: str, entry: dict) -> FileRecord:
    lfs = entry.get("lfs") if isinstance(entry.get("lfs"), dict) else {}
    return FileRecord(
        path=path,
        size_bytes=count(entry.get("size", lfs.get("size"))),
        blob_id=matching(HEX, entry.get("blobId")) or "",
        lfs_sha256=matching(HEX, lfs.get("sha256")) or "",
    )


def merged_info(known: dict, said: dict, *, overwrites: bool) -> dict:
    """What is known after `said`: it replaces what it speaks of, or, where it may not overwrite, fills gaps only.

    Where the two describe different commits, nothing of the older commit's content is carried over to the newer.
    """
    newer, older = (said, known) if overwrites else (known, said)
    if said.get("sha") and known.get("sha") and said["sha"] != known["sha"]:
        older = {key: value for key, value in older.items() if key not in OF_REVISION}
    return {**older, **newer}


def canonical(value: object) -> bytes:
    """JSON with sorted keys and no spaces: the same bytes for the same value."""
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=True).encode()


def info_digest(info: dict) -> str:
    """sha256 of the canonical JSON without the counters that move by themselves."""
    return hashlib.sha256(canonical({k: v for k, v in info.items() if k not in VOLATILE})).hexdigest()
