"""`stemma-card`: the card linter by itself, for a pre-commit hook or a CI step. It needs neither Django nor a database.

It judges a card as `assess --card` does, but for texts copied from the card of a base model, which only a mirror knows.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence

from openness.card_lint import RUBRICS, judged_card
from openness.cards.advice import next_steps, what_is_odd
from openness.cards.advice import readable as readable_step
from openness.loose_files import Unreadable, read_bounded
from openness.profiles import profiles, seen_through

BAD_INPUT, NO, YES = 3, 1, 0
STEPS_SHOWN = 5


def main(arguments: Sequence[str] | None = None) -> int:
    """Print what each card scores and what to write next; 0, 1 below the least score, 3 for what cannot be read."""
    parser = argparse.ArgumentParser(prog="stemma-card", description="Score model and data cards by their content.")
    parser.add_argument("files", nargs="*", metavar="README.md")
    parser.add_argument("--kind", choices=sorted(RUBRICS), default="model")
    parser.add_argument("--min-score", type=float, default=0.0, metavar="N", help="of 100; below it is an error")
    parser.add_argument("--steps", type=int, default=STEPS_SHOWN, metavar="N", help="of what to write next")
    parser.add_argument("--profile", choices=sorted(profiles()), help="also what another list says, such as mitchell-9")
    asked = parser.parse_args(arguments)
    if asked.profile and profiles()[asked.profile].kind != asked.kind:
        parser.error(f"{asked.profile} is a list for a {profiles()[asked.profile].kind}.")
    return max((judge(file, asked) for file in asked.files), default=YES)


def judge(file: str, asked: argparse.Namespace) -> int:
    try:
        line, odd = judged_card(file, read_bounded(file), asked.kind)
    except Unreadable as problem:
        print(f"{file}: {problem}")
        return BAD_INPUT
    print("\n".join(readable(line, odd, asked.steps, asked.profile)))
    if line["problem"]:
        return BAD_INPUT
    return NO if (line["score"] or 0.0) < asked.min_score else YES


def readable(line: dict, odd: list[dict], steps: int = STEPS_SHOWN, profile: str | None = None) -> list[str]:
    """A card's line for people: its score, what is odd, what another list says, what would raise the score most.

    `odd` are the contradictions that were found, with their evidence.
    """
    if line["problem"]:
        return [f"{line['file']}: {line['problem']}"]
    score = "no score: too little could be judged" if line["score"] is None else f"{line['score']:g} of 100"
    said = [f"{line['file']}: {score} by {line['rubric']}"]
    places = {each["id"]: _lines_of(each["evidence"]) for each in odd}
    said += [f"  ! {what_is_odd(flag)}{places.get(flag, '')}" for flag in line["flags"]]
    said += by_profile(line, profile) if profile else []
    found = next_steps(line["findings"], line["rubric"])
    said += [readable_step(step) for step in found[:steps]]
    return said + ([f"  and {len(found) - steps} more"] if len(found) > steps else [])


def _lines_of(evidence: list[dict]) -> str:
    """Where something stands: " (lines 2 and 14)"; "" where no line is known."""
    lines = sorted({str(each["lines"][0]) for each in evidence if each["lines"]}, key=int)
    return f" (line{'s' * (len(lines) > 1)} {' and '.join(lines)})" if lines else ""


def by_profile(line: dict, profile: str) -> list[str]:
    """The items of one other list, and whether they are met."""
    seen = seen_through(profiles()[profile], line["findings"])
    marks = {None: "?"} | {each["value"]: f"{each['value']:.0%}" for each in seen["items"] if each["value"] is not None}
    score = "no score" if seen["score"] is None else f"{seen['score']:g} of 100"
    return [
        f"  {seen['title']}: {score}",
        *(f"    {marks[each['value']]:>4}  {each['name']}" for each in seen["items"]),
    ]


if __name__ == "__main__":
    sys.exit(main())
