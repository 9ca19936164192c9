"""Production refuses unsafe settings, and every variable that is read is documented."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent


def manage(*arguments, **environment):
    clean = {k: v for k, v in os.environ.items() if k in ("PATH", "HOME", "LANG")}
    return subprocess.run(
        [sys.executable, "manage.py", *arguments], cwd=ROOT, env=clean | environment, capture_output=True, text=True
    )


def test_production_refuses_to_start_without_a_secret_key(tmp_path):
    answer = manage("check", DATA_DIR=str(tmp_path))
    assert answer.returncode != 0
    assert "SECRET_KEY is not set" in answer.stderr


def test_debug_refuses_a_host_that_others_can_reach(tmp_path):
    answer = manage("check", DATA_DIR=str(tmp_path), DEBUG="1", ALLOWED_HOSTS="stemma.example.org")
    assert answer.returncode != 0
    assert "DEBUG is on" in answer.stderr


def test_a_development_machine_keeps_its_generated_key(tmp_path):
    assert manage("check", DATA_DIR=str(tmp_path), DEBUG="1").returncode == 0
    first = (tmp_path / "secret_key").read_text()
    assert manage("check", DATA_DIR=str(tmp_path), DEBUG="1").returncode == 0
    assert (tmp_path / "secret_key").read_text() == first
    assert (tmp_path / "secret_key").stat().st_mode & 0o077 == 0


def test_the_deployment_check_is_clean_under_production_settings(tmp_path):
    answer = manage(
        "check", "--deploy", "--fail-level", "WARNING", DATA_DIR=str(tmp_path), SECRET_KEY="k7!" * 30 + "abcdefgh"
    )
    assert answer.returncode == 0, answer.stderr


@pytest.mark.skipif(not (ROOT / "README.md").exists(), reason="the README is not there")
def test_the_readme_names_every_environment_variable():
    settings = (ROOT / "registry" / "settings.py").read_text("utf8")
    read = set(re.findall(r'env\.\w+\(\s*"([A-Z_]+)"', settings))
    missing = {name for name in read if name not in (ROOT / "README.md").read_text("utf8")}
    assert not missing
