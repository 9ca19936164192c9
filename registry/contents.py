"""Keeps revisions, file lists, cards and small files; every text once, however many revisions carry it."""

from __future__ import annotations

import hashlib
import zlib
from collections import defaultdict
from collections.abc import Iterable
from datetime import datetime

from django.db import transaction
from django.db.models import Q

from registry.cards import READER, read_card
from registry.models import Card, Content, File, Repo, Revision
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
    stored = Content.objects.only("pk", "sha256")
    have = stored.in_bulk(by_sha, field_name="sha256")
    missing = [
        Content(sha256=sha, git_sha1=git_blob_sha1(data), size_bytes=len(data), packed=zlib.compress(data))
        for sha, data in sorted(by_sha.items())
        if sha not in have
    ]
    Content.objects.bulk_create(missing, ignore_conflicts=True)
    return have | stored.in_bulk([c.sha256 for c in missing], field_name="sha256")


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
    changed_columns = ["card", "card_state", "card_problem"]
    Revision.objects.bulk_create(changed, update_conflicts=True, unique_fields=["id"], update_fields=changed_columns)
    texts = {sha256_of(k.incoming.card): k.incoming.card for k in kept if k.incoming.card is not None}
    keep_cards(cards.values(), texts)
    for k in kept:
        if k.revision is not None and (k.overwrites or k.repo.head_id is None):
            k.repo.head = k.revision


def made_sha(k) -> str | None:
    """A name for the revision of a record that gives none and yet brings a card or files: the sha1 of what it holds."""
    one = k.incoming
    if one.card is None and not one.files and one.record.files is None:
        return None
    texts = sorted((path, sha256_of(data)) for path, data in texts_of(k).items())
    return hashlib.sha1(canonical([texts, [(f.path, f.size_bytes) for f in one.record.files or ()]])).hexdigest()


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
    """Keep each revision's file list once; later records only fill sizes, hashes and texts that were unknown."""
    described = [
        k for k in kept if k.revision is not None and (k.incoming.record.files is not None or k.incoming.files)
    ]
    rows = defaultdict(dict)
    for row in File.objects.filter(revision__in={k.revision.pk for k in described} - made_now(described)):
        rows[row.revision_id][row.path] = row
    new, changed, listed = [], {}, []
    for k in described:
        gains = file_gains(k, rows[k.revision.pk], contents)
        new += [row for row in gains if row.pk is None]
        changed |= {row.pk: row for row in gains if row.pk is not None}
        k.touched |= bool(gains)
        if k.incoming.record.files is not None and not k.revision.has_file_list:
            k.revision.has_file_list = k.touched = True
            listed.append(k.revision.pk)
    File.objects.bulk_create(new, batch_size=FILE_BATCH)
    told = {"unique_fields": ["id"], "update_fields": ["size_bytes", "blob_id", "lfs_sha256", "content"]}
    File.objects.bulk_create(changed.values(), batch_size=FILE_BATCH, update_conflicts=True, **told)
    Revision.objects.filter(pk__in=listed).update(has_file_list=True)


def made_now(described: list) -> set[int]:
    """The revisions of new repositories, which can have no files yet."""
    return {k.revision.pk for k in described if k.is_new}


def file_gains(k, known: dict[str, File], contents: dict[str, Content]) -> list[File]:
    """The rows that a record adds to its revision, and those of which it knows more; `known` gains the new ones."""
    gains = {}
    for listed in k.incoming.record.files or ():
        row = known.get(listed.path)
        if row is None and not k.revision.has_file_list:
            row = known[listed.path] = File(revision=k.revision, path=listed.path)
            gains[row.path] = row
        if row is not None and fill_file(row, listed):
            gains[row.path] = row
    for path, data in sorted(texts_of(k).items()):
        row = known.setdefault(path, File(revision=k.revision, path=path))
        if row.content_id is None:
            learn_content(row, data, contents)
            gains[path] = row
    return list(gains.values())


def texts_of(k) -> dict[str, bytes]:
    """The texts that came with a record, the card among them, by path."""
    card = {} if k.incoming.card is None else {CARD: k.incoming.card}
    return k.incoming.files | card


def learn_content(row: File, data: bytes, contents: dict[str, Content]) -> None:
    row.content = contents[sha256_of(data)]
    row.size_bytes = len(data) if row.size_bytes is None else row.size_bytes
    row.blob_id = row.blob_id or git_blob_sha1(data)


def fill_file(row: File, listed) -> bool:
    """Fill what the row did not know; whether anything was filled."""
    before = (row.size_bytes, row.blob_id, row.lfs_sha256)
    row.size_bytes = listed.size_bytes if row.size_bytes is None else row.size_bytes
    row.blob_id = row.blob_id or listed.blob_id
    row.lfs_sha256 = row.lfs_sha256 or listed.lfs_sha256
    return before != (row.size_bytes, row.blob_id, row.lfs_sha256)


def state_digests(repos: Iterable[Repo]) -> dict[int, str]:
    """Per repository: a digest of everything that claims and assessments are derived from."""
    repos = list(repos)
    heads = Revision.objects.filter(pk__in={r.head_id for r in repos if r.head_id})
    cards = {pk: said for pk, *said in heads.values_list("pk", "card_state", "card__sha256", "card__card__reader")}
    texts = defaultdict(list)
    kept_files = File.objects.filter(revision__in=cards, content__isnull=False).order_by("path")
    for revision, path, sha in kept_files.values_list("revision_id", "path", "content__sha256"):
        texts[revision].append((path, sha))
    return {
        r.pk: sha256_of(canonical([r.name, r.info_digest, cards.get(r.head_id), texts.get(r.head_id, [])]))
        for r in repos
    }


def read_cards_again(limit: int) -> int:
    """Split up to `limit` cards that an older reader split, and make what is derived from them due; how many."""
    older = Card.objects.filter(Q(reader__lt=READER) | Q(reader__gt=READER)).order_by("pk")
    contents = [card.content for card in older.select_related("content")[:limit]]
    with transaction.atomic():
        keep_cards(contents, {c.sha256: c.data for c in contents})
        repos = list(Repo.objects.filter(head__card__in=contents).order_by("pk"))
        digests = state_digests(repos)
        for repo in repos:
            repo.state_digest = digests[repo.pk]
        Repo.objects.bulk_update(repos, ["state_digest"], batch_size=100)
    return len(contents)
