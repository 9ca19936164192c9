"""Hostile inputs against every reader of loose text: `python -m tests.bench.hostile [WORD …]`.

Each runs in a process of its own, which judges an ordinary card after it. One JSON line an input: the processor's
seconds of each reader, peak memory in MB, and what was answered. With words, only inputs whose names hold them all.
`model` and `dataset` are the line of `assess --card`, `stored` is the card of a mirrored repository, `shown` is its
HTML, `rest` is `POST /api/v1/assess`, and `record` is a file of MOF components.
"""

from __future__ import annotations

import json
import os
import resource
import subprocess
import sys
import time
from collections.abc import Callable

from tests.hostile_cards import MIB, every_card

os.environ |= {"DJANGO_SETTINGS_MODULE": "tests.settings", "LOG_LEVEL": "ERROR"}

ORDINARY = b"---\nlicense: mit\n---\n# Tiny\n\nA small model that sorts letters by their sender, for offices.\n"
RECORDS = {
    "record: brackets": "[" * 100_000,
    "record: ten megabytes": "release:\n  name: a\n" + "#" * 10 * MIB,
    "record: 10,000 components": "release:\n  components:\n" + "    - {name: Datasets}\n" * 10_000,
    "record: licence 1,000 deep": "release:\n  license: {distribution: {name: '"
    + "(" * 1_000
    + "MIT"
    + ")" * 1_000
    + "'}}\n",
}


def ways() -> dict[str, Callable[[bytes], object]]:
    """The readers of a card, each as one call."""
    from openness import data_card, model_card
    from openness.card_lint import judged_card, text_of
    from openness.cards.addresses import Place
    from openness.rendering import render
    from openness.state import RepoState
    from registry.cards import read_card

    def stored(data: bytes):
        text, problem = text_of(data)
        known = {"card_state": "unreadable" if problem else "present", "card_text": text}
        model_card.assess(RepoState("model", "acme/tiny", **known))
        return data_card.assess(RepoState("dataset", "acme/tiny", **known))

    return {
        "model": lambda data: judged_card("README.md", data, "model")[0],
        "dataset": lambda data: judged_card("README.md", data, "dataset")[0],
        "stored": stored,
        "shown": lambda data: render(read_card(text_of(data)[0] or ""), Place("model", "acme/tiny")),
        "rest": sent,
    }


def sent(data: bytes):
    """The answer to a card that is sent, through all of the site's layers but its database."""
    from rest_framework.test import APIRequestFactory

    from openness.api import CardView

    body = {"card": data.decode("utf8", "replace"), "kind": "model"}
    answer = CardView.as_view(throttle_classes=[])(APIRequestFactory().post("/api/v1/assess", body, format="json"))
    answer.render()
    return answer


def answer(name: str) -> dict:
    """Read one input in every way and say what came of it."""
    import django

    django.setup()
    from openness.record_files import mof_line

    seconds, lines = {}, {}
    if name in RECORDS:
        works, data = {"record": lambda data: mof_line(name, data)}, RECORDS[name].encode()
    else:
        works, data = ways(), every_card()[name]()
        works["model"](ORDINARY)  # reads the vocabularies once
    for way, work in works.items():
        start = time.process_time()
        lines[way] = work(data)
        seconds[way] = round(time.process_time() - start, 3)
    said = lines.get("model") or lines.get("record")
    if name not in RECORDS and works["model"](ORDINARY)["score"] is None:
        raise AssertionError("an ordinary card is no longer judged")
    return {
        "input": name,
        "kb": round(len(data) / 1_000),
        "cpu_s": seconds,
        "peak_mb": round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1_024),
        "status": lines["rest"].status_code if "rest" in lines else None,
        "answer": said.get("problem") or said.get("flags") or "read",
    }


def main(words: list[str]) -> None:
    for name in (*every_card(), *RECORDS):
        if all(word in name for word in words):
            command = [sys.executable, "-m", "tests.bench.hostile", "--one", name]
            ended = subprocess.run(command, capture_output=True, text=True, timeout=60)
            print(ended.stdout.strip() or json.dumps({"input": name, "died": ended.stderr[-500:]}), flush=True)


if __name__ == "__main__":
    if sys.argv[1:2] == ["--one"]:
        print(json.dumps(answer(sys.argv[2])))
    else:
        main(sys.argv[1:])
