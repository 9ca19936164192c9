"""Hostile inputs against every reader of loose text: `python -m tests.bench.hostile`.

Each runs in a process of its own. One JSON line an input: seconds, peak memory in MB, and what was answered.
"""

from __future__ import annotations

import json
import os
import resource
import subprocess
import sys
import time

os.environ |= {"DJANGO_SETTINGS_MODULE": "tests.settings", "LOG_LEVEL": "ERROR"}

KIB, MIB = 1024, 1024 * 1024
MERGES = "a: &a {x: 1}\n" + "\n".join(
    f"{c}: &{c} {{<<: [*{p}, *{p}]}}" for p, c in zip("abcdefg", "bcdefgh", strict=True)
)
CARDS = {
    "brackets_100k": "---\n" + "[" * 100_000 + "\n---\n",
    "brackets_1m": "---\n" + "[" * 1_000_000 + "\n---\n",
    "merge_chain": f"---\n{MERGES}\n---\n# a",
    "newlines": "---\nlicense: mit\n---\n" + "\n" * 1_000_000,
    "header_977_kb": "---\ntags:\n" + "".join(f"- t{n:07}\n" for n in range(97_000)) + "---\n# a",
    "nul_bom_crlf": "\ufeff---\r\nlicense: mit\x00\r\n---\r\n# a\x00\r\n",
    "list_header": "---\n- a\n- b\n---\n# a",
    "impossible_date": "---\nx: 2020-13-45\n---\n# a",
    "digits_20k": "---\nx: " + "9" * 20_000 + "\n---\n# a",
    "nested_divs": "# a\n" + "<div>" * 50_000,
    "body_10_mb": "# a\n" + "word " * (2 * MIB),
    "inline_brackets": "# a\n" + "[" * 100 * KIB,
    "links": "# a\n" + "[a](" * 25 * KIB,
    "wide_table": "|" + "a|" * 25_000 + "\n|" + "-|" * 25_000 + "\n",
    "long_table": "|a|b|\n|-|-|\n" + "|1|2|\n" * 160_000,
    "headings": "# a\n" * 200_000,
}
RECORDS = {
    "brackets": "[" * 100_000,
    "ten_megabytes": "release:\n  name: a\n" + "#" * 10 * MIB,
    "components_10k": "release:\n  components:\n" + "    - {name: Datasets}\n" * 10_000,
    "licence_1000_deep": "release:\n  license: {distribution: {name: '" + "(" * 1_000 + "MIT" + ")" * 1_000 + "'}}\n",
}


def answer(reader: str, name: str) -> dict:
    """Read one input and say what came of it."""
    import django

    django.setup()
    start = time.perf_counter()
    if reader == "card":
        from openness.card_lint import card_line

        line = card_line(name, CARDS[name].encode("utf8", "replace"), "model")
    else:
        from openness.record_files import mof_line

        line = mof_line(name, RECORDS[name].encode())
    seconds = time.perf_counter() - start
    peak_mb = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    said = line.get("problem") or line.get("flags") or "read"
    return {"reader": reader, "input": name, "s": round(seconds, 3), "peak_mb": round(peak_mb), "answer": said}


def main() -> None:
    for reader, inputs in (("card", CARDS), ("record", RECORDS)):
        for name in inputs:
            command = [sys.executable, "-m", "tests.bench.hostile", reader, name]
            print(subprocess.run(command, capture_output=True, text=True, timeout=60).stdout.strip(), flush=True)


if __name__ == "__main__":
    if len(sys.argv) == 3:
        print(json.dumps(answer(*sys.argv[1:])))
    else:
        main()
