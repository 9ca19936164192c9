"""Binds names to nodes of the graph: to a mirrored repository where one is called so, else to a dangling node.

An edge binds to the repository and not to the string: what a child named once stays the parent, whoever takes the name
over. A dangling node becomes its repository's as soon as that is mirrored. Names compare without regard to case.
"""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence

from django.db.models import QuerySet
from django.db.models.functions import Lower

from lineage.closure import chunks
from lineage.models import Node
from lineage.references import Reference
from registry.models import Alias, Repo
from registry.storable import storable_text

Key = tuple[str, str]  # kind and lower-case name
NAME_MOST = 360  # characters of Node.name
LOCAL = ":"  # stands in the name of a node that only one repository knows: `child:path`; no Hub name holds one


def node_name(reference: Reference, child: str) -> str:
    """What a dangling node is called: the id, or for a path on a disk the child that names it and the path.

    >>> node_name(Reference("./out", problem="a path on a disk"), "me/mine")
    'me/mine:./out'
    """
    if reference.name:
        return reference.name
    # ASCII only: the databases fold the case of other letters differently, and would not find the node again.
    name = f"{child}{LOCAL}{storable_text(reference.text).encode('ascii', 'backslashreplace').decode()}"
    if len(name) <= NAME_MOST:
        return name
    return f"{name[: NAME_MOST - 17]}…{hashlib.sha256(name.encode()).hexdigest()[:16]}"


def keyed(kind: str, name: str) -> Key:
    return kind, name.lower()


def rows_named(queryset: QuerySet, keys: Iterable[Key]) -> QuerySet:
    """The rows of a model with `kind` and `name` that carry one of the names, each with its `lower_name`."""
    names = defaultdict(set)
    for kind, name in keys:
        names[kind].add(name)
    rows = queryset.annotate(lower_name=Lower("name"))
    found = [
        rows.filter(kind=kind, lower_name__in=some)
        for kind, all_of in sorted(names.items())
        for some in chunks(sorted(all_of))
    ]
    return [row for query in found for row in query]


def repos_named(keys: set[Key]) -> dict[Key, int]:
    """The key of the repository that each name means: who is called so now, else who was so called last."""
    found: dict[Key, int] = {}
    for repo in rows_named(Repo.objects.current().only("pk", "kind", "name").order_by("pk"), keys):
        found.setdefault((repo.kind, repo.lower_name), repo.pk)
    former = Alias.objects.filter(valid_to__isnull=False).order_by("-valid_to", "pk")
    for alias in rows_named(former, keys - found.keys()):
        found.setdefault((alias.kind, alias.lower_name), alias.repo_id)
    return found


def nodes_of_repos(repos: Iterable[int]) -> dict[int, Node]:
    """The node of each repository, by the repository's key; made where there was none."""
    wanted = set(repos)
    found = {node.repo_id: node for some in chunks(wanted) for node in Node.objects.filter(repo__in=some)}
    missing = [
        repo for some in chunks(wanted - found.keys()) for repo in Repo.objects.filter(pk__in=some).order_by("pk")
    ]
    made = Node.objects.bulk_create([Node(kind=repo.kind, name=repo.name, repo=repo) for repo in missing])
    return found | {node.repo_id: node for node in made}


def dangling_nodes(names: Mapping[Key, str]) -> dict[Key, Node]:
    """The node of each name that no repository has; `names` gives how a new one is written."""
    found = {(n.kind, n.lower_name): n for n in rows_named(Node.objects.filter(repo=None), names)}
    missing = sorted(key for key in names if key not in found)
    made = Node.objects.bulk_create([Node(kind=kind, name=names[kind, name]) for kind, name in missing])
    return found | dict(zip(missing, made, strict=True))


def nodes_named(references: Iterable[tuple[str, Reference, str]]) -> dict[Key, Node]:
    """The node of each (kind, reference, child): mirrored, dangling, or known to that child alone."""
    names = {keyed(kind, name): name for kind, reference, child in references for name in [node_name(reference, child)]}
    repos = repos_named({key for key, name in names.items() if LOCAL not in name})
    of_repo = nodes_of_repos(repos.values())
    dangling = dangling_nodes({key: name for key, name in names.items() if key not in repos})
    return {key: of_repo[repo] for key, repo in repos.items()} | dangling


def adopt(repos: Sequence[Repo], names: Mapping[int, Sequence[str]]) -> tuple[dict[int, Node], list[tuple[Node, Node]]]:
    """The node of each repository, and (dangling, its own) for each further node that turned out to be it.

    `names` are those that each repository carries or carried. A name that another repository carries now is not ours.
    """
    own_names = {keyed(repo.kind, name): repo for repo in reversed(repos) for name in reversed(names[repo.pk])}
    waiting = rows_named(Node.objects.filter(repo=None).order_by("pk"), own_names)
    holders = repos_named({(node.kind, node.lower_name) for node in waiting})
    bound = {
        node.repo_id: node for some in chunks(repo.pk for repo in repos) for node in Node.objects.filter(repo__in=some)
    }
    merges, changed = [], []
    for node in waiting:
        repo = own_names[node.kind, node.lower_name]
        if holders.get((node.kind, node.lower_name)) != repo.pk:
            continue
        if repo.pk in bound:
            merges.append((node, bound[repo.pk]))
        else:
            node.repo, node.name = repo, repo.name
            bound[repo.pk] = node
            changed.append(node)
    for repo in repos:
        if repo.pk in bound and bound[repo.pk].name != repo.name:
            bound[repo.pk].name = repo.name
            changed.append(bound[repo.pk])
    Node.objects.bulk_update(dict.fromkeys(changed), ["repo", "name"], batch_size=100)
    return bound | nodes_of_repos(repo.pk for repo in repos if repo.pk not in bound), merges
