"""An adapter answers on its base with all of its layers, or is refused; so are weights that do not fit a model."""

import json
import shutil
from pathlib import Path

import pytest

from tests import tiny_models

torch = pytest.importorskip("torch", reason="what runs models is not installed: make models")
transformers = pytest.importorskip("transformers")
safetensors = pytest.importorskip("safetensors.torch") and pytest.importorskip("safetensors")
pytest.importorskip("peft")

from lineage.run_places import find_base  # noqa: E402
from lineage.runs.problems import BadRun  # noqa: E402
from lineage.runs.tasks import task_for  # noqa: E402
from lineage.suites import CLASSIFICATION  # noqa: E402
from lineage.version_files import BadVersion  # noqa: E402
from tests.test_run_tasks import SENTENCES, answers, said, source, texts  # noqa: E402


@pytest.fixture(scope="module")
def bert(tmp_path_factory) -> Path:
    return tiny_models.classifier(tmp_path_factory.mktemp("bert"))


def saved_adapter(bert, folder, task_type: str | None = "SEQ_CLS"):
    """A LoRA adapter of the classifier's queries, with the classifier's own layer where it is for that task."""
    from peft import LoraConfig, get_peft_model

    model = transformers.AutoModelForSequenceClassification.from_pretrained(bert)
    config = LoraConfig(task_type=task_type, r=2, target_modules=["query"], init_lora_weights=False)
    get_peft_model(model, config).save_pretrained(folder)


def test_an_adapter_runs_on_its_base_and_changes_its_answers(bert, tmp_path):
    from peft import LoraConfig, get_peft_model

    model = transformers.AutoModelForSequenceClassification.from_pretrained(bert)
    adapter = get_peft_model(
        model, LoraConfig(task_type="SEQ_CLS", r=4, target_modules=["query", "value"], init_lora_weights=False)
    )
    torch.nn.init.normal_(adapter.base_model.model.classifier.modules_to_save["default"].weight)
    adapter.save_pretrained(tmp_path)
    found = answers(texts(CLASSIFICATION), source(tmp_path, bert))
    assert said(found) != said(answers(texts(CLASSIFICATION), source(bert)))
    adapter.eval()
    words = transformers.AutoTokenizer.from_pretrained(bert)
    for number, text in enumerate(SENTENCES):
        with torch.inference_mode():
            logits = adapter(**words(text, return_tensors="pt")).logits[0]
        assert found[str(number)]["margin"] == pytest.approx(float((logits[0] - logits[1]).abs()), abs=1e-4)


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        (lambda name: None if "layer.1" in name else name, "lacks 2 of the weights that its base needs"),
        (lambda name: name.replace("query", "key"), "lacks 4 of the weights that its base needs"),
        (
            lambda name: None if "classifier" in name else name,
            "lacks 1 of the weights.*'base_model.model.classifier.weight' among them",
        ),
    ],
)
def test_an_adapter_that_lacks_layers_is_refused_and_does_not_answer_as_its_base(bert, tmp_path, changed, words):
    saved_adapter(bert, tmp_path)
    file = tmp_path / "adapter_model.safetensors"
    renamed = {changed(name): value for name, value in safetensors.torch.load_file(file).items()}
    renamed.pop(None, None)
    safetensors.torch.save_file(renamed, file)
    with pytest.raises(BadRun, match=words):
        task_for(texts(CLASSIFICATION), source(tmp_path, bert))


@pytest.mark.parametrize("brings_head", [True, False])
def test_a_head_that_a_base_lacks_is_brought_by_its_adapter_or_refused(bert, tmp_path, brings_head):
    transformers.AutoModel.from_pretrained(bert).save_pretrained(tmp_path / "base")
    tiny_models.tokenizer().save_pretrained(tmp_path / "base")
    saved_adapter(bert, tmp_path / "adapter", "SEQ_CLS" if brings_head else None)
    asked = texts(CLASSIFICATION), source(tmp_path / "adapter", tmp_path / "base")
    if brings_head:
        assert said(answers(*asked)) == said(answers(texts(CLASSIFICATION), source(tmp_path / "adapter", bert)))
    else:
        with pytest.raises(BadRun, match="lacks 2 of the weights.*'base_model.model.classifier.bias' among them"):
            task_for(*asked)


def test_an_adapter_of_another_base_or_of_an_unknown_kind_is_one_sentence(bert, tmp_path):
    saved_adapter(bert, tmp_path / "adapter")
    config = transformers.BertConfig.from_pretrained(bert)
    config.hidden_size = 64
    transformers.BertForSequenceClassification(config).save_pretrained(tmp_path / "wide")
    with pytest.raises(BadRun, match="was made for another base: .* has another shape"):
        task_for(texts(CLASSIFICATION), source(tmp_path / "adapter", tmp_path / "wide"))
    file = tmp_path / "adapter" / "adapter_config.json"
    file.write_text(json.dumps(json.loads(file.read_text()) | {"peft_type": "OWN"}))
    with pytest.raises(BadRun, match="The adapter's kind 'OWN' is none that PEFT has"):
        task_for(texts(CLASSIFICATION), source(tmp_path / "adapter", bert))


def test_weights_of_another_shape_are_named(bert, tmp_path):
    shutil.copytree(bert, tmp_path / "v")
    file = tmp_path / "v" / "model.safetensors"
    weights = safetensors.torch.load_file(file) | {"classifier.weight": torch.zeros(5, 32)}
    safetensors.torch.save_file(weights, file, metadata={"format": "pt"})
    with pytest.raises(BadRun, match="weights have another shape than the model's, 'classifier.weight' among them"):
        task_for(texts(CLASSIFICATION), source(tmp_path / "v"))


@pytest.mark.django_db
def test_a_base_that_is_named_without_a_commit_and_not_mirrored_is_said_to_be_so(tmp_path):
    (tmp_path / "adapter_config.json").write_text('{"base_model_name_or_path": "acme/base"}')
    with pytest.raises(BadVersion, match="The base model 'acme/base' is not mirrored, and no commit of it is named"):
        find_base(tmp_path, "")
