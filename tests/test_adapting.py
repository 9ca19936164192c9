"""A compatibility adapter: its loss by hand, fewer broken answers on items it never saw, and its two parents."""

import json
import os
import random
from io import StringIO

import pytest
import torch
from django.conf import settings
from django.core.management import CommandError, call_command
from django.test import override_settings

from lineage.models import Relation
from lineage.runs.adapting import Pair, Training, masked_distillation, train
from lineage.runs.batches import Plan
from lineage.runs.engine import Engine
from lineage.runs.loading import Source
from lineage.runs.problems import BadRun
from lineage.runs.tasks import task_for
from lineage.suite_definitions import read_suite
from lineage.tasks import adapt_versions
from lineage.version_files import BadVersion
from registry.models import Repo
from tests import tiny_models

CPU = torch.device("cpu")


@pytest.fixture(scope="module", autouse=True)
def one_thread():
    """Models this small lose more by sharing work among threads than they gain, the more so beside other tests."""
    before, torch_before = os.environ.get("OMP_NUM_THREADS"), torch.get_num_threads()
    os.environ["OMP_NUM_THREADS"] = "1"  # of the processes that run versions
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(torch_before)
    os.environ.pop("OMP_NUM_THREADS")
    if before is not None:
        os.environ["OMP_NUM_THREADS"] = before


def literal_loss(ours, old, new, right, temperature):
    """Position by position, after the words of the paper."""
    total = 0.0
    for c, one, two, y in zip(ours, old, new, right, strict=True):
        target = one if int(c.argmax()) != int(y) else two
        p = torch.softmax(target.double() / temperature, -1)
        q = torch.softmax(c.double() / temperature, -1)
        total += float((p * (p / q).log()).sum())
    return total / len(right)


def test_the_loss_is_the_paper_s_position_by_position():
    torch.manual_seed(3)
    ours, old, new = (torch.randn(50, 7) for _ in range(3))
    right = torch.randint(0, 7, (50,))
    loss, to_old = masked_distillation(ours, old, new, right, 2.0)
    assert float(loss) == pytest.approx(literal_loss(ours, old, new, right, 2.0), rel=1e-5)
    assert to_old.tolist() == [int(c.argmax()) != int(y) for c, y in zip(ours, right, strict=True)]


def suite(folder, name, number, seed, without=()):
    """Sentences that are good where more of their words stand early in the list than late, with slips of the label."""
    rng = random.Random(seed)
    lines, known = [], {item.input for item in without}
    for at, text in enumerate(each for each in tiny_models.sentences(number, seed) if each not in known):
        early = sum(tiny_models.WORDS.index(word) < 12 for word in text.split()) * 2
        good = early > len(text.split()) if rng.random() > 0.05 else rng.random() < 0.5
        lines.append(json.dumps({"id": f"{name}-{at}", "input": text, "label": "pos" if good else "neg"}))
    (folder / f"{name}.jsonl").write_text("\n".join(lines))
    (folder / f"{name}.toml").write_text(f'name = "{name}"\ntask = "sequence-classification"\nrows = "{name}.jsonl"\n')
    return read_suite(folder / f"{name}.toml")


def taught(folder, items, seed, steps=40):
    """A classifier that has learned something of a suite from its own start."""
    from transformers import AutoModelForSequenceClassification

    tiny_models.classifier(folder, seed=seed)
    model, words = AutoModelForSequenceClassification.from_pretrained(folder), tiny_models.tokenizer()
    optimizer, rng = torch.optim.Adam(model.parameters(), lr=3e-3), random.Random(seed)
    for _ in range(steps):
        batch = rng.sample(items, 16)
        given = words([item.input for item in batch], padding=True, return_tensors="pt")
        right = torch.tensor([("neg", "pos").index(item.label) for item in batch])
        torch.nn.functional.cross_entropy(model(**given).logits, right).backward()
        optimizer.step()
        optimizer.zero_grad()
    model.save_pretrained(folder)
    return folder


def source(folder, base=None):
    return Source(folder, base, "float32", CPU)


def right_ones(task, items):
    rows = []
    Engine(task, Plan(), CPU, rows.extend, lambda *said: None).run(items)
    answers = {row["id"]: row["prediction"] for row in rows}
    return {item.id for item in items if answers[item.id] == item.label}


@pytest.fixture(scope="module")
def family(tmp_path_factory, one_thread):
    folder = tmp_path_factory.mktemp("adapting")
    train_suite = suite(folder, "train", 300, 1)
    items = list(train_suite.items)
    judged = suite(folder, "judged", 400, 2, without=items)
    names = ("old", "new", "third")
    return (*(taught(folder / name, items, seed) for seed, name in enumerate(names, 1)), train_suite, judged)


