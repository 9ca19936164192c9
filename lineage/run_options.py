"""How the `compare` command is told to run two versions, and the run itself, in the foreground."""

from __future__ import annotations

import argparse
from collections.abc import Callable

from lineage.comparison_requests import Asked
from lineage.models import Comparison
from lineage.run_comparison import Execution, ask, carry_out
from lineage.run_places import named_version, suite_path
from lineage.running import DEVICES, DTYPES, How
from lineage.suite_rows import BadSuite
from lineage.version_files import BadVersion
from registry.cli import BadInput
from registry.energy import metered


class Operator:
    """Whoever may run commands may see what staff see."""

    is_staff = True


MAX_MEMORY_GB, MAX_TIME_S = 100_000, 30 * 86_400


def add_running(parser) -> None:
    running = parser.add_argument_group("how OLD and NEW are run")
    running.add_argument("--device", choices=DEVICES, default="auto", help="auto: the GPU, where there is one")
    running.add_argument("--dtype", choices=DTYPES, default="float32", help="of weights and computing")
    running.add_argument("--old-base", default="", metavar="DIR", help="base model, where OLD is an adapter or a head")
    running.add_argument("--new-base", default="", metavar="DIR", help="base model, where NEW is an adapter or a head")
    running.add_argument("--memory-gb", type=bounded(MAX_MEMORY_GB), metavar="N", help="that a run may take")
    running.add_argument(
        "--time-s", type=bounded(MAX_TIME_S), default=How.time_s, metavar="N", help="seconds that a run may take"
    )


def bounded(most: float) -> Callable[[str], float]:
    """A reader of numbers above 0 and up to `most`."""

    def read(text: str) -> float:
        try:
            found = float(text)
        except ValueError:
            found = 0.0
        if not 0 < found <= most:
            raise argparse.ArgumentTypeError(f"{text!r} is not a number above 0 and up to {most:,}")
        return found

    return read


def run_now(references: list[str], suite: str, options: dict, asked: Asked, tell: Callable[[dict], None]) -> Comparison:
    """The comparison of two versions, run here and now; its row says what came of it. Raises BadInput."""
    how = How(
        options["device"], options["dtype"], int((options["memory_gb"] or 0) * (1 << 30)), int(options["time_s"]) or 1
    )
    try:
        path = str(suite_path(suite, folders=True))
        named = [
            named_version(reference, options[f"{side}_base"], Operator(), folders=True)
            for side, reference in zip(("old", "new"), references, strict=True)
        ]
    except (BadSuite, BadVersion) as problem:
        raise BadInput(str(problem)) from None
    execution = Execution(named[0][0], named[1][0], path, how)
    row = ask(execution, asked, (named[0][1], named[1][1]))
    Comparison.objects.filter(pk=row.pk).update(status=Comparison.Status.RUNNING)
    with metered("comparison", f"comparison {row.pk}"):
        return carry_out(row, tell, may_replace=True)
