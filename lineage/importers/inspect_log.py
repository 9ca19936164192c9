"""Logs of inspect: `.eval` (a zip, whose members newer versions pack with zstd) and JSON. An item is (id, epoch)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import BinaryIO

from lineage.importers import inspect_samples as samples
from lineage.importers.archives import BoundedZip
from lineage.importers.bounds import LENIENT, strict_json, strict_object
from lineage.importers.json_stream import JsonStream
from lineage.importers.metrics import listed
from lineage.importers.options import ReadOptions
from lineage.outcomes import BadOutcomes, OutcomeColumns, OutcomeTable, shown

NAME = "inspect"
ZIP = b"PK\x03\x04"
HEADERS = ("header.json", "_journal/start.json", "start.json")
SUMMARIES = ("summaries.json", "summary.json")


def recognises(head: bytes, name: str) -> bool:
    is_json = head.lstrip().startswith(b"{") and all(word in head for word in (b'"version"', b'"eval"', b'"task"'))
    return head.startswith((ZIP, b"PK\x05\x06")) or is_json


def read(stream: BinaryIO, name: str, options: ReadOptions) -> OutcomeTable:
    """Raises BadOutcomes."""
    is_zip = stream.read(2) == b"PK"
    stream.seek(0)
    log = InspectLog(options)
    for place, sample in archived(stream, log) if is_zip else streamed(stream, log):
        log.add(place, sample)
    return log.table()


def archived(stream: BinaryIO, log: InspectLog) -> Iterator[tuple[str, dict]]:
    """The samples in a zip; where it holds none, their summaries."""
    archive = BoundedZip(stream)
    names = archive.names()
    header = next((name for name in HEADERS if name in names), None)
    if header:
        log.header = strict_object(archive.read(header), header, LENIENT).get("eval") or {}
    members = sorted(name for name in names if name.startswith("samples/") and name.endswith(".json"))
    for name in members:
        yield shown(name), strict_object(archive.read(name), shown(name), LENIENT)
    if not members and (summaries := next((name for name in SUMMARIES if name in names), None)):
        found = strict_json(archive.read(summaries), summaries, LENIENT)
        for number, sample in enumerate(found if isinstance(found, list) else (), start=1):
            yield f"summary {number}", sample if isinstance(sample, dict) else {}


def streamed(stream: BinaryIO, log: InspectLog) -> Iterator[tuple[str, dict]]:
    """The samples in a JSON log, one after the other."""
    text = JsonStream(stream, LENIENT)
    for name in text.member_names():
        if name == "samples" and text.peek() == "[":
            for number, sample in enumerate(text.elements(), start=1):
                yield f"sample {number}", sample
        else:
            value = text.value()
            if name == "eval":
                log.header = value


class InspectLog:
    """Reads sample after sample; the first that was scored decides which score leads."""

    def __init__(self, options: ReadOptions):
        self.options = options
        self.header: object = {}
        self.columns = OutcomeColumns()
        self.scorer: str | None = None
        self.scorers: set[str] = set()
        self.unscored = self.partial = self.open_ended = 0

    def add(self, place: str, sample: dict) -> None:
        """One sample; one that was not scored, or declared invalid, or ended in an error, is counted and left out."""
        scores = samples.scores_of(sample)
        if sample.get("error") or sample.get("invalidation") or not scores:
            self.unscored += 1
            return
        self.scorers.update(scores)
        self.scorer = self.scorer or self.leading(scores)
        if self.scorer not in scores:
            self.unscored += 1
            return
        score = samples.score_of(scores[self.scorer]["value"], place)
        self.open_ended += not sample.get("choices")
        epoch = sample.get("epoch", 1)
        asked = samples.input_of(sample)
        self.columns.add(
            place,
            {
                "id": item_id(sample, epoch, place),
                "label": samples.target_of(sample),
                "prediction": samples.answer_of(sample, scores[self.scorer]),
                "correct": self.is_right(score, scores[self.scorer]["value"], place),
                "score": score,
                "cluster": sample.get("id") if self.epochs > 1 else None,
                "prompt_sha256": samples.prompt_hash(sample),
                "input": None if asked is None else asked[-samples.INPUT_CHARACTERS :],
            },
        )

    def leading(self, scores: Mapping) -> str:
        if self.options.metric and self.options.metric not in scores:
            raise BadOutcomes(f"it has no score {shown(self.options.metric)}, only {listed(scores)}")
        return self.options.metric or next(iter(scores))

    def is_right(self, score: float, value: object, place: str) -> bool:
        """Right from the threshold on; without one, only what is wholly right."""
        if self.options.threshold is not None:
            return score >= self.options.threshold
        if value == "P":
            self.partial += 1
        elif score not in (0, 1):
            raise BadOutcomes(f"{place} is graded ({score:.4g}): give a threshold from which an answer is right")
        return score == 1

    @property
    def epochs(self) -> int:
        config = self.said("config")
        epochs = config.get("epochs") if isinstance(config, dict) else None
        return epochs if isinstance(epochs, int) else 1

    def said(self, key: str) -> object:
        return self.header.get(key) if isinstance(self.header, dict) else None

    def table(self) -> OutcomeTable:
        """Everything that was read."""
        about = {"tool": "inspect", "metric": self.scorer, "answers": "text" if self.open_ended else "labels"}
        for key in ("model", "task_version"):
            if isinstance(self.said(key), str | int):
                about[key] = str(self.said(key))[:200]
        if not self.columns.items and self.unscored:
            raise BadOutcomes("none of its samples was scored")
        return OutcomeTable(self.columns.table(), NAME, str(self.said("task") or "")[:200], about, tuple(self.notes()))

    def notes(self) -> Iterator[str]:
        if len(self.scorers) > 1:
            yield f"The log holds {len(self.scorers)} scores; {shown(self.scorer)} is read."
        if self.partial:
            yield f"{self.partial:,} answers that were scored as partly right count as wrong."
        if self.unscored:
            found = f"{self.unscored:,} samples of the log were not scored, declared invalid, or ended in an error"
            yield f"{found}; they are left out."


def item_id(sample: Mapping, epoch: object, place: str) -> str:
    """The sample's id, with its epoch behind it from the second on."""
    key = sample.get("id")
    if isinstance(key, bool) or not isinstance(key, str | int) or key == "":
        raise BadOutcomes(f"{place} has no id")
    return str(key) if epoch in (None, 1) else f"{key}#{epoch}"
