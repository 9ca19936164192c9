"""What one row of lighteval's details says, in the flat columns until 0.10 and in the three structs since 0.11."""

from __future__ import annotations

import ast
import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field

INPUT_CHARACTERS = 1_500
MAX_LITERAL_CHARACTERS = 1_000_000
STRUCTS = {
    "doc": ("doc", "__doc__"),
    "metric": ("metric", "__metric__"),
    "response": ("model_response", "__model_response__"),
}
FLAT = (
    "example full_prompt predictions gold gold_index choices pred_logits metrics acc acc_norm em exact_match"
).split()
COLUMNS = (*FLAT, *(name for names in STRUCTS.values() for name in names))


@dataclass(frozen=True)
class Detail:
    """One row in one form, whichever version wrote it."""

    query: str
    prompt: str | None
    choices: list[str] = field(default_factory=list)
    gold_index: list[int] = field(default_factory=list)
    gold: list[str] = field(default_factory=list)
    log_probs: list[float] = field(default_factory=list)
    text: str | None = None
    metrics: Mapping[str, object] = field(default_factory=dict)

    @property
    def item_hash(self) -> str:
        """sha256 over what was asked, offered and is right, which is the same in both forms.

        The flat form names no choices where the answer is written; the structs always do.
        """
        offered = self.choices if self.picks_a_choice else []
        whole = json.dumps([self.query, offered, self.gold_texts], ensure_ascii=False)
        return hashlib.sha256(whole.encode("utf8", "surrogatepass")).hexdigest()

    @property
    def gold_texts(self) -> list[str]:
        """The right answers in words."""
        return self.gold or [self.choices[i] for i in self.gold_index if 0 <= i < len(self.choices)]

    @property
    def picks_a_choice(self) -> bool:
        """Whether choices were weighed; a second log-probability of each, without its prompt, may follow the first."""
        return len(self.log_probs) > 1 and len(self.log_probs) in (len(self.choices), 2 * len(self.choices))


def detail_of(row: Mapping) -> Detail:
    """A row of either form."""
    parts = {part: next((row[name] for name in names if name in row), None) for part, names in STRUCTS.items()}
    if isinstance(parts["doc"], dict):
        return structured(parts["doc"], as_mapping(parts["metric"]), as_mapping(parts["response"]))
    return flat(row)


def structured(doc: Mapping, metrics: Mapping, response: Mapping) -> Detail:
    return Detail(
        query=str(doc.get("query") or ""),
        prompt=prompt_text(response.get("input")),
        choices=texts(doc.get("choices")),
        gold_index=numbers(doc.get("gold_index")),
        log_probs=log_probs_in(response.get("logprobs")),
        text=first_text(response.get("text_post_processed")) or first_text(response.get("text")),
        metrics=metrics,
    )


def flat(row: Mapping) -> Detail:
    predictions = read_literal(row.get("predictions"))
    metrics = as_mapping(read_literal(row.get("metrics"))) or {name: row[name] for name in FLAT[-4:] if name in row}
    return Detail(
        query=str(row.get("example") or ""),
        prompt=prompt_text(row.get("full_prompt")),
        choices=texts(read_literal(row.get("choices"))),
        gold_index=numbers(read_literal(row.get("gold_index"))),
        gold=texts(read_literal(row.get("gold"))),
        log_probs=log_probs_in(predictions),
        text=first_text(predictions),
        metrics=metrics,
    )


def prompt_text(asked: object) -> str | None:
    """A prompt, or the turns of a conversation, as text."""
    return asked if asked is None or isinstance(asked, str) else json.dumps(asked, ensure_ascii=False, default=str)


def as_mapping(value: object) -> Mapping:
    return value if isinstance(value, dict) else {}


def read_literal(value: object) -> object:
    """Until 0.6 every column was written as its Python text; a bounded literal is read, never run."""
    if not isinstance(value, str) or not value.startswith(("[", "{", "(")) or len(value) > MAX_LITERAL_CHARACTERS:
        return value
    try:
        return ast.literal_eval(Numbers().visit(ast.parse(value, mode="eval")))
    except (ValueError, SyntaxError, TypeError, RecursionError, MemoryError):
        return value


class Numbers(ast.NodeTransformer):
    """Puts the numbers `inf` and `nan`, which Python writes as names, in the place of these names."""

    def visit_Name(self, node: ast.Name) -> ast.expr:
        return ast.Constant(float(node.id)) if node.id in ("inf", "nan") else node


def texts(value: object) -> list[str]:
    values = value if isinstance(value, list | tuple) else [] if value is None else [value]
    return [str(part) for part in values if part is not None]


def numbers(value: object) -> list[int]:
    values = value if isinstance(value, list | tuple) else [value]
    return [part for part in values if isinstance(part, int) and not isinstance(part, bool)]


def log_probs_in(value: object) -> list[float]:
    """Log-probabilities of the choices, alone or as (log-probability, is greedy) pairs; empty where they are not."""
    values = value if isinstance(value, list | tuple) else []
    firsts = [part[0] if isinstance(part, list | tuple) and part else part for part in values]
    if not all(isinstance(part, int | float) and not isinstance(part, bool) for part in firsts):
        return []
    return [float(part) for part in firsts]


def first_text(value: object) -> str | None:
    """The first string in nested lists."""
    while isinstance(value, list | tuple):
        if not value:
            return None
        value = value[0]
    return value if isinstance(value, str) else None
