"""What the text of a card shows of training code, of data and of results, and what only looks like it."""

from dataclasses import replace

import pytest

from openness.mof import assess
from openness.state import RepoState
from tests.test_mof_evidence import STATE

COMMAND = """```bash
python run_squad.py \\
  --do_train \\
  --learning_rate 3e-5 \\
  --train_file train.json
```
"""
SCRIPT = "```python\ntrainer = Trainer(model=model, train_dataset=rows)\ntrainer.train()\n```\n"
EVALUATION = "```bash\npython run_eval.py --model acme/tiny --batch 8\n```\n"


def presence(slug, body):
    state = RepoState("model", "acme/tiny", "present", body, files=(), gated="no")
    return next(row["presence"] for row in assess(state).extra["components"] if row["slug"] == slug)


@pytest.mark.parametrize("body", [COMMAND, SCRIPT, "trainer = Trainer(model)\ntrainer.train()\n"])
def test_a_command_with_its_settings_and_a_script_are_training_code(body):
    assert presence("training-code", f"# Tiny\n\n## Training\n\n{body}") == "B"


@pytest.mark.parametrize(
    "body", [f"## How to fine-tune\n\n{COMMAND}", EVALUATION, "Training code: https://github.com/acme/train\n"]
)
def test_what_users_may_run_what_evaluates_and_a_link_are_none(body):
    assert presence("training-code", f"# Tiny\n\n{body}") in ("absent", "C")


@pytest.mark.parametrize(
    ("line", "shown"),
    [
        ("It was trained on a corpus of 25GB and 2.3B tokens from the news of ten years.", "B"),
        ("**Training data:** News in Urdu from the archives of public stations in Pakistan", "B"),
        ("It was trained with a context of 2048 tokens and is a transformer like all others.", "absent"),
        ("It was trained on the dataset that everybody uses, for as long as there was money.", "absent"),
    ],
)
def test_data_are_described_by_what_they_are_or_how_much_and_not_by_a_name(line, shown):
    assert presence("data-card", f"# Tiny\n\n{line}\n") == shown


@pytest.mark.parametrize(
    ("body", "shown"),
    [
        ("## Performance\n\n```\nGermEval14:        88.95\n```\n", "B"),
        ("```\nResults:\n{\n    'exact': 70.92,\n```\n", "B"),
        ("```\nlearning_rate: 0.01\n{'score': 0.99}\n```\n", "absent"),
    ],
)
def test_numbers_beside_a_benchmark_or_as_a_script_prints_them_are_results(body, shown):
    assert presence("evaluation-results", f"# Tiny\n\n{body}") == shown


def test_old_code_that_the_library_has_learned_since_is_not_needed():
    config = {"architectures": ["PhiForCausalLM"], "auto_map": {"AutoModel": "acme/phi--modeling.Phi"}}
    for model_type, shown in (("phi", "B"), ("acme-phi", "L")):
        state = replace(STATE, info={"config": config | {"model_type": model_type}})
        row = next(r for r in assess(state).extra["components"] if r["slug"] == "model-architecture")
        assert row["presence"] == shown
