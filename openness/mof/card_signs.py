"""What a model card shows of components: its own substance, results, papers, code and sample outputs."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace

from openness.mof.code_signs import code_signs
from openness.mof.paper_signs import paper_signs
from openness.mof.prose import Line, lines_of, plain, says_something, substance, under
from openness.mof.rubric import word
from openness.mof.signs import Sign, View, of_field, of_line, sign
from registry.cards import read_card

CARD_LEAST = 200  # characters of prose that say something; below, a card is only there
DATA_LEAST = 60
NUMBER = re.compile(r"(?<![\w.])-?\d+(?:[.,]\d+)?\s?%?(?![\w.])")
LOSS = re.compile(r"(\b(average|avg|training|validation|eval) )*\bloss\b\W{0,4}[\d.,e-]*", re.IGNORECASE)
MEASURED = re.compile(r"\d[.,]\d|\d ?%")
NAMED_SCORE = re.compile(r"[A-Z][\w .@()-]{2,40}:\s+\d{1,3}[.,]\d{1,4}\s?%?")
RAW_METRIC = re.compile(  # as evaluation scripts print it
    r"^[\s{]*[\"'](exact|exact_match|f1|em|accuracy|acc|bleu|rouge\w{0,5}|wer)[\"']:\s*\d{1,3}\.\d", re.IGNORECASE
)
MOST_SIGNS = 5
MOST_PARENTS = 5  # whose cards are read for what was copied from them


def card_signs(view: View) -> Iterator[Sign]:
    """Everything that the card shows; nothing where it is not there or cannot be read."""
    if view.card is None:
        return
    yield from _card_itself(view)
    yield from _model_index(view)
    yield from _results_in_text(view)
    yield from paper_signs(view)
    yield from code_signs(view)
    yield from _outputs(view)


def _card_itself(view: View) -> Iterator[Sign]:
    said = [line for line in view.lines if says_something(line)]
    if not said:
        return
    length = substance(list(view.lines))
    note = "" if length >= CARD_LEAST else f"{length} characters of prose beside template and boilerplate"
    yield sign("model-card", "A" if length >= CARD_LEAST else "C", of_line(said[0]), note=note)


def _model_index(view: View) -> Iterator[Sign]:
    """Metrics with numbers in the header; a loss alone is what a trainer wrote by itself."""
    index = view.metadata.get("model-index")
    for result in _results(index):
        for metric in result.get("metrics") or []:
            if not isinstance(metric, dict) or not _is_number(metric.get("value")):
                continue
            name = str(metric.get("type") or metric.get("name") or "")
            grade = "C" if word("loss_only").fullmatch(name) else "A"
            quote = f"{name}: {metric['value']}"
            yield sign("evaluation-results", grade, of_field(view, "model-index", quote))
            if grade == "A":
                return


def _results(index: object) -> Iterator[dict]:
    for model in (index if isinstance(index, list) else [])[:20]:
        results = model.get("results") if isinstance(model, dict) else None
        for result in (results if isinstance(results, list) else [])[:200]:
            if isinstance(result, dict) and isinstance(result.get("metrics"), list):
                yield result


def _is_number(value: object) -> bool:
    if isinstance(value, str):
        return bool(NUMBER.fullmatch(value.strip()))
    return isinstance(value, int | float) and not isinstance(value, bool)


def _results_in_text(view: View) -> Iterator[Sign]:
    """Lines with a metric's name and a number, in tables or under a heading about results.

    What stands word for word in a parent's card was measured on the parent.
    """
    converted = any(tag.startswith("base_model:quantized:") for tag in view.state.tags)
    tables = _result_rows(view.lines)
    results = under(view.lines, word("results_heading"), word("no_results_heading"), anywhere=True)
    listed = [line for line in results if _is_result(line) or _is_named_score(line)]
    loose = [line for line in view.lines if line.kind == "prose" and (_is_metric_field(line) or _is_achieved(line))]
    loose += [line for line in view.lines if line.kind == "code" and RAW_METRIC.match(line.text)]
    parents = _said_by_parents(view)
    for found in filter(None, (tables, listed, loose)):
        own = [line for line in found if plain(line.text) not in parents]
        if own and not converted:
            yield from (sign("evaluation-results", "B", of_line(line)) for line in own[:MOST_SIGNS])
            return
        copied = [line for line in found if plain(line.text) in parents]
        shown = copied[0] if copied else found[0]
        from_parent = f"the same lines stand in the card of {parents[plain(shown.text)]}" if copied else ""
        note = from_parent or "a conversion repeats what was measured on its parent"
        evidence = replace(of_line(shown), inherited=True)
        yield sign("evaluation-results", "L" if copied else "C", evidence, note=note)


def _said_by_parents(view: View) -> dict[str, str]:
    """Each line with a number in the parents' cards, and whose card it is."""
    said: dict[str, str] = {}
    for parent in view.linked("model")[:MOST_PARENTS]:
        if parent.card_text is not None:
            for line in lines_of(read_card(parent.card_text)):
                if line.kind != "heading" and NUMBER.search(line.text):
                    said.setdefault(plain(line.text), parent.name)
    return said


def _result_rows(lines: tuple[Line, ...]) -> list[Line]:
    """Rows with numbers of tables in which a metric or a benchmark is named."""
    rows, table, named = [], [], False
    for before, line in zip((None, *lines), lines, strict=False):
        if line.kind != "table":
            continue
        if before is None or before.kind != "table":
            rows, table, named = rows + (table if named else []), [], False
        text = plain(line.text)
        about = word("results_heading").search(line.section) and not word("no_results_heading").search(line.section)
        named = named or bool((about or word("metric").search(text)) and not word("loss_only").search(text))
        if len(NUMBER.findall(text)) >= 1:
            table.append(line)
    return rows + (table if named else [])


def _is_result(line: Line) -> bool:
    """A metric beside a number with decimals or a per cent sign; a whole number counts steps or items as often."""
    text = LOSS.sub("", plain(line.text))
    return line.kind in ("prose", "code") and bool(word("metric").search(text) and MEASURED.search(text))


def _is_named_score(line: Line) -> bool:
    """`GermEval14: 88.95` in a block of code or in prose under a heading about results, whatever the benchmark."""
    text = plain(line.text)
    return line.kind in ("prose", "code") and bool(NAMED_SCORE.fullmatch(text)) and not LOSS.search(text)


def _is_metric_field(line: Line) -> bool:
    """`- Accuracy: 0.93`, as trainers and libraries write it, wherever it stands."""
    name, colon, value = plain(line.text).partition(":")
    return bool(colon) and len(name) < 40 and bool(word("metric").search(name)) and _is_number(value)


def _is_achieved(line: Line) -> bool:
    """A sentence such as "the best validation score achieved is 0.84"."""
    text = plain(line.text)
    reached = re.search(r"\b(achiev\w+|obtain\w*|reach\w*|attain\w*)\b", text, re.IGNORECASE)
    return bool(reached and word("metric").search(text) and MEASURED.search(text))


def _outputs(view: View) -> Iterator[Sign]:
    widgets = view.metadata.get("widget")
    shown = [w for w in (widgets if isinstance(widgets, list) else []) if isinstance(w, dict) and w.get("output")]
    if shown:
        yield sign("sample-model-outputs", "A", of_field(view, "widget", shown[0]["output"]))
    section = under(view.lines, word("output_heading"), word("results_heading"))
    section = [line for line in section if line.kind != "heading"]
    if section:
        yield sign("sample-model-outputs", "C", of_line(section[0]))
