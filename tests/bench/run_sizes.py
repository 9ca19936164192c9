"""How near to the machine's matrix rate bodies of several sizes run, and how much of the time launching takes.

`python -m tests.bench.runs --sizes` (always with `--device cuda`) prints a JSON line a size. Weights are random. The
work of a forward pass is 2 · parameters of the body · tokens + 4 · layers · width · the sum of squared lengths, without
padding; the matrix rate is that of one large product in the same dtype, measured just before. A size is launch-bound
where a pass over eight tokens alone, times the number of batches, takes more than half of the time of all passes.
"""

import json
import os
import random
import statistics
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import torch

CHOICES = ["w7", "w9"]
WORDS = 4_000
LONGEST = 400


@dataclass(frozen=True)
class Size:
    """A body, and texts of log-normal lengths for it."""

    name: str
    task: str
    layers: int
    width: int
    inner: int
    heads: int
    items: int
    median: int
    """words of a text; a word is a token"""


SIZES = {
    "cuda": (
        Size("MiniLM-L6", "sequence-classification", 6, 384, 1_536, 12, 100_000, 32),
        Size("BERT-base", "sequence-classification", 12, 768, 3_072, 12, 50_000, 128),
        Size("1.2 B", "multiple-choice", 18, 2_048, 8_192, 16, 20_000, 110),
    ),
    "cpu": (  # the same path at a size that a processor does in seconds
        Size("tiny classifier", "sequence-classification", 2, 64, 256, 4, 500, 16),
        Size("tiny language model", "multiple-choice", 2, 64, 256, 4, 300, 24),
    ),
}


def lines(device: str, folder: Path) -> Iterator[dict]:
    """One line a size."""
    import django

    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "registry.settings")
    os.environ.setdefault("DEBUG", "1")
    os.environ.setdefault("DATA_DIR", str(folder))
    django.setup()
    dtype = "bfloat16" if device == "cuda" else "float32"
    for size in SIZES[device]:
        yield measured(size, device, dtype, folder / size.name.replace(" ", "-"))


def matrix_rate(device: str, dtype: str) -> float:
    """Floating point operations a second of one large matrix product; the median of ten."""
    edge = 8_192 if device == "cuda" else 1_024
    left, right = (torch.randn(edge, edge, device=device, dtype=getattr(torch, dtype)) for _ in range(2))
    return 2 * edge**3 / seconds(lambda: left @ right, device)


def seconds(work, device: str) -> float:
    """The median of ten timings, after three that warm up."""
    found = []
    for _ in range(13):
        wait(device)
        began = time.perf_counter()
        work()
        wait(device)
        found.append(time.perf_counter() - began)
    return statistics.median(found[3:])


def wait(device: str) -> None:
    if device == "cuda":
        torch.cuda.synchronize()


def prepare(size: Size, folder: Path, device: str, dtype: str) -> tuple[int, float]:
    """Write model and suite; (parameters of the body without embeddings, seconds of a pass over eight tokens)."""
    from transformers import BertConfig, BertForSequenceClassification, LlamaConfig, LlamaForCausalLM

    from tests.bench.runs import word_tokenizer

    folder.mkdir()
    tokenizer = word_tokenizer(longest=512)
    sizes = {"vocab_size": len(tokenizer), "hidden_size": size.width, "intermediate_size": size.inner}
    sizes |= {"num_hidden_layers": size.layers, "num_attention_heads": size.heads, "max_position_embeddings": 512}
    torch.manual_seed(0)
    torch.set_default_dtype(getattr(torch, dtype))
    with torch.device(device):
        if size.task == "multiple-choice":
            special = {"pad_token_id": 0, "bos_token_id": 0, "eos_token_id": 0}
            model = LlamaForCausalLM(LlamaConfig(**sizes, **special))
        else:
            model = BertForSequenceClassification(BertConfig(**sizes, id2label={0: "a", 1: "b"}))
    torch.set_default_dtype(torch.float32)
    model.eval().save_pretrained(folder)
    tokenizer.save_pretrained(folder)
    rows = [{"id": str(n), "input": text, "label": "0"} for n, text in enumerate(texts(size))]
    if size.task == "multiple-choice":
        rows = [row | {"choices": CHOICES} for row in rows]
    (folder / "suite.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    (folder / "suite.toml").write_text(f'task = "{size.task}"\n')
    body = model.base_model
    parameters = sum(value.numel() for name, value in body.named_parameters() if "embed" not in name)
    eight = torch.arange(8, device=device).unsqueeze(0)
    with torch.inference_mode():
        launching_s = seconds(lambda: body(input_ids=eight), device)
    return parameters, launching_s


def texts(size: Size) -> list[str]:
    rng = random.Random(0)
    lengths = (min(LONGEST, max(1, round(size.median * rng.lognormvariate(0, 0.4)))) for _ in range(size.items))
    return [" ".join(f"w{rng.randrange(WORDS)}" for _ in range(length)) for length in lengths]


def measured(size: Size, device: str, dtype: str, folder: Path) -> dict:
    """A run of the size, and the same in another dtype and other batches on at most 500 items, as noise."""
    from lineage.run_comparison import noise_how, noise_ids
    from lineage.running import How, run_version
    from lineage.suite_definitions import read_suite
    from lineage.version_files import VersionFiles

    rate = matrix_rate(device, dtype)
    parameters, launching_s = prepare(size, folder, device, dtype)
    if device == "cuda":
        torch.cuda.empty_cache()
    suite, files, how = read_suite(folder / "suite.toml"), VersionFiles(size.name, folder), How(device, dtype)
    given = {"datasets": folder, "tell": lambda told: None}
    ran = run_version(files, suite, how, **given)
    noise = run_version(files, suite, noise_how(how), only=noise_ids(suite), **given)
    flips = sum(ran.answers[key]["prediction"] != row["prediction"] for key, row in noise.answers.items())
    figures = ran.figures
    squares = sum(len(item.input.split()) ** 2 for item in suite.items)
    work = 2 * parameters * figures["tokens"] + 4 * size.layers * size.width * squares
    achieved, launching = work / figures["forward_s"], figures["batches"] * launching_s / figures["forward_s"]
    return {
        "size": size.name,
        "task": size.task,
        "device": ran.environment["environment"]["device"],
        "dtype": dtype,
        "body_parameters": parameters,
        "lengths": f"log-normal words, median {size.median}, sigma 0.4, at most {LONGEST}",
        "items": figures["items"],
        "items_per_s": round(figures["items_per_s"], 1),
        "tokens_per_s": round(figures["tokens_per_s"], 1),
        "wall_s": round(figures["wall_s"], 3),
        "forward_share": round(figures["forward_share"], 3),
        "padding_share": round(figures["padding_share"], 3),
        "peak_memory_bytes": figures["peak_memory_bytes"],
        "batches": figures["batches"],
        "matrix_flop_per_s": round(rate),
        "achieved_flop_per_s": round(achieved),
        "share_of_matrix_rate": round(achieved / rate, 3),
        "launching_share": round(launching, 3),
        "is_launch_bound": launching > 0.5,
        "noise": {"n": len(noise.answers), "flips": flips, "dtype": noise_how(how).dtype},
    }
