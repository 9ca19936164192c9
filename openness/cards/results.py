"""Finds quantitative results in a card's text: tables, lists and sentences that put a number on a measure."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable
from functools import cache, lru_cache

from openness.cards.vocabulary import FOLDER

NUMBER = r"(?<![\w.])[-+]?\d+(?:[.,]\d+)?(?:e-?\d+)?"
NUMERIC_CELL = re.compile(
    r"[\s*_~<>≈±$()\[\]-]*[-+]?(?:\d+(?:[.,]\d+)*|\.\d+)(?:e-?\d+)?[\s*_~%)\]()±†‡↑↓xX/0-9.,+-]*(?:<br>.*)?", re.I
)
PERCENT = re.compile(r"\d\s?(?:%|percent\b)")
LOSS = re.compile(r"\W*(?:eval(?:uation)?|val(?:idation)?|test|final)?[ _]?(?:loss|perplexity)\W{1,4}\d", re.I)
NUMERIC_TYPE = re.compile(r"\b(?:\d+[- ]bit|mixed|half|full|single|double|floating[- ]point)[- ]precision\b", re.I)
VALIDATED = re.compile(r"\b(?:validation|test|dev|evaluation) (?:score|accuracy|f1|loss)\b[^\n]{0,30}?\d\.\d", re.I)
TOKEN = re.compile(r"[^\s|,;:()\[\]{}*`\"'↑↓%=]+")


@cache
def measures() -> dict[str, frozenset[str]]:
    """The shipped names of metrics and benchmarks."""
    return {
        name: frozenset(words) for name, words in tomllib.loads((FOLDER / "measures.toml").read_text("utf8")).items()
    }


@cache
def _metric_beside_number() -> re.Pattern:
    names = sorted(measures()["metrics"] - measures()["weak"], key=len, reverse=True)
    either = "|".join(re.escape(name) for name in names)
    name = rf"(?<![\w/-])(?:{either})(?![\w/]|-\w)"  # not as a part of a repository's name
    return re.compile(rf"{name}[^\n]{{0,60}}?{NUMBER}|{NUMBER}\s?%?[^\n]{{0,30}}?{name}", re.I)


@lru_cache(maxsize=20_000)
def names_a_measure(cell: str) -> bool:
    """Is a table's cell the name of a metric or of a benchmark, or does it contain one?

    >>> [names_a_measure(cell) for cell in ("Accuracy (%)", "**F1**", "MMLU (5-shot)", "Learning rate", "Avg.")]
    [True, True, True, False, True]
    """
    low = cell.casefold().strip(" *_`|.:↑↓")
    known = measures()
    if low in known["metrics"] or low in known["benchmarks"]:
        return True
    tokens = [token.strip(".-_*") for token in TOKEN.findall(low[:200])]
    strong = (known["metrics"] - known["weak"]) | known["benchmarks"]
    pairs = (" ".join(pair) for pair in zip(tokens, tokens[1:], strict=False))
    return any(token in strong for token in tokens) or any(pair in strong or pair in known["metrics"] for pair in pairs)


def is_metric(name: str) -> bool:
    """Is a name that of a metric, and of nothing else: what a model prints is a "score" as well?

    >>> [is_metric(name) for name in ("f1", "eval_accuracy", "exact match", "score", "heat")]
    [True, True, True, False, False]
    """
    low = re.sub(r"^(?:eval|test|best|val)[_ ]", "", name.casefold().strip())
    return low in measures()["metrics"] - measures()["weak"]


def names_a_benchmark(cell: str) -> bool:
    low = cell.casefold()[:200]
    return any(token.strip(".-_*") in measures()["benchmarks"] for token in TOKEN.findall(low))


def is_number(cell: str) -> bool:
    return NUMERIC_CELL.fullmatch(cell[:60]) is not None


def table_has_results(rows: tuple[tuple[str, ...], ...], *, under_results: bool) -> bool:
    """Does a table put at least one number on a measure? Under a title that asks for results, any number will do."""
    if not any(is_number(cell) for row in rows[1:] for cell in row):
        return False
    return under_results or any(names_a_measure(cell) for cell in names_of(rows))


def names_of(rows: tuple[tuple[str, ...], ...]) -> Iterable[str]:
    """The cells that name what a table's numbers are: its header, of one or two rows, and its first column."""
    yield from rows[0]
    if len(rows) > 2 and not any(map(is_number, rows[1])):
        yield from rows[1]
    yield from (row[0] for row in rows[1:200] if row)


def line_has_result(text: str, *, under_results: bool) -> bool:
    """Does a line put a number on a metric?

    >>> line_has_result("It reaches an accuracy of 93.2", under_results=False)
    True
    >>> line_has_result("- Loss: 0.31", under_results=False), line_has_result("batch size: 32", under_results=False)
    (True, False)
    """
    if not any(c.isdigit() for c in text):
        return False
    text = NUMERIC_TYPE.sub(" ", text)
    if LOSS.match(text) or VALIDATED.search(text) or _metric_beside_number().search(text):
        return True
    return under_results and PERCENT.search(text) is not None
