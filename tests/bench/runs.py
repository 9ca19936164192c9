"""Runs a suite beside a plain loop over transformers in natural order with padding, and beside its pipeline.

`python -m tests.bench.runs [ITEMS] [ROUNDS]` prints a JSON line for each contestant of each task, in rounds that take
turns, each in a process of its own; the figures are medians over the rounds. On a machine with other work read `cpu_s`,
the processor's time in all threads: waiting is not in it, and nobody's threads spin. By default the models have random
weights (a classifier of MiniLM's size; a language model of four layers), and texts have log-normal lengths of median 16
words (sigma 0.4, at most 200), so that batches of 32 in natural order are about half padding. `--device cuda` runs the
same on a GPU, then bodies of three sizes up to 1.2 billion parameters beside the GPU's own matrix rate, with the noise
floor (tests/bench/run_sizes.py); `--sizes` adds these on a CPU, tiny.
"""

import argparse
import json
import os
import random
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from lineage.run_child import PATIENT

ROWS = 32  # of one batch of the plain loop and of the pipeline, as people write it
LENGTHS = "log-normal words, median 16, sigma 0.4, at most 200"
CHOICES = [" w7 w8", " w9"]
TASKS = {"sequence-classification": ("ours", "plain", "pipeline"), "multiple-choice": ("ours", "plain")}


def texts(number: int) -> list[str]:
    rng = random.Random(0)
    lengths = (min(200, max(1, round(rng.lognormvariate(2.77, 0.4)))) for _ in range(number))
    return [" ".join(f"w{rng.randrange(4_000)}" for _ in range(length)) for length in lengths]


def word_tokenizer(longest: int):
    """A tokenizer of 4,000 whole words, each one token; it cuts texts at `longest`."""
    from tokenizers import Tokenizer, models, pre_tokenizers
    from transformers import PreTrainedTokenizerFast

    words = {word: number for number, word in enumerate(["<pad>", "<unk>", *(f"w{n}" for n in range(4_000))])}
    inner = Tokenizer(models.WordLevel(words, unk_token="<unk>"))
    inner.pre_tokenizer = pre_tokenizers.Whitespace()
    known = {"pad_token": "<pad>", "unk_token": "<unk>", "eos_token": "<pad>", "model_max_length": longest}
    return PreTrainedTokenizerFast(tokenizer_object=inner, **known)


