"""Runs a version over a suite in a child process: starts it, listens to it, and ends it where it takes too long.

Nothing that a version does reaches this process but bounded lines of JSON.
"""

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
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass, field
from importlib.metadata import PackageNotFoundError, version
from importlib.util import find_spec
from pathlib import Path

from lineage.runs.batches import CPU, CPU_CHOICES, GPU, Plan
from lineage.runs.problems import BadRun
from lineage.suites import CHOICE, CLASSIFICATION, IMAGES, Suite
from lineage.version_files import VersionFiles

log = logging.getLogger(__name__)

RUNNER = "runs/1"  # raised whenever the same version would answer otherwise
ROOT = Path(__file__).resolve().parent.parent
DTYPES = ("float32", "bfloat16", "float16")
DEVICES = ("auto", "cpu", "cuda")
MAX_LINE_BYTES = 64 << 20
MAX_ANSWER_CHARACTERS = 100_000
STDERR_BYTES = 4_000
PASSED_ON = ("PATH", "LANG", "LC_ALL", "LD_LIBRARY_PATH", "CUDA_VISIBLE_DEVICES", "CUDA_HOME") + (
    "OMP_NUM_THREADS",
    "OMP_WAIT_POLICY",
)
OFFLINE = {"HF_HUB_OFFLINE": "1", "TRANSFORMERS_OFFLINE": "1", "HF_DATASETS_OFFLINE": "1", "DO_NOT_TRACK": "1"}
PATIENT = {"OMP_WAIT_POLICY": "PASSIVE"}  # threads that spin for work make a busy machine several times slower
Tell = Callable[[dict], None]


