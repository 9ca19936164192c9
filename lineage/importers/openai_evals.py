"""Event logs of OpenAI evals: lines of {run_id, event_id, sample_id, type, data}; a `match` event is one outcome."""

from __future__ import annotations

import json
from collections import Counter
from typing import BinaryIO

from lineage.importers.bounds import LENIENT, objects_of
from lineage.importers.lm_eval_lines import sha256
from lineage.importers.options import ReadOptions
from lineage.outcomes import MAX_ITEMS, BadOutcomes, OutcomeColumns, OutcomeTable, read_value

NAME = "openai-evals"
INPUT_CHARACTERS = 1_500


def recognises(head: bytes, name: str) -> bool:
    first = head.lstrip().split(b"\n")[0]
    return b'"run_id"' in first and (b'"spec"' in first or b'"sample_id"' in first)


def read(stream: BinaryIO, name: str, options: ReadOptions) -> OutcomeTable:
    """Raises BadOutcomes."""
    columns, asked, seen, spec, errors = OutcomeColumns(), {}, Counter(), {}, 0
    for place, line in objects_of(stream, LENIENT):
        data = line.get("data") if isinstance(line.get("data"), dict) else {}
        if isinstance(line.get("spec"), dict):
            spec = line["spec"]
        elif line.get("type") == "sampling" and len(asked) < MAX_ITEMS and line.get("sample_id") is not None:
            key = read_value("id", line["sample_id"], place)
            asked[key] = asked.get(key, (prompt_text(data.get("prompt")),))[0], data.get("sampled")
        elif line.get("type") == "error":
            errors += 1
        elif line.get("type") == "match":
            add_match(columns, line, data, asked, seen, place)
    if not columns.items:
        raise BadOutcomes("it holds no match events")
    notes = (f"{errors:,} samples of the log ended in an error and are left out.",) if errors else ()
    about = {"tool": "openai-evals", "metric": "match"} | said_of(spec)
    return OutcomeTable(columns.table(), NAME, str(spec.get("eval_name") or "")[:200], about, notes)


def add_match(columns: OutcomeColumns, line: dict, data: dict, asked: dict, seen: Counter, place: str) -> None:
    """One outcome; a sample that is matched several times is numbered. `asked` is prompt and answer by sample.

    Where no option was picked (null, or the empty list of the fuzzy and JSON matches) the answer is what was sampled.
    """
    key = read_value("id", line.get("sample_id"), place)
    seen[key] += 1
    picked = next((data[name] for name in ("picked", "sampled") if data.get(name) not in (None, [])), None)
    prompt, sampled = asked.get(key, (None, None))
    columns.add(
        place,
        {
            "id": key if seen[key] == 1 else f"{key}#{seen[key]}",
            "label": text_or_list(data.get("expected")),
            "prediction": text_or_list(sampled if picked is None else picked),
            "correct": read_value("correct", data.get("correct"), place),
            "prompt_sha256": None if prompt is None else sha256(prompt),
            "input": None if prompt is None else prompt[-INPUT_CHARACTERS:],
        },
    )


def text_or_list(value: object) -> object:
    """A list of one as its element, of several as JSON: several answers are right."""
    if isinstance(value, list):
        return value[0] if len(value) == 1 else json.dumps(value, ensure_ascii=False)
    return value


def prompt_text(prompt: object) -> str | None:
    if prompt is None or isinstance(prompt, str):
        return prompt
    return json.dumps(prompt, ensure_ascii=False, sort_keys=True)


def said_of(spec: dict) -> dict[str, str]:
    """What the log's first line says of the run."""
    said = {"model": spec.get("completion_fns"), "split": spec.get("split"), "base_eval": spec.get("base_eval")}
    return {key: str(text_or_list(value))[:200] for key, value in said.items() if value}
