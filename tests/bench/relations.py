"""Precision and recall of relations and parents against labels set by hand: `python -m tests.bench.relations [half]`.

Labels stand in `tests/labels/relations.tsv`, ids and labels only; the records are beside the checkout. The sample takes
every stratum that the files, the configuration and the tags show, the rare ones whole. Rule of the labels: the kind is
what was done to get these weights from their parents (files first, then sentences, then the header). Adapter weights
without full ones are `adapter`, both together `finetune`; another format or number type at full precision is
`converted`. The parents are the models that the weights come from: those of the header, unless the record names the
true one in its text or name, as converters do that copy a card. A teacher is no parent, a path on a disk no id; a
header over no files stands as it is. `?` is undecided. Halves go by the SHA-256 of the id; rules were tuned on
`tuning` alone.
"""

from __future__ import annotations

import csv
import hashlib
import json
import sys
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from lineage.groups import INHERITED
from lineage.kinds import BESIDES, decide
from lineage.readers.hub_tags import base_model_tags
from lineage.readers.repository import ShownRepo, evidence_of
from tests.hub_records import folder, records

LABELS = Path(__file__).resolve().parents[1] / "labels" / "relations.tsv"
FILE = "models_2025.jsonl.gz"
HALVES = ("tuning", "kept")
BASE = "base"


@dataclass(frozen=True)
class Answer:
    """What somebody says of one repository; `parents` in lower case, None where undecided."""

    relation: str
    parents: frozenset[str] | None


def half_of(name: str) -> str:
    return HALVES[int(hashlib.sha256(name.encode()).hexdigest()[:8], 16) % 2]


def labels() -> dict[str, Answer]:
    """The labels by repository."""
    with LABELS.open(newline="") as lines:
        rows = list(csv.DictReader(lines, delimiter="\t"))
    return {
        row["id"]: Answer(row["relation"], None if row["parents"] == "?" else lower(row["parents"].split()))
        for row in rows
    }


def lower(names) -> frozenset[str]:
    return frozenset(name.lower() for name in names)


def ours(record: dict) -> Answer:
    """What Stemma reads, from the record as a dump carries it."""
    info = record["info"]
    shown = ShownRepo(
        kind=record["kind"],
        name=info["id"],
        card_text=record["card"],
        tags=tuple(info.get("tags") or ()),
        info=info,
        paths=tuple(each["rfilename"] for each in info["siblings"]) if info.get("siblings") is not None else None,
        texts=record.get("files") or {},
    )
    verdict = decide(evidence_of(shown))
    named = [
        parent.reference.name
        for parent in verdict.parents
        if parent.kind == "model" and parent.relation not in BESIDES and parent.role != INHERITED
    ]
    return Answer(verdict.relation, lower(name for name in named if name))


def hubs(record: dict) -> Answer:
    """What the Hub's own tags say."""
    found = list(base_model_tags(record["info"].get("tags") or ()))
    relation = next((relation for _, relation, _ in found if relation), BASE)
    return Answer(relation, lower(name for _, _, name in found))


def share(part: int, whole: int) -> float | None:
    return round(part / whole, 4) if whole else None


def kind_lines(truth: dict[str, Answer], said: dict[str, Answer], who: str) -> Iterator[dict]:
    """Precision and recall of each kind, and the share of all repositories whose kind is right."""
    of_truth = Counter(each.relation for each in truth.values())
    of_said = Counter(each.relation for each in said.values())
    hits = Counter(label.relation for name, label in truth.items() if said[name].relation == label.relation)
    for kind in sorted(of_truth | of_said):
        yield {
            "who": who,
            "relation": kind,
            "labelled": of_truth[kind],
            "said": of_said[kind],
            "precision": share(hits[kind], of_said[kind]),
            "recall": share(hits[kind], of_truth[kind]),
        }
    yield {"who": who, "relation": "all", "labelled": len(truth), "accuracy": share(hits.total(), len(truth))}


def parent_line(truth: dict[str, Answer], said: dict[str, Answer], who: str) -> dict:
    """Precision and recall over all (repository, parent) pairs, and the share of repositories with the exact set."""
    decided = {name: label.parents for name, label in truth.items() if label.parents is not None}
    hits = sum(len(parents & said[name].parents) for name, parents in decided.items())
    return {
        "who": who,
        "parents_labelled": sum(map(len, decided.values())),
        "precision": share(hits, sum(len(said[name].parents) for name in decided)),
        "recall": share(hits, sum(map(len, decided.values()))),
        "exact_sets": share(sum(parents == said[name].parents for name, parents in decided.items()), len(decided)),
    }


def main(halves: list[str]) -> None:
    by_name = {record["info"]["id"]: record for record in records(FILE)}
    for half in halves:
        truth = {name: label for name, label in labels().items() if half_of(name) == half}
        for who, read in (("stemma", ours), ("hub", hubs)):
            said = {name: read(by_name[name]) for name in truth}
            for line in (*kind_lines(truth, said, who), parent_line(truth, said, who)):
                print(json.dumps({"half": half, **line}))
            for name, label in truth.items():
                if (
                    half == "tuning"
                    and who == "stemma"
                    and (label.relation, label.parents or said[name].parents)
                    != (
                        said[name].relation,
                        said[name].parents,
                    )
                ):
                    print(f"{half}\t{name}\tlabelled {label}\tread {said[name]}", file=sys.stderr)


if __name__ == "__main__":
    if folder():
        main(sys.argv[1:] or list(HALVES))
