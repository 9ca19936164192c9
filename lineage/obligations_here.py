"""What a mirrored repository has to keep of the licences above it, read from the graph for one viewer."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, replace

from lineage.closure import chunks
from lineage.licences_above import UNSEEN, licences_at, repositories_of
from lineage.models import Node, Relation
from lineage.obligations.paths import Arrived, arrived
from lineage.obligations.rules import own_bits
from lineage.obligations.verdict import (
    WORDS,
    Clause,
    Repository,
    Verdict,
    is_same_owner,
    judge,
)
from lineage.reaches import ABOVE, reach
from lineage.sight import Seen, is_hidden, seen, sees_all
from registry.licences import LicenceReading
from registry.models import Repo
from registry.stated_licence import origin_of

ANCESTORS_MOST = 2_000
RELATIONS_MOST = 20_000  # among those ancestors; of more, the nearest are looked at
RULES = "obligations/2"


@dataclass(frozen=True)
class Above:
    """A node and the relations upwards among it and its ancestors, as (parent, kind) by child."""

    node: int
    parents: Mapping[int, list[tuple[int, str]]]
    is_cut: bool


@dataclass(frozen=True)
class Found:
    """The verdict about one repository, with every node that its ways touch as the viewer sees it."""

    licence: LicenceReading
    origin: str | None
    verdict: Verdict
    names: dict[int, Seen]
    stated_where: dict[tuple[int, str], str]  # by source and flag: the clause of the licence
    at_creation: Verdict | None  # by the licences that stood above it when it was created


def obligations_of(repo: Repo, user=None) -> Found | None:
    """What the licences above `repo` ask of it and whether it keeps that; None before it was traced.

    At most 2,000 ancestors and 20,000 relations are looked at; `verdict.is_cut` says when there were more. A repository
    that `user` may not see counts as one whose licence is not known, and nothing is told of what lies behind it.
    """
    node = Node.objects.filter(repo=repo).select_related("repo").first()
    if node is None:
        return None
    above = reach(node.pk, ABOVE, everything=sees_all(user))
    nearest = [key for _, key in above.after(None, ANCESTORS_MOST + 1)]
    keys = [node.pk, *nearest[:ANCESTORS_MOST]]
    nodes = {each.pk: each for some in chunks(keys) for each in Node.objects.select_related("repo").filter(pk__in=some)}
    parents, are_more = parents_within([key for key in keys if not is_hidden(nodes[key], user)], nodes)
    is_cut = above.is_cut or are_more or len(nearest) > ANCESTORS_MOST
    above_it = Above(node.pk, parents, is_cut)
    known = repositories_of(nodes.values(), user)
    found, verdict = judged(above_it, known)
    names = {key: seen(nodes[key], user) for key in named_in(found, parents[node.pk])}
    licence = known[node.pk].licence
    return Found(
        licence=licence,
        origin=origin_of(repo, licence, [known[key].licence for key, _ in parents[node.pk]]),
        verdict=verdict,
        names=names | {node.pk: seen(node, user)},
        stated_where=clauses_of(found, known),
        at_creation=judged_then(repo, above_it, known, nodes),
    )


def judged(above: Above, known: Mapping[int, Repository]) -> tuple[Arrived, Verdict]:
    """What arrives, and how it stands, by what is `known` of each node."""
    own = {key: own_bits(r.licence.flags, "".join(r.licence.ids[:1]), r.licence.known) for key, r in known.items()}
    found = arrived(above.node, above.parents, own, Groups(known[above.node], known))
    found = replace(found, is_cut=found.is_cut or above.is_cut)
    direct = [(known[key], kind) for key, kind in above.parents.get(above.node, ())]
    return found, judge(known[above.node], found, direct, known)


def judged_then(repo: Repo, above: Above, known: Mapping[int, Repository], nodes: Mapping[int, Node]) -> Verdict | None:
    """The verdict by the licences that stood above when `repo` was created; None where its creation is not known.

    An owner may put a model under another licence later, which takes nothing from those who took it up before. A
    licence of then is known where the mirror holds the revision that was the newest at that time.
    """
    if repo.hub_created_at is None:
        return None
    over = {key: each.repo_id for key, each in nodes.items() if key != above.node and known[key].name}
    then = licences_at(over.values(), repo.hub_created_at)
    past = {key: replace(known[key], licence=then.get(repo_id, UNSEEN)) for key, repo_id in over.items()}
    return judged(above, {**known, **past})[1]


@dataclass(frozen=True)
class Groups:
    """Sources by whether their owner is that of `root`, and by their licence: what decides how a clause stands."""

    root: Repository
    known: Mapping[int, Repository]

    def get(self, source: int) -> tuple[bool, str]:
        return is_same_owner(self.root, self.known[source]), self.known[source].licence.expression


def parents_within(children: Iterable[int], nodes: Collection[int]) -> tuple[dict[int, list[tuple[int, str]]], bool]:
    """The current relations from `children` to others of `nodes` as (parent, kind) by child; were there too many?"""
    found: dict[int, list[tuple[int, str]]] = defaultdict(list)
    room = RELATIONS_MOST
    for some in chunks(children):
        rows = Relation.objects.filter(child__in=some, is_current=True).order_by("pk")
        rows = list(rows.values_list("child_id", "parent_id", "kind")[: room + 1])
        for child, parent, kind in rows[:room]:
            if parent in nodes and parent != child:
                found[child].append((parent, kind))
        if len(rows) > room:
            return found, True
        room -= len(rows)
    return found, False


def named_in(found: Arrived, direct: Iterable[tuple[int, str]]) -> set[int]:
    return {key for clause in found.clauses for key in clause.way} | {key for key, _ in direct}


def clauses_of(found: Arrived, known: Mapping[int, Repository]) -> dict[tuple[int, str], str]:
    """Where each source's licence states its clause."""
    said = {}
    for each in found.clauses:
        flag = "NAME_PREFIX" if each.flag.startswith("NAME_") else each.flag.removesuffix("_CHANGED")
        said[each.source, each.flag] = known[each.source].licence.flags.get(flag, "")
    return said


def answer(repo: Repo, found: Found) -> dict:
    """The finding as JSON."""
    then = found.at_creation
    return {
        "id": repo.name,
        "kind": repo.kind,
        "rules": RULES,
        "verdict": found.verdict.verdict,
        "reason": found.verdict.why,
        "relabelled": found.verdict.relabelled or None,
        "at_creation": then and {"verdict": then.verdict, "reason": then.why},
        "licence": found.licence.expression or None,
        "licence_origin": found.origin,
        "is_partial": found.verdict.is_cut,
        "obligations": [clause_answer(found, clause) for clause in found.verdict.clauses],
        "note": "Findings about what cards and licences say, not legal advice.",
    }


def clause_answer(found: Found, clause: Clause) -> dict:
    carried = clause.carried
    return {
        "obligation": carried.flag,
        "words": WORDS[carried.flag],
        "lane": carried.lane,
        "verdict": clause.standing,
        "reason": clause.why,
        "source": found.names[carried.source].id,
        "clause": found.stated_where[carried.source, carried.flag] or None,
        "path": [found.names[key].id for key in carried.way],
        "relations": list(carried.kinds),
    }
