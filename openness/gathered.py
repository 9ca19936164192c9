"""What is read once of a repository, and then both told in its passport and held against policies."""

from __future__ import annotations

from dataclasses import dataclass

from lineage.models import Trace
from openness.models import Assessment
from openness.reading import header_of
from registry.licences import LicenceReading, read_declared, read_licence
from registry.models import Repo, Revision
from registry.reading import heads_of, newest_infos

CARD_RUBRICS = {"model": "model-card", "dataset": "data-card"}


@dataclass(frozen=True)
class Gathered:
    """A repository with its current assessments by name, its own licence and its last trace."""

    repo: Repo
    assessments: dict[str, Assessment]
    licence: LicenceReading
    licence_was_read: bool  # False: neither a card nor tags were, so that "unstated" says nothing
    trace: Trace | None

    @property
    def card(self) -> Assessment | None:
        return self.assessments.get(CARD_RUBRICS.get(self.repo.kind, ""))


def gather(repo: Repo) -> Gathered:
    """Read it, in four queries."""
    current = {row.name: row for row in Assessment.objects.current().filter(repo=repo)}
    licence, was_read = declared_licence(repo)
    trace = Trace.objects.filter(repo=repo).first()
    if trace:
        trace.repo = repo
    return Gathered(repo, current, licence, was_read, trace)


def declared_licence(repo: Repo) -> tuple[LicenceReading, bool]:
    """The licence that the card declares, else the one that the tags do; and whether anything was read at all."""
    head = heads_of([repo]).get(repo.head_id)
    header = header_of(head, newest_infos([repo])[repo.pk])
    reading = read_declared(header if isinstance(header, dict) else None)
    if reading.verdict == "unstated" and repo.licence:
        reading = read_licence(repo.licence)
    card_read = head is not None and head.card_state in (Revision.CardState.PRESENT, Revision.CardState.ABSENT)
    card = getattr(head.card, "card", None) if head is not None and head.card else None
    if reading.verdict == "unstated" and header is None and card is not None and card.problem:
        return reading, False  # a header that cannot be read may state one
    return reading, header is not None or card_read or bool(repo.tags)
