"""What goes wrong in the process that runs a version is one sentence or a slower run, and never a stranger's code."""

import pickle
import subprocess
import sys
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command

from lineage.models import Comparison
from lineage.run_places import SHIPPED
from lineage.running import How, run_version
from lineage.runs.batches import Plan
from lineage.runs.problems import BadRun
from lineage.suite_definitions import read_suite
from lineage.version_files import BadVersion, VersionFiles, check_files
from tests import tiny_models

torch = pytest.importorskip("torch", reason="what runs models is not installed: make models")
transformers = pytest.importorskip("transformers")
peft = pytest.importorskip("peft")
safetensors = pytest.importorskip("safetensors.torch")

from lineage.runs.loading import Source, transformer  # noqa: E402

ROOT = SHIPPED.parent.parent


class Evil:
    """Leaves a file behind when it is unpickled."""

    def __init__(self, mark: Path):
        self.mark = mark

    def __reduce__(self):
        return Path.touch, (self.mark,)


@pytest.fixture(scope="module")
def bert(tmp_path_factory) -> Path:
    return tiny_models.classifier(tmp_path_factory.mktemp("bert"))


@pytest.fixture
def adapter(bert, tmp_path) -> Path:
    """An adapter of which nothing but a pickle holds the weights, beside a safetensors file that nobody reads."""
    model = transformers.AutoModelForSequenceClassification.from_pretrained(bert)
    config = peft.LoraConfig(task_type="SEQ_CLS", r=2, target_modules=["query"])
    folder = tmp_path / "adapter"
    peft.get_peft_model(model, config).save_pretrained(folder)
    (folder / "adapter_model.safetensors").rename(folder / "other.safetensors")
    (folder / "adapter_model.bin").write_bytes(pickle.dumps(Evil(tmp_path / "ran")))
    return folder


def suite(folder: Path, rows: str, task: str = "sequence-classification", more: str = "") -> Path:
    (folder / "rows.jsonl").write_text(rows)
    (folder / "rows.toml").write_text(f'task = "{task}"\n{more}')
    return folder / "rows.toml"


def run(found: VersionFiles, asked: Path, how: How | None = None):
    return run_version(found, read_suite(asked), how or How("cpu"), datasets=SHIPPED, tell=lambda told: None)


def test_the_pickle_of_an_adapter_is_not_opened_also_beside_safetensors_of_another_name(bert, adapter, tmp_path):
    with pytest.raises(BadVersion, match=r"lacks adapter_model.safetensors, and its weights are read from nothing"):
        check_files(VersionFiles("adapter", adapter, bert))
    with pytest.raises(BadRun, match=r"lacks adapter_model.safetensors"):
        transformer(
            transformers.AutoModelForSequenceClassification, Source(adapter, bert, "float32", torch.device("cpu"))
        )
    (adapter / "other.safetensors").unlink()
    with pytest.raises(BadVersion, match=r"holds its weights only in adapter_model.bin, whose reading can run code"):
        check_files(VersionFiles("adapter", adapter, bert))
    assert not (tmp_path / "ran").exists()


def test_a_pickle_that_is_called_safetensors_is_not_opened(bert, adapter, tmp_path):
    (adapter / "adapter_model.bin").rename(adapter / "adapter_model.safetensors")
    asked = suite(tmp_path, '{"id": "1", "input": "good cat", "label": "pos"}\n')
    with pytest.raises(BadRun, match="does not load or run"):
        run(VersionFiles("adapter", adapter, bert), asked)
    assert not (tmp_path / "ran").exists()


@pytest.mark.parametrize(
    ("task", "more"),
    [
        ("multiple-choice", '[settings]\nchoices = ["good", "bad"]\n'),
        ("generation", "[settings]\nmax_new_tokens = 4\n"),
    ],
)
def test_a_language_model_that_gives_no_numbers_says_for_which_item(tmp_path, task, more):
    folder = tiny_models.causal(tmp_path / "model")
    weights = safetensors.load_file(folder / "model.safetensors")
    weights["model.norm.weight"].fill_(float("nan"))
    safetensors.save_file(weights, folder / "model.safetensors", {"format": "pt"})
    asked = suite(tmp_path, '{"id": "first", "input": "the cat is", "label": "good"}\n', task, more)
    with pytest.raises(BadRun, match=r"no numbers \(NaN or infinite\) for 1 items, 'first' the first"):
        run(VersionFiles("nan", folder), asked)


ADDRESSES = """
import torch, transformers
from transformers import AutoModelForSequenceClassification, AutoTokenizer
torch.nn.functional.gelu(torch.ones(64, 64) @ torch.ones(64, 64))
print(next(line.split()[1] for line in open("/proc/self/status") if line.startswith("VmPeak")))
"""


@pytest.mark.proof
def test_memory_that_really_runs_out_in_the_process_halves_the_batches_and_every_item_is_answered(tmp_path):
    folder = tmp_path / "wide"
    words = tiny_models.tokenizer()
    config = transformers.BertConfig(
        vocab_size=len(words), hidden_size=16, num_hidden_layers=1, num_attention_heads=1, intermediate_size=16_384,
        max_position_embeddings=64, id2label={0: "neg", 1: "pos"},
    )  # fmt: skip
    transformers.BertForSequenceClassification(config).save_pretrained(folder)
    words.save_pretrained(folder)
    text = " ".join(["cat"] * 60)
    rows = "".join(f'{{"id": "{n}", "input": "{text}", "label": "pos"}}\n' for n in range(192))
    used = subprocess.run([sys.executable, "-c", ADDRESSES], cwd=ROOT, capture_output=True, text=True, check=True)
    room = int(used.stdout) * 1_024 + (700 << 20)
    all_at_once = Plan(tokens=1 << 20, rows=192)  # one layer's states would take 0.8 GB, twice
    ran = run(VersionFiles("wide", folder), suite(tmp_path, rows), How("cpu", memory_bytes=room, plan=all_at_once))
    assert len(ran.answers) == 192
    assert ran.figures["halved"] > 0
    assert ran.figures["plan"]["rows"] < 192


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("rows", "words"),
    [
        ('{"id": "1", "input": "good cat"}\n', "Row 1 of the suite has no label."),
        ('{"id": "1", "input": "good cat", "label": null}\n', "Row 1 of the suite has no label."),
        ("", "holds no items"),
    ],
)
def test_a_suite_without_labels_ends_with_status_3_and_the_row_says_why(bert, tmp_path, rows, words):
    asked = suite(tmp_path, rows)
    with pytest.raises(CommandError) as ended:
        call_command("compare", str(bert), str(bert), "--suite", str(asked), "--json")
    assert ended.value.returncode == 3
    assert words in str(ended.value)
    assert [row.problem for row in Comparison.objects.all()] == [str(ended.value)]


def test_too_little_memory_for_the_libraries_themselves_is_said_at_once_and_not_waited_out(tmp_path):
    asked = suite(tmp_path, '{"id": "1", "input": "good cat", "label": "x"}\n', "generation")
    version = VersionFiles("small", tiny_models.causal(tmp_path / "model"))
    with pytest.raises(BadRun, match="too little memory for this version"):
        run(version, asked, How("cpu", memory_bytes=1 << 30, time_s=60))