@dataclass(frozen=True)
class How:
    """On what, how exactly and within which bounds a version runs."""

    device: str = "auto"
    dtype: str = "float32"
    memory_bytes: int = 0
    """0: four fifths of the machine's"""
    time_s: int = 6 * 3_600
    plan: Plan | None = None
    """None: the one for task and device"""

    def batches(self, task: str) -> Plan:
        """The plan that is used: small, even batches on a CPU; where a language model writes, large ones."""
        if self.plan:
            return self.plan
        if device_kind(self.device) == "cuda":
            return GPU
        return {CLASSIFICATION: CPU, IMAGES: CPU, CHOICE: CPU_CHOICES}.get(task, Plan())

    @property
    def limit_bytes(self) -> int:
        pages, size = os.sysconf("SC_PHYS_PAGES"), os.sysconf("SC_PAGE_SIZE")
        return self.memory_bytes or max(4 << 30, pages * size * 4 // 5)


@dataclass
class Ran:
    """What a version answered, by item id, and what that took."""

    answers: dict[str, dict] = field(default_factory=dict)
    environment: dict = field(default_factory=dict)
    figures: dict = field(default_factory=dict)

    def about(self) -> dict:
        """Environment and figures, as a row keeps them."""
        return {"environment": self.environment, "figures": self.figures}


def run_version(
    files: VersionFiles, suite: Suite, how: How, *, datasets: Path, only: list[str] | None = None, tell: Tell = print
) -> Ran:
    """Every answer of a version to a suite, or to the items `only`. `tell` hears of progress. Raises BadRun."""
    refuse_without_torch(files)
    request = {
        "suite": str(suite.path.resolve()),
        "datasets": str(datasets.resolve()),
        "folder": str(files.folder.resolve()),
        "base": str(files.base.resolve()) if files.base else None,
        "device": how.device,
        "dtype": how.dtype,
        "memory_bytes": how.limit_bytes,
        "cpu_s": how.time_s * (os.cpu_count() or 1),
        "plan": asdict(how.batches(suite.task)),
        "only": only,
    }
    wanted = set(only) if only is not None else {item.id for item in suite.items}
    with tempfile.TemporaryDirectory(prefix="stemma-run-") as folder, Child(folder, request, how.time_s) as child:
        ran = heard(child, wanted, tell)
    if len(ran.answers) != len(wanted):
        raise BadRun(f"{files.name} answered {len(ran.answers):,} of {len(wanted):,} items.")
    return ran


def refuse_without_torch(files: VersionFiles) -> None:
    """Raise BadRun where what runs models is not installed."""
    needed = ["torch", "safetensors", "transformers", "peft"] if files.kind != "module" else ["torch", "safetensors"]
    if missing := [name for name in needed if find_spec(name) is None]:
        raise BadRun(f"To run models, {', '.join(missing)} must be installed: `make models` does it.")


def heard(child: Child, wanted: set[str], tell: Tell) -> Ran:
    """What the child says until it is done. Raises BadRun with the sentence that it ends with."""
    ran = Ran()
    for said in child.lines():
        kind = said.get("kind")
        if kind == "ready":
            ran.environment = {key: said.get(key) for key in ("environment", "determinism", "network")}
        elif kind == "progress":
            tell({key: said.get(key) for key in ("done", "total", "items_per_s", "left_s")})
        elif kind == "outcomes":
            ran.answers |= {row["id"]: answer_of(row) for row in said["rows"] if row.get("id") in wanted}
        elif kind == "problem":
            raise BadRun(str(said.get("sentence"))[:500])
        elif kind == "done":
            ran.figures = {"plan": said.get("plan"), **with_rates(said.get("figures", {}))}
            return ran
    raise BadRun(child.why_it_ended())


def said_until_done(child: Child, tell: Tell) -> dict:
    """The figures that a child ends with when it gives no answers; `tell` hears of progress. Raises BadRun."""
    for said in child.lines():
        kind = said.get("kind")
        if kind == "progress":
            tell({key: said.get(key) for key in ("done", "total", "items_per_s", "left_s")})
        elif kind == "problem":
            raise BadRun(str(said.get("sentence"))[:500])
        elif kind == "done":
            return said.get("figures", {})
    raise BadRun(child.why_it_ended())


def with_rates(figures: dict) -> dict:
    """The figures of a run with its rates; None where nothing was timed or computed."""
    wall_s, computed = figures.get("wall_s"), figures.get("computed_tokens")
    return figures | {
        "items_per_s": figures["items"] / wall_s if wall_s else None,
        "tokens_per_s": figures["tokens"] / wall_s if wall_s else None,
        "forward_share": figures["forward_s"] / wall_s if wall_s else None,
        "padding_share": 1 - figures["tokens"] / computed if computed else None,
    }


def answer_of(row: dict) -> dict:
    """One answer, bounded."""
    found = {"prediction": str(row.get("prediction"))[:MAX_ANSWER_CHARACTERS], "margin": row.get("margin")}
    return found | ({"correct": bool(row["correct"])} if "correct" in row else {})


class Child:
    """The process in which a version runs. Leaving the context ends it, whatever it is doing."""

    def __init__(self, folder: str, request: dict, time_s: float):
        self.until, self.time_s, self.is_late = time.monotonic() + time_s, time_s, False
        kept = {name: os.environ[name] for name in PASSED_ON if name in os.environ}
        self.errors = open(Path(folder) / "stderr", "w+b")  # noqa: SIM115  closed with the process
        self.process = subprocess.Popen(
            [sys.executable, "-m", "lineage.runs.child"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self.errors,
            cwd=folder,
            env=PATIENT | kept | OFFLINE | {"PYTHONPATH": str(ROOT), "HOME": folder, "TMPDIR": folder},
            start_new_session=True,
        )
        self.request = json.dumps(request).encode() + b"\n"

    def __enter__(self) -> Child:
        try:
            self.process.stdin.write(self.request)
            self.process.stdin.close()
        except BrokenPipeError:
            pass  # it died at once, and why it ended is read off its status
        return self

    def __exit__(self, *reason) -> None:
        if self.process.poll() is None:
            os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()
        self.process.stdout.close()
        self.errors.close()

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
        log.warning("a model run ended with %s: %s", status, self.errors.read().decode("utf8", "replace"))
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


def code_version() -> list[str]:
    """What, beside a version's files, decides its answers: our runner and the libraries under it."""
    found = [RUNNER]
    for name in ("torch", "transformers", "peft"):
        try:
            found.append(f"{name} {version(name)}")
        except PackageNotFoundError:
            continue
    return found


def device_kind(asked: str) -> str:
    """`cuda` or `cpu`: what `auto` will mean on this machine, without asking torch."""
    return ("cuda" if Path("/dev/nvidiactl").exists() else "cpu") if asked == "auto" else asked
