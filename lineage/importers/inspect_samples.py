"""What one sample of an inspect log says: who answered what, and how it was scored."""

from __future__ import annotations

import hashlib
import json
import math
from collections.abc import Mapping

from lineage.outcomes import BadOutcomes, shown

INPUT_CHARACTERS = 1_500
ATTACHMENT = "attachment://"
GRADES = {"C": 1.0, "I": 0.0, "P": 0.5, "N": 0.0}  # correct, incorrect, partial, no answer
WORDS = {"true": 1.0, "yes": 1.0, "false": 0.0, "no": 0.0}


def score_of(value: object, place: str) -> float:
    """A score's value as a number between wrong (0) and right (1), or on the scorer's own scale. Raises BadOutcomes."""
    if isinstance(value, bool | int | float) and math.isfinite(value):
        return float(value)
    if isinstance(value, str):
        if value in GRADES:
            return GRADES[value]
        if value.strip().lower() in WORDS:
            return WORDS[value.strip().lower()]
        try:
            number = float(value)
        except ValueError:
            number = math.nan
        if math.isfinite(number):
            return number
    raise BadOutcomes(f"{place} has a score that is no number: {shown(value)}")


def scores_of(sample: Mapping) -> dict[str, Mapping]:
    """Every score of a sample by its name; one value of several is `scorer.key`. Empty where nothing was scored.

    NaN is how inspect writes that a scorer gave no score. Its first logs had one score, in `score`.
    """
    scores = sample.get("scores")
    if scores is None and isinstance(sample.get("score"), dict):
        scores = {"score": sample["score"]}
    found: dict[str, Mapping] = {}
    for name, score in scores.items() if isinstance(scores, dict) else ():
        if not isinstance(score, dict):
            continue
        value = score.get("value")
        parts = {f"{name}.{key}": part for key, part in value.items()} if isinstance(value, dict) else {name: value}
        found |= {part: {**score, "value": value} for part, value in parts.items() if is_scored(value)}
    return found


def is_scored(value: object) -> bool:
    return value is not None and not (isinstance(value, float) and math.isnan(value))


def answer_of(sample: Mapping, score: Mapping) -> str | None:
    """What the scorer took for the answer, else what the model wrote."""
    if isinstance(score.get("answer"), str):
        return score["answer"]
    output = sample.get("output") if isinstance(sample.get("output"), dict) else {}
    if isinstance(output.get("completion"), str) and output["completion"]:
        return output["completion"]
    choices = output.get("choices")
    first = choices[0] if isinstance(choices, list) and choices else None
    message = first.get("message") if isinstance(first, dict) else None
    return text_of_content(message.get("content")) if isinstance(message, dict) else None


def text_of_content(content: object) -> str | None:
    """The text of a message, whose content is a string or a list of parts."""
    if content is None or isinstance(content, str):
        return content
    if not isinstance(content, list):
        return None
    parts = [part.get("text") for part in content if isinstance(part, dict)]
    return "".join(part for part in parts if isinstance(part, str))


def target_of(sample: Mapping) -> str | None:
    """The right answer; several right ones as JSON."""
    target = sample.get("target")
    if isinstance(target, list):
        return str(target[0]) if len(target) == 1 else json.dumps(target, ensure_ascii=False)
    return None if target is None else str(target)


def input_of(sample: Mapping) -> str | None:
    """What was asked, as text: messages become their roles and texts, attachments what they stand for."""
    asked = sample.get("input")
    if isinstance(asked, list):
        turns = [turn for turn in asked if isinstance(turn, dict)]
        texts = (resolved(text_of_content(turn.get("content")) or "", sample) for turn in turns)
        return "\n".join(f"{turn.get('role')}: {text}" for turn, text in zip(turns, texts, strict=True))
    return resolved(asked, sample) if isinstance(asked, str) else None


def resolved(text: str, sample: Mapping) -> str:
    """A text, or the attachment that it stands for."""
    attachments = sample.get("attachments")
    if text.startswith(ATTACHMENT) and isinstance(attachments, dict):
        kept = attachments.get(text.removeprefix(ATTACHMENT))
        return kept if isinstance(kept, str) else text
    return text


def prompt_hash(sample: Mapping) -> str | None:
    """A hash of what was asked and of the choices that were offered."""
    asked = input_of(sample)
    if asked is None:
        return None
    whole = json.dumps([asked, sample.get("choices")], ensure_ascii=False)
    return hashlib.sha256(whole.encode("utf8", "surrogatepass")).hexdigest()
