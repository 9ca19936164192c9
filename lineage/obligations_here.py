"""What a mirrored repository has to keep of the licences above it, read from the graph for one viewer."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable
from dataclasses import dataclass, replace

from lineage.closure import chunks
from lineage.models import Node, Relation
from lineage.obligations.paths import Arrived, arrived
from lineage.obligations.rules import own_bits
from lineage.obligations.verdict import WORDS, Clause, Repository, Verdict, judge
from lineage.reaches import ABOVE, reach
from lineage.sight import Seen, hidden_nodes, is_hidden, seen
from registry.licences import LicenceReading
from registry.models import Repo
from registry.stated_licence import licence_files, origin_of, stated_licences

ANCESTORS_MOST = 2_000
RELATIONS_MOST = 20_000  # among those ancestors; of more, the nearest are looked at
RULES = "obligations/1"
UNSEEN = LicenceReading(verdict="unknown")  # of what is not mirrored, or not for this viewer


@dataclass(frozen=True)
class Found:
    """The verdict about one repository, with every node that its ways touch as the viewer sees it."""

    licence: LicenceReading
    origin: str | None
    verdict: Verdict
    names: dict[int, Seen]
    stated_where: dict[tuple[int, str], str]  # by source and flag: the clause of the licence


def obligations_of(repo: Repo, user=None) -> Found | None:
    """What the licences above `repo` ask of it and whether it keeps that; None before it was traced.

    At most 2,000 ancestors and 20,000 relations are looked at; `verdict.is_cut` says when there were more. A repository
    that `user` may not see counts as one whose licence is not known, and nothing is told of what lies behind it.
    """
    node = Node.objects.filter(repo=repo).select_related("repo").first()
    if node is None:
        return None
    hidden = frozenset(hidden_nodes(user).values_list("pk", flat=True))
    above = reach(node.pk, ABOVE, hidden=hidden)
    nearest = [key for _, key in above.after(None, ANCESTORS_MOST + 1)]
    keys = [node.pk, *nearest[:ANCESTORS_MOST]]
    nodes = {each.pk: each for some in chunks(keys) for each in Node.objects.select_related("repo").filter(pk__in=some)}
    parents, are_more = parents_within([key for key in keys if key not in hidden], nodes)
    is_cut = above.is_cut or are_more or len(nearest) > ANCESTORS_MOST
    licences = licences_of(nodes.values(), user)
    own = {key: own_bits(r.flags, "".join(r.ids[:1]), r.known) for key, r in licences.items()}
    found = arrived(node.pk, parents, own)
    names = {key: seen(nodes[key], user) for key in named_in(found, parents[node.pk])}
    has_file = licence_files([repo]).get(repo.pk)
    direct = [(Repository(names[key].label, licences[key]), kind) for key, kind in parents[node.pk]]
    found = replace(found, is_cut=found.is_cut or is_cut)
    verdict = judge(Repository(repo.name, licences[node.pk], has_file), found, direct)
    return Found(
        licence=licences[node.pk],
        origin=origin_of(repo, licences[node.pk], [licences[key] for key, _ in parents[node.pk]]),
        verdict=verdict,
        names=names | {node.pk: seen(node, user)},
        stated_where=clauses_of(found, licences),
    )


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


def licences_of(nodes: Iterable[Node], user) -> dict[int, LicenceReading]:
    """The licence of each node by its key."""
    nodes = list(nodes)
    shown = {node.pk: node.repo for node in nodes if node.repo_id and not is_hidden(node, user)}
    stated = {}
    for some in chunks(shown):
        stated |= stated_licences([shown[key] for key in some])
    return {node.pk: stated[shown[node.pk].pk] if node.pk in shown else UNSEEN for node in nodes}


def named_in(found: Arrived, direct: Iterable[tuple[int, str]]) -> set[int]:
    return {key for clause in found.clauses for key in clause.way} | {key for key, _ in direct}


def clauses_of(found: Arrived, licences: dict[int, LicenceReading]) -> dict[tuple[int, str], str]:
    """Where each source's licence states its clause."""
    said = {}
    for each in found.clauses:
        flag = "NAME_PREFIX" if each.flag.startswith("NAME_") else each.flag.removesuffix("_CHANGED")
        said[each.source, each.flag] = licences[each.source].flags.get(flag, "")
    return said


def answer(repo: Repo, found: Found) -> dict:
    """The finding as JSON."""
    return {
        "id": repo.name,
        "kind": repo.kind,
        "rules": RULES,
        "verdict": found.verdict.verdict,
        "reason": found.verdict.why,
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
