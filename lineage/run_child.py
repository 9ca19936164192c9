"""The process in which a version runs, seen from outside: started, listened to, and ended where it takes too long."""

from __future__ import annotations

import json
import logging
import os
import selectors
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

from lineage.runs.problems import TOO_LITTLE_MEMORY, BadRun

log = logging.getLogger(__name__)

ROOT = Path(__file__).resolve().parent.parent
MAX_LINE_BYTES = 64 << 20
STDERR_BYTES = 4_000
PASSED_ON = {
    "PATH",
    "LANG",
    "LC_ALL",
    "LD_LIBRARY_PATH",
    "CUDA_VISIBLE_DEVICES",
    "CUDA_HOME",
    "OMP_NUM_THREADS",
    "OMP_WAIT_POLICY",
}
OFFLINE = {"HF_HUB_OFFLINE": "1", "TRANSFORMERS_OFFLINE": "1", "HF_DATASETS_OFFLINE": "1", "DO_NOT_TRACK": "1"}
PATIENT = {"OMP_WAIT_POLICY": "PASSIVE"}  # threads that spin for work make a busy machine several times slower


class Child:
    """The process in which a version runs; it loads `libraries` and waits. Leaving the context ends it at once."""

    def __init__(self, libraries: Sequence[str]):
        self.libraries, self.is_late = tuple(libraries), False
        self.folder = tempfile.TemporaryDirectory(prefix="stemma-run-")
        folder = self.folder.name
        kept = {name: value for name, value in os.environ.items() if name in PASSED_ON}
        self.errors = open(Path(folder) / "stderr", "w+b")  # noqa: SIM115  closed with the process
        self.process = subprocess.Popen(
            [sys.executable, "-m", "lineage.runs.child", *self.libraries],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self.errors,
            cwd=folder,
            env=PATIENT | kept | OFFLINE | {"PYTHONPATH": str(ROOT), "HOME": folder, "TMPDIR": folder},
            start_new_session=True,
        )

    def ask(self, request: dict, time_s: float) -> None:
        """Hand the request over; it has `time_s` seconds from now."""
        self.time_s, self.until = time_s, time.monotonic() + time_s
        try:
            self.process.stdin.write(json.dumps(request).encode() + b"\n")
            self.process.stdin.close()
        except BrokenPipeError:
            pass  # it died at once, and why it ended is read off its status

    def __enter__(self) -> Child:
        return self

    def __exit__(self, *reason) -> None:
        self.end()

    def end(self) -> None:
        """Kill it if it still runs, and leave nothing of it."""
        if self.process.poll() is None:
            os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()
        self.process.stdout.close()
        self.errors.close()
        self.folder.cleanup()

    def lines(self) -> Iterator[dict]:
        """What it says, line by line, until it closes its output or its time is over. Raises BadRun on other talk."""
        kept = b""
        with selectors.DefaultSelector() as selector:
            selector.register(self.process.stdout, selectors.EVENT_READ)
            while True:
                left = self.until - time.monotonic()
                if left <= 0 or not selector.select(left):
                    self.is_late = True
                    return
                part = os.read(self.process.stdout.fileno(), 1 << 16)
                if not part:
                    return
                *whole, kept = (kept + part).split(b"\n")
                if len(kept) > MAX_LINE_BYTES:
                    raise BadRun("The process that ran the version said more than is listened to.")
                yield from map(said, whole)

    def why_it_ended(self) -> str:
        """One sentence on a process that ended, or was ended, before it was done."""
        if self.is_late:
            return f"The run took longer than the {self.time_s:,.0f} s that it was given, and was ended."
        status = self.process.wait()
        self.errors.seek(0, os.SEEK_END)
        self.errors.seek(max(0, self.errors.tell() - STDERR_BYTES))
        told = self.errors.read().decode("utf8", "replace")
        log.warning("a model run ended with %s: %s", status, told)
        if told.rstrip().endswith("MemoryError"):  # too little was left even to say so
            return TOO_LITTLE_MEMORY
        if status == -signal.SIGXCPU:
            return "The run used more processor time than it was given, and was ended."
        if status < 0:
            name = signal.Signals(-status).name
            return f"The process that ran the version was killed ({name}), most likely for want of memory."
        return f"The process that ran the version ended with status {status} before it was done."


def said(line: bytes) -> dict:
    """One line of the child. Raises BadRun where it is no object."""
    try:
        found = json.loads(line)
    except ValueError:
        found = None
    if not isinstance(found, dict):
        raise BadRun("The process that ran the version said something that is no JSON object.")
    return found


class Ahead:
    """Starts the process of the next run while one computes: to load the libraries takes longer than many a suite.

    `runs` is how many are to come; the process that waits for the next holds no model and no request.
    """

    def __init__(self, runs: int):
        self.left, self.waiting = runs, None

    def __enter__(self) -> Ahead:
        return self

    def __exit__(self, *reason) -> None:
        if self.waiting:
            self.waiting.end()

    def take(self, libraries: Sequence[str]) -> Child:
        """The process for the next run: the one that waits, if it has loaded what is needed."""
        self.left -= 1
        found, self.waiting = self.waiting, None
        if found and not set(libraries) <= set(found.libraries):
            found.end()
            found = None
        return found or Child(libraries)

    def start_next(self, libraries: Sequence[str]) -> None:
        """Start a process that waits, if another run is to come."""
        if self.left > 0 and self.waiting is None:
            self.waiting = Child(libraries)
