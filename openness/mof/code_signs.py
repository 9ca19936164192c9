"""What the text of a card shows of code: a script or a recipe of training, a snippet, a harness of evaluation."""

from __future__ import annotations

import re
from collections.abc import Iterator

from openness.mof.prose import Line
from openness.mof.rubric import rubric, word
from openness.mof.signs import Sign, View, of_line, sign

RECIPE = re.compile(r"^\s*(axolotl version|base_model:\s*\S|datasets:|sequence_len:|micro_batch_size:|stage:\s*sft)")
SNIPPET = re.compile(r"from_pretrained\(|pipeline\(|load_model\(|hf_hub_download\(|from_pretrained_keras\(|\.load\(")
TASKS = re.compile(r"--tasks?\b|tasks?=|--model_args")
COMMAND = re.compile(r"\b(?:python3?|accelerate launch|torchrun|deepspeed|bash|sh)\s[^#]{0,200}?\.(?:py|sh)\b")
SETTING = re.compile(
    r"--?(?:do_train|train_file|train_data_file|learning_rate|lr|num_train_epochs|num_epochs|max_steps)\b"
)
TRAINS = re.compile(r"\btrainer\.train\(\s*|\bmodel\.fit\(|\.train_model\(")
SET_UP = re.compile(r"TrainingArguments\(|Trainer\(|\.compile\(|from_pretrained\(|train_dataset")
MOST_OF_A_LINE = 1000  # characters that are searched
LINK = re.compile(r"\b(train|fine-?tun)")


def code_signs(view: View) -> Iterator[Sign]:
    """Everything of code that the card shows."""
    yield from _training(view)
    code = [line for line in view.lines if line.kind == "code"]
    snippet = next((line for line in code if SNIPPET.search(line.text)), None)
    if snippet:
        yield sign("inference-code", "C", of_line(snippet), note="a snippet in the card")
    yield from _harness(view)
    versions = next((line for line in view.lines if "framework versions" in line.text.casefold()), None)
    if versions:
        yield sign("supporting-libraries-and-tools", "B", of_line(versions))


def _training(view: View) -> Iterator[Sign]:
    """A recipe, a command with its settings or a script that stands in the card; a mere link to one is a claim."""
    recipe = [line for line in view.lines if line.kind == "code" and RECIPE.match(line.text)]
    if len(recipe) >= 3:
        yield sign("training-code", "B", of_line(recipe[0]), note="a training recipe")
    for lines in _blocks(view):
        if command := _command(lines):
            yield sign("training-code", "B", of_line(command), note="the command of training with its settings")
        elif script := _script(lines):
            yield sign("training-code", "B", of_line(script), note="a script of training in the card")
    for line in view.lines:
        text = line.text.casefold()
        if "github.com/" in text and LINK.search(text):
            yield sign("training-code", "C", of_line(line), note="a link that is not in the mirror", licence="unknown")
            break


def _blocks(view: View) -> Iterator[list[Line]]:
    """Neighbouring lines of code, or of prose where code stands without a fence; not those that tell users to train."""
    block: list[Line] = []
    for line in view.lines:
        if block and (line.kind != block[-1].kind or line.section != block[-1].section):
            yield block
            block = []
        if line.kind in ("code", "prose") and not word("users_train").search(line.section):
            block.append(line)
    if block:
        yield block


def _command(lines: list[Line]) -> Line | None:
    """A shell command that runs a script with settings of training."""
    if lines[0].kind != "code" or not any(SETTING.search(_head(line)) for line in lines):
        return None
    return next((line for line in lines if COMMAND.search(_head(line))), None)


def _script(lines: list[Line]) -> Line | None:
    """Code that sets a training up and runs it."""
    if not any(SET_UP.search(_head(line)) for line in lines):
        return None
    return next((line for line in lines if TRAINS.search(_head(line))), None)


def _head(line: Line) -> str:
    return line.text[:MOST_OF_A_LINE]


def _harness(view: View) -> Iterator[Sign]:
    for pattern, harness in rubric()["harnesses"].items():
        named = [line for line in view.lines if re.search(pattern, line.text, re.IGNORECASE)]
        if named:
            exact = next((line for line in named if TASKS.search(line.text)), None)
            supplied = {"licence": harness["licence"], "licence_from": f"library {harness['name']}"}
            note = "" if exact else "named without task or version"
            yield sign("evaluation-code", "B" if exact else "C", of_line(exact or named[0]), note=note, **supplied)
