"""Keeps revisions, file lists, cards and small files; every text once, however many revisions carry it."""

from __future__ import annotations

import hashlib
import zlib
from collections import defaultdict
from collections.abc import Iterable
from datetime import datetime

from registry.cards import READER, read_card
from registry.models import Card, Content, File, Revision
from registry.records import canonical
from registry.storable import storable_text

CARD = "README.md"
FILE_BATCH = 2_000


def sha256_of(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def git_blob_sha1(data: bytes) -> str:
    """Git's id of a file, which the Hub shows as its blob id and as the ETag of a small file.

    >>> git_blob_sha1(b"")
    'e69de29bb2d1d6434b8b29ae775ad8c2e48c5391'
    """
    return hashlib.sha1(b"blob %d\x00" % len(data) + data).hexdigest()


def keep_contents(texts: Iterable[bytes | None]) -> dict[str, Content]:
    """The stored row of each text, by sha256; a text that is there already is not written again."""
    by_sha = {sha256_of(data): data for data in texts if data is not None}
    have = {c.sha256: c for c in Content.objects.filter(sha256__in=by_sha).only("pk", "sha256")}
    missing = [
        Content(sha256=sha, git_sha1=git_blob_sha1(data), size_bytes=len(data), packed=zlib.compress(data))
        for sha, data in by_sha.items()
        if sha not in have
    ]
    Content.objects.bulk_create(missing, ignore_conflicts=True)
    if missing:
        names = [c.sha256 for c in missing]
        have |= {c.sha256: c for c in Content.objects.filter(sha256__in=names).only("pk", "sha256")}
    return have


def keep_cards(contents: Iterable[Content], texts: dict[str, bytes]) -> None:
    """Split each card that the present reader has not split."""
    contents = {c.pk: c for c in contents}
    done = set(Card.objects.filter(content__in=contents, reader=READER).values_list("content_id", flat=True))
    rows = [card_row(c, texts[c.sha256]) for pk, c in contents.items() if pk not in done]
    Card.objects.bulk_create(
        rows,
        update_conflicts=True,
        unique_fields=["content"],
        update_fields=["metadata", "problem", "body_line", "flags", "reader"],
    )


def card_row(content: Content, data: bytes) -> Card:
    card = read_card(data.decode("utf8", "replace"))
    return Card(
        content=content,
        metadata=card.metadata,
        problem=storable_text(card.problem),
        body_line=card.body_line,
        flags=list(card.flags),
        reader=READER,
    )


def keep_revisions(kept: list, contents: dict[str, Content], at: datetime) -> None:
    """Find or make the revision that each record describes, with its card; make it the head where it is the newest."""
    named = {id(k): k.incoming.record.sha or made_sha(k) for k in kept}
    rows = Revision.objects.filter(repo__in=[k.repo for k in kept], sha__in=[s for s in named.values() if s])
    have = {(r.repo_id, r.sha): r for r in rows}
    new, changed, cards = [], [], {}
    for k in kept:
        if not (sha := named[id(k)]):
            continue
        k.revision = have.get((k.repo.pk, sha))
        if k.revision is None:
            committed = k.incoming.record.modified_at
            k.revision = Revision(repo=k.repo, sha=sha, committed_at=committed, first_seen_at=at)
            new.append(k.revision)
        if learn_card(k, contents) and k.revision.pk:
            changed.append(k.revision)
        if k.incoming.card is not None and k.revision.card_id:
            content = contents[sha256_of(k.incoming.card)]
            cards[content.pk] = content
        k.touched |= k.revision.pk is None or k.revision in changed
    Revision.objects.bulk_create(new)
    Revision.objects.bulk_update(changed, ["card", "card_state", "card_problem"], batch_size=200)
    texts = {sha256_of(k.incoming.card): k.incoming.card for k in kept if k.incoming.card is not None}
    keep_cards(cards.values(), texts)
    for k in kept:
        if k.revision is not None and (k.overwrites or k.repo.head_id is None):
            k.repo.head = k.revision


def made_sha(k) -> str | None:
    """A name for the revision of a record that gives none and yet brings a card or files: the sha1 of what it says."""
    one = k.incoming
    if one.card is None and not one.files and one.record.files is None:
        return None
    return hashlib.sha1(canonical(one.record.info) + (one.card or b"")).hexdigest()


def learn_card(k, contents: dict[str, Content]) -> bool:
    """Note what is newly known of the revision's card; a commit's card never changes once it is known."""
    revision, one = k.revision, k.incoming
    if revision.card_state == Revision.CardState.PRESENT:
        return False
    before = (revision.card_state, revision.card_problem)
    listed = one.record.files
    if one.card is not None:
        revision.card = contents[sha256_of(one.card)]
        revision.card_state, revision.card_problem = Revision.CardState.PRESENT, ""
    elif one.card_problem:
        revision.card_state, revision.card_problem = Revision.CardState.UNREADABLE, one.card_problem
    elif one.card_absent or (listed is not None and all(f.path != CARD for f in listed)):
        revision.card_state = Revision.CardState.ABSENT
    return before != (revision.card_state, revision.card_problem)


def keep_files(kept: list, contents: dict[str, Content]) -> None:
    """Keep each revision's file list once; later records only fill sizes, hashes and contents that were unknown."""
    described = [
        k for k in kept if k.revision is not None and (k.incoming.record.files is not None or k.incoming.files)
    ]
    first = [k for k in described if not k.revision.has_file_list and k.incoming.record.files is not None]
    again = [k for k in described if k.revision.has_file_list or k.incoming.record.files is None]
    fill_known_files(again, contents)
    rows, listed = [], []
    for k in first:
        texts = texts_of(k)
        paths = {f.path: f for f in k.incoming.record.files}
        File.objects.filter(revision=k.revision).delete() if not k.is_new else None
        for path in sorted(paths.keys() | texts.keys()):
            rows.append(file_row(k.revision, path, paths.get(path), texts.get(path), contents))
        k.revision.has_file_list = k.touched = True
        listed.append(k.revision.pk)
    File.objects.bulk_create(rows, batch_size=FILE_BATCH)
    Revision.objects.filter(pk__in=listed).update(has_file_list=True)


def texts_of(k) -> dict[str, bytes]:
    """The texts that came with a record, the card among them, by path."""
    card = {} if k.incoming.card is None else {CARD: k.incoming.card}
    return k.incoming.files | card


def file_row(revision: Revision, path: str, listed, data: bytes | None, contents: dict[str, Content]) -> File:
    row = File(revision=revision, path=path)
    if listed is not None:
        row.size_bytes, row.blob_id, row.lfs_sha256 = listed.size_bytes, listed.blob_id, listed.lfs_sha256
    if data is not None:
        learn_content(row, data, contents)
    return row


def learn_content(row: File, data: bytes, contents: dict[str, Content]) -> None:
    row.content = contents[sha256_of(data)]
    row.size_bytes = len(data) if row.size_bytes is None else row.size_bytes
    row.blob_id = row.blob_id or git_blob_sha1(data)


def fill_known_files(again: list, contents: dict[str, Content]) -> None:
    """What a later look at the same revision adds: sizes, hashes, texts."""
    rows = defaultdict(dict)
    for row in File.objects.filter(revision__in=[k.revision for k in again]):
        rows[row.revision_id][row.path] = row
    changed, new = [], []
    for k in again:
        known, texts = rows[k.revision.pk], texts_of(k)
        for listed in k.incoming.record.files or ():
            row = known.get(listed.path)
            if row is not None and fill_file(row, listed):
                changed.append(row)
        for path, data in texts.items():
            row = known.get(path)
            if row is None:
                new.append(file_row(k.revision, path, None, data, contents))
            elif row.content_id is None:
                learn_content(row, data, contents)
                changed.append(row)
        k.touched |= any(row.revision_id == k.revision.pk for row in (*changed, *new))
    File.objects.bulk_create(new, batch_size=FILE_BATCH)
    unique = list({row.pk: row for row in changed}.values())
    File.objects.bulk_update(unique, ["size_bytes", "blob_id", "lfs_sha256", "content"], batch_size=200)


def fill_file(row: File, listed) -> bool:
    """Fill what the row did not know; whether anything was filled."""
    before = (row.size_bytes, row.blob_id, row.lfs_sha256)
    row.size_bytes = listed.size_bytes if row.size_bytes is None else row.size_bytes
    row.blob_id = row.blob_id or listed.blob_id
    row.lfs_sha256 = row.lfs_sha256 or listed.lfs_sha256
    return before != (row.size_bytes, row.blob_id, row.lfs_sha256)


def state_digests(kept: list) -> dict[int, str]:
    """Per repository: a digest of everything that claims and assessments are derived from."""
    heads = {k.repo.pk: k.repo.head_id for k in kept}
    revisions = Revision.objects.filter(pk__in=[h for h in heads.values() if h])
    cards = {pk: (state, sha) for pk, state, sha in revisions.values_list("pk", "card_state", "card__sha256")}
    texts = defaultdict(list)
    kept_files = File.objects.filter(revision__in=cards, content__isnull=False).order_by("path")
    for revision, path, sha in kept_files.values_list("revision_id", "path", "content__sha256"):
        texts[revision].append((path, sha))
    return {
        k.repo.pk: sha256_of(
            canonical([k.repo.name, k.repo.info_digest, cards.get(heads[k.repo.pk]), texts.get(heads[k.repo.pk], [])])
        )
        for k in kept
    }
