"""Finds the sentences that stand word for word in many repositories: `python -m tests.bench.stock_sentences DUMP…`.

A JSON line for each sentence of running text in at least 20 repositories of at least 5 owners that the shipped
phrases (`openness/cards/vocabularies/phrases.toml`) do not know yet, most frequent first. They say something, but
nothing about the repository; a phrase for each belongs to the group `stock`, or to `templates` where it only instructs.
"""

import gzip
import json
import sys
from collections import defaultdict
from collections.abc import Iterable, Iterator

from openness.cards.blocks import read_blocks
from openness.cards.substance import CONTENT, SENTENCE_END, judge_line
from openness.cards.wording import count_words, plain_line
from registry.cards import read_card

REPOS_LEAST, OWNERS_LEAST, WORDS_LEAST = 20, 5, 4


def sentences_of(text: str) -> set[str]:
    """The sentences of a card's running text that count as content, in lower case, without Markdown."""
    card = read_card(text)
    found = set()
    for block in read_blocks(card.body, card.body_line)[0]:
        for raw in block.text.split("\n") if block.kind == "text" else ():
            for part in SENTENCE_END.split(plain_line(raw)):
                _, _, after_label = part.partition(": ")
                if count_words(part) < WORDS_LEAST or after_label and judge_line(after_label, 1).kind != CONTENT:
                    continue
                if judge_line(part, 1).kind == CONTENT:
                    found.add(part.casefold())
    return found


def frequent(cards: Iterable[tuple[str, str]]) -> list[tuple[str, int, int]]:
    """(sentence, repositories, owners) of what (repository, card) pairs share, most frequent first."""
    repos: dict[str, set[str]] = defaultdict(set)
    for repo, text in cards:
        for sentence in sentences_of(text):
            repos[sentence].add(repo)
    counted = ((said, len(names), len({name.partition("/")[0] for name in names})) for said, names in repos.items())
    kept = [row for row in counted if row[1] >= REPOS_LEAST and row[2] >= OWNERS_LEAST]
    return sorted(kept, key=lambda row: (-row[1], row[0]))


def dumped(paths: list[str]) -> Iterator[tuple[str, str]]:
    for path in paths:
        with gzip.open(path, "rt", encoding="utf8") as lines:
            for record in map(json.loads, lines):
                if record.get("card"):
                    yield record["info"]["id"], record["card"]


if __name__ == "__main__":
    for sentence, repos, owners in frequent(dumped(sys.argv[1:])):
        print(json.dumps({"sentence": sentence, "repositories": repos, "owners": owners}, ensure_ascii=False))
