"""Tables of a card whose first row says what its columns are: `| Hardware Type | Hours used | Carbon Emitted |`."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from openness.carbon.quantities import with_plain_co2
from openness.carbon.whose import plain_name

RULE = re.compile(r"\s*\|?(?:\s*:?-{2,}:?\s*\|)+\s*(?::?-{2,}:?\s*)?")
COLUMNS_MOST = 30
ROWS_MOST = 200
BARE = re.compile(r"[\d.eE+-]{1,40}")
TOTAL = re.compile(r"\W*(?:grand\s)?(?:total|sum|overall)\b", re.IGNORECASE)


@dataclass(frozen=True)
class Row:
    """The row that speaks of the card's model: (column's heading, cell) in order, and the lines of all its table."""

    number: int
    cells: tuple[tuple[str, str], ...]
    lines: range


def rows_of_own(
    lines: Sequence[str], first: int, is_ours: Callable[[list[str]], bool], title: str = ""
) -> Iterator[Row]:
    """Of each table whose headings are `is_ours`, the row of the model: the total, the only one, or the one that the
    card's title names. A table without any such is a list of others: its row has no cells.
    """
    for at in range(1, len(lines)):
        if "|" not in lines[at] or not RULE.fullmatch(lines[at]):
            continue
        headings = cells_of(lines[at - 1])
        if not is_ours(headings):
            continue
        end = next((n for n in range(at + 1, min(len(lines), at + 1 + ROWS_MOST)) if "|" not in lines[n]), None)
        end = min(len(lines), at + 1 + ROWS_MOST) if end is None else end
        rows = [(number, cells_of(lines[number])) for number in range(at + 1, end)]
        span = range(first + at - 1, first + end)
        number, cells = own_row([row for row in rows if any(row[1])], title) or (at, [])
        yield Row(first + number, tuple(zip(headings, cells, strict=False)), span)


def own_row(rows: list[tuple[int, list[str]]], title: str) -> tuple[int, list[str]] | None:
    """The total, the only row, or the only one whose first cell the title names."""
    if totals := [row for row in rows if TOTAL.match(row[1][0])]:
        return totals[-1]
    if len(rows) == 1:
        return rows[0]
    named = [row for row in rows if (name := plain_name(row[1][0])) and len(name) > 2 and name in plain_name(title)]
    return named[0] if len(named) == 1 else None


def cells_of(line: str) -> list[str]:
    """
    >>> cells_of("| **Hours** | `3` |")
    ['Hours', '3']
    """
    inside = with_plain_co2(line).strip().removeprefix("|").removesuffix("|")
    return [re.sub(r"[*`]|</?\w+[^>]{0,100}>", "", cell).strip() for cell in inside.split("|")[:COLUMNS_MOST]]


def with_codecarbon_units(cells: Sequence[tuple[str, str]]) -> list[tuple[str, str]]:
    """The cells of a row; bare numbers get codecarbon's units where the headings are its columns."""
    if not {"emissions", "energy_consumed"} <= {heading.strip().lower() for heading, _ in cells}:
        return list(cells)
    units = {"emissions": " kg", "energy_consumed": " kWh", "duration": " s"}
    return [
        (heading, cell + units.get(heading.strip().lower(), "") if BARE.fullmatch(cell) else cell)
        for heading, cell in cells
    ]