@pytest.mark.timeout(400)  # 16 s on a quiet machine; what else runs on its cores slows it more than most
def test_adapters_break_fewer_answers_of_items_that_they_never_saw(family):
    """Summed over three upgrades, since one alone of so small models may go either way."""
    *versions, train_suite, judged = family
    right = [right_ones(task_for(judged, source(each)), judged.items) for each in versions]
    broken_before = broken_after = gained = 0
    for old, new in ((0, 1), (1, 2), (2, 0)):
        training = Training(rank=8, epochs=8, learning_rate=5e-3)
        pair = Pair(train_suite, source(versions[old]), source(versions[new]), training)
        found = train(pair, train_suite.items, training, lambda *said: None)
        assert found.last_loss < found.first_loss and 0 < found.masked < 0.5
        pair.new.model = pair.model
        after = right_ones(pair.new, judged.items)
        broken_before += len(right[old] - right[new])
        broken_after += len(right[old] - after)
        gained += len(after) - len(right[new])
    assert broken_after < broken_before and gained > -len(judged.items) / 50
    with pair.model.disable_adapter():
        assert right_ones(pair.new, judged.items) == right[0]  # beneath the adapter the new version is untouched


def test_versions_that_answer_in_other_words_are_refused(family, tmp_path):
    old, new, _, train_suite, _ = family
    other = tiny_models.classifier(tmp_path / "other", labels=("no", "yes"))
    with pytest.raises(BadRun, match="other labels"):
        Pair(train_suite, source(old), source(other), Training())
    rows = tmp_path / "choices.jsonl"
    rows.write_text(json.dumps({"id": "1", "input": "the cat ", "label": "0", "choices": ["ran", "sat"]}))
    (tmp_path / "choices.toml").write_text('name = "c"\ntask = "multiple-choice"\nrows = "choices.jsonl"\n')
    asked = read_suite(tmp_path / "choices.toml")
    one, two = tiny_models.causal(tmp_path / "one", 1), tiny_models.causal(tmp_path / "two", 2)
    pair = Pair(asked, source(one), source(two), Training(rank=4, epochs=2))
    found = train(pair, asked.items, Training(rank=4, epochs=2), lambda *said: None)
    assert found.steps == 2 and found.items == 1
    words = json.loads((two / "tokenizer.json").read_text())
    words["model"]["vocab"] = {f"{word}x" if word == "cat" else word: n for word, n in words["model"]["vocab"].items()}
    (two / "tokenizer.json").write_text(json.dumps(words))
    with pytest.raises(BadRun, match="other tokenizers"):
        Pair(asked, source(one), source(two), Training())


def adapt(*references, **options):
    out = StringIO()
    call_command("adapt", *references, json=True, stdout=out, stderr=StringIO(), **options)
    return json.loads(out.getvalue())


@pytest.mark.django_db
@pytest.mark.timeout(400)
def test_the_command_registers_the_adapter_with_both_parents_and_compares_it(family, tmp_path, client):
    old, new, _, train_suite, judged = family
    with override_settings(DATA_DIR=tmp_path):
        said = adapt(
            str(old), str(new), train=str(train_suite.path), name="acme/bridge", suite=str(judged.path),
            rank=8, epochs=3, learning_rate=3e-3, device="cpu",
        )  # fmt: skip
        folder = tmp_path / "models" / "acme/bridge" / said["sha"]
        assert {path.name for path in folder.iterdir()} >= {
            "adapter_config.json",
            "adapter_model.safetensors",
            "README.md",
        }
    assert said["comparison_of_adapter"]["nfr"] <= said["comparison_of_new"]["nfr"]
    assert said["comparison_of_adapter"]["n"] == len(judged.items) > 300
    parents = {(row.parent.label, row.kind) for row in Relation.objects.filter(child__repo__name="acme/bridge")}
    assert parents == {("new", "adapter"), ("old", "distilled")}
    assert client.get("/models/acme/bridge").status_code == 200


@pytest.mark.django_db
def test_the_task_works_on_mirrored_versions_alone(family):
    with pytest.raises(BadVersion, match="No model"):
        adapt_versions(str(family[0]), str(family[1]), "anything", "acme/bridge")
    assert settings.CELERY_TASK_ROUTES[adapt_versions.name] == {"queue": "gpu"}


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("changed", "words"),
    [
        ({"suite": "train"}, "items of the training suite are also in"),
        ({"name": "bridge"}, "no owner/name"),
        ({"name": "../x/y"}, "no owner/name"),
        ({"epochs": 0}, "epochs is between"),
        ({"rank": 4096}, "rank is between"),
        ({"learning_rate": 7.0}, "learning rate"),
        ({"train": "/nowhere.toml"}, "no suite"),
    ],
)
def test_bad_input_is_one_sentence_and_registers_nothing(family, tmp_path, changed, words):
    old, new, _, train_suite, _ = family
    options = {"train": str(train_suite.path), "name": "acme/bridge"} | changed
    if options.get("suite") == "train":
        options["suite"] = str(train_suite.path)
    with override_settings(DATA_DIR=tmp_path), pytest.raises(CommandError, match=words) as refused:
        adapt(str(old), str(new), **options)
    assert refused.value.returncode == 3 and not Repo.objects.exists()
