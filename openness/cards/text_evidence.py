"""Readers of a card's text as evidence, for what no title needs to announce: code, citations, results, emissions."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from itertools import zip_longest

from openness.cards.disaggregated import disaggregated, disaggregated_in_section
from openness.cards.emission_evidence import emissions_in_section, emissions_in_text, hardware_of_training
from openness.cards.judging import BIBTEX, Found, found_line, is_bibtex, judge, says_something
from openness.cards.parents_in_text import parents_in_text
from openness.cards.results import (
    is_metric,
    line_has_result,
    names_a_benchmark,
    names_a_measure,
    names_of,
    table_has_results,
)
from openness.cards.sections import Piece, Section
from openness.cards.substance import CONTENT, STOCK
from openness.cards.view import CardView
from openness.cards.vocabulary import find, patterns
from openness.cards.wording import URL, plain_line, title_of
from openness.rubric import Criterion

TRAINING_OPTION = re.compile(
    r"--(?:learning_rate|lr|num_train_epochs|max_steps|per_(?:gpu|device)_train_batch_size)[ =]\S"
)
LOSS_NAME = re.compile(r"\bloss\b", re.I)  # what was trained for, rather than a metric of what came out
CODE_LINE = re.compile(r"import [\w.]+(?: as \w+|,.*)?$|from [\w.]+ import |#!|def \w+\(")  # code outside a fence
PRINTED_SCORE = re.compile(  # a line that a script of an evaluation prints
    r"[\s{\"']*(?P<name>[^\W\d][\w @()/.-]{0,60}?)[\"']?\s*:\s*[\"']?\d{1,3}\.\d{1,20}\s?%?[\s\"',}]*"
)
ROWS_MOST, COLUMNS_MOST = 200, 40  # of a table about the model

Reader = Callable[[CardView], Iterator[Found]]


def first_paragraph(view: CardView) -> Iterator[Found]:
    """The first text before any section that says at least five words of its own."""
    stock = None
    for piece in view.preamble:
        if piece.block.items:
            continue  # a list is no paragraph
        lines = [line for line in piece.judged if line.kind == CONTENT]
        if sum(line.words for line in lines) >= 5 and not CODE_LINE.match(lines[0].text):
            yield found_line("prose", lines[0].number, lines[0].text)
            return
        stock = stock or next((line for line in piece.judged if line.kind == STOCK), None)
    if stock:
        yield found_line("stock", stock.number, stock.text)


def _code(view: CardView, pattern: re.Pattern) -> Iterator[Found]:
    for block in view.codes:
        if (match := pattern.search(block.text)) and says_something(Piece("code", block.text, block.lines, block)):
            start = block.text.rfind("\n", 0, match.start()) + 1
            yield Found(
                "prose", found_line("prose", block.lines[0], block.text[start:].lstrip("\n").split("\n")[0]).evidence
            )
            return


def code_that_loads_a_model(view: CardView) -> Iterator[Found]:
    yield from _code(view, patterns()["loads_model"])


def code_that_loads_data(view: CardView) -> Iterator[Found]:
    yield from _code(view, patterns()["loads_data"])


def citation(view: CardView) -> Iterator[Found]:
    """BibTeX anywhere; a DOI or an arXiv id on a line that speaks of a paper. What tools ask to be cited is stock."""
    for block in view.codes:
        if is_bibtex(block.text):
            tier = "stock" if find("tool_citation", block.text) else "prose"
            yield found_line(tier, block.lines[0], block.text.strip().split("\n")[0])
    for number, raw in _raw_lines(view):
        if BIBTEX.match(raw.strip()) or _names_a_paper(raw):
            yield found_line("prose", number, raw)
            return


def _raw_lines(view: CardView) -> Iterator[tuple[int, str]]:
    """The lines of running text as they are written, with their numbers."""
    for block in view.blocks:
        if block.kind in ("text", "html"):
            yield from enumerate(block.text.split("\n"), block.lines[0])


def _names_a_paper(raw: str) -> bool:
    """Does a line give a paper's id and say in its own words that it is one?"""
    if not find("paper_id", raw) or find("template_paper", raw):
        return False
    return find("about_a_paper", URL.sub(" ", plain_line(raw))) is not None


def contact(view: CardView) -> Iterator[Found]:
    for number, raw in _raw_lines(view):
        has_mark = "@" in raw or "at]" in raw or "at)" in raw
        if find("issue_tracker", raw) or has_mark and find("mail", raw):
            yield found_line("prose", number, raw)
            return


def base_named(view: CardView) -> Iterator[Found]:
    """A sentence or label that names the repository of a base model, where the header names none."""
    if not view.metadata.get("base_model"):
        for parent in parents_in_text(view):
            yield found_line("prose", parent.line, parent.text)
            return


def parameter_count(view: CardView) -> Iterator[Found]:
    if line := view.prose.search(patterns()["parameters"]):
        yield found_line("prose", line.number, line.text)


def architecture_table(view: CardView) -> Iterator[Found]:
    """A table with a row or column on the model's layers, width or parameters, and its number."""
    for block in view.tables:
        rows = block.rows[:ROWS_MOST]
        columns = zip_longest(*(row[:COLUMNS_MOST] for row in rows), fillvalue="")
        for cells in (*rows, *columns):
            if cells and find("size_row", cells[0]) and any(any(map(str.isdigit, cell)) for cell in cells[1:]):
                yield found_line("prose", block.lines[0], " | ".join(cells))
                return


