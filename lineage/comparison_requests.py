"""What was asked of a comparison, as a value that a queued row can carry."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field

from lineage.flip_report import Questions
from lineage.importers import ReadOptions
from lineage.pairing import Allowances


@dataclass(frozen=True)
class Asked:
    """How the files are to be read, what may differ between them, and which questions decide."""

    questions: Questions = field(default_factory=Questions)
    allow: Allowances = field(default_factory=Allowances)
    read: ReadOptions = field(default_factory=ReadOptions)

    def as_json(self) -> dict:
        return asdict(self)

    @classmethod
    def from_json(cls, kept: dict) -> Asked:
        """What `as_json` wrote."""
        questions = kept["questions"] | {"must_pass": tuple(kept["questions"]["must_pass"])}
        return cls(Questions(**questions), Allowances(**kept["allow"]), ReadOptions(**kept["read"]))
