"""What the runners answer is what a plain loop over the same model answers, however items are batched."""

import json
from dataclasses import replace
from pathlib import Path

import pytest

from lineage.runs.batches import NATURAL, Plan
from lineage.suites import CHOICE, CLASSIFICATION, GENERATION, IMAGES, Item, Settings, Suite
from tests import tiny_models

torch = pytest.importorskip("torch", reason="what runs models is not installed: make models")
transformers = pytest.importorskip("transformers")
safetensors = pytest.importorskip("safetensors.torch") and pytest.importorskip("safetensors")

from lineage.runs.engine import Engine  # noqa: E402
from lineage.runs.loading import Source  # noqa: E402
from lineage.runs.problems import BadRun  # noqa: E402
from lineage.runs.tasks import task_for  # noqa: E402

CPU = torch.device("cpu")
PLANS = [Plan(), Plan(64, 3), Plan(200, 8, NATURAL), Plan(1, 1)]
SENTENCES = tiny_models.sentences(60)


@pytest.fixture(scope="module")
def causal(tmp_path_factory) -> Path:
    return tiny_models.causal(tmp_path_factory.mktemp("causal"))


@pytest.fixture(scope="module")
def bert(tmp_path_factory) -> Path:
    return tiny_models.classifier(tmp_path_factory.mktemp("bert"))


def source(folder: Path, base: Path | None = None, dtype: str = "float32") -> Source:
    return Source(folder, base, dtype, CPU)


def answers(suite: Suite, found: Source, plan: Plan = PLANS[0]) -> dict[str, dict]:
    rows = []
    Engine(task_for(suite, found), plan, CPU, rows.extend, lambda *said: None).run(suite.items)
    return {row["id"]: row for row in rows}


def said(rows: dict[str, dict]) -> dict[str, str]:
    return {key: row["prediction"] for key, row in rows.items()}


def texts(task: str, label: str = "pos", settings: Settings | None = None, **more) -> Suite:
    items = tuple(Item(str(n), label, text, **more) for n, text in enumerate(SENTENCES))
    return Suite("texts", task, items, settings or Settings())


@pytest.mark.parametrize("plan", PLANS)
def test_a_classifier_answers_as_a_loop_over_single_texts_does(bert, plan):
    model = transformers.AutoModelForSequenceClassification.from_pretrained(bert).eval()
    words = transformers.AutoTokenizer.from_pretrained(bert)
    found = answers(texts(CLASSIFICATION), source(bert), plan)
    assert len(set(said(found).values())) == 2
    for number, text in enumerate(SENTENCES):
        with torch.inference_mode():
            logits = model(**words(text, return_tensors="pt")).logits[0]
        assert found[str(number)]["prediction"] == model.config.id2label[int(logits.argmax())]
        assert found[str(number)]["margin"] == pytest.approx(float((logits[0] - logits[1]).abs()), abs=1e-4)


def test_two_texts_are_a_pair_to_a_classifier_unless_the_prompt_joins_them(bert):
    suite = texts(CLASSIFICATION, pair="the red cat")
    as_pair = answers(suite, source(bert))
    joined = answers(replace(suite, settings=Settings(prompt="{input} {pair}")), source(bert))
    plain = answers(texts(CLASSIFICATION), source(bert))
    assert said(as_pair) != said(plain)
    assert said(joined) != said(plain)
    with_pair = task_for(suite, source(bert)).encode(suite.items[:1])[0]
    assert with_pair.length == len(SENTENCES[0].split()) + 3


def loglikelihood(model, words, prompt: str, choice: str) -> float:
    context, whole = (words(text, return_tensors="pt").input_ids for text in (prompt, prompt + choice))
    with torch.inference_mode():
        scores = torch.log_softmax(model(whole).logits[0].float(), -1)
    places = range(context.shape[1], whole.shape[1])
    return sum(float(scores[place - 1, whole[0, place]]) for place in places)


CHOICES = (" good film", " bad", " not very good")


@pytest.mark.parametrize("plan", PLANS)
def test_choices_over_a_shared_context_score_as_each_choice_with_the_whole_context_does(causal, plan):
    model = transformers.AutoModelForCausalLM.from_pretrained(causal).eval()
    words = transformers.AutoTokenizer.from_pretrained(causal)
    found = answers(texts(CHOICE, label="0", choices=CHOICES), source(causal), plan)
    assert len(set(said(found).values())) > 1
    for number, text in enumerate(SENTENCES):
        scores = [loglikelihood(model, words, text, choice) for choice in CHOICES]
        assert found[str(number)]["prediction"] == str(scores.index(max(scores)))
        best = sorted(scores)[::-1]
        assert found[str(number)]["margin"] == pytest.approx(best[0] - best[1], abs=1e-3)


