"""A run that is killed at any moment and resumed ends as one that was never interrupted."""

import json
import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
LINES = 800

CANONICAL = """
import hashlib, json
from registry.models import Alias, Content, File, Harvest, Observation, Repo, RepoTag, Revision
def rows(queryset, *fields):
    return sorted(json.dumps(row, default=str) for row in queryset.values_list(*fields))
state = [
    rows(Repo.objects, "kind", "name", "hub_id", "state_digest", "info_digest", "head__sha", "account__name", "tags"),
    rows(Alias.objects, "kind", "name", "repo__hub_id"),
    rows(Revision.objects, "sha", "repo__name", "card_state", "card__sha256", "has_file_list"),
    rows(File.objects, "revision__sha", "path", "content__sha256"),
    rows(Content.objects, "sha256", "card__metadata"),
    rows(Observation.objects, "repo__name", "digest"),
    rows(RepoTag.objects, "repo__name", "tag__name"),
    rows(Harvest.objects, "status", "seen", "created", "updated", "unchanged", "failed"),
]
print(hashlib.sha256(json.dumps(state).encode()).hexdigest())
"""


def write_dump(path: Path) -> None:
    with path.open("w") as dump:
        for n in range(LINES):
            siblings = [{"rfilename": name} for name in ("README.md", "config.json", f"model-{n}.safetensors")]
            info = {"id": f"acme-{n % 40}/m{n}", "sha": f"{n:040x}", "siblings": siblings, "tags": ["a", f"t{n % 60}"]}
            info |= {"lastModified": "2024-06-01T00:00:00.000Z", "likes": n}
            dump.write(
                json.dumps({"kind": "model", "info": info, "card": f"---\nlicense: mit\n---\n# {n % 90}\n"}) + "\n"
            )


class Machine:
    """One registry in a folder, worked on by processes that may be killed."""

    def __init__(self, folder: Path, dump: Path):
        folder.mkdir()
        self.dump = dump
        clean = {k: v for k, v in os.environ.items() if k in ("PATH", "HOME", "LANG")}
        self.environment = clean | {
            "DEBUG": "1",
            "DATA_DIR": str(folder),
            "LOG_LEVEL": "ERROR",
            "DJANGO_SETTINGS_MODULE": "registry.settings",
        }
        self.start("migrate", "--verbosity", "0").wait()

    def start(self, *command: str) -> subprocess.Popen:
        return subprocess.Popen(
            [sys.executable, "manage.py", *command], cwd=ROOT, env=self.environment, stdout=subprocess.DEVNULL
        )

    def run_and_kill(self, after_s: float, *command: str) -> bool:
        """Kill the command after so long; whether it was still running."""
        process = self.start(*command)
        time.sleep(after_s)
        running = process.poll() is None
        process.send_signal(signal.SIGKILL)
        process.wait()
        return running

    def state(self) -> str:
        code = f"import django; django.setup()\n{CANONICAL}"
        return subprocess.run(
            [sys.executable, "-c", code], cwd=ROOT, env=self.environment, capture_output=True, text=True, check=True
        ).stdout


def kill_and_resume(tmp_path: Path, kills: int, seed: int) -> tuple[str, str, int]:
    """The states of an uninterrupted machine and of one killed again and again, and how often a run was really cut."""
    dump = tmp_path / "dump.jsonl"
    write_dump(dump)
    whole, cut = Machine(tmp_path / "whole", dump), Machine(tmp_path / "cut", dump)
    start = time.monotonic()
    whole.start("mirror", "--from", str(dump)).wait()
    took_s, rng, hits = time.monotonic() - start, random.Random(seed), 0
    command = ["mirror", "--from", str(dump)]
    for _ in range(kills):
        hits += cut.run_and_kill(rng.uniform(0.35, 0.95) * took_s, *command)
        if (
            "pk"
            in subprocess.run(
                [
                    sys.executable,
                    "-c",
                    "import django; django.setup()\nfrom registry.models import Harvest\n"
                    "print('pk' if Harvest.objects.exists() else '')",
                ],
                cwd=ROOT,
                env=cut.environment,
                capture_output=True,
                text=True,
            ).stdout
        ):
            command = ["mirror", "--resume"]
    cut.start(*command).wait()
    return whole.state(), cut.state(), hits


def test_a_killed_and_resumed_mirror_equals_an_uninterrupted_one(tmp_path):
    whole, cut, hits = kill_and_resume(tmp_path, kills=1, seed=1)
    assert hits
    assert cut == whole


@pytest.mark.proof
@pytest.mark.parametrize("seed", range(10))
def test_any_moment_may_be_the_last(tmp_path, seed):
    whole, cut, _ = kill_and_resume(tmp_path, kills=5, seed=seed)
    assert cut == whole
