"""Makes the closure and the marks of cycles again from the relations, all at once: after a bulk load, or in doubt."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

import numpy as np
from django.db import connection, transaction

from lineage.closure import CHUNK, chunks, derived_pairs, graph_lock
from lineage.models import Closure, Node
from lineage.whole_graph import cycle_of, levels

ROWS_AT_ONCE = 50_000


def rebuild() -> int:
    """Compute every ancestor of every node; the number of rows. Readers see the old graph until all is done."""
    with transaction.atomic():
        graph_lock()
        settle()
        pairs = np.array(list(derived_pairs().iterator(chunk_size=ROWS_AT_ONCE)), dtype=np.int64).reshape(-1, 2)
        keys, numbers = np.unique(pairs, return_inverse=True)
        child, parent = numbers.reshape(-1, 2).T
        with connection.cursor() as cursor:
            cursor.execute("DELETE FROM lineage_closure")
        count = write_closure(keys, child, parent)
        mark(keys, child, parent)
    return count


def settle() -> None:
    """Have PostgreSQL check references now: it changes no index of a table while checks of its rows are put off."""
    if connection.vendor == "postgresql":
        connection.check_constraints()


def write_closure(keys: np.ndarray, child: np.ndarray, parent: np.ndarray) -> int:
    """Insert the rows; the second index is made afterwards, which takes a fraction of keeping it row by row."""
    index = Closure._meta.indexes[0]
    editor = connection.schema_editor(collect_sql=True)
    count = 0
    with connection.cursor() as cursor:
        cursor.execute(f"DROP INDEX {index.name}")
        for low, high, depth in levels(child, parent, keys.size):
            depths = np.full(low.size, depth)
            insert("lineage_closure", ("descendant_id", "ancestor_id", "depth"), (keys[low], keys[high], depths))
            count += low.size
        settle()
        cursor.execute(str(index.create_sql(Closure, editor)))
        if connection.vendor == "postgresql":  # its planner knows nothing of rows that were just copied in
            cursor.execute("ANALYZE lineage_closure")
    return count


def insert(table: str, columns: Sequence[str], arrays: Sequence[np.ndarray]) -> None:
    """Insert rows that are given as columns: by COPY where the database has it."""
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            with cursor.copy(f"COPY {table} ({', '.join(columns)}) FROM STDIN") as copy:
                for rows in sliced(arrays):
                    copy.write("".join("\t".join(map(str, row)) + "\n" for row in rows))
            return
        marks = ", ".join(["%s"] * len(columns))
        for rows in sliced(arrays):
            cursor.executemany(f"INSERT INTO {table} ({', '.join(columns)}) VALUES ({marks})", rows)


def sliced(arrays: Sequence[np.ndarray]) -> Iterator[Iterable[tuple]]:
    for start in range(0, len(arrays[0]), ROWS_AT_ONCE):
        columns = (array[start : start + ROWS_AT_ONCE].tolist() for array in arrays)
        yield list(zip(*columns, strict=True))


def mark(keys: np.ndarray, child: np.ndarray, parent: np.ndarray) -> None:
    """Mark the nodes that are on a cycle, and take the mark from those that are not."""
    members, smallest = cycle_of(child, parent, keys.size)
    cycles = dict(zip(keys[members].tolist(), keys[smallest].tolist(), strict=True))
    marked = Node.objects.exclude(cycle=None)
    wrong = [node for node in marked if cycles.get(node.pk) != node.cycle]
    right = {node.pk for node in marked} - {node.pk for node in wrong}
    changed = wrong + [node for some in chunks(cycles.keys() - right) for node in Node.objects.filter(pk__in=some)]
    for node in changed:
        node.cycle = cycles.get(node.pk)
    Node.objects.bulk_update(list({node.pk: node for node in changed}.values()), ["cycle"], batch_size=CHUNK)
