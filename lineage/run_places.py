"""Finds what a comparison by running names: the files of a version, those of its base, and a suite."""

from __future__ import annotations

import re
from dataclasses import asdict, dataclass
from pathlib import Path

from django.conf import settings

from lineage.suite_definitions import read_suite
from lineage.suite_rows import BadSuite
from lineage.suites import Suite
from lineage.version_files import (
    ADAPTER,
    MODULE,
    NAME,
    SHA,
    BadVersion,
    VersionFiles,
    check_files,
    folder_of,
    read_json,
)
from registry.models import Repo

SHIPPED = Path(__file__).resolve().parent / "data"
SUITE_NAME = re.compile(r"[\w][\w.-]{0,99}", re.ASCII)


@dataclass(frozen=True)
class Named:
    """A version as somebody named it: a mirrored model at a commit, or a folder. `base` as a folder or `id@sha`."""

    name: str
    sha: str = ""
    folder: str = ""
    base: str = ""

    def as_json(self) -> dict:
        return asdict(self)


def named_version(reference: str, base: str = "", user=None, *, folders: bool = False) -> tuple[Named, Repo | None]:
    """What `id`, `id@sha` or, where folders are taken, a directory means. Raises BadVersion.

    Without a commit, a model's newest mirrored one is meant, and its sha is kept.
    """
    folder = Path(reference)
    if folders and folder.is_dir():
        return of_folder(folder.resolve(), base), None
    if folders and (folder := shipped(reference)):
        return of_folder(folder, base), None
    name, _, sha = reference.partition("@")
    repo = Repo.objects.visible_to(user).named(Repo.Kind.MODEL, name).select_related("head").first()
    if repo is None:
        raise BadVersion(f"No model {name[:200]!r} is mirrored{', and no such folder is there' if folders else ''}.")
    if not sha and repo.head is None:
        raise BadVersion(f"No commit of {repo.name} is known: name one as {repo.name}@SHA.")
    sha = sha or repo.head.sha
    if not SHA.fullmatch(sha):
        raise BadVersion(f"{sha[:60]!r} is no commit in full: that takes 40 hexadecimal digits.")
    return Named(repo.name, sha, base=base), repo


def shipped(name: str) -> Path | None:
    """The folder of an example that ships with the project; each has one commit."""
    folder = SHIPPED / "models" / name
    return next(iter(sorted(folder.iterdir())), None) if NAME.fullmatch(name) and folder.is_dir() else None


def of_folder(folder: Path, base: str) -> Named:
    """A version in a folder; one that is named by a commit, as in a cache, is called by the folder above."""
    if SHA.fullmatch(folder.name):
        return Named(folder.parent.name[-200:], folder.name, str(folder), base)
    return Named(folder.name[-200:], folder=str(folder), base=base)


def model_roots() -> tuple[Path, ...]:
    """Where weights are looked for: what was put there by hand or by the Hub's client, then what ships with us."""
    return settings.DATA_DIR / "models", SHIPPED / "models"


def find_files(version: Named) -> VersionFiles:
    """The folder of a version and of its base, looked at and fit to be run. Raises BadVersion."""
    folder = Path(version.folder) if version.folder else folder_of(version.name, version.sha, model_roots())
    found = VersionFiles(version.name, folder, find_base(folder, version.base))
    check_files(found)
    if found.base:
        check_files(VersionFiles(f"the base of {version.name}", found.base))
    return found


def find_base(folder: Path, said: str) -> Path | None:
    """The model that an adapter or head is for: as it was said, else as its configuration names it, if it is here."""
    if said and Path(said).is_dir():
        return Path(said)
    if not said:
        said = named_base(folder)
    if not said:
        return None
    name, _, sha = said.partition("@")
    repo = Repo.objects.named(Repo.Kind.MODEL, name).select_related("head").first()
    sha = sha or (repo.head.sha if repo and repo.head else "")
    if not sha:
        raise BadVersion(f"The base model {name[:120]!r} is not mirrored, and no commit of it is named.")
    return folder_of(name, sha, model_roots())


def named_base(folder: Path) -> str:
    """`id` or `id@sha` of the base that a configuration names; blank where it names none or a path."""
    for file in (ADAPTER, MODULE):
        if (folder / file).is_file():
            config = read_json(folder / file)
            name, sha = config.get("base_model_name_or_path"), config.get("revision")
            if isinstance(name, str) and not name.startswith(("/", ".")):
                return f"{name}@{sha}" if isinstance(sha, str) and SHA.fullmatch(sha) else name
    return ""


def suite_path(name: str, *, folders: bool = False) -> Path:
    """The definition of a suite: one of the installation's own, else one that ships. Raises BadSuite."""
    if folders and name.endswith(".toml") and Path(name).is_file():
        return Path(name).resolve()
    if SUITE_NAME.fullmatch(name):
        for folder in (settings.DATA_DIR / "suites", SHIPPED / "suites"):
            if (folder / f"{name}.toml").is_file():
                return folder / f"{name}.toml"
    raise BadSuite(f"There is no suite {name[:100]!r}; there are {', '.join(suite_names())}.")


def suite_names() -> list[str]:
    """Every suite that can be named."""
    folders = (settings.DATA_DIR / "suites", SHIPPED / "suites")
    stems = {path.stem for folder in folders if folder.is_dir() for path in folder.glob("*.toml")}
    return sorted(name for name in stems if SUITE_NAME.fullmatch(name))


def datasets_root() -> Path:
    """Where the files of mirrored data sets lie, as `owner/name/SHA`."""
    return settings.DATA_DIR / "datasets"


def find_suite(path: str) -> Suite:
    """A suite with its rows. Raises BadSuite."""
    return read_suite(Path(path), datasets_root())
