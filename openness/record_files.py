"""Record files of the Model Openness Tool: read from bytes, classified by both rubrics, one line each."""

from __future__ import annotations

import json

from openness.mof import parity, strict
from openness.mof.classes import unclassified
from openness.mof.record import Record, RecordProblem, read_record, unknown_licences
from registry.cards import YamlProblem, load_yaml

MOST_BYTES = 1_000_000  # the tool's own records take some 5,000
MOST_DEPTH = 100  # of brackets in a JSON record


def mof_line(file: str, data: bytes) -> dict:
    """The answer of `assess --mof` about one file; what cannot be read has a problem and no class.

    A licence that nobody knows is a problem too; the rest of such a record is classed as the tool would do it.
    """
    try:
        return classed_line(file, read_file(data), None)
    except RecordProblem as problem:
        return classed_line(file, None, str(problem))


def classed_line(file: str, record: Record | None, problem: str | None) -> dict:
    """A record by both rubrics; without one, why there is none."""
    if record is not None:
        problem = unknown_licences(record) or None
    by_rubric = [r.classify(record) if record else unclassified(r.RUBRIC) for r in (parity, strict)]
    return {"file": file, "problem": problem, **by_rubric[0].as_dict(), "strict": by_rubric[1].as_dict()}


def read_file(data: bytes) -> Record:
    """Read a record file, YAML or JSON.

    Raises RecordProblem, one sentence, for anything that is no readable record.
    """
    if len(data) > MOST_BYTES:
        raise RecordProblem(f"a record of {len(data)} bytes is not read; the bound is {MOST_BYTES}")
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise RecordProblem("the record is not UTF-8 text") from None
    return read_record(_parsed(text))


def _parsed(text: str) -> object:
    if text.lstrip().startswith("{"):
        try:
            return _json(text)
        except RecordProblem:
            raise
        except ValueError:
            pass  # a YAML flow mapping begins the same way
    try:
        return load_yaml(text)
    except YamlProblem as problem:
        raise RecordProblem(f"the record is not readable: {problem}") from None


def _json(text: str) -> object:
    """Parse JSON whose brackets stay within bounds and whose keys do not repeat."""
    depth = deepest = 0
    for character in text:
        depth += (character in "[{") - (character in "]}")
        deepest = max(deepest, depth)
    if deepest > MOST_DEPTH:
        raise RecordProblem(f"the record is nested deeper than {MOST_DEPTH} levels")
    return json.loads(text, object_pairs_hook=_unrepeated, parse_constant=_no_constant)


def _unrepeated(pairs: list[tuple[str, object]]) -> dict:
    found = dict(pairs)
    if len(found) < len(pairs):
        raise RecordProblem("the record states a key twice")
    return found


def _no_constant(name: str) -> object:
    raise RecordProblem(f"the record holds {name}, which is no JSON")
