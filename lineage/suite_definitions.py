"""Reads the definition of a suite, a TOML file beside its rows; what it cannot mean is refused and never passed over.

A key that nobody reads would leave its writer with other settings than were written, so that each has to be known.
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import fields
from pathlib import Path

from lineage.suite_rows import MAX_CHOICES, BadSuite, nearest, read_rows, shown
from lineage.suites import CHOICE, COLUMNS_OF, IMAGES, MATCHED, NORMALISED, READ_BY, TASKS, Item, Settings, Suite

KEYS = {"name": str, "task": str, "rows": str, "dataset": str, "revision": str}
TABLES = ("columns", "labels", "settings")
CLOSED = {"normalise": NORMALISED, "match": MATCHED}
MAX_DEFINITION_BYTES = 1 << 20
MAX_NAME_CHARACTERS = 200
MAX_TEXT_CHARACTERS = 100_000  # of a prompt, a choice or a stop
MOST = {"max_tokens": 1_000_000, "max_new_tokens": 65_536}


def read_suite(path: Path, datasets: Path | None = None) -> Suite:
    """The suite that a TOML file defines. `datasets` holds mirrored data sets, by id and commit. Raises BadSuite."""
    definition = read_definition(path)
    task = definition["task"]
    settings = settings_of(definition.get("settings", {}), task, path.name)
    columns, labels = columns_of(definition, path.name), labels_of(definition, path.name)
    folder, rows_file = rows_place(definition, path, datasets)
    rows = read_rows(rows_file, columns)
    items = tuple(item_of(number, row, settings, task, folder) for number, row in enumerate(rows, 1))
    refuse_doubled(items, path.name)
    return Suite(definition.get("name", path.stem[:MAX_NAME_CHARACTERS]), task, items, settings, labels, path, folder)


def read_definition(path: Path) -> dict:
    """The keys of a definition, each of them known and of its type; `task` is one of ours. Raises BadSuite."""
    try:
        if path.stat().st_size > MAX_DEFINITION_BYTES:
            raise BadSuite(f"{path.name} has more than {MAX_DEFINITION_BYTES:,} bytes.")
        found = tomllib.loads(path.read_text("utf8"))
    except OSError:
        raise BadSuite(f"The suite {path.name} cannot be read.") from None
    except (ValueError, RecursionError) as problem:
        if isinstance(problem, BadSuite):
            raise
        raise BadSuite(f"The suite {path.name} is not TOML: {str(problem)[:200]}.") from None
    refuse_unknown(found, (*KEYS, *TABLES), path.name, "key")
    for name, kind in KEYS.items():
        if name in found and (not isinstance(found[name], kind) or not found[name].strip()):
            raise BadSuite(f"{path.name}: {name} cannot be {shown(found[name])}.")
    for name in TABLES:
        if not isinstance(found.get(name, {}), dict):
            raise BadSuite(f"{path.name}: {name} is no table.")
    if found.get("task") not in TASKS:
        said = f"the task is {shown(found['task'])} and not" if "task" in found else "no task is named: it is"
        raise BadSuite(f"{path.name}: {said} one of {', '.join(TASKS)}{nearest(found.get('task', ''), TASKS)}.")
    if len(found.get("name", "")) > MAX_NAME_CHARACTERS:
        raise BadSuite(f"{path.name}: the name has more than {MAX_NAME_CHARACTERS} characters.")
    return found


def refuse_unknown(given: Iterable[str], known: Iterable[str], file: str, what: str) -> None:
    """Raise BadSuite with the first name that is not known, and the known one nearest to it.

    >>> refuse_unknown(["taks"], ["name", "task"], "a.toml", "key")
    Traceback (most recent call last):
    lineage.suite_rows.BadSuite: a.toml: no key is called 'taks', but name, task; the nearest is 'task'.
    """
    known = tuple(known)
    for name in given:
        if name not in known:
            raise BadSuite(f"{file}: no {what} is called {shown(name)}, but {', '.join(known)}{nearest(name, known)}.")


def settings_of(given: dict, task: str, file: str) -> Settings:
    """The settings of a definition. Raises BadSuite on a name or value that is none, or that the task does not read."""
    known = {one.name: one for one in fields(Settings)}
    refuse_unknown(given, known, file, "setting")
    if unread := [name for name in given if name not in READ_BY[task]]:
        raise BadSuite(f"{file}: {task} does not read the setting {unread[0]}.")
    values = {name: tuple(value) if isinstance(value, list) else value for name, value in given.items()}
    for name, value in values.items():
        kind = type(known[name].default)
        if type(value) is not kind or not is_in_bounds(name, value):
            raise BadSuite(f"{file}: the setting {name} cannot be {shown(given[name])}.")
        if name in CLOSED and value not in CLOSED[name]:
            raise BadSuite(
                f"{file}: {name} is one of {', '.join(CLOSED[name])} and not {shown(value)}"
                f"{nearest(value, CLOSED[name])}."
            )
    settings = Settings(**values)
    if READ_BY[task] and not any(place in settings.prompt for place in ("{input}", "{pair}")):
        raise BadSuite(
            f"{file}: the prompt holds neither {{input}} nor {{pair}}, so that it asks the same of all items."
        )
    return settings


def is_in_bounds(name: str, value: object) -> bool:
    """Whether a setting of the right type has a value that can be meant."""
    if isinstance(value, bool):
        return True
    if isinstance(value, int):
        return 1 <= value <= MOST[name]
    if isinstance(value, str):
        return 0 < len(value) <= MAX_TEXT_CHARACTERS
    if len(value) > MAX_CHOICES or not all(isinstance(one, str) and is_in_bounds(name, one) for one in value):
        return False
    return name != "choices" or (len(value) > 1 and len({one.strip() for one in value}) == len(value))


def columns_of(definition: Mapping, file: str) -> dict[str, str]:
    """What the rows call each column that the task reads. Raises BadSuite."""
    columns, task = definition.get("columns", {}), definition["task"]
    refuse_unknown(columns, COLUMNS_OF[task], file, f"column of {task}")
    for column, name in columns.items():
        if not isinstance(name, str) or not name:
            raise BadSuite(f"{file}: the column {column} cannot be {shown(name)}.")
    return {column: columns.get(column, column) for column in COLUMNS_OF[task]}


def labels_of(definition: Mapping, file: str) -> dict[str, str]:
    """The suite's name of a label by a version's name of it. Raises BadSuite."""
    labels = definition.get("labels", {})
    for theirs, ours in labels.items():
        if isinstance(ours, bool) or not isinstance(ours, str | int) or ours == "":
            raise BadSuite(f"{file}: the label {shown(theirs)} cannot be called {shown(ours)}.")
    return {theirs: str(ours) for theirs, ours in labels.items()}


def rows_place(definition: Mapping, path: Path, datasets: Path | None) -> tuple[Path, Path]:
    """The folder that rows and pictures lie in, and the file of rows, which is inside it. Raises BadSuite."""
    folder, dataset, sha = path.parent, definition.get("dataset"), definition.get("revision", "")
    if dataset:
        if len(sha) != 40 or not set(sha) <= set("0123456789abcdef"):
            raise BadSuite(f"{path.name}: the data set {shown(dataset)} needs a revision of 40 hexadecimal digits.")
        folder = inside(datasets or path.parent, f"{dataset}/{sha}", path.name)
        if not folder.is_dir():
            raise BadSuite(f"{path.name}: the files of {dataset[:100]}@{sha} are not on this machine.")
    elif sha:
        raise BadSuite(f"{path.name}: a revision is that of a dataset, and none is named.")
    return folder, inside(folder, definition.get("rows", f"{path.stem}.jsonl"), path.name)


def inside(folder: Path, name: str, file: str) -> Path:
    """A path below `folder`. Raises BadSuite where it would lead out of it."""
    try:
        found = (folder / name).resolve()
    except (OSError, ValueError, RuntimeError):  # a NUL, a name that is too long, links that go in a circle
        raise BadSuite(f"{file}: {shown(name)} is no path.") from None
    if not found.is_relative_to(folder.resolve()):
        raise BadSuite(f"{file}: {shown(name)} leads out of the suite's folder.")
    return found


def item_of(number: int, row: Mapping, settings: Settings, task: str, folder: Path) -> Item:
    """One row as an item. Raises BadSuite where it has no label, nothing to ask, or a label that is no choice."""
    if row.get("label") is None:
        raise BadSuite(f"Row {number} of the suite has no label.")
    choices = row.get("choices") or ()
    item = Item(**{**row, "id": row.get("id") or str(number), "choices": choices})
    if task == IMAGES:
        refuse_no_picture(number, item, folder)
        return item
    for column in ("input", "pair"):
        if f"{{{column}}}" in settings.prompt and row.get(column) is None:
            raise BadSuite(f"Row {number} of the suite has no {column}, which the prompt asks for.")
    if task == CHOICE:
        refuse_no_choice(number, item, choices or settings.choices)
    return item


def refuse_no_picture(number: int, item: Item, folder: Path) -> None:
    """Raise BadSuite unless an item of an image task has pixels, or a file within the folder."""
    if item.pixels is None and item.image is None:
        raise BadSuite(f"Row {number} of the suite has neither an image nor pixels.")
    if item.image is not None and not inside(folder, item.image, f"Row {number}").is_file():
        raise BadSuite(f"The image of row {number} of the suite, {shown(item.image)}, is not there.")


def refuse_no_choice(number: int, item: Item, offered: tuple[str, ...]) -> None:
    """Raise BadSuite where an item of a choice task offers fewer than two, or is labelled with none of them."""
    if len(offered) < 2:
        raise BadSuite(f"Row {number} of the suite offers fewer than two choices.")
    right = {str(place) for place in range(len(offered))} if item.choices else {choice.strip() for choice in offered}
    if item.label not in right:
        raise BadSuite(f"The label of row {number} of the suite, {shown(item.label)}, is none of its choices.")


def refuse_doubled(items: tuple[Item, ...], file: str) -> None:
    """Raise BadSuite where there are no items, or two of one id."""
    if not items:
        raise BadSuite(f"The suite {file} holds no items.")
    seen: set[str] = set()
    for item in items:
        if item.id in seen:
            raise BadSuite(f"The suite {file} holds the id {shown(item.id)} more than once.")
        seen.add(item.id)
