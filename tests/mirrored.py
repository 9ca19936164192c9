"""Puts small repositories of our own into the mirror, for the tests of what is derived from it."""

import hashlib
import json
import zlib
from datetime import UTC, datetime

from registry.models import Card, Content, File, Observation, Repo, Revision

SEEN = datetime(2026, 1, 2, tzinfo=UTC)


def content_of(text: str) -> Content:
    raw = text.encode("utf8")
    sha256, git_sha1 = hashlib.sha256(raw).hexdigest(), hashlib.sha1(b"blob %d\0%s" % (len(raw), raw)).hexdigest()
    row, _ = Content.objects.get_or_create(
        sha256=sha256, defaults={"git_sha1": git_sha1, "size_bytes": len(raw), "packed": zlib.compress(raw)}
    )
    return row


def mirrored(
    name, *, kind="model", card=None, header=None, files=None, texts=None, info=None, problem="", **fields
) -> Repo:
    """A repository at one revision; `card` None is unknown and "" is absent; `problem` is of its header."""
    repo = Repo.objects.create(
        kind=kind,
        name=name,
        state_digest=hashlib.sha256(repr((card, files, texts, info)).encode()).hexdigest(),
        info_digest="0" * 64,
        first_seen_at=SEEN,
        observed_at=SEEN,
        **fields,
    )
    state = {None: "unknown", "": "absent"}.get(card, "present")
    revision = Revision.objects.create(
        repo=repo,
        sha=hashlib.sha1(name.encode()).hexdigest(),
        first_seen_at=SEEN,
        has_file_list=files is not None or texts is not None,
        card_state=state,
        card=content_of(card) if card else None,
    )
    if card and (header is not None or problem):
        Card.objects.get_or_create(
            content=revision.card,
            defaults={"metadata": header, "problem": problem, "body_line": 1, "reader": "tests/1"},
        )
    for path, size_bytes in (files or {}).items():
        File.objects.create(revision=revision, path=path, size_bytes=size_bytes)
    for path, text in (texts or {}).items():
        File.objects.create(revision=revision, path=path, size_bytes=len(text.encode()), content=content_of(text))
    if info is not None:
        packed = zlib.compress(json.dumps(info).encode())
        Observation.objects.create(repo=repo, digest="0" * 64, packed=packed, observed_at=SEEN)
    repo.head = revision
    repo.save()
    return repo
