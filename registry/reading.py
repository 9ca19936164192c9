"""Reads from the mirror what is derived from: heads with their cards, file lists, kept texts, the newest JSON.

Everything is read for many repositories at once, in a number of queries that their count does not change.
"""

from __future__ import annotations

import json
import zlib
from collections import defaultdict
from collections.abc import Iterable

from django.db.models import Max

from registry.models import Alias, File, Observation, Repo, Revision


def heads_of(repos: Iterable[Repo]) -> dict[int, Revision]:
    """The newest revision of each repository that has one, with its card and how it reads, by its own key."""
    keys = [repo.head_id for repo in repos if repo.head_id]
    return Revision.objects.select_related("card__card").in_bulk(keys)


def paths_and_texts(heads: Iterable[Revision]) -> tuple[dict[int, tuple[str, ...]], dict[int, dict[str, str]]]:
    """Per revision whose file list is known: the paths in order; and per revision the texts that are kept."""
    listed = [head.pk for head in heads if head.has_file_list]
    paths: dict[int, list[str]] = {key: [] for key in listed}
    texts: dict[int, dict[str, str]] = defaultdict(dict)
    rows = File.objects.filter(revision__in=[head.pk for head in heads]).order_by("revision_id", "path")
    for key, path, packed in rows.values_list("revision_id", "path", "content__packed").iterator(chunk_size=5_000):
        if key in paths:
            paths[key].append(path)
        if packed is not None:
            texts[key][path] = zlib.decompress(packed).decode("utf8", "replace")
    return {key: tuple(found) for key, found in paths.items()}, texts


def newest_infos(repos: Iterable[Repo]) -> dict[int, dict]:
    """The Hub's JSON of each repository's newest observation, by the repository's key; {} where none is kept."""
    keys = [repo.pk for repo in repos]
    newest = Observation.objects.filter(repo__in=keys).values("repo").annotate(newest=Max("pk")).values("newest")
    infos: dict[int, dict] = {key: {} for key in keys}
    for key, packed in Observation.objects.filter(pk__in=newest).values_list("repo_id", "packed"):
        infos[key] = json.loads(zlib.decompress(packed))
    return infos


def names_of(repos: Iterable[Repo]) -> dict[int, tuple[str, ...]]:
    """Every name that each repository carried, by its key; the one it has now comes first."""
    found = {repo.pk: {repo.name: None} for repo in repos}
    for key, name in (
        Alias.objects.filter(repo__in=list(found)).order_by("-valid_from", "-pk").values_list("repo_id", "name")
    ):
        found[key].setdefault(name)
    return {key: tuple(names) for key, names in found.items()}
