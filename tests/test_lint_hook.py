"""The card linter by itself: what to write next, its exit status, and no need of Django, a database or the network."""

import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
import yaml

from openness.cards.advice import next_steps, table
from openness.lint_hook import main
from openness.rubric import load
from tests.test_linting_cards import CARD

ROOT = Path(__file__).parent.parent


@pytest.fixture
def card(tmp_path):
    (tmp_path / "README.md").write_text(CARD, "utf8")
    return str(tmp_path / "README.md")


def test_every_criterion_of_both_rubrics_has_its_sentence():
    for name in ("model-card", "data-card"):
        assert table()[name].keys() == {criterion.id for criterion in load(name).criteria}


def test_the_next_steps_are_those_that_bring_most_and_bring_what_they_say(card, capsys):
    assert main([card, "--steps", "2"]) == 0
    first, *rest = capsys.readouterr().out.splitlines()
    assert first.endswith("by model-card/1.0") and "+8" in rest[-3] and rest[-1].startswith("  and ")
    gains = [float(line.split()[0]) for line in rest if line.startswith("  +")]
    assert gains == sorted(gains, reverse=True)


def test_what_is_unknown_or_does_not_apply_is_no_step():
    found = {"name": "x", "value": 0.0, "weight": 5, "evidence": []}
    tiers = [found | {"id": f"M0{n}", "tier": tier} for n, tier in enumerate(("unknown", "na", "stock", "none"), 1)]
    assert [(step["id"], step["gain"]) for step in next_steps(tiers, "model-card/1.0")] == [
        ("M03", 50.0),
        ("M04", 50.0),
    ]


def test_the_status_says_whether_the_least_score_is_reached(card, tmp_path, capsys):
    assert main([card, "--min-score", "99"]) == 1
    assert main([str(tmp_path / "nowhere.md")]) == 3
    assert main([]) == 0
    assert "There is no such file" in capsys.readouterr().out


def test_it_runs_where_neither_django_nor_a_database_is(card):
    absent = "sys.modules.update(dict.fromkeys(['django', 'celery', 'rest_framework', 'numpy', 'nh3']))"
    code = f"import sys\n{absent}\nfrom openness.lint_hook import main\nsys.exit(main(sys.argv[1:]))"
    run = subprocess.run([sys.executable, "-c", code, card], cwd=ROOT, capture_output=True, text=True, timeout=60)
    assert (run.returncode, run.stderr) == (0, "") and "of 100" in run.stdout


def test_the_hook_names_the_script_and_its_pins_are_the_registry_s():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    hooks = yaml.safe_load((ROOT / ".pre-commit-hooks.yaml").read_text())
    assert {hook["entry"] for hook in hooks} == set(project["scripts"]) == {"stemma-card"}
    pinned = (ROOT / "requirements.txt").read_text().splitlines()
    assert set(project["dependencies"]) <= set(pinned)
