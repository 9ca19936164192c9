"""Cards judged per second and core: `python -m tests.bench.cards [DUMP.jsonl.gz …]`; without a dump, cards made here.

One JSON line a way of looking at the same cards: all findings of the newest rubric, beside a regular expression that
counts headings, beside parsing Markdown in full, and rendering to safe HTML. Times are of the processor, of one core.
"""

from __future__ import annotations

import gzip
import json
import random
import re
import resource
import sys
import time
from collections.abc import Callable, Iterator

from markdown_it import MarkdownIt

from openness.cards.addresses import Place
from openness.cards.scoring import score
from openness.rendering import render
from openness.rubric import load
from registry.cards import read_card

CARDS = 400
HEADING = re.compile(r"^#{1,6}\s", re.M)
RUBRICS = {"model": "model-card", "dataset": "data-card"}
TITLES = (
    "Model description|Intended uses & limitations|How to use|Training data|Training procedure|Evaluation results|Bias|"
    "Environmental impact|Citation|Contact|License|Dataset Summary|Data Fields|Data Splits|Annotations|Social Impact"
).split("|")
WORDS = (
    "a poem of three lines is written by the small model from a season and its bird which may fail on long text".split()
)


def made(seed: int = 7) -> Iterator[tuple[str, str]]:
    """(kind, card) of cards of 1 to 20 kB, the same for the same seed."""
    rng = random.Random(seed)
    for n in range(CARDS):
        kind = "dataset" if n % 4 == 3 else "model"
        parts = [f"---\nlicense: mit\nlanguage: en\ntags:\n- t{n}\n---\n# Tiny {n}\n\n{sentence(rng, 20)}\n"]
        parts += [section(rng, title) for title in rng.sample(TITLES, rng.randint(3, len(TITLES)))]
        yield kind, "\n".join(parts)


def sentence(rng: random.Random, words: int) -> str:
    return " ".join(rng.choices(WORDS, k=words)).capitalize() + "."


def section(rng: random.Random, title: str) -> str:
    body = [
        "[More Information Needed]",
        " ".join(sentence(rng, 15) for _ in range(rng.randint(1, 12))),
        "\n".join(f"- **{rng.choice(TITLES)}:** {sentence(rng, 6)}" for _ in range(6)),
        "| model | accuracy |\n|---|---|\n" + "\n".join(f"| m{n} | {rng.random():.3f} |" for n in range(8)),
        "```python\nfrom transformers import pipeline\nprint(pipeline('text-generation')('an old pond'))\n```",
    ]
    return f"## {title}\n\n" + "\n\n".join(rng.sample(body, rng.randint(1, 3))) + "\n"


def dumped(paths: list[str]) -> Iterator[tuple[str, str]]:
    for path in paths:
        with gzip.open(path, "rt", encoding="utf8") as lines:
            for record in map(json.loads, lines):
                if record.get("card") is not None and record["kind"] in RUBRICS:
                    yield record["kind"], record["card"]


def measured(name: str, cards: list[tuple[str, str]], work: Callable[[str, str], object]) -> dict:
    start = time.process_time()
    for kind, text in cards:
        work(kind, text)
    seconds = time.process_time() - start
    return {
        "work": name,
        "cards": len(cards),
        "mean_kb": round(sum(len(text) for _, text in cards) / len(cards) / 1_000, 1),
        "cards_per_s_per_core": round(len(cards) / seconds),
        "cpu_s": round(seconds, 3),
        "peak_mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1_024,
    }


def main(paths: list[str]) -> None:
    cards = list(dumped(paths) if paths else made())
    markdown = MarkdownIt("commonmark").enable("table")
    place = Place("model", "acme/tiny")
    rubrics = {kind: load(name) for kind, name in RUBRICS.items()}
    for kind, text in cards[:20]:
        score(read_card(text), rubrics[kind])  # reads the vocabularies once
    works = {
        "all findings": lambda kind, text: score(read_card(text), rubrics[kind]),
        "headings counted by a regular expression": lambda kind, text: len(HEADING.findall(text)),
        "Markdown parsed in full": lambda kind, text: markdown.parse(read_card(text).body),
        "rendered to safe HTML": lambda kind, text: render(read_card(text), place),
    }
    for name, work in works.items():
        print(json.dumps(measured(name, cards, work)), flush=True)


if __name__ == "__main__":
    main(sys.argv[1:])
