"""Trains a compatibility adapter between two versions in a child process, and registers it as a version of its own.

The weights go below `DATA_DIR/models` at a commit that is a digest of the files; the registry gets the repository as
from a dump, and reads its two parents off the adapter's own configuration, as it reads anybody's.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import tempfile
from collections.abc import Callable
from dataclasses import asdict, dataclass
from datetime import UTC
from pathlib import Path

from django.conf import settings
from django.utils.timezone import now

from lineage.run_child import Child
from lineage.run_places import Named, datasets_root, find_files
from lineage.running import How, libraries, refuse_without_torch, said_until_done
from lineage.runs.problems import BadRun
from lineage.suites import CHOICE, CLASSIFICATION, GENERATION, Suite
from lineage.trace import trace_repo
from lineage.version_files import ADAPTER, NAME, BadVersion, VersionFiles, file_digest, files_of
from registry import harvest as harvests
from registry.models import Repo

WEIGHTS = "adapter_model.safetensors"
COMPATIBLE = "stemma_compatible_with"  # the key of the adapter's configuration that names the old version
ITEMS_MOST, EPOCHS_MOST, RANK_MOST, BATCH_MOST = 20_000, 50, 256, 512
CARD = """---
base_model: {new}
base_model_relation: adapter
library_name: peft
tags: [compatibility-adapter]
---
# A compatibility adapter on {new}

It takes the side of {old} where it is wrong and that of {new} where it is right, so that an upgrade breaks fewer
answers (MUSCLE, arXiv 2407.09435). Trained on the {items} items of the suite {suite} ({digest}), {epochs} epochs at
rank {rank}.
"""
Tell = Callable[[dict], None]


@dataclass(frozen=True)
class Adaptation:
    """What is to be trained, on what, and under which name it is registered."""

    name: str
    old: Named
    new: Named
    suite: Suite
    how: How
    rank: int = 16
    epochs: int = 10
    learning_rate: float = 1e-4
    batch: int = 8
    distilled: float = 1.0

    @property
    def training(self) -> dict:
        return {key: getattr(self, key) for key in ("rank", "epochs", "learning_rate", "batch", "distilled")}


def adapt(asked: Adaptation, tell: Tell, held_out: Suite | None = None) -> tuple[Repo, dict]:
    """Train and register; the repository and the figures. Raises BadRun and BadVersion, and then nothing is kept.

    `held_out` is the suite that the adapter is to be judged on: sharing an item with it is refused.
    """
    check(asked, held_out)
    old, new = find_files(asked.old), find_files(asked.new)
    refuse_without_torch(VersionFiles(new.name, new.folder, new.base))
    with tempfile.TemporaryDirectory(prefix="stemma-adapt-") as folder:
        out = Path(folder) / "adapter"
        out.mkdir()
        figures = trained(asked, old, new, out, tell)
        sha = kept(asked, out)
    return registered(asked, sha), figures


def check(asked: Adaptation, held_out: Suite | None) -> None:
    """Raise BadVersion or BadRun where the training cannot be what it should be."""
    if not NAME.fullmatch(asked.name) or ".." in asked.name or "/" not in asked.name:
        raise BadVersion(f"{asked.name[:100]!r} is no owner/name for the adapter.")
    if Repo.objects.named(Repo.Kind.MODEL, asked.name).exclude(source=Repo.Source.DUMP).exists():
        raise BadVersion(f"{asked.name} is a mirrored model already; the adapter takes a name of its own.")
    if asked.suite.task not in (CLASSIFICATION, CHOICE, GENERATION):
        raise BadRun(f"A compatibility adapter is not trained for {asked.suite.task}.")
    if not asked.suite.items or len(asked.suite.items) > ITEMS_MOST:
        raise BadRun(f"A training suite has between 1 and {ITEMS_MOST:,} items; this has {len(asked.suite.items):,}.")
    bounds = (
        (asked.rank, RANK_MOST, "rank"),
        (asked.epochs, EPOCHS_MOST, "epochs"),
        (asked.batch, BATCH_MOST, "batch"),
    )
    for value, most, word in bounds:
        if not 1 <= value <= most:
            raise BadRun(f"{word} is between 1 and {most}.")
    if not (0 < asked.learning_rate <= 1 and 0 <= asked.distilled <= 1):
        raise BadRun("The learning rate is above 0 and at most 1, the weight of the distillation between 0 and 1.")
    shared = {(item.input, item.pair) for item in asked.suite.items} & {
        (item.input, item.pair) for item in (held_out.items if held_out else ())
    }
    if shared:
        raise BadRun(f"{len(shared)} items of the training suite are also in {held_out.name}, which is to judge it.")


def trained(asked: Adaptation, old: VersionFiles, new: VersionFiles, out: Path, tell: Tell) -> dict:
    """The figures of a training whose adapter lies in `out`. Raises BadRun."""
    request = {
        "suite": str(asked.suite.path.resolve()),
        "datasets": str(datasets_root().resolve()),
        "folder": str(new.folder.resolve()),
        "base": str(new.base.resolve()) if new.base else None,
        "device": asked.how.device,
        "dtype": asked.how.dtype,
        "memory_bytes": asked.how.limit_bytes,
        "cpu_s": asked.how.time_s * (os.cpu_count() or 1),
        "adapt": {
            "old": str(old.folder.resolve()),
            "old_base": str(old.base.resolve()) if old.base else None,
            "out": str(out),
            "training": asked.training,
            "base_named": named_in_config(asked, new),
        },
    }
    with Child(libraries(new)) as child:
        child.ask(request, asked.how.time_s)
        return said_until_done(child, tell)


def named_in_config(asked: Adaptation, new: VersionFiles) -> dict:
    """How the adapter's configuration names its parents: the base that it runs on, and the old version beside it."""
    base = asked.new
    said = {"base_model_name_or_path": base.name, "revision": base.sha or None, COMPATIBLE: asked.old.name}
    if new.kind == "adapter":  # it goes on from the new version's own adapter and so runs on that one's base
        config = json.loads((new.folder / ADAPTER).read_text("utf8"))
        said |= {key: config.get(key) for key in ("base_model_name_or_path", "revision")}
    return said


