"""No card, whatever it holds, takes long or much memory to judge."""

import resource
import time

import pytest

from openness.card_lint import card_line

MIB = 1 << 20
HOSTILE = {
    "brackets": "[" * 100_000,
    "images": "![" * 50_000,
    "open links": "[a](" * 25_000,
    "emphasis": "a**bc* `" * 12_500,
    "a wide table": "|a" * 50_000 + "|\n" + "|-" * 50_000 + "|\n",
    "a long table": "|a|b|\n|-|-|\n" + "|1|2|\n" * 80_000,
    "nested divs": "<div>" * 50_000,
    "open comments": "<!--" * 100_000,
    "open headings": "<h1>" * 100_000,
    "headings": "## Limitations\n\nTODO\n\n" * 30_000,
    "labels": "- **License:** MIT\n" * 30_000,
    "numbers": "1 " * 250_000,
    "versions": "1.1." * 120_000,
    "digits": "9" * 500_000,
    "quotes": ">" * 100_000,
    "slots": "{{ a" * 100_000,
    "underscores": ("_" * 4_000 + "a\n") * 120,
    "mail": "a@" * 250_000,
    "code": "```\n" + "\n" * 100_000 + "```\n",
    "newlines": "\n" * (10 * MIB),
    "ten megabytes": "words words words.\n" * 600_000,
    "one line": "x" * (10 * MIB),
    "characters that combine": "a\u0301" * 250_000,
}


@pytest.mark.parametrize("name", HOSTILE)
@pytest.mark.parametrize("kind", ["model", "dataset"])
def test_a_hostile_card_is_judged_within_two_seconds(name, kind):
    data = f"---\nlicense: mit\n---\n## Evaluation results\n\n{HOSTILE[name]}".encode()
    start = time.process_time()  # of ours: other work on the machine is not the card's
    line = card_line("README.md", data, kind)
    assert time.process_time() - start < 2
    assert len(line["findings"]) == 25


def test_a_hostile_header_leaves_the_text_judged():
    line = card_line("README.md", b"---\n" + b"[" * 1_000_000 + b"\n---\n## License\n\nMIT\n", "model")
    assert "nested deeper" in line["problem"]
    assert {f["id"]: f["tier"] for f in line["findings"]}["M03"] == "section"


def test_memory_stays_below_256_megabytes():
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    for name in ("a wide table", "headings", "labels"):
        card_line("README.md", HOSTILE[name].encode(), "model")
    assert (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) / 1024 < 256
