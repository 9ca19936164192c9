"""Which licence mirrored repositories state, for many at once, and who wrote the statement."""

from __future__ import annotations

import zlib
from collections.abc import Iterable

from django.db.models import Q

from registry.licence_texts import is_licence_file, match_text
from registry.licences import LicenceReading, read_declared, read_licence
from registry.models import File, Repo, Revision

LICENCE_NAMES = Q()
for _start in ("licen", "LICEN", "Licen", "copying", "COPYING", "notice", "NOTICE", "Notice", "unlicen", "UNLICEN"):
    LICENCE_NAMES |= Q(path__startswith=_start)
FILLED_IN = {"unsloth": "Apache-2.0", "autotrain": "other", "llama-factory": "other"}  # by templates of these tools


def stated_licences(repos: Iterable[Repo]) -> dict[int, LicenceReading]:
    """Each repository's licence by its key: as its card or tags say, else as the text of its LICENSE file does."""
    repos = {repo.pk: repo for repo in repos}
    found = {key: read_licence(repo.licence) for key, repo in repos.items()}
    undecided = {repo.head_id: key for key, repo in repos.items() if repo.head_id and not found[key].known}
    rows = Revision.objects.filter(pk__in=undecided).values_list("pk", "card__card__metadata")
    for head, metadata in rows:
        reading = read_declared(metadata if isinstance(metadata, dict) else None)
        if reading.known or reading.verdict != "unstated":
            found[undecided[head]] = reading
    unstated = {head: key for head, key in undecided.items() if found[key].verdict == "unstated"}
    texts = File.objects.filter(LICENCE_NAMES, revision__in=unstated, content__isnull=False).order_by("-path")
    for head, path, packed in texts.values_list("revision_id", "path", "content__packed"):
        licence = match_text(zlib.decompress(packed).decode("utf8", "replace")) if is_licence_file(path) else None
        if licence:
            found[unstated[head]] = read_licence(licence.id)
    return found


def licence_files(repos: Iterable[Repo]) -> dict[int, bool | None]:
    """Whether each repository holds a file that is named as a licence or notice; None where its files are not known."""
    heads = {repo.head_id: repo.pk for repo in repos if repo.head_id}
    listed = set(Revision.objects.filter(pk__in=heads, has_file_list=True).values_list("pk", flat=True))
    holding = set(File.objects.filter(LICENCE_NAMES, revision__in=listed).values_list("revision_id", flat=True))
    return {key: head in holding if head in listed else None for head, key in heads.items()}


def origin_of(repo: Repo, reading: LicenceReading, parents: Iterable[LicenceReading]) -> str | None:
    """Who wrote a licence down: author, template or trainer by the tool's known habit, or file; None for no licence.

    A template of a tool fills in the same licence for everybody; a trainer copies that of the base. Both are read off
    tags that these tools leave, so an author who agreed with them is counted as the tool.
    """
    if reading.verdict == "unstated":
        return None
    if not repo.licence:
        return "file"
    tags = {tag.lower() for tag in repo.tags}
    if any(tool in tags and licence in reading.ids for tool, licence in FILLED_IN.items()):
        return "template"
    copied = any(set(reading.ids) & set(parent.ids) for parent in parents)
    return "trainer" if "generated_from_trainer" in tags and copied else "author"