def training_data_column(view: CardView) -> Iterator[Found]:
    """A table with a column of the training data of each model in it; one of "datasets" may be those of a test."""
    yield from _column(view, "training_data", "train")


def evaluation_data_column(view: CardView) -> Iterator[Found]:
    """A table with a column of the data that each row was tested on."""
    yield from _column(view, "evaluation_data", "")


def _column(view: CardView, topic: str, word: str) -> Iterator[Found]:
    """The first filled cell under a column's name that asks for `topic` and holds `word`."""
    for block in view.tables:
        for n, name in enumerate(block.rows[0][:COLUMNS_MOST]):
            if word not in name.casefold() or not view.vocabulary.topics[topic].asked_by(title_of(name)):
                continue
            said = (row[n] for row in block.rows[1:ROWS_MOST] if n < len(row))
            if filled := next((cell for cell in said if any(map(str.isalpha, cell))), None):
                yield found_line("prose", block.lines[0], f"{name}: {filled}")
                return


def training_options(view: CardView) -> Iterator[Found]:
    """A command with the options of a training."""
    yield from _code(view, TRAINING_OPTION)


def training_hardware(view: CardView) -> Iterator[Found]:
    """Hardware on a line about training, or under a title about it."""
    if line := hardware_of_training(view):
        yield found_line("prose", line.number, line.text)


def benchmark_table(view: CardView) -> Iterator[Found]:
    """A table with numbers that names the benchmarks they were measured on."""
    for block in view.tables:
        if table_has_results(block.rows, under_results=True) and (
            name := next(filter(names_a_benchmark, names_of(block.rows)), None)
        ):
            yield found_line("prose", block.lines[0], name)
            return


def metric_table(view: CardView) -> Iterator[Found]:
    for block in view.tables:
        names = [name for name in names_of(block.rows) if names_a_measure(name) and not LOSS_NAME.search(name)]
        if names and table_has_results(block.rows, under_results=False):
            yield found_line("prose", block.lines[0], names[0])
            return


def results(view: CardView) -> Iterator[Found]:
    """Numbers on a metric in any table (as good as under a title of its own), else in running text."""
    for block in view.tables:
        if table_has_results(block.rows, under_results=False):
            yield found_line("prose", block.lines[0], " | ".join(block.rows[0]), 1.0)
            return
    for line, text in view.prose.sentences():
        if line.kind == CONTENT and line_has_result(text, under_results=False):
            yield found_line("prose", line.number, text)
            return
    for block in view.codes:
        for number, raw in enumerate(block.text.split("\n"), block.lines[0]):
            if (printed := PRINTED_SCORE.fullmatch(raw)) and is_metric(printed["name"]):
                yield found_line("prose", number, raw)
                return


def results_in_section(view: CardView, section: Section, criterion: Criterion) -> Found | None:
    """Under a title that asks for results: a number counts in full, a picture of numbers a quarter, words not."""
    figure = None
    for piece in view.content(section):
        first = piece.lines[0]
        if piece.kind == "table" and table_has_results(piece.block.rows, under_results=True):
            return found_line("section", first, " | ".join(piece.block.rows[0]))
        for line in piece.judged:
            said = f"{section.title}: {line.text}" if section.source == "label" else line.text
            if line.kind == CONTENT and line_has_result(said, under_results=True):
                return found_line("section", line.number, line.text)
        if piece.kind == "code":
            for n, raw in enumerate(piece.text.split("\n")):
                if line_has_result(raw, under_results=True) or PRINTED_SCORE.fullmatch(raw):
                    return found_line("section", first + n, raw)
        if piece.has_figure and figure is None:
            figure = found_line("pointer", first, piece.text.strip().split("\n")[0], 0.25)
    answer = figure or judge(view, section, criterion)
    return answer if answer and answer.tier in ("pointer", "placeholder") else None


def _first(lines, pattern: re.Pattern):
    return next((line for line in lines if line.kind == CONTENT and pattern.search(line.text)), None)


def citation_in_section(view: CardView, section: Section, criterion: Criterion) -> Found | None:
    """As everywhere, but for BibTeX that a training tool asks to be cited: it is the same under every model."""
    codes = [piece for piece in view.content(section) if piece.kind == "code"]
    if codes and all(find("tool_citation", piece.text) for piece in codes):
        return found_line("stock", codes[0].lines[0], codes[0].text.strip().split("\n")[0])
    return judge(view, section, criterion)


READERS: dict[str, Reader] = {
    reader.__name__: reader
    for reader in (
        *(first_paragraph, code_that_loads_a_model, code_that_loads_data, citation, contact, parameter_count),
        base_named,
        *(benchmark_table, metric_table, results, disaggregated, emissions_in_text),
        *(architecture_table, training_data_column, evaluation_data_column),
        *(training_options, training_hardware),
    )
}
SECTION_READERS = {
    "results": results_in_section,
    "disaggregated": disaggregated_in_section,
    "citation": citation_in_section,
    "emissions": emissions_in_section,
}
