"""How the mirrored repositories stand to the licences above them, all at once: for the corpus, not for one of them."""

from __future__ import annotations

from collections import Counter, defaultdict
from functools import lru_cache

import numpy as np

from lineage.closure import chunks
from lineage.models import Node, Relation
from lineage.obligations.paths import Arrived, Carried
from lineage.obligations.rules import own_bits, places
from lineage.obligations.verdict import Repository, judge
from lineage.obligations.whole import inherited
from lineage.obligations_here import UNSEEN, obligations_of
from lineage.sight import hidden_nodes
from registry.models import Repo
from registry.stated_licence import licence_files, stated_licences


def corpus_verdicts() -> dict[str, int]:
    """Public repositories with a parent, counted by verdict; what is for staff only counts as an unknown licence."""
    keys = list(Node.objects.order_by("pk").values_list("pk", "repo_id", "cycle"))
    place = {key: number for number, (key, _, _) in enumerate(keys)}
    licences, has_file, names = read_repositories()
    readings = [licences.get(repo, UNSEEN) for _, repo, _ in keys]
    own = np.array([own_bits(r.flags, "".join(r.ids[:1]), r.known) for r in readings], dtype=np.int64)
    rows = Relation.objects.filter(is_current=True).exclude(child__in=hidden_nodes(None))
    rows = rows.values_list("child_id", "parent_id", "kind")
    edges = [(place[c], place[p], kind) for c, p, kind in rows.iterator(chunk_size=10_000) if c != p]
    bits = bits_above(edges, own)
    direct = defaultdict(list)
    for child, parent, kind in edges:
        direct[child].append((Repository(names.get(keys[parent][1], ""), readings[parent]), kind))
    counts: Counter[str] = Counter()
    for number, (_, repo, cycle) in enumerate(keys):
        if repo not in names or number not in direct:
            continue
        if cycle:  # its own clauses come back to it, which only the walk upwards tells from others'
            counts[obligations_of(Repo.objects.get(pk=repo)).verdict.verdict] += 1
            continue
        here = Repository(names[repo], readings[number], has_file.get(repo))
        counts[judge(here, clauses_in(int(bits[number])), direct[number]).verdict] += 1
    return dict(counts)


def read_repositories() -> tuple[dict, dict, dict]:
    """Licence, whether there is a licence file, and name of each public repository that is a node, by its key."""
    licences, has_file, names = {}, {}, {}
    for some in chunks(Repo.objects.visible_to(None).filter(node__isnull=False).order_by("pk").iterator(5_000)):
        licences |= stated_licences(some)
        has_file |= licence_files(some)
        names |= {repo.pk: repo.name for repo in some}
    return licences, has_file, names


def bits_above(edges: list[tuple[int, int, str]], own: np.ndarray) -> np.ndarray:
    kinds = sorted({kind for _, _, kind in edges})
    number = {kind: position for position, kind in enumerate(kinds)}
    child, parent = (np.array([edge[end] for edge in edges], dtype=np.int64) for end in (0, 1))
    return inherited(child, parent, np.array([number[edge[2]] for edge in edges], dtype=np.int64), kinds, own)


@lru_cache(maxsize=10_000)
def clauses_in(bits: int) -> Arrived:
    """The clauses of a sum of bits; where they come from does not matter to how they stand."""
    return Arrived(tuple(Carried(lane, flag, -1, (), ()) for lane, flag in places(bits)))
