"""Recall of titles in each language against those labelled by hand: `python -m tests.bench.card_titles`.

A JSON line a language: how many of the headings in `tests/labels/card_titles.tsv` are given their topic, and which are
not. The headings are real ones and translations of the templates' own; no recall is claimed for other languages.
"""

import json
from pathlib import Path

from openness.cards.vocabulary import vocabulary
from openness.cards.wording import title_of
from openness.rubric import load

LABELS = Path(__file__).resolve().parents[1] / "labels" / "card_titles.tsv"


def recalls() -> list[dict]:
    """Of each language: headings, how many were understood, the share, and the missed ones."""
    known = vocabulary("model", frozenset(criterion.topic for criterion in load("model-card").criteria))
    rows = [line.split("\t") for line in LABELS.read_text("utf8").splitlines()]
    found = []
    for language in sorted({code for code, _, _ in rows}):
        own = [(topic, title) for code, topic, title in rows if code == language]
        missed = [pair for pair in own if pair[0] not in known.topics_of(title_of(pair[1]), language)]
        share = round(1 - len(missed) / len(own), 3)
        found.append({"language": language, "headings": len(own), "recall": share, "missed": missed})
    return found


if __name__ == "__main__":
    for line in recalls():
        print(json.dumps(line, ensure_ascii=False))
