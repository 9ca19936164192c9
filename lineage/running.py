"""Runs a version over a suite in a child process, and takes its answers.

Nothing that a version does reaches this process but bounded lines of JSON.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from importlib.metadata import PackageNotFoundError, version
from importlib.util import find_spec
from pathlib import Path

from lineage.run_child import Ahead, Child
from lineage.runs.batches import CPU, CPU_CHOICES, GPU, Plan
from lineage.runs.problems import BadRun
from lineage.suites import CHOICE, CLASSIFICATION, IMAGES, Suite
from lineage.version_files import VersionFiles

RUNNER = "runs/2"  # raised whenever the same version would answer otherwise
DTYPES = ("float32", "bfloat16", "float16")
DEVICES = ("auto", "cpu", "cuda")
MAX_ANSWER_CHARACTERS = 100_000
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
    files: VersionFiles,
    suite: Suite,
    how: How,
    *,
    datasets: Path,
    only: list[str] | None = None,
    tell: Tell = print,
    ahead: Ahead | None = None,
) -> Ran:
    """Every answer of a version to a suite, or to the items `only`. `tell` hears of progress. Raises BadRun.

    From `ahead` comes a process that is ready, where it has one; while this version computes, it makes the next.
    """
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
    imports = libraries(files)
    with ahead.take(imports) if ahead else Child(imports) as child:
        child.ask(request, how.time_s)
        if ahead:
            ahead.start_next(imports)
        ran = heard(child, wanted, tell)
    if len(ran.answers) != len(wanted):
        raise BadRun(f"{files.name} answered {len(ran.answers):,} of {len(wanted):,} items.")
    return ran


def refuse_without_torch(files: VersionFiles) -> None:
    """Raise BadRun where what runs models is not installed."""
    if missing := [name for name in ("safetensors", *libraries(files)) if find_spec(name) is None]:
        raise BadRun(f"To run models, {', '.join(missing)} must be installed: `make models` does it.")


def libraries(files: VersionFiles) -> tuple[str, ...]:
    """The libraries that a version runs on."""
    return ("torch",) if files.kind == "module" else ("torch", "transformers", "peft")


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
