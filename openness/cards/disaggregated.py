"""Finds results given apart for several levels of one factor: languages, groups of people, classes, lengths."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cache, lru_cache

from openness.cards.judging import Found, found_line, judge
from openness.cards.results import is_metric, is_number, names_a_benchmark, names_a_measure
from openness.cards.sections import Section
from openness.cards.substance import CONTENT
from openness.cards.view import CardView
from openness.cards.vocabulary import FOLDER
from openness.rubric import Criterion

LEVELS_LEAST = 2
ROWS_MOST = 500
SUMMARY_ROW = re.compile(
    r"(?:macro|micro|weighted|samples?)?[ _-]*(?:avg|average|mean|total|accuracy|overall|all|score)\.?"
)
COUNT = re.compile(r"\d{1,3}(?:[,  ]?\d{3})*")
REPORT = re.compile(r"precision\s+recall\s+f1", re.I)
REPORT_ROW = re.compile(r"\s*(\S[^\n]{0,40}?)\s+[01]?\.\d+\s+[01]?\.\d+\s+[01]?\.\d+")
LABELLED_NUMBER = re.compile(
    r"\W{0,3}([A-Za-z][\w +/→>-]{0,30}?)\s?(?:\(\w{2,8}\))?\s?[:=|–-]\s?\D{0,20}?\d+(?:\.\d+)?\s?%?"
)


@dataclass(frozen=True)
class Factor:
    name: str
    words: frozenset[str]
    codes: frozenset[str]
    pattern: re.Pattern | None

    def has(self, label: str) -> bool:
        return label in self.words or bool(self.pattern and self.pattern.fullmatch(label))


@cache
def factors() -> tuple[Factor, ...]:
    """The shipped factors with their levels."""
    rows = tomllib.loads((FOLDER / "factors.toml").read_text("utf8"))
    return tuple(
        Factor(
            name,
            frozenset(row["words"]),
            frozenset(row.get("codes", ())),
            re.compile(row["pattern"]) if "pattern" in row else None,
        )
        for name, row in rows.items()
    )


@lru_cache(maxsize=20_000)
def _plain(label: str) -> str:
    return re.sub(r"\s*\([^()]{0,40}\)$", "", label.casefold().strip(" *_`|.:#")).strip()


def factor_of(labels: Iterable[str]) -> Factor | None:
    """The factor of which at least two different labels are levels.

    >>> factor_of(["Model", "German", "French"]).name, factor_of(["MMLU", "GSM8K"])
    ('language', None)
    """
    named = {_plain(label) for label in labels}
    for factor in factors():
        if sum(factor.has(label) for label in named) >= LEVELS_LEAST or len(named & factor.codes) > LEVELS_LEAST:
            return factor
    return None


def table_is_disaggregated(rows: tuple[tuple[str, ...], ...]) -> bool:
    """Does a table of results have two levels of one factor as rows or as columns, or is it a report by class?"""
    rows = rows[:ROWS_MOST]
    numeric = [row for row in rows[1:] if any(is_number(cell) for cell in row[1:])]
    if not numeric:
        return False
    if len(numeric) >= LEVELS_LEAST and _is_class_report(rows[0], numeric):
        return True
    names = [*rows[0], *(row[0] for row in numeric)]
    is_measured = any(is_metric(_plain(name)) or names_a_benchmark(name) for name in names)
    if not is_measured and _are_counts(cell for row in numeric for cell in row[1:]):
        return False
    by_column = [
        cell for n, cell in enumerate(rows[0]) if n and any(len(row) > n and is_number(row[n]) for row in numeric)
    ]
    if factor_of(by_column):
        return True
    return factor_of(row[0] for row in numeric) is not None and any(names_a_measure(name) for name in names)


def _are_counts(cells: Iterable[str]) -> bool:
    """Whole numbers of which some are large: so many examples of each, not how good it is at them."""
    whole = [COUNT.fullmatch(cell.strip(" *_`~")) for cell in cells if is_number(cell)]
    return bool(whole) and all(whole) and any(len(match[0]) > 2 and match[0] != "100" for match in whole)


def _is_class_report(header: tuple[str, ...], numeric: list[tuple[str, ...]]) -> bool:
    measures = {_plain(cell) for cell in header}
    if not {"precision", "recall"} <= measures:
        return False
    classes = {_plain(row[0]) for row in numeric if row[0] and not is_number(row[0])}
    return (
        sum(not SUMMARY_ROW.fullmatch(name) for name in classes) >= LEVELS_LEAST
        and header[0].strip().lower() != "model"
    )


def code_is_disaggregated(text: str) -> bool:
    """Is it a printed classification report with two classes?"""
    if not REPORT.search(text):
        return False
    names = [match[1] for line in text.split("\n")[:ROWS_MOST] if (match := REPORT_ROW.match(line))]
    return sum(not SUMMARY_ROW.fullmatch(name.casefold().strip()) for name in names) >= LEVELS_LEAST


def disaggregated(view: CardView) -> Iterator[Found]:
    """Tables and printed reports of results by class, language, group, length or condition, wherever they stand."""
    for block in view.tables:
        if table_is_disaggregated(block.rows):
            yield found_line("section", block.lines[0], " | ".join(block.rows[0]), 1.0)
            return
    for block in view.codes:
        if code_is_disaggregated(block.text):
            yield found_line("section", block.lines[0], block.text.strip().split("\n")[0], 1.0)
            return
    for section in view.about("results"):
        lines = [line for piece in view.content(section) for line in piece.judged if line.kind == CONTENT]
        labelled = [(line, match[1]) for line in lines if (match := LABELLED_NUMBER.match(line.text))]
        if factor_of(label for _, label in labelled):
            yield found_line("section", labelled[0][0].number, labelled[0][0].text, 1.0)
            return


def disaggregated_in_section(view: CardView, section: Section, criterion: Criterion) -> Found | None:
    """Under a title that asks for results by factor, numbers count; words that only name the factors do not."""
    answer = judge(view, section, criterion)
    if answer is None or answer.tier != "section":
        return answer
    pieces = list(view.content(section))
    lines = [line for piece in pieces for line in piece.judged if line.kind == CONTENT]
    numbered = sum(any(c.isdigit() for c in line.text) for line in lines) >= LEVELS_LEAST
    if numbered or any(piece.kind == "table" and table_is_disaggregated(piece.block.rows) for piece in pieces):
        return answer
    return None