def test_a_context_is_computed_once_for_all_choices_and_choices_of_one_token_need_no_second_pass(causal):
    task = task_for(texts(CHOICE, label="0", choices=CHOICES), source(causal))
    assert task.shares_context
    passes = []
    states = task.language.states
    task.language.states = lambda ids, *more, **named: passes.append(tuple(ids.shape)) or states(ids, *more, **named)
    batch = task.encode([Item("1", "0", "the cat sat on", choices=(" good", " bad"))])
    with torch.inference_mode():
        task.compute(batch)
    assert passes == [(1, 4)]


def test_a_model_that_scales_its_logits_afterwards_is_not_read_through_the_shortcut(tmp_path):
    config = transformers.CohereConfig(
        vocab_size=28, hidden_size=32, intermediate_size=64, num_hidden_layers=2, num_attention_heads=4, logit_scale=0.1
    )
    config.pad_token_id, config.bos_token_id, config.eos_token_id = 0, 2, 3
    transformers.CohereForCausalLM(config).save_pretrained(tmp_path)
    tiny_models.tokenizer().save_pretrained(tmp_path)
    suite = texts(CHOICE, label="0", choices=CHOICES)
    task = task_for(suite, source(tmp_path))
    assert not task.language.has_shortcut
    model = transformers.AutoModelForCausalLM.from_pretrained(tmp_path).eval()
    words = transformers.AutoTokenizer.from_pretrained(tmp_path)
    found = answers(suite, source(tmp_path))
    for number, text in enumerate(SENTENCES[:20]):
        scores = sorted(loglikelihood(model, words, text, choice) for choice in CHOICES)[::-1]
        assert found[str(number)]["margin"] == pytest.approx(scores[0] - scores[1], abs=1e-3)


@pytest.mark.parametrize("plan", PLANS)
def test_written_answers_are_those_of_greedy_generation_one_by_one(causal, plan):
    model = transformers.AutoModelForCausalLM.from_pretrained(causal).eval()
    words = transformers.AutoTokenizer.from_pretrained(causal)
    suite = texts(GENERATION, settings=Settings(max_new_tokens=12, stop=("film",)))
    found = answers(suite, source(causal), plan)
    for number, text in enumerate(SENTENCES):
        ids = words(text, return_tensors="pt").input_ids
        whole = model.generate(ids, max_new_tokens=12, do_sample=False)
        wanted = words.decode(whole[0, ids.shape[1] :], skip_special_tokens=True).split("film")[0].strip()
        assert found[str(number)]["prediction"] == wanted


def test_a_right_answer_is_matched_as_the_suite_says(causal):
    written = said(answers(texts(GENERATION, settings=Settings(max_new_tokens=3)), source(causal)))
    items = (Item("0", written["0"].upper() + "!", SENTENCES[0]), Item("1", "something else", SENTENCES[1]))
    suite = Suite("s", GENERATION, items, Settings(max_new_tokens=3, match="folded"))
    assert [row["correct"] for row in answers(suite, source(causal)).values()] in ([True, False], [False, True])
    exact = replace(suite, settings=replace(suite.settings, match="exact"))
    assert not any(row["correct"] for row in answers(exact, source(causal)).values())


def test_an_item_is_read_alike_whatever_stands_beside_it(bert):
    """Also a text beside pairs, and one that has no token at all: noise is measured on a part of the items."""
    suite = texts(CLASSIFICATION)
    rows = [replace(item, pair="the dog" if place % 2 else None) for place, item in enumerate(suite.items)]
    rows[0] = replace(rows[0], input="")
    together = answers(replace(suite, items=tuple(rows)), source(bert))
    for item in rows[:6]:
        alone = answers(replace(suite, items=(item,)), source(bert))[item.id]
        assert alone["margin"] == pytest.approx(together[item.id]["margin"], abs=1e-4)


def test_a_classifier_whose_head_is_missing_is_refused_since_its_answers_would_be_random(bert, tmp_path):
    transformers.AutoModel.from_pretrained(bert).save_pretrained(tmp_path)
    tiny_models.tokenizer().save_pretrained(tmp_path)
    with pytest.raises(BadRun, match="lack 2 of the model's weights, 'classifier.bias' among them"):
        task_for(texts(CLASSIFICATION), source(tmp_path))


