"""The tables that a card's text writes in HTML, as rows of plain cells."""

from __future__ import annotations

import re
from html import unescape

from openness.carbon.quantities import with_plain_co2

TABLES_MOST, CHARACTERS_MOST, ROWS_MOST, COLUMNS_MOST = 50, 50_000, 200, 30
ROW = re.compile(r"<tr\b[^>]{0,200}>", re.IGNORECASE)
CELL = re.compile(r"<t[dh]\b[^>]{0,200}>", re.IGNORECASE)
MARK = re.compile(r"<[^>]{0,300}>|[*`]")
Table = list[tuple[int, list[str]]]


def html_tables(text: str) -> tuple[list[Table], str]:
    """Each table's rows as (line from 0, cells), and the text without the tables, its lines where they were.

    >>> html_tables("a\\n<table><tr><td>CO<sub>2</sub></td><td>5 kg</td></tr></table>")
    ([[(1, ['CO2', '5 kg'])]], 'a\\n')
    """
    tables, kept, at, low = [], [], 0, text.lower()
    while len(tables) < TABLES_MOST and (start := low.find("<table", at)) >= 0:
        end = low.find("</table>", start)
        if end < 0:
            break
        inside = text[start:end]
        if len(inside) <= CHARACTERS_MOST and (rows := rows_of(inside, text.count("\n", 0, start))):
            tables.append(rows)
            kept += [text[at:start], "\n" * inside.count("\n")]
        else:
            kept.append(text[at : end + len("</table>")])
        at = end + len("</table>")
    return tables, "".join([*kept, text[at:]])


def rows_of(table: str, first: int) -> Table:
    """The rows of one table, of which the first line is `first`."""
    rows, number, at = [], first, 0
    starts = [match.start() for match in ROW.finditer(table)][:ROWS_MOST]
    for start, end in zip(starts, [*starts[1:], len(table)], strict=True):
        number, at = number + table.count("\n", at, start), start
        cells = [MARK.sub("", with_plain_co2(cell)) for cell in CELL.split(table[start:end])[1 : COLUMNS_MOST + 1]]
        if cells := [" ".join(unescape(cell).split()) for cell in cells]:
            rows.append((number, cells))
    return rows
