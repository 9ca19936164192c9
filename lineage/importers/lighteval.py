"""Details of lighteval: Parquet, flat columns until 0.10, the structs doc, metric and model_response since 0.11."""

from __future__ import annotations

import hashlib
import re
from collections import Counter
from typing import BinaryIO

from lineage.importers.lighteval_rows import COLUMNS, INPUT_CHARACTERS, STRUCTS, Detail, detail_of
from lineage.importers.lm_eval_lines import likeliest
from lineage.importers.metrics import higher_is_better, is_right, leading_metric, number_in
from lineage.importers.options import ReadOptions
from lineage.importers.parquet_rows import column_names, is_parquet, rows_of
from lineage.outcomes import BadOutcomes, OutcomeColumns, OutcomeTable

NAME = "lighteval"
DATED = re.compile(r"details_(.+)_\d{4}-\d{2}-\d{2}T[^/]*\.parquet$")
ID_DIGITS = 20
BY_LIKELIHOOD = {"acc", "loglikelihood_acc", "loglikelihood_acc_single_token"}


def recognises(head: bytes, name: str) -> bool:
    """Both kinds of Parquet begin alike; `is_details` looks at the columns."""
    return False


def is_details(stream: BinaryIO) -> bool:
    """Whether an open Parquet file has lighteval's columns."""
    names = set(column_names(stream))
    return {"example", "predictions"} <= names or any(name in names for name in STRUCTS["doc"])


def read(stream: BinaryIO, name: str, options: ReadOptions) -> OutcomeTable:
    """Raises BadOutcomes."""
    if not is_parquet(stream.read(4)):
        raise BadOutcomes("it is not a whole Parquet file")
    log = Details(options)
    for place, row in rows_of(stream, COLUMNS):
        log.add(place, detail_of(row))
    found = DATED.search(name)
    return log.table(*(task_of(found.group(1)) if found else ("", None)))


def task_of(name: str) -> tuple[str, str | None]:
    """The task in the name that a file is called by, and its number of examples: `suite|task|examples`, or without
    the suite since 0.13.

    >>> task_of("leaderboard|arc:challenge|25"), task_of("gsm8k|5"), task_of("quiz")
    (('arc:challenge', '25'), ('gsm8k', '5'), ('quiz', None))
    """
    parts = name.split("|")
    few_shot = parts.pop() if len(parts) > 1 and parts[-1].isdigit() else None
    return parts[-1], few_shot


class Details:
    """Reads row after row; the first decides which metric leads."""

    def __init__(self, options: ReadOptions):
        self.options = options
        self.columns = OutcomeColumns()
        self.metric: str | None = None
        self.seen: Counter[str] = Counter()
        self.choices = self.texts = self.unlike = 0

    def add(self, place: str, detail: Detail) -> None:
        if self.metric is None:
            self.metric = leading_metric(detail.metrics, self.options)
        score = number_in(detail.metrics.get(self.metric))
        right = is_right(score, self.metric, self.options, place)
        label, answer, margin = self.answer_of(detail, place)
        if detail.picks_a_choice and answer is not None and label is not None:
            self.unlike += (int(answer) in detail.gold_index) != right
        self.columns.add(
            place,
            {
                "id": self.id_of(detail),
                "label": label,
                "prediction": answer,
                "correct": right,
                "score": score,
                "margin": margin,
                "prompt_sha256": None if detail.prompt is None else sha256(detail.prompt),
                "input": (detail.prompt or detail.query)[-INPUT_CHARACTERS:],
            },
        )

    def answer_of(self, detail: Detail, place: str) -> tuple[str | None, str | None, float | None]:
        """The right answer, the answer given and its lead: numbers of choices, or text."""
        if not detail.picks_a_choice:
            self.texts += detail.text is not None
            return next(iter(detail.gold_texts), None), detail.text, None
        if any(value != value for value in detail.log_probs):
            raise BadOutcomes(f"{place}: a choice's log-probability is not a number (NaN)")
        self.choices = max(self.choices, len(detail.choices))
        label = str(detail.gold_index[0]) if detail.gold_index else None
        if self.metric not in BY_LIKELIHOOD:
            return label, None, None
        pick = likeliest(detail.log_probs[: len(detail.choices)])
        return label, pick.answer, pick.margin

    def id_of(self, detail: Detail) -> str:
        key = detail.item_hash[:ID_DIGITS]
        self.seen[key] += 1
        return key if self.seen[key] == 1 else f"{key}#{self.seen[key]}"

    def table(self, suite: str, few_shot: str | None) -> OutcomeTable:
        """Everything that was read."""
        about: dict[str, object] = {"tool": "lighteval", "metric": self.metric}
        if few_shot is not None:
            about["few_shot"] = few_shot
        if self.metric:
            about["higher_is_better"] = higher_is_better(self.metric)
        if self.choices:
            about |= {"answers": "choices", "choices": self.choices}
        elif self.texts:
            about["answers"] = "text"
        notes = []
        if self.unlike:
            notes.append(f"The metric {self.metric} is not what the likeliest choice says on {self.unlike:,} items.")
        if self.choices and self.metric not in BY_LIKELIHOOD:
            notes.append(f"Which choice {self.metric} picked is not in the log; only whether it was right is.")
        return OutcomeTable(self.columns.table(), NAME, suite, about, tuple(notes))


def sha256(text: str) -> str:
    return hashlib.sha256(text.encode("utf8", "surrogatepass")).hexdigest()
