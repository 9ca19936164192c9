"""Real workers in processes of their own: over files on one machine, and over Redis on many."""

import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
PATIENCE_S = 60
LINE = {"kind": "model", "info": {"id": "acme/tiny", "lastModified": "2024-06-01T00:00:00.000Z"}, "card": "# Tiny"}

QUEUE = """
import sys
from registry import harvest
from registry.tasks import run_harvest
from registry.work import tell_workers
row = harvest.ask({"from": sys.argv[1]}, source="dump.jsonl")
tell_workers(run_harvest, row.pk)
"""
STATUS = "from registry.models import Harvest; print(Harvest.objects.latest('pk').status)"


class Installation:
    """A registry in a folder of its own, as a machine would run it."""

    def __init__(self, folder: Path, **environment: str):
        clean = {k: v for k, v in os.environ.items() if k in ("PATH", "HOME", "LANG")}
        self.environment = clean | {"DEBUG": "1", "DATA_DIR": str(folder)} | environment
        (folder / "dump.jsonl").write_text(json.dumps(LINE))
        self.dump = folder / "dump.jsonl"
        self.call(sys.executable, "manage.py", "migrate", "--verbosity", "0")

    def call(self, *command: str) -> str:
        answer = subprocess.run(command, cwd=ROOT, env=self.environment, capture_output=True, text=True)
        assert answer.returncode == 0, answer.stderr
        return answer.stdout.strip()

    def python(self, code: str, *arguments: str) -> str:
        return self.call(sys.executable, "-c", f"import django; django.setup()\n{code}", *arguments)

    def worker(self, *options: str) -> subprocess.Popen:
        command = [sys.executable, "-m", "celery", "-A", "registry", "worker", "--queues", "hub,score,gpu"]
        return subprocess.Popen(
            [*command, "--concurrency", "1", *options],
            cwd=ROOT,
            env=self.environment,
            stderr=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            start_new_session=True,
        )

    def waits_for(self, status: str) -> bool:
        until = time.monotonic() + PATIENCE_S
        while time.monotonic() < until:
            if self.python(STATUS) == status:
                return True
            time.sleep(0.5)
        return False


def stop(process: subprocess.Popen) -> None:
    os.killpg(process.pid, signal.SIGKILL)
    process.wait()


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def test_a_worker_on_one_machine_takes_up_what_is_queued(tmp_path):
    here = Installation(tmp_path, DJANGO_SETTINGS_MODULE="registry.settings")
    here.python(QUEUE, str(here.dump))
    worker = here.worker("--beat", "--schedule", str(tmp_path / "beat"))
    try:
        assert here.waits_for("full")
    finally:
        stop(worker)


@pytest.mark.skipif(not shutil.which("redis-server"), reason="redis-server is not installed")
def test_a_worker_over_redis_is_told_and_does_not_wait_for_a_schedule(tmp_path):
    port = free_port()
    command = ["redis-server", "--port", str(port), "--bind", "127.0.0.1", "--save", "", "--dir", str(tmp_path)]
    redis, worker = subprocess.Popen(command, stdout=subprocess.DEVNULL, start_new_session=True), None
    try:
        address = f"redis://127.0.0.1:{port}/0"
        here = Installation(tmp_path, DJANGO_SETTINGS_MODULE="registry.settings", CELERY_BROKER_URL=address)
        worker = here.worker()
        here.python(QUEUE, str(here.dump))
        assert here.waits_for("full")
    finally:
        for process in filter(None, (worker, redis)):
            stop(process)
