"""`results_….json` beside a sample log: what the run says of model, dtype, batch and task."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from lineage.importers.bounds import strict_object
from lineage.outcomes import BadOutcomes

MAX_BYTES = 16 << 20
SAMPLES, RESULTS = "samples_", "results_"


def companion_of(path: Path) -> tuple[Path, str] | None:
    """The results file of a sample log and the task that is left of the log's name; None where there is none.

    `samples_TASK_DATE.jsonl` stands beside `results_DATE.json`.
    """
    stem = path.name.removesuffix(".jsonl")
    if not stem.startswith(SAMPLES) or stem == path.name:
        return None
    parts = stem.removeprefix(SAMPLES).split("_")
    for cut in range(1, len(parts)):
        results = path.with_name(f"{RESULTS}{'_'.join(parts[cut:])}.json")
        if results.is_file():
            return results, "_".join(parts[:cut])
    return None


def read_results(path: Path, task: str) -> dict[str, object]:
    """What the results file says of the run and of one task; what it does not say is left out. Raises BadOutcomes."""
    with path.open("rb") as file:
        text = file.read(MAX_BYTES + 1)
    if len(text) > MAX_BYTES:
        raise BadOutcomes(f"{path.name} has more than {MAX_BYTES >> 20} MB")
    results = strict_object(text, path.name)
    config = section(results, "config")
    said = {
        "model": results.get("model_name"),
        "model_sha": config.get("model_sha"),
        "dtype": config.get("model_dtype"),
        "device": config.get("device"),
        "batch_size": config.get("batch_size"),
        "limit": config.get("limit"),
        "tool_version": results.get("lm_eval_version") or results.get("git_hash"),
        "chat_template_sha": results.get("chat_template_sha"),
        "task_version": section(results, "versions").get(task),
        "task_hash": section(results, "task_hashes").get(task),
        "few_shot": section(results, "n-shot").get(task),
    }
    return {key: str(value)[:200] for key, value in said.items() if value not in (None, "")}


def section(results: Mapping, name: str) -> Mapping:
    found = results.get(name)
    return found if isinstance(found, dict) else {}