def test_an_architecture_that_needs_code_of_its_repository_is_refused(bert, tmp_path):
    config = json.loads((bert / "config.json").read_text())
    config |= {"model_type": "own_kind", "auto_map": {"AutoModelForSequenceClassification": "modeling.Own"}}
    (tmp_path / "config.json").write_text(json.dumps(config))
    (tmp_path / "modeling.py").write_text("raise SystemExit('it ran')")
    with pytest.raises(BadRun, match="'own_kind' is none of transformers' own and needs code from its repository"):
        task_for(texts(CLASSIFICATION), source(tmp_path))


def test_a_head_over_an_encoder_pools_what_is_no_padding(bert, tmp_path):
    transformers.AutoModel.from_pretrained(bert).save_pretrained(tmp_path / "encoder")
    tiny_models.tokenizer().save_pretrained(tmp_path / "encoder")
    torch.manual_seed(0)
    weights = {"head.weight": torch.randn(3, 32), "head.bias": torch.zeros(3)}
    safetensors.torch.save_file(weights, tmp_path / "model.safetensors")
    definition = {"architecture": "encoder-head", "labels": ["a", "b", "c"], "sizes": {"width": 32}}
    (tmp_path / "stemma_module.json").write_text(json.dumps(definition))
    many, one = (answers(texts(CLASSIFICATION), source(tmp_path), plan) for plan in (PLANS[0], PLANS[3]))
    assert said(many) == said(one)
    assert [row["margin"] for row in many.values()] == pytest.approx([many[key]["margin"] for key in many], abs=1e-5)
    assert {key: row["margin"] for key, row in many.items()} == pytest.approx(
        {key: row["margin"] for key, row in one.items()}, abs=1e-4
    )


def pictures(task: str, size: int) -> Suite:
    generator = torch.Generator().manual_seed(0)
    rows = torch.randint(0, 256, (12, size, size), generator=generator).tolist()
    items = tuple(Item(str(n), "a", pixels=tuple(map(tuple, one))) for n, one in enumerate(rows))
    return Suite("pictures", task, items)


def test_pictures_are_classified_by_transformers_and_by_our_own_module(tmp_path):
    config = transformers.ViTConfig(
        hidden_size=32, num_hidden_layers=1, num_attention_heads=4, intermediate_size=64, image_size=32, patch_size=16
    )
    config.id2label = {0: "a", 1: "b"}
    torch.manual_seed(0)
    transformers.ViTForImageClassification(config).save_pretrained(tmp_path / "vit")
    processor = {"image_processor_type": "ViTImageProcessor", "size": {"height": 32, "width": 32}}
    (tmp_path / "vit" / "preprocessor_config.json").write_text(json.dumps(processor))
    found = answers(pictures(IMAGES, 32), source(tmp_path / "vit"))
    assert set(said(found).values()) <= {"a", "b"}
    assert len(found) == 12
    (tmp_path / "own").mkdir()
    sizes = {"height": 8, "width": 8, "hidden": 16}
    (tmp_path / "own" / "stemma_module.json").write_text(
        json.dumps({"architecture": "pixel-network", "labels": ["a", "b"], "sizes": sizes})
    )
    weights = {"hidden.weight": torch.randn(16, 64), "hidden.bias": torch.zeros(16)}
    weights |= {"head.weight": torch.randn(2, 16), "head.bias": torch.zeros(2)}
    safetensors.torch.save_file(weights, tmp_path / "own" / "model.safetensors")
    assert set(said(answers(pictures(IMAGES, 8), source(tmp_path / "own"))).values()) <= {"a", "b"}
    with pytest.raises(BadRun, match=r"has \(9, 9\) pixels, not \(8, 8\)"):
        answers(pictures(IMAGES, 9), source(tmp_path / "own"))


def test_a_module_is_not_asked_for_what_it_is_not_for(tmp_path):
    definition = {"architecture": "byte-ngrams", "labels": ["a", "b"], "sizes": {"buckets": 4, "width": 2}}
    (tmp_path / "stemma_module.json").write_text(json.dumps(definition))
    weights = {"vectors.weight": torch.zeros(4, 2), "head.weight": torch.zeros(2, 2), "head.bias": torch.zeros(2)}
    safetensors.torch.save_file(weights, tmp_path / "model.safetensors")
    with pytest.raises(BadRun, match="'byte-ngrams' cannot be asked for generation"):
        task_for(texts(GENERATION), source(tmp_path))
