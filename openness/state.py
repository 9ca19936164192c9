"""What a rubric is shown of a repository: values only, read from the mirror in a bounded number of queries."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(frozen=True)
class FileFact:
    path: str
    size_bytes: int | None = None
    lfs_sha256: str = ""


@dataclass(frozen=True)
class LinkedRepo:
    """Another repository that this one names, as far as the mirror knows it."""

    kind: str
    name: str
    mirrored: bool
    gated: str | None = None  # None unknown, "no", "auto", "manual"
    licence: str = ""
    has_card: bool | None = None
    emissions_g: float | None = None  # as its own header states them
    card_text: str | None = None  # of a model that is named as parent, to tell what was copied from it
    has_data_files: bool | None = None  # of a dataset: anything beside its card; None where no file list was seen


@dataclass(frozen=True)
class AncestorReport:
    """A model that this one was made from, near or far, and what it states of its emissions (None: nothing)."""

    name: str
    depth: int
    emissions_g: float | None
    mirrored: bool = True


@dataclass(frozen=True)
class RepoState:
    """One repository at one revision. `None` is unknown; empty is "looked and found nothing"."""

    kind: str
    name: str
    card_state: str = "unknown"  # unknown, absent, present, unreadable
    card_text: str | None = None  # the README as it is, header included
    info: dict = field(default_factory=dict)  # the Hub's JSON of the newest observation
    files: tuple[FileFact, ...] | None = None
    small_files: dict[str, str] = field(default_factory=dict)  # path -> text of the allowed small files that are kept
    gated: str | None = None
    tags: tuple[str, ...] = ()
    ancestors: tuple[AncestorReport, ...] | None = None  # None: its lineage was not traced
    copied_from: tuple[str, ...] = ()  # unrelated repositories that stated the same uncommon emissions before it
    linked: tuple[LinkedRepo, ...] = ()  # datasets and parents that are named
    evaluated_on: tuple[LinkedRepo, ...] = ()  # datasets on which its header or result files say it was measured
