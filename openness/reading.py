"""Reads from the mirror what rubrics are shown: one `RepoState` a repository, however many rows lie behind it."""

from __future__ import annotations

import zlib
from collections import defaultdict
from collections.abc import Iterable, Sequence

from django.db.models import Exists, OuterRef
from django.db.models.functions import Lower

from openness.carbon.header import read_header
from openness.carbon.report import Report
from openness.named_repos import evaluation_datasets, named_repos
from openness.relatives import ancestors_of, copied_from
from openness.state import FileFact, LinkedRepo, RepoState
from registry.models import Alias, File, Repo, Revision
from registry.reading import heads_of, newest_infos

NO_DATA = ("README.md", ".gitattributes", ".gitignore", "LICENSE")

Key = tuple[str, str]  # kind and lower-case name


def state_of(repo: Repo) -> RepoState:
    """What is known of one repository at its newest revision."""
    return states_of([repo])[0]


def states_of(repos: Sequence[Repo]) -> list[RepoState]:
    """The states of `repos`, in their order, in a bounded number of queries."""
    heads = heads_of(repos)
    files, small_files = files_of(heads.values())
    infos = newest_infos(repos)
    headers = {repo.pk: header_of(heads.get(repo.head_id), infos[repo.pk]) for repo in repos}
    named = {repo.pk: named_repos(repo.kind, headers[repo.pk], repo.tags) for repo in repos}
    measured = {
        repo.pk: evaluation_datasets(headers[repo.pk], small_files.get(repo.head_id, {}))
        for repo in repos
        if repo.kind == "model"
    }
    above, namesakes = ancestors_of(repos), copied_from(repos, headers)
    every = [*named.values(), *measured.values()]
    mirrored = mirrored_repos({(kind, name.lower()) for names in every for kind, name in names})
    holding = heads_with_data({repo.head_id for repo in mirrored.values() if repo.kind == "dataset" and repo.head_id})

    def linked(names: Iterable[tuple[str, str]]) -> tuple[LinkedRepo, ...]:
        return tuple(linked_repo(kind, name, mirrored.get((kind, name.lower())), holding) for kind, name in names)

    return [
        RepoState(
            kind=repo.kind,
            name=repo.name,
            info=infos[repo.pk],
            gated=repo.gated,
            tags=tuple(repo.tags),
            ancestors=above.get(repo.pk),
            copied_from=namesakes.get(repo.pk, ()),
            linked=linked(named[repo.pk]),
            evaluated_on=linked(measured.get(repo.pk, ())),
            **card_of(heads.get(repo.head_id)),
            files=files.get(repo.head_id),
            small_files=small_files.get(repo.head_id, {}),
        )
        for repo in repos
    ]


def card_states(repo: Repo, revisions: Sequence[Revision]) -> list[RepoState]:
    """What card rubrics are shown of one repository at each of `revisions`, each with its content and card selected.

    Its card and its kept files are the revision's; the Hub's JSON and the parents' cards are as they are now.
    """
    info = newest_infos([repo])[repo.pk]
    texts: dict[int, dict[str, str]] = defaultdict(dict)
    kept = File.objects.filter(revision__in=revisions, content__isnull=False)
    for key, path, packed in kept.values_list("revision_id", "path", "content__packed"):
        texts[key][path] = zlib.decompress(packed).decode("utf8", "replace")
    named = {each.pk: named_repos(repo.kind, header_of(each, {}), repo.tags) for each in revisions}
    mirrored = mirrored_repos({(kind, name.lower()) for names in named.values() for kind, name in names})
    return [
        RepoState(
            kind=repo.kind,
            name=repo.name,
            info=info,
            gated=repo.gated,
            tags=tuple(repo.tags),
            linked=tuple(
                linked_repo(kind, name, mirrored.get((kind, name.lower())), set()) for kind, name in named[each.pk]
            ),
            **card_of(each),
            small_files=texts[each.pk],
        )
        for each in revisions
    ]


