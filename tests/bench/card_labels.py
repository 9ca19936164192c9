"""Precision and recall of every criterion against cards labelled by hand.

`python -m tests.bench.card_labels [tune|kept|later] [misses]` prints a JSON line for each criterion and one for each
kind of card: `own` is content under a title of its own, `any` is any evidence at all. With `misses` a line for each
disagreement follows. The cards are beside the checkout, in `../shared/hubdata`.

Labels stand in `tests/labels/cards.tsv`: a mark for each of the 25 criteria, ids only. 164 cards were drawn by a hash
of their ids, a quota for each kind of card and at most two of one owner, and read whole (of long tables, lists and code
the beginning) before any answer of the code was seen. Which half a card is in comes from a hash of its id; rules were
tuned on `tune` alone. `later` are 47 written cards of models, labelled before anything was known of them, that mended
rules afterwards. The rule, from the definitions of the criteria and the card alone, without its repository:

- `s`: its own heading, bold line or label has an answer of substance below it. A line of two words answers a factual
  question; five words a summary, a use or a limitation. A heading that names two topics serves both when its text does.
  Links alone answer where a link is the content (licence, contact, paper, base model). Numbers answer "results", a
  title over a BibTeX block "citation". "No" answers a yes-or-no question.
- `e`: evidence elsewhere only: a valid field of the header (a task on text needs its language too), a sentence, a
  table, a block of code, or a title below which the reader is only sent on to another page.
- `-`: nothing; placeholders and template sentences are nothing, so is a licence `other` or `unknown` without a name.
- `?`: undecided, not counted: the definition allows both answers, only a tool's stock sentence speaks, `no-annotation`
  makes the question void, a language stands without its task (M09), or one word of the header
  (`annotations_creators`, `language_creators`, a source `other-…`) stands for a whole answer.
"""

from __future__ import annotations

import csv
import gzip
import json
import sys
from collections.abc import Iterator
from pathlib import Path

from openness.cards.scoring import score
from openness.findings import Finding
from openness.rubric import load
from registry.cards import read_card
from tests.shared import SHARED

LABELS = Path(__file__).resolve().parents[1] / "labels" / "cards.tsv"
RUBRICS = {"models": load("model-card"), "datasets": load("data-card")}
EMPTY = {"own": [0, 0, 0], "any": [0, 0, 0]}


def cards(dump: str) -> dict[str, str]:
    """The cards of one dump, by repository."""
    with gzip.open(SHARED / "hubdata" / f"{dump}.jsonl.gz", "rt", encoding="utf8") as lines:
        records = map(json.loads, lines)
        return {record["info"]["id"]: record["card"] for record in records if record.get("card")}


def findings_of(text: str, kind: str) -> Iterator[tuple[Finding, Finding]]:
    """Each criterion's answer by the whole card, and by its body without the header."""
    card = read_card(text)
    alone = read_card("\n" * (card.body_line - 1) + card.body)
    yield from zip(score(card, RUBRICS[kind]).findings, score(alone, RUBRICS[kind]).findings, strict=True)


def judged(half: str | None) -> Iterator[tuple[str, str, str, str, dict[str, bool]]]:
    """(kind, repository, criterion, label, what was found) of every decided label in a half, or in both."""
    dumps: dict[str, dict[str, str]] = {}
    with LABELS.open(newline="", encoding="utf8") as lines:
        for row in csv.DictReader(lines, delimiter="\t"):
            if half and row["half"] != half:
                continue
            texts = dumps.setdefault(row["dump"], cards(row["dump"]) if row["dump"] not in dumps else {})
            kind = row["dump"].partition("_")[0]
            pairs = findings_of(texts[row["id"]], kind)
            for label, (whole, body) in zip(row["labels"], pairs, strict=True):
                if label != "?":
                    yield kind, row["id"], whole.id, label, {"own": body.tier == "section", "any": whole.value > 0}


def rates(counts: list[int]) -> dict:
    """Precision and recall of [right, wrongly found, missed]; null where nothing was found or nothing was there."""
    right, wrong, missed = counts
    precision = round(right / (right + wrong), 3) if right + wrong else None
    recall = round(right / (right + missed), 3) if right + missed else None
    return {"right": right, "wrong": wrong, "missed": missed, "precision": precision, "recall": recall}


def compare(half: str | None) -> tuple[dict[str, dict], list[dict]]:
    """Counts by criterion and by kind, and every disagreement."""
    counts: dict[str, dict] = {}
    misses = []
    for kind, repo, criterion, label, found in judged(half):
        truth = {"own": label == "s", "any": label in "se"}
        for name in (criterion, kind):
            mine = counts.setdefault(name, {way: list(zeros) for way, zeros in EMPTY.items()})
            for way in EMPTY:
                if found[way] or truth[way]:
                    mine[way][0 if found[way] and truth[way] else 1 if found[way] else 2] += 1
        for way in EMPTY:
            if found[way] != truth[way]:
                misses.append({"repo": repo, "id": criterion, "way": way, "label": label, "found": found[way]})
    return counts, misses


def main(arguments: list[str]) -> None:
    half = next((word for word in arguments if word in ("tune", "kept", "later")), None)
    counts, misses = compare(half)
    for name in sorted(counts, key=lambda name: (name.islower(), name)):
        ways = {way: rates(counts[name][way]) for way in EMPTY}
        print(json.dumps({"half": half or "both", "criterion" if name[0].isupper() else "kind": name, **ways}))
    for miss in misses if "misses" in arguments else ():
        print(json.dumps(miss))


if __name__ == "__main__":
    main(sys.argv[1:])