def kept(asked: Adaptation, out: Path) -> str:
    """Put the adapter where versions are looked for; the commit that it has there: a digest of its files."""
    missing = [name for name in (ADAPTER, WEIGHTS) if not (out / name).is_file()]
    if missing:
        raise BadRun(f"The training left no {missing[0]}.")
    (out / "README.md").write_text(card(asked), "utf8")
    digest = hashlib.sha1(usedforsecurity=False)
    for path in files_of(out):
        digest.update(path.name.encode() + file_digest(path))
    sha = digest.hexdigest()
    folder = settings.DATA_DIR / "models" / asked.name / sha
    if not folder.is_dir():
        folder.parent.mkdir(parents=True, exist_ok=True)
        shutil.move(str(out), str(folder))
    return sha


def card(asked: Adaptation) -> str:
    return CARD.format(
        new=asked.new.name,
        old=asked.old.name,
        items=len(asked.suite.items),
        suite=asked.suite.name,
        digest=asked.suite.digest[:12],
        epochs=asked.epochs,
        rank=asked.rank,
    )


def registered(asked: Adaptation, sha: str) -> Repo:
    """The repository of the adapter, read into the registry as a dump's line is, and traced."""
    folder = settings.DATA_DIR / "models" / asked.name / sha
    files = [{"rfilename": path.name, "size": path.stat().st_size} for path in files_of(folder)]
    at = now().astimezone(UTC).isoformat().replace("+00:00", "Z")
    tags = ["peft", "compatibility-adapter"]
    info = {"id": asked.name, "sha": sha, "siblings": files, "lastModified": at, "tags": tags, "library_name": "peft"}
    line = {
        "kind": "model",
        "info": info,
        "card": (folder / "README.md").read_text("utf8"),
        "files": {ADAPTER: (folder / ADAPTER).read_text("utf8")},
    }
    with tempfile.TemporaryDirectory(prefix="stemma-register-") as place:
        dump = Path(place) / "adapter.jsonl"
        dump.write_text(json.dumps(line) + "\n", "utf8")
        found = harvests.run(harvests.start({"from": str(dump)}, source=f"adapter {asked.name}"))
    if found.failed or found.problem:
        raise BadVersion(f"The adapter could not be registered: {found.problem or 'its record was refused'}.")
    repo = Repo.objects.named(Repo.Kind.MODEL, asked.name).order_by("pk").first()
    trace_repo(repo)
    return repo


def answer(asked: Adaptation, repo: Repo, figures: dict) -> dict:
    """What the command and the task say of it."""
    return {
        "adapter": repo.name,
        "sha": repo.head.sha if repo.head else None,
        "old": asdict(asked.old)["name"],
        "new": asdict(asked.new)["name"],
        "suite": asked.suite.name,
        "figures": figures,
    }
