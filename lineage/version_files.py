"""Where the files of a version are, and whether they may be run at all: looked at as text and names, never loaded."""

from __future__ import annotations

import hashlib
import json
import os
import re
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from lineage.version_bounds import BadVersion, refuse_odd_config, refuse_odd_files, refuse_odd_index

CONFIG, ADAPTER, MODULE = "config.json", "adapter_config.json", "stemma_module.json"
WEIGHTS = {"adapter": "adapter_model.safetensors", "module": "model.safetensors"}
PICKLES = (".bin", ".pt", ".pth", ".ckpt", ".pkl", ".pickle", ".joblib", ".h5", ".msgpack")
PROGRAMS = (".pt2", ".so")
SHA = re.compile(r"[0-9a-f]{40}")
NAME = re.compile(r"[A-Za-z0-9][\w.-]{0,95}(?:/[A-Za-z0-9][\w.-]{0,95})?", re.ASCII)
MAX_CONFIG_BYTES = 4 << 20
MAX_FILES = 2_000
MAX_LABELS = 1_000_000
UNSAID_LABELS = 2  # that a classifier of transformers has where its configuration does not say
CHUNK_BYTES = 1 << 20


@dataclass(frozen=True)
class VersionFiles:
    """A version's folder, and that of the model which an adapter or a head is for."""

    name: str
    folder: Path
    base: Path | None = None

    @property
    def kind(self) -> str:
        """`module` of our own, `adapter` of PEFT, or `model` of transformers."""
        if (self.folder / MODULE).is_file():
            return "module"
        return "adapter" if (self.folder / ADAPTER).is_file() else "model"


def folder_of(name: str, sha: str, roots: Iterable[Path]) -> Path:
    """The folder of a mirrored model at one commit: `ROOT/owner/name/SHA`, or as the Hub's client lays its cache out.

    Raises BadVersion.
    """
    if not NAME.fullmatch(name) or ".." in name or not SHA.fullmatch(sha):
        raise BadVersion(f"{name[:100]}@{sha[:40]} names no commit in full: that takes 40 hexadecimal digits.")
    for root in roots:
        for folder in (root / name / sha, root / f"models--{name.replace('/', '--')}" / "snapshots" / sha):
            if folder.is_dir():
                return folder
    raise BadVersion(f"The weights of {name}@{sha[:12]} are not on this machine.")


def read_json(path: Path) -> dict:
    """A small JSON object. Raises BadVersion."""
    try:
        if path.stat().st_size > MAX_CONFIG_BYTES:
            raise BadVersion(f"{path.name} has more than {MAX_CONFIG_BYTES:,} bytes.")
        found = json.loads(path.read_text("utf8"))
    except (OSError, ValueError, RecursionError) as problem:
        if isinstance(problem, BadVersion):
            raise
        raise BadVersion(f"{path.name} cannot be read as JSON.") from None
    if not isinstance(found, dict):
        raise BadVersion(f"{path.name} is no object.")
    return found


def check_files(version: VersionFiles) -> None:
    """Raise BadVersion where a version cannot be run safely: pickles alone, programs, code of its own, no weights."""
    if not version.folder.is_dir():
        raise BadVersion(f"There is no folder {version.name!r}.")
    refuse_odd_files(version.name, version.folder)
    refuse_odd_index(version.name, version.folder)
    files = files_of(version.folder)
    for path in files:
        if path.name == CONFIG:
            refuse_odd_config(version.name, read_json(path))
    names = sorted(path.name for path in files)
    if not any((version.folder / name).is_file() for name in (CONFIG, ADAPTER, MODULE)):  # a loader looks no deeper
        inner = next((path.parent.name for path in files if path.name in (CONFIG, ADAPTER, MODULE)), "")
        hint = f" Its folder {inner} may be one." if inner else ""
        raise BadVersion(f"{version.name} has none of {CONFIG}, {ADAPTER} and {MODULE}: it is no model's folder.{hint}")
    if not any(name.endswith(".safetensors") for name in names):
        if found := [name for name in names if name.endswith(PROGRAMS)]:
            raise BadVersion(f"{version.name} is an exported program ({found[0]}), which is not run: it may hold code.")
        if found := [name for name in names if name.endswith(PICKLES)]:
            raise BadVersion(
                f"{version.name} holds its weights only in {found[0]}, whose reading can run code: it is not opened."
            )
        raise BadVersion(f"{version.name} holds no safetensors.")
    needed = WEIGHTS.get(version.kind)
    if needed and not (version.folder / needed).is_file():  # PEFT would open a pickle in its place
        raise BadVersion(f"{version.name} lacks {needed}, and its weights are read from nothing else.")
    if version.kind == "adapter" and version.base is None:
        named = read_json(version.folder / ADAPTER).get("base_model_name_or_path")
        raise BadVersion(f"{version.name} is an adapter, and its base model {str(named)[:120]!r} was not found.")


def files_of(folder: Path) -> list[Path]:
    """The files below a folder, sorted by name, at most 2,000. Raises BadVersion."""
    found = []
    for path in folder.rglob("*"):
        if path.is_file():
            found.append(path)
        if len(found) > MAX_FILES:
            raise BadVersion(f"The folder {folder.name} holds more than {MAX_FILES:,} files.")
    return sorted(found)


def files_digest(version: VersionFiles) -> str:
    """sha256 over the names and contents of everything that a run may read, the base's included."""
    sha = hashlib.sha256()
    for folder in (version.folder, version.base):
        for path in files_of(folder) if folder else ():
            sha.update(os.fsencode(path.relative_to(folder)) + b"\0")
            sha.update(file_digest(path))
        sha.update(b"\1")
    return sha.hexdigest()


def file_digest(path: Path) -> bytes:
    sha = hashlib.sha256()
    with path.open("rb") as file:
        while chunk := file.read(CHUNK_BYTES):
            sha.update(chunk)
    return sha.digest()


def label_names(version: VersionFiles) -> list[str] | None:
    """What a classifier calls its labels, by number, from its configuration alone; None where it has none.

    Raises BadVersion.
    """
    if version.kind == "module":
        labels = read_json(version.folder / MODULE).get("labels")
        return [str(label) for label in labels] if isinstance(labels, list) else None
    for folder in (version.folder, version.base):
        if folder and (folder / CONFIG).is_file():
            return names_in(version.name, read_json(folder / CONFIG))
    return None


def names_in(name: str, config: dict) -> list[str] | None:
    """Label names in a configuration of transformers, which leaves them out where they are LABEL_0, LABEL_1 …

    None in a configuration of timm, which has its own ways of naming them.
    Raises BadVersion where they are no names by number.
    """
    found, number = config.get("id2label"), config.get("num_labels")
    if found is None and ("num_classes" in config or "label_names" in config):
        return None
    if found is None:
        number = number if isinstance(number, int) and 0 < number <= MAX_LABELS else UNSAID_LABELS
        return [f"LABEL_{place}" for place in range(number)]
    if (
        not isinstance(found, dict)
        or not {str(place) for place in range(len(found))} == found.keys()
        or not all(isinstance(label, str | int) for label in found.values())
    ):
        raise BadVersion(f"{name}: its configuration's id2label does not name the labels 0, 1, 2 … one by one.")
    return [str(found[str(place)]) for place in range(len(found))]
