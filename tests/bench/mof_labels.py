"""Precision and recall of each component against labels set by hand: `python -m tests.bench.mof_labels [tuned|kept]`.

Labels stand in `tests/labels/mof_components.tsv`, ids and marks only; the records are beside the checkout. A component
is marked present when it is there for anyone to take: weights complete, public and not an adapter; code of the
repository's own or of a named library for a named class; numbers other than a loss; a card with prose of its own; data
described, not only named; a paper or report about this very model; training code, a command with its settings or a
whole recipe, in the repository or its card and not behind a link. Empty is undecided; records of 2020 list no weights.
"Found" is a grade of A or B. The labels look at the repository alone, so its links to others are left out.
"""

import csv
import json
import sys
from dataclasses import replace
from pathlib import Path

from openness.mof import components_of, view_of
from openness.mof.components import BY_SLUG
from tests.hub_records import folder, records, states

LABELS = Path(__file__).resolve().parents[1] / "labels" / "mof_components.tsv"
PAPERS = ("research-paper", "technical-report")


def found(shown: dict, slug: str) -> bool:
    if slug == "paper":
        return any(shown[BY_SLUG[paper].id].presence in ("A", "B") for paper in PAPERS)
    return shown[BY_SLUG[slug].id].presence in ("A", "B")


def compare(half: str | None = None) -> tuple[dict, list]:
    """Counts by component, and every disagreement as (repository, component, label)."""
    by_name = {state.name: state for state in states(records()) if state.kind == "model"}
    counts: dict[str, dict] = {}
    wrong = []
    with LABELS.open(newline="") as lines:
        for row in csv.DictReader(lines, delimiter="\t"):
            if half and row.pop("half") != half:
                continue
            row.pop("half", None)
            name = row.pop("repo")
            shown = components_of(view_of(replace(by_name[name], linked=())))
            for slug, label in row.items():
                if not label:
                    continue
                is_found, kind = found(shown, slug), ("fn", "tn", "fp", "tp")
                outcome = kind[2 * is_found + (is_found == (label == "1"))]
                counts.setdefault(slug, dict.fromkeys(kind, 0))[outcome] += 1
                if outcome in ("fp", "fn"):
                    wrong.append((name, slug, outcome))
    return counts, wrong


def rates(counts: dict) -> dict:
    """Precision and recall, null where nothing was found or nothing was there."""

    def share(part: int, rest: int) -> float | None:
        return round(part / (part + rest), 3) if part + rest else None

    return {
        slug: {"precision": share(n["tp"], n["fp"]), "recall": share(n["tp"], n["fn"]), **n}
        for slug, n in counts.items()
    }


if __name__ == "__main__":
    totals, disagreements = compare(*sys.argv[1:2]) if folder() else ({}, [])
    for slug, rate in rates(totals).items():
        print(json.dumps({"component": slug, **rate}))
    for row in disagreements:
        print("\t".join(row), file=sys.stderr)
