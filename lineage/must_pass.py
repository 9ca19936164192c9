"""Lists of items that must be right: one id a line."""

from __future__ import annotations

from pathlib import Path

from lineage.outcomes import BadOutcomes

MAX_IDS = 10_000
MAX_BYTES = 4 << 20


def read_ids(text: str) -> tuple[str, ...]:
    """The ids in a text, each once, sorted; blank lines say nothing. Raises BadOutcomes on too many or on none.

    >>> read_ids("b\\n\\na\\nb\\n")
    ('a', 'b')
    """
    found = {line.strip() for line in text.splitlines() if line.strip()}
    if len(found) > MAX_IDS:
        raise BadOutcomes(f"A list of items that must be right holds at most {MAX_IDS:,} ids, this one {len(found):,}.")
    if not found:
        raise BadOutcomes("The list of items that must be right is empty.")
    return tuple(sorted(found))


def read_id_file(path: Path) -> tuple[str, ...]:
    """The ids in a file. Raises BadOutcomes, also where it cannot be read."""
    try:
        with path.open("rb") as file:
            content = file.read(MAX_BYTES + 1)
        if len(content) > MAX_BYTES:
            raise BadOutcomes(f"{path}: it has more than {MAX_BYTES >> 20} MB.")
        return read_ids(content.decode("utf8"))
    except OSError as error:
        raise BadOutcomes(f"{path}: it cannot be read ({error.strerror}).") from None
    except UnicodeDecodeError:
        raise BadOutcomes(f"{path}: it is not UTF-8.") from None