def card_of(head: Revision | None) -> dict:
    if head is None:
        return {"card_state": Revision.CardState.UNKNOWN.value, "card_text": None}
    readable = head.card_state == Revision.CardState.PRESENT and head.card
    return {"card_state": head.card_state, "card_text": head.card.text if readable else None}


def header_of(head: Revision | None, info: dict) -> dict | None:
    """The card's header as our own reader has it; the Hub's reading where the card itself is not kept."""
    if head is not None and head.card is not None:
        card = getattr(head.card, "card", None)
        if card is not None and card.metadata is not None:
            return card.metadata
    return info.get("cardData")


def files_of(heads: Iterable[Revision]) -> tuple[dict[int, tuple[FileFact, ...]], dict[int, dict[str, str]]]:
    """Per revision whose file list is known: its files by path; and per revision the texts that are kept."""
    files: dict[int, list[FileFact]] = {head.pk: [] for head in heads if head.has_file_list}
    texts: dict[int, dict[str, str]] = defaultdict(dict)
    rows = File.objects.filter(revision__in=[head.pk for head in heads]).order_by("revision_id", "path")
    for key, path, size_bytes, sha256, packed in rows.values_list(
        "revision_id", "path", "size_bytes", "lfs_sha256", "content__packed"
    ).iterator(chunk_size=5_000):
        if key in files:
            files[key].append(FileFact(path, size_bytes, sha256))
        if packed is not None:
            texts[key][path] = zlib.decompress(packed).decode("utf8", "replace")
    return {key: tuple(facts) for key, facts in files.items()}, texts


def mirrored_repos(keys: set[Key]) -> dict[Key, Repo]:
    """The public mirrored repositories called by `keys`, now or once; a present name wins over a former one."""
    if not keys:
        return {}
    names = {name for _, name in keys}
    public = Repo.objects.visible_to(None).select_related("head__card__card")
    kinds = {kind for kind, _ in keys}  # the indexes begin with the kind
    now_called = public.current().annotate(lower_name=Lower("name")).filter(kind__in=kinds, lower_name__in=names)
    found = {(repo.kind, repo.lower_name): repo for repo in now_called}
    missing = keys - found.keys()
    former = Alias.objects.annotate(lower_name=Lower("name")).filter(kind__in=kinds)
    former = former.filter(
        lower_name__in={name for _, name in missing}, valid_to__isnull=False, repo__staff_only=False
    ).order_by("-valid_to", "pk")
    cards = former.select_related("repo__head__card__card")
    for alias in cards:
        if (alias.kind, alias.lower_name) in missing:
            found.setdefault((alias.kind, alias.lower_name), alias.repo)
    return found


def heads_with_data(heads: set[int]) -> set[int]:
    """Those of the revisions that hold a file beside the card and what the Hub itself puts there."""
    if not heads:
        return set()
    data = File.objects.filter(revision=OuterRef("pk")).exclude(path__in=NO_DATA)
    return set(Revision.objects.filter(Exists(data), pk__in=heads).values_list("pk", flat=True))


def linked_repo(kind: str, name: str, repo: Repo | None, holding: set[int]) -> LinkedRepo:
    if repo is None:
        return LinkedRepo(kind, name, mirrored=False)
    known = {Revision.CardState.PRESENT: True, Revision.CardState.ABSENT: False}
    has_card = known.get(repo.head.card_state) if repo.head else None
    emissions = Report(read_header(header_of(repo.head, {})).statements).amount()
    return LinkedRepo(
        kind,
        name,
        mirrored=True,
        gated=repo.gated,
        licence=repo.licence,
        has_card=has_card,
        emissions_g=emissions.value.grams if emissions else None,
        card_text=card_of(repo.head)["card_text"] if kind == "model" else None,
        has_data_files=repo.head_id in holding if repo.head and repo.head.has_file_list else None,
    )
