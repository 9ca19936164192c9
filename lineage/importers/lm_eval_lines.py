"""What one line of an lm-evaluation-harness sample log says, whichever version since 0.4.0 wrote it."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass

from lineage.outcomes import BadOutcomes

MUTUAL_INFORMATION = "acc_mutual_info"
INPUT_CHARACTERS = 1_500  # the end of a prompt: few-shot examples stand before the question
NOT_METRICS = frozenset(
    "doc_id doc target arguments resps filtered_resps filter metrics doc_hash prompt_hash target_hash".split()
)


@dataclass(frozen=True)
class Pick:
    """What a version chose; `choices` is None for text that it wrote."""

    answer: str | None
    margin: float | None = None
    choices: int | None = None


def doc_hash(line: Mapping) -> str:
    """The content hash of the item; made as the harness makes it where the log is older than that."""
    kept = line.get("doc_hash")
    return kept if isinstance(kept, str) and kept else sha256(json.dumps(line["doc"], indent=2, ensure_ascii=False))


def prompt_hash(line: Mapping) -> str | None:
    """The hash of the first request's prompt, few-shot examples and chat template included; None without prompts."""
    kept = line.get("prompt_hash")
    if isinstance(kept, str) and kept:
        return kept
    prompt = prompt_of(line)
    return None if prompt is None else sha256(prompt)


def sha256(text: str) -> str:
    return hashlib.sha256(text.encode("utf8", "surrogatepass")).hexdigest()


def prompt_of(line: Mapping) -> str | None:
    """The first request's prompt: `arguments` is a list of pairs until 0.4.2, then {"gen_args_0": {"arg_0": …}}."""
    arguments = line.get("arguments")
    first = None
    if isinstance(arguments, dict):
        first = arguments.get("gen_args_0")
        first = first.get("arg_0") if isinstance(first, dict) else None
    elif isinstance(arguments, list) and arguments and isinstance(arguments[0], list) and arguments[0]:
        first = arguments[0][0]
    return first if isinstance(first, str) else None


def input_of(line: Mapping) -> str | None:
    prompt = prompt_of(line)
    return None if prompt is None else prompt[-INPUT_CHARACTERS:]


def target_of(line: Mapping) -> str | None:
    """The right answer as the harness hashes it: its `str`."""
    target = line.get("target")
    return None if target is None else str(target)


def label_of(line: Mapping, pick: Pick) -> str | None:
    """The right answer in the words of the pick: the number of a choice where choices were weighed."""
    target = target_of(line)
    if target is None or pick.choices is None or target.isdigit():
        return target
    texts = [text.strip() for text in choices_of(line)[: pick.choices]]
    return str(texts.index(target.strip())) if texts.count(target.strip()) == 1 else target


def choices_of(line: Mapping) -> list[str]:
    """The continuation of each request; empty where the log does not hold them."""
    arguments = line.get("arguments")
    if isinstance(arguments, dict):
        pairs = [arguments.get(f"gen_args_{number}") for number in range(len(arguments))]
        texts = [pair.get("arg_1") if isinstance(pair, dict) else None for pair in pairs]
    else:
        texts = [pair[1] if isinstance(pair, list) and len(pair) > 1 else None for pair in arguments or ()]
    return texts if all(isinstance(text, str) for text in texts) else []


def metrics_of(line: Mapping) -> dict[str, object]:
    """The metrics of a line in the log's order; `metrics` names them since 0.4.7, before they are what is left over."""
    named = line.get("metrics")
    if isinstance(named, list) and all(isinstance(name, str) for name in named):
        return {name: line.get(name) for name in named}
    return {name: value for name, value in line.items() if name not in NOT_METRICS}


def pick_of(line: Mapping, place: str) -> Pick:
    """The answer: the likeliest choice by its number, or the text that was written. Raises BadOutcomes on NaN.

    With `acc_mutual_info` every choice is asked for a second time, without its prompt; those requests come last.
    """
    answers = line.get("filtered_resps")
    if not isinstance(answers, list) or not answers:
        return Pick(None)
    log_probs = [log_prob(answer) for answer in answers]
    if any(value is None for value in log_probs):
        return Pick(first_text(answers))
    if any(value != value for value in log_probs):
        raise BadOutcomes(f"{place}: a choice's log-probability is not a number (NaN)")
    if MUTUAL_INFORMATION in line and len(log_probs) % 2 == 0:
        log_probs = log_probs[: len(log_probs) // 2]
    return likeliest(log_probs)


def log_prob(answer: object) -> float | None:
    """The log-probability in a (log-probability, is greedy) pair, as numbers or, since 0.4.3, as strings."""
    if not isinstance(answer, list) or len(answer) != 2 or answer[1] not in (True, False, "True", "False"):
        return None
    try:
        return float(answer[0])
    except (TypeError, ValueError, OverflowError):
        return None


def likeliest(log_probs: list[float]) -> Pick:
    """The number of the choice of the highest log-probability, the lowest number among equals, and its lead."""
    if len(log_probs) == 1:
        return Pick(None)  # a single continuation: it is right or wrong, and picks nothing
    best = max(range(len(log_probs)), key=log_probs.__getitem__)
    runner_up = max(value for number, value in enumerate(log_probs) if number != best)
    lead = log_probs[best] - runner_up
    return Pick(str(best), lead if abs(lead) < float("inf") else None, len(log_probs))


def first_text(answers: object) -> str | None:
    """The first string in nested lists."""
    while isinstance(answers, list):
        if not answers:
            return None
        answers = answers[0]
    return None if answers is None else str(answers)
