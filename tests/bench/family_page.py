"""How long the page of a family with 500 drawn nodes takes, by colour: `python -m tests.bench.family_page [NODES]`.

A hub with leaves, chains and merges in a database of its own; one JSON line for each colour, and one for the drawing
alone with every node as a box of its own beside networkx's layout of the same graph. Median of nine, in milliseconds.
"""

from __future__ import annotations

import json
import os
import statistics
import sys
import time

os.environ |= {"DJANGO_SETTINGS_MODULE": "tests.settings", "LOG_LEVEL": "ERROR"}
RUNS = 9


def median_ms(what) -> float:
    times = []
    for _ in range(RUNS):
        start = time.perf_counter()
        what()
        times.append(1000 * (time.perf_counter() - start))
    return round(statistics.median(times), 1)


def fill(nodes: int) -> None:
    """A hub, and descendants of which each fifth is made from another descendant and each tenth from two."""
    from lineage.trace import trace_due
    from tests.mirrored import mirrored

    mirrored("acme/hub", card="---\nlicense: mit\n---\n", files={"model.safetensors": 9})
    for n in range(nodes - 1):
        bases = ["acme/hub"] if n % 5 or n < 5 else [f"acme/m{n // 3}"]
        bases += [f"acme/m{n // 2}"] if n % 10 == 3 and n > 3 else []
        header = "".join(f"- {base}\n" for base in bases)
        mirrored(f"acme/m{n}", card=f"---\nbase_model:\n{header}---\n", files={"model.safetensors": 9}, licence="mit")
    trace_due(nodes)


def pages(nodes: int) -> None:
    from django.test import Client

    from lineage.colouring import COLOURS

    client = Client()
    for colour in COLOURS:
        path = f"/lineage/model/acme/hub?down=20&colour={colour}"
        answer = client.get(path)
        page_ms = median_ms(lambda p=path: client.get(p))
        line = {"colour": colour, "nodes": nodes, "status": answer.status_code, "page_ms": page_ms}
        print(json.dumps(line | {"bytes": len(answer.content)}))


def drawings() -> None:
    import networkx

    from lineage.drawing import draw
    from lineage.queries import Question, find, subgraph

    graph = subgraph(find("model", "acme/hub", None), Question(limit=500), None)
    pairs = [(edge.parent_id, edge.child_id) for edge in graph.edges]
    every = draw(graph, 10_000)
    print(
        json.dumps(
            {
                "boxes": every.count('class="box '),
                "draw_every_node_ms": median_ms(lambda: draw(graph, 10_000)),
                "draw_folded_ms": median_ms(lambda: draw(graph)),
                "networkx_spring_layout_ms": median_ms(lambda: networkx.spring_layout(networkx.DiGraph(pairs), seed=1)),
            }
        )
    )


def main(nodes: int) -> None:
    import django
    from django.test.utils import setup_test_environment

    django.setup()
    from django.db import connection

    setup_test_environment()
    name = connection.settings_dict["NAME"]
    connection.creation.create_test_db(verbosity=0, autoclobber=True)
    try:
        fill(nodes)
        pages(nodes)
        drawings()
    finally:
        connection.creation.destroy_test_db(name, verbosity=0)


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 500)