def prepare(folder: Path, items: int) -> None:
    """Both suites, both models with random weights, and a tokenizer of whole words."""
    import torch
    from transformers import BertConfig, BertForSequenceClassification, LlamaConfig, LlamaForCausalLM

    torch.manual_seed(0)
    tokenizer = word_tokenizer(longest=256)
    sizes = {"vocab_size": len(tokenizer), "hidden_size": 384, "num_attention_heads": 12, "intermediate_size": 1_536}
    bert = BertConfig(num_hidden_layers=6, id2label={0: "a", 1: "b"}, **sizes)
    llama = LlamaConfig(num_hidden_layers=4, max_position_embeddings=512, **sizes | {"vocab_size": 49_152})
    llama.pad_token_id = llama.eos_token_id = llama.bos_token_id = 0
    for name, model in zip(TASKS, (BertForSequenceClassification(bert), LlamaForCausalLM(llama)), strict=True):
        model.save_pretrained(folder / name)
        tokenizer.save_pretrained(folder / name)
        rows = [{"id": str(n), "input": text, "label": "0"} for n, text in enumerate(texts(items))]
        if name == "multiple-choice":
            rows = [row | {"choices": CHOICES} for row in rows[: items // 2]]
        (folder / f"{name}.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
        (folder / f"{name}.toml").write_text(f'task = "{name}"\n')


def ours(folder: Path, task: str, device: str) -> dict:
    from lineage.running import How, run_version
    from lineage.suite_definitions import read_suite
    from lineage.version_files import VersionFiles

    suite = read_suite(folder / f"{task}.toml")
    files = VersionFiles(task, folder / task)
    figures = run_version(files, suite, How(device), datasets=folder, tell=lambda said: None).figures
    kept = ("items", "tokens", "wall_s", "cpu_s", "forward_s", "padding_share", "peak_memory_bytes")
    return {name: figures[name] for name in kept}


def plain(folder: Path, task: str, device: str) -> dict:
    """Texts in their own order, 32 a batch, padded to the longest; for choices, every choice with its whole context."""
    import torch
    import transformers

    kind = "AutoModelForSequenceClassification" if task == "sequence-classification" else "AutoModelForCausalLM"
    model = getattr(transformers, kind).from_pretrained(folder / task).to(device).eval()
    tokenizer = transformers.AutoTokenizer.from_pretrained(folder / task)
    rows = [json.loads(line) for line in (folder / f"{task}.jsonl").read_text().splitlines()]
    asked = [row["input"] + choice for row in rows for choice in row.get("choices", [""])]
    clock, forward_s, tokens, computed = Clock(), 0.0, 0, 0
    with torch.inference_mode():
        for at in range(0, len(asked), ROWS):
            given = tokenizer(asked[at : at + ROWS], padding=True, truncation=True, return_tensors="pt").to(device)
            given.pop("token_type_ids", None)
            started = time.perf_counter()
            logits = model(**given).logits.float()
            if task == "multiple-choice":
                picked = torch.log_softmax(logits[:, :-1], -1).gather(2, given["input_ids"][:, 1:, None])
                picked.squeeze(-1).mul(given["attention_mask"][:, 1:]).sum(1).tolist()
            else:
                logits.argmax(-1).tolist()
            forward_s += time.perf_counter() - started
            tokens += int(given["attention_mask"].sum())
            computed += given["input_ids"].numel()
    return figures(len(rows), tokens, clock.passed(), forward_s, 1 - tokens / computed, device)


def pipeline(folder: Path, task: str, device: str) -> dict:
    import transformers

    pipe = transformers.pipeline("text-classification", str(folder / task), device=device, batch_size=ROWS)
    rows = [json.loads(line)["input"] for line in (folder / f"{task}.jsonl").read_text().splitlines()]
    tokens = sum(len(row.split()) for row in rows)
    clock = Clock()
    found = pipe(rows, truncation=True)
    return figures(len(found), tokens, clock.passed(), None, None, device)


class Clock:
    """Seconds on the wall, and of the processor in all threads, since it was made."""

    def __init__(self):
        self.wall, self.cpu = time.perf_counter(), time.process_time()

    def passed(self) -> dict:
        return {"wall_s": time.perf_counter() - self.wall, "cpu_s": time.process_time() - self.cpu}


def figures(items: int, tokens: int, passed: dict, forward_s, padding_share, device: str) -> dict:
    import torch

    from lineage.runs.child import peak

    measured = {"items": items, "tokens": tokens, **passed, "forward_s": forward_s}
    return measured | {"padding_share": padding_share, "peak_memory_bytes": peak(torch.device(device))}


def measured(folder: Path, contestant: str, task: str, device: str) -> dict:
    """One contestant in a process of its own."""
    command = [sys.executable, "-m", "tests.bench.runs", "--only", contestant, task, str(folder), "--device", device]
    given = {"stdout": subprocess.PIPE, "stderr": subprocess.DEVNULL, "text": True, "env": os.environ | PATIENT}
    answer = subprocess.run(command, check=True, **given)
    return json.loads(answer.stdout.splitlines()[-1])


def line(task: str, contestant: str, rounds: list[dict], plain_rounds: list[dict]) -> dict:
    """Medians over the rounds, and how much faster than the plain loop: on the wall, and in work of the processor."""
    wall_s, cpu_s, plain_wall_s, plain_cpu_s = (
        statistics.median(one[name] for one in which)
        for which in (rounds, plain_rounds)
        for name in ("wall_s", "cpu_s")
    )
    forward = [one["forward_s"] / one["wall_s"] for one in rounds if one["forward_s"] is not None]
    first = rounds[0]
    return {
        "task": task,
        "contestant": contestant,
        "lengths": LENGTHS,
        "rounds": len(rounds),
        "items": first["items"],
        "items_per_s": round(first["items"] / wall_s, 1),
        "tokens_per_s": round(first["tokens"] / wall_s, 1),
        "wall_s": round(wall_s, 3),
        "wall_s_range": [round(pick(one["wall_s"] for one in rounds), 3) for pick in (min, max)],
        "cpu_s": round(cpu_s, 3),
        "forward_share": round(statistics.median(forward), 3) if forward else None,
        "padding_share": first["padding_share"] and round(first["padding_share"], 3),
        "peak_memory_bytes": max(one["peak_memory_bytes"] for one in rounds),
        "times_plain": round(plain_wall_s / wall_s, 2),
        "times_plain_cpu": round(plain_cpu_s / cpu_s, 2),
    }


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("items", nargs="?", type=int, default=2_000)
    parser.add_argument("rounds", nargs="?", type=int, default=3)
    parser.add_argument("--device", default="cpu", choices=["cpu", "cuda"])
    parser.add_argument("--sizes", action="store_true", help="also bodies of several sizes beside the matrix rate")
    parser.add_argument("--only", nargs=3, help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.only:
        contestant, task, folder = given.only
        print(json.dumps(globals()[contestant](Path(folder), task, given.device)))
        return
    if given.device == "cuda":
        import torch

        if not torch.cuda.is_available():
            parser.error("torch sees no GPU on this machine")
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        prepare(folder, given.items)
        for task, contestants in TASKS.items():
            rounds: dict[str, list[dict]] = {contestant: [] for contestant in contestants}
            for _ in range(given.rounds):
                for contestant in contestants:
                    rounds[contestant].append(measured(folder, contestant, task, given.device))
            for contestant in contestants:
                print(json.dumps(line(task, contestant, rounds[contestant], rounds["plain"])), flush=True)
        if given.sizes or given.device == "cuda":
            from tests.bench.run_sizes import lines

            for measured_size in lines(given.device, folder):
                print(json.dumps(measured_size), flush=True)


if __name__ == "__main__":
    main()
