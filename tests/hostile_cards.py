"""Cards made to hurt whoever reads them, in their header, in their text, or by their size."""

from __future__ import annotations

from collections.abc import Callable

KIB, MIB = 1 << 10, 1 << 20
BIG = 500 * KIB  # characters: just below what is read of a card's text


def filled(unit: str, length: int = BIG) -> str:
    """`unit` again and again, of `length` characters."""
    return (unit * (length // len(unit) + 1))[:length]


def bomb(form: str) -> str:
    """Nine lines of which each names the one before nine times: 9^8 items when unfolded."""
    lines = ["a: &a [x, x, x, x, x, x, x, x, x]"]
    for before, name in zip("abcdefgh", "bcdefghi", strict=True):
        lines.append(f"{name}: &{name} " + form.format(", ".join([f"*{before}"] * 9)))
    return "\n".join(lines)


# What stands between the two --- of the header.
HEADERS: dict[str, Callable[[], str]] = {
    "100,000 brackets": lambda: "[" * 100_000,
    "1,000,000 brackets": lambda: "[" * 1_000_000,
    "deep flow": lambda: "a: " + "{a: [" * 3_000 + "x" + "]}" * 3_000,
    "lists in lists on a line": lambda: filled("- ", MIB // 2),
    "merge keys in a chain": lambda: (
        "a0: &a0 {x: 1}\n" + "\n".join(f"a{n}: &a{n}\n  <<: [*a{n - 1}, *a{n - 1}]" for n in range(1, 20_000))
    ),
    "alias bomb of lists": lambda: bomb("[{}]"),
    "alias bomb of merges": lambda: bomb("{{<<: [{}]}}"),
    "an alias to itself": lambda: "a: &a [*a]",
    "newlines": lambda: "license:\n" + "\n" * 1_000_000,
    "977 kB": lambda: "tags:\n" + "".join(f"- tag{n:08}\n" for n in range(69_000)),
    "977 kB of subsets": lambda: (
        "dataset_info:\n" + "".join(f"- {{config_name: n{n:06}, features: [{{name: a}}]}}\n" for n in range(18_000))
    ),
    "results by the thousand": lambda: (
        "model-index:\n- name: a\n  results:\n"
        + "".join(
            f"  - {{task: {{type: a}}, dataset: {{name: d{n}}}, metrics: [{{type: f1, value: {n}}}]}}\n"
            for n in range(11_000)
        )
    ),
    "more than a mebibyte": lambda: "x: " + "a" * 1_500_000,
    "80,000 keys": lambda: "\n".join(f"k{n}: 1" for n in range(80_000)),
    "a key twice": lambda: "license: mit\nlicense: gpl-3.0",
    "a list for a key": lambda: "? [a, b]\n: 1",
    "a list for the mapping": lambda: "- license: mit\n- language: en",
    "lists and mappings for texts": lambda: (
        "license: {a: {b: [c, 1, null]}}\nlanguage: [[en], {a: 1}]\n"
        "base_model: {name: a/b}\ntags: {a: 1}\npipeline_tag: [text-generation]\nmodel-index: {results: 1}\n"
        "co2_eq_emissions: [1, {emissions: [2]}]\ndataset_info: text\nlicense_name: []\ndatasets: 7"
    ),
    "an impossible date": lambda: "date: 2020-13-45\nversion: 2020-13-45",
    "20,000 digits": lambda: "co2_eq_emissions: " + "9" * 20_000,
    "20,000 digits after the point": lambda: "co2_eq_emissions: 0." + "9" * 20_000,
    "not a number": lambda: "co2_eq_emissions: .nan\nmodel-index: [{name: a, results: [{metrics: [{value: .inf}]}]}]",
    "a Python object": lambda: "a: !!python/object/apply:os.system ['true']",
    "a tag of its own": lambda: "a: !<tag:evil.example,2020:x> b",
    "tag directives": lambda: "\n".join(f"%TAG !a{n}! t" for n in range(60_000)),
    "a quote never closed": lambda: 'a: "' + "x" * 1_000_000,
    "escapes": lambda: 'a: "' + "\\x41" * 250_000 + '"',
    "NUL by an escape": lambda: 'license: "m\\0it"\nname: "\\ud800"',
    "tabs": lambda: "\tlicense: mit",
}
# What stands below a title.
BODIES: dict[str, Callable[[], str]] = {
    **{
        f"{name}, over and over": lambda unit=unit: filled(unit)
        for name, unit in {
            "brackets": "[",
            "images": "![",
            "open links": "[a](",
            "links": "[a](b) ",
            "link references": "[a]: b\n",
            "uses of a reference": "[a][b] ",
            "footnotes": "[^1]: a\n",
            "emphasis": "a**bc* `",
            "stars": "*",
            "underscores": "_a",
            "backticks": "`",
            "backticks of two lengths": "`a``b",
            "autolinks": "<http://",
            "mail autolinks": "<a@b.c>",
            "addresses": "http://a.b/c ",
            "mail": "a@b.",
            "entities": "&amp;",
            "ampersands": "&#x",
            "escapes": "\\*",
            "open comments": "<!--",
            "comments": "<!-- x -->",
            "CDATA": "<![CDATA[",
            "divs": "<div>",
            "divs in paragraphs": "<div>\n\n",
            "details": "<details>\n",
            "open tags": "<b ",
            "open attributes": '<a href="',
            "titles in HTML": "<h1>",
            "cells in HTML": "<tr><td>",
            "scripts": "<script>",
            "quotes": ">",
            "quotes with a blank": "> ",
            "lists in lists": "- ",
            "numbered lists in lists": "1. ",
            "fences": "```\n",
            "titles": "## Limitations\n\nTODO\n\n",
            "underlined titles": "a\n===\n",
            "labels": "- **License:** MIT\n",
            "bold labels on a line": "**a:** ",
            "plain labels": "License: x\n",
            "slots": "{{ a",
            "placeholders": "[More Information Needed]",
            "results": "accuracy 1 ",
            "emissions": "1 kg CO2 ",
            "headers": "---\nlicense: mit\n---\n",
            "numbers": "1 ",
            "versions": "1.1.",
            "rows of a table": "|a|b|\n",
            "accents": "a\u0301",
            "characters without width": "\u200b",
            "Chinese labels": "模型: ",
            "lone carriage returns": "\r",
            "NUL": "\0",
        }.items()
    },
    "a wide table": lambda: "|a" * 50_000 + "|\n" + "|-" * 50_000 + "|\n",
    "a long table": lambda: "|a|b|\n|-|-|\n" + "|1|2|\n" * 160_000,
    "lists that step in": lambda: "".join(" " * 2 * n + "- a\n" for n in range(700)),
    "200,000 titles": lambda: "# a\n" * 200_000,
    "20,000 digits": lambda: "It emitted " + "9" * 20_000 + " kg CO2.",
    "500,000 digits": lambda: "9" * 500_000,
    "10 MB of words": lambda: "words words words.\n" * 560_000,
    "10 MB on one line": lambda: "word " * (2 * MIB),
    "10 MB of newlines": lambda: "\n" * (10 * MIB),
}
# Whole files, as bytes.
FILES: dict[str, Callable[[], bytes]] = {
    "nothing": lambda: b"",
    "NUL and nothing else": lambda: bytes(100_000),
    "BOM, CRLF and NUL": lambda: "\ufeff---\r\nlicense: mit\x00\r\n---\r\n# a\x00\r\n".encode(),
    "lone carriage returns": lambda: b"---\rlicense: mit\r---\r# License\r\rMIT\r",
    "UTF-16": lambda: "---\nlicense: mit\n---\n# a\n".encode("utf-16"),
    "half of a character": lambda: b"# a\n\n" + b"\xf0\x9f" * 200_000,
    "lone surrogates": lambda: b"# a\n\n" + b"\xed\xa0\x80" * 100_000,
    "a picture": lambda: b"\x89PNG\r\n\x1a\n" + bytes(range(256)) * 2_000,
    "a header never closed": lambda: b"---\nlicense: mit\n" + b"- a\n" * 100_000,
    "fences": lambda: b"---\n" * 500_000,
    "fences that are none": lambda: b"---\n" + b"--- x\n" * 300_000,
}


def every_card() -> dict[str, Callable[[], bytes]]:
    """Each hostile card by its name, made when it is called."""
    return {
        **{f"header: {name}": lambda made=made: _with_header(made()) for name, made in HEADERS.items()},
        **{f"text: {name}": lambda made=made: _with_body(made()) for name, made in BODIES.items()},
        **{f"file: {name}": made for name, made in FILES.items()},
    }


def _with_header(header: str) -> bytes:
    return f"---\n{header}\n---\n## License\n\nMIT\n".encode()


def _with_body(body: str) -> bytes:
    return f"---\nlicense: mit\n---\n## Evaluation results\n\n{body}".encode()
