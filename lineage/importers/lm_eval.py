"""Sample logs of lm-evaluation-harness, every layout since 0.4.0: JSON lines, or one array until 0.4.2.

An item is known by the hash of its content, so that logs of several versions, orders and subsets pair. Right and wrong
are the log's own metric; the answer picked is read from the log-probabilities, which the metric alone does not tell.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from typing import BinaryIO

from lineage.importers import lm_eval_lines as lines
from lineage.importers.bounds import BOM, LENIENT, objects_of
from lineage.importers.json_stream import JsonStream
from lineage.importers.metrics import higher_is_better, is_right, leading_metric, listed, number_in
from lineage.importers.options import ReadOptions
from lineage.outcomes import BadOutcomes, OutcomeColumns, OutcomeTable, shown

NAME = "lm-eval"
DATED = re.compile(r"samples_(.+)_\d{4}-\d{2}-\d{2}T[^/]*\.jsonl$")
SUMMARY = re.compile(rb'\s*\{\s*"results"\s*:')
ID_DIGITS = 20  # of the 64 of a hash: two of a million items share these once in 10¹²
BY_LIKELIHOOD = ("acc", "exact_match")  # right means that the likeliest choice is; others weigh the choices first


def recognises(head: bytes, name: str) -> bool:
    return b'"doc_id"' in head and (b'"filtered_resps"' in head or b'"doc"' in head and b'"arguments"' in head)


def is_summary(head: bytes) -> bool:
    """Whether it is the results file that stands beside a sample log, handed in by mistake."""
    return SUMMARY.match(head) is not None


def read(stream: BinaryIO, name: str, options: ReadOptions) -> OutcomeTable:
    """Raises BadOutcomes."""
    log = SampleLog(options)
    for place, line in places_of(stream):
        log.add(place, line)
    found = DATED.search(name)
    return log.table(suite=found.group(1) if found else "")


def places_of(stream: BinaryIO) -> Iterator[tuple[str, dict]]:
    """Each line with its place, whether the log is lines or one array."""
    first = stream.read(64).removeprefix(BOM).lstrip()
    stream.seek(0)
    if not first.startswith(b"["):
        return objects_of(stream, LENIENT)
    return ((f"element {number}", line) for number, line in enumerate(JsonStream(stream, LENIENT).elements(), start=1))


class SampleLog:
    """Reads line after line; the first line decides which metric and which filter lead."""

    def __init__(self, options: ReadOptions):
        self.options = options
        self.columns = OutcomeColumns()
        self.metric: str | None = None
        self.filter: str | None = None
        self.filters: set[str] = set()
        self.metrics: set[str] = set()
        self.seen: Counter[str] = Counter()
        self.rounds: Counter[object] = Counter()
        self.choices = 0
        self.texts = 0
        self.unlike = 0

    def add(self, place: str, line: dict) -> None:
        """One line; those of another filter are counted and left out."""
        if "doc" not in line or "doc_id" not in line:
            raise BadOutcomes(f"{place} is not of a sample log: it has no doc or no doc_id")
        if not self.is_of_filter(line):
            return
        values = lines.metrics_of(line)
        self.metrics.update(values)
        if self.metric is None:
            self.metric = leading_metric(values, self.options)
        score, pick = number_in(values.get(self.metric)), lines.pick_of(line, place)
        right = is_right(score, self.metric, self.options, place)
        label = lines.label_of(line, pick)
        self.check(label, pick, right)
        is_known = pick.choices is None or self.metric in BY_LIKELIHOOD
        self.columns.add(
            place,
            {
                "id": self.id_of(line),
                "label": label,
                "prediction": pick.answer if is_known else None,
                "correct": right,
                "score": score,
                "margin": pick.margin if is_known else None,
                "prompt_sha256": lines.prompt_hash(line),
                "input": lines.input_of(line),
            },
        )

    def is_of_filter(self, line: dict) -> bool:
        """Whether a line is of the filter that is read; before 0.4.7 nothing names it, and each is a round of items."""
        name = line.get("filter")
        if not isinstance(name, str):
            key = shown(line["doc_id"])
            self.rounds[key] += 1
            self.filters.add(f"round {self.rounds[key]}")
            return self.rounds[key] == 1
        if self.filter is None:
            self.filter = self.options.filter or name
        self.filters.add(name)
        return name == self.filter

    def id_of(self, line: dict) -> str:
        """The item's content hash; an item that the suite holds twice is numbered."""
        key = lines.doc_hash(line)[:ID_DIGITS]
        self.seen[key] += 1
        return key if self.seen[key] == 1 else f"{key}#{self.seen[key]}"

    def check(self, label: str | None, pick: lines.Pick, right: bool) -> None:
        """Count lines whose metric is not what the answer picked says, where both are known."""
        if pick.choices is None:
            self.texts += pick.answer is not None
            return
        self.choices = max(self.choices, pick.choices)
        if self.metric in BY_LIKELIHOOD and label is not None and label.isdigit():
            self.unlike += (label == pick.answer) != right

    def table(self, suite: str) -> OutcomeTable:
        """Everything that was read."""
        if self.options.filter and not self.columns.items:
            raise BadOutcomes(f"it has no filter {shown(self.options.filter)}, only {listed(sorted(self.filters))}")
        about = {"tool": "lm-evaluation-harness", "metric": self.metric, "filter": self.filter}
        if self.metric:
            about["higher_is_better"] = higher_is_better(self.metric)
        if self.choices:
            about |= {"answers": "choices", "choices": self.choices}
        elif self.texts:
            about["answers"] = "text"
        return OutcomeTable(self.columns.table(), NAME, suite, about, tuple(self.notes()))

    def notes(self) -> Iterator[str]:
        if len(self.filters) > 1:
            read = f"filter {shown(self.filter)}" if self.filter else "first of its unnamed filters"
            yield f"The log holds {len(self.filters)} filters; the {read} is read."
        if self.choices and self.metric not in BY_LIKELIHOOD:
            yield f"Which choice {self.metric} picked is not in the log; only whether it was right is."
        if self.unlike:
            yield f"The metric {self.metric} is not what the likeliest choice says on {self.unlike:,} items."
