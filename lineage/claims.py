"""One statement of a parent, and one recipe of a merge, as their sources make them; values only.

A claim says who speaks, where, and in whose words. What follows from all claims together is decided in `kinds`.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass, field

READER = "lineage/7"
CLAIMS_MOST = 500  # of one repository; more is a list, no statement of where it comes from
RECIPES_MOST = 50  # of one repository
QUOTE_MOST = 300  # characters
MODEL, DATASET, SPACE = "model", "dataset", "space"

SOURCES = ("card", "prose", "tag", "hub", "adapter_config", "config", "recipe", "training_config", "gguf")

# The closed set of relation kinds; `Relation.Kind` stores the same words.
FROM_MODEL = ("finetune", "adapter", "quantized", "merge", "moe_expert", "distilled", "pruned", "edited", "converted")
KINDS = FROM_MODEL + (
    "copied",
    "new_version",
    "tokenizer_source",
    "trained_on",
    "derived_data",
    "uses",
    "duplicated_from",
)
# Kinds that say nothing of what a repository was made from, so ancestors are not counted through them.
NOT_DERIVED = ("new_version",)


@dataclass(frozen=True)
class ClaimRecord:
    """`source` says that the repository at hand has the parent `parent`, written exactly so."""

    parent: str
    source: str  # one of SOURCES
    relation: str = ""  # the kind that the source says or implies; blank where it says only "parent"
    parent_kind: str = MODEL
    parent_revision: str = ""
    role: str = ""  # base, expert, moe_trunk, moe_expert, lora, tokenizer_source, teacher …
    file: str = ""
    field: str = ""
    lines: tuple[int, int] | None = None  # from 1, in `file`
    quote: str = ""

    def as_dict(self) -> dict:
        """The claim as `trace --file` prints it."""
        return {
            "relation": self.relation or None,
            "parent": self.parent,
            "parent_kind": self.parent_kind,
            "parent_revision": self.parent_revision or None,
            "role": self.role or None,
            "source": self.source,
            "file": self.file or None,
            "lines": list(self.lines) if self.lines else None,
            "field": self.field or None,
            "quote": self.quote or None,
        }


@dataclass(frozen=True)
class RecipeInput:
    """One model that goes into a merge, or one slice of its layers; ranges are [first, last) as mergekit counts."""

    parent: str
    role: str
    parent_revision: str = ""
    lora: str = ""
    lora_revision: str = ""
    parent_layers: tuple[int, int] | None = None
    child_layers: tuple[int, int] | None = None
    module: str = ""
    parameters: dict = field(default_factory=dict)
    lines: tuple[int, int] | None = None

    def as_dict(self) -> dict:
        return asdict(self) | {
            name: list(value) if (value := getattr(self, name)) else None
            for name in ("parent_layers", "child_layers", "lines")
        }


@dataclass(frozen=True)
class RecipeRecord:
    """A merge as its file or card tells it: what was mixed, in which way, by whose definition of the method."""

    method: str
    dialect: str
    inputs: tuple[RecipeInput, ...]
    settings: dict = field(default_factory=dict)  # base_model, dtype, parameters …: what holds for the whole merge
    file: str = ""
    lines: tuple[int, int] | None = None
    text: str = ""
    problem: str = ""

    def as_dict(self) -> dict:
        """The recipe as `trace --file` prints it."""
        return {
            "method": self.method,
            "dialect": self.dialect,
            "tool_version": self.settings.get("tool_version"),
            "dtype": self.settings.get("dtype"),
            "inputs": [each.as_dict() for each in self.inputs],
            "settings": self.settings,
            "file": self.file or None,
            "lines": list(self.lines) if self.lines else None,
            "problem": self.problem or None,
        }


@dataclass(frozen=True)
class Reading:
    """What one or several sources say; a source that cannot be read adds a problem, never silence."""

    claims: tuple[ClaimRecord, ...] = ()
    recipes: tuple[RecipeRecord, ...] = ()
    problems: tuple[str, ...] = ()

    def __add__(self, other: Reading) -> Reading:
        claims = self.claims + other.claims
        problems = self.problems + other.problems
        if len(claims) > CLAIMS_MOST:
            said = f"It names more than {CLAIMS_MOST} parents; the rest was not read."
            claims, problems = claims[:CLAIMS_MOST], problems if said in problems else (*problems, said)
        return Reading(claims, (self.recipes + other.recipes)[:RECIPES_MOST], problems)

    @property
    def problem(self) -> str:
        return " ".join(self.problems)


def quoted(text: str) -> str:
    """One line of at most `QUOTE_MOST` characters, for a claim's evidence."""
    line = " ".join(text.split())
    return line if len(line) <= QUOTE_MOST else line[: QUOTE_MOST - 1] + "…"
