"""The process in which a version runs: reads one request from standard input, writes JSON lines, and ends.

Lines have a `kind`: `ready` with the environment, `progress`, `outcomes`, then `done` with the figures or `problem`.
"""

from __future__ import annotations

import importlib
import json
import os
import re
import sys
import traceback
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path

from lineage.runs.batches import Plan
from lineage.runs.limits import close_network, die_with_parent, limit_resources
from lineage.runs.problems import MEMORY_SIGNS, TOO_LITTLE_MEMORY, BadRun
from lineage.suite_definitions import read_suite
from lineage.suite_rows import BadSuite
from lineage.version_files import BadVersion


def main() -> int:
    """Carry the request out; 0, or 3 where the version cannot be run."""
    die_with_parent()
    load_libraries(sys.argv[1:])
    if not (line := sys.stdin.readline()):
        return 0  # nobody has anything to ask any more
    request = json.loads(line)
    say = Lines(os.dup(1))
    os.dup2(2, 1)  # whatever a library prints goes where it disturbs nobody
    try:
        carry_out(request, say)
    except Exception as problem:  # whatever a stranger's files provoke, one sentence comes of it
        if not isinstance(problem, BadRun | BadSuite | BadVersion):
            traceback.print_exc()
        say("problem", sentence=sentence_of(problem))
        return 3
    return 0


def load_libraries(names: list[str]) -> None:
    """Import what takes seconds before there is a request, so that a process may wait with it done.

    All is loaded before memory is bounded: OpenBLAS, where it gets none while it loads, tries for ever.
    """
    for name in names:
        importlib.import_module(name)
    if "transformers" in names:  # which itself imports nothing until it is asked for
        importlib.import_module("transformers.models.auto.modeling_auto")
        importlib.import_module("transformers.modeling_utils")
        importlib.import_module("scipy.optimize")  # some models' losses need it, and it needs OpenBLAS


def sentence_of(problem: BaseException) -> str:
    """Why a version does not run, in one sentence without paths."""
    if isinstance(problem, BadRun | BadSuite | BadVersion):
        return str(problem)
    if isinstance(problem, MemoryError):
        return TOO_LITTLE_MEMORY
    text = re.sub(r"(?:/[^/\s'\"]+)+/", "", " ".join(str(problem).split()))[:240]
    if any(sign in text for sign in MEMORY_SIGNS):
        return TOO_LITTLE_MEMORY
    return f"The version does not load or run: {text.rstrip('.') or type(problem).__name__}."


class Lines:
    """Writes JSON lines to where the parent reads them."""

    def __init__(self, descriptor: int):
        self.file = os.fdopen(descriptor, "w", encoding="utf8")

    def __call__(self, kind: str, **values) -> None:
        self.file.write(json.dumps({"kind": kind, **values}) + "\n")
        self.file.flush()


def carry_out(request: dict, say: Lines) -> None:
    """Load, run, and say what came of it. Raises BadRun and what libraries raise."""
    suite = read_suite(Path(request["suite"]), Path(request["datasets"]))
    is_gpu = request["device"] != "cpu" and Path("/dev/nvidiactl").exists()
    limit_resources(request["memory_bytes"], request["cpu_s"], is_gpu=is_gpu)
    from lineage.runs.determinism import environment, pick_device, settle  # torch, under the limits

    settings, device = settle(), pick_device(request["device"])
    if device.type == "cuda":
        import torch

        torch.zeros(1, device=device)  # a driver may need sockets of its own; from here on there are none
    network = close_network()
    from lineage.runs.engine import Engine
    from lineage.runs.loading import Source
    from lineage.runs.tasks import task_for

    source = Source(Path(request["folder"]), path_or_none(request["base"]), request["dtype"], device)
    if (asked := request.get("adapt")) is not None:
        say("ready", environment=environment(device), determinism=settings, network=network)
        from lineage.runs.adapting import adapt

        old = Source(Path(asked["old"]), path_or_none(asked["old_base"]), request["dtype"], device)
        say("done", figures=adapt(suite, old, source, asked, telling(say)), plan=None)
        return
    task = task_for(suite, source)
    say("ready", environment=environment(device), determinism=settings, network=network)
    wanted = set(request["only"]) if request["only"] is not None else None
    items = [item for item in suite.items if wanted is None or item.id in wanted]
    engine = Engine(
        task,
        Plan(**request["plan"]),
        device,
        lambda rows: say("outcomes", rows=rows),
        telling(say),
    )
    figures = engine.run(items)
    taken = {name: value for name, value in vars(figures).items() if name != "events"}
    say("done", figures=taken | {"peak_memory_bytes": peak(device)}, plan=asdict(engine.plan))


def telling(say: Lines) -> Callable:
    """Progress as a line."""
    return lambda done, total, rate, left_s: say("progress", done=done, total=total, items_per_s=rate, left_s=left_s)


def peak(device) -> int:
    """The most memory that was held at once: of the GPU, or of the process."""
    if device.type == "cuda":
        import torch

        return torch.cuda.max_memory_allocated()
    return peak_of_process()


def peak_of_process() -> int:
    """Most bytes resident at once since this program began; `ru_maxrss` would hold what started it besides."""
    status = Path("/proc/self/status").read_text("ascii", "replace")
    return int(re.search(r"^VmHWM:\s+(\d+) kB", status, re.MULTILINE)[1]) * 1_024


def path_or_none(text: str | None) -> Path | None:
    return Path(text) if text else None


if __name__ == "__main__":
    sys.exit(main())
