"""One model's carbon along its lineage, and through its own revisions, as its page and REST show it."""

from __future__ import annotations

from lineage.models import Node
from lineage.reaches import ABOVE, reach
from lineage.sight import seen_in_bulk, sees_all
from openness.carbon.family import Cumulative, Member, cumulative
from openness.carbon.history import Change, Stated, changes
from openness.carbon.reading import read_report
from openness.models import Emission
from registry.cards import read_card
from registry.models import Repo, Revision

ANCESTORS_MOST = 1_000
REVISIONS_MOST = 50
CARD_BYTES_MOST = 512 * 1024  # of a card that is read for its history; a larger one counts as not read


def family_of(repo: Repo, user) -> dict:
    """The ancestors of a model as `user` sees them, what they state, and what all of it adds up to at least."""
    node = Node.objects.filter(repo=repo).first()
    near: dict[int, int] = {}
    if node is not None:
        above = reach(node.pk, ABOVE, everything=sees_all(user))
        near = {key: depth for depth, key in above.after(None, ANCESTORS_MOST + 1)}
    is_cut = len(near) > ANCESTORS_MOST
    known = seen_in_bulk(list(near)[:ANCESTORS_MOST], user)
    seen = {key: one for key, one in known.items() if one.kind == Repo.Kind.MODEL}
    places = sorted(((key, near[key]) for key in seen), key=lambda place: (place[1], place[0]))
    repos = {one.repo.pk for one in seen.values() if one.repo} | {repo.pk}
    stated = {row.repo_id: row for row in Emission.objects.filter(repo__in=repos).select_related("inherited_from")}
    ancestors = [
        (
            seen[key],
            member(seen[key].label, depth, stated.get(seen[key].repo.pk) if seen[key].repo else None, seen[key]),
        )
        for key, depth in places
    ]
    own = stated.get(repo.pk)
    return {
        "own": own,
        "inherited_from": visible(own.inherited_from, user) if own else None,
        "ancestors": ancestors,
        "sum": cumulative(member(repo.name, 0, own), [one for _, one in ancestors]),
        "is_cut": is_cut,
        "is_traced": node is not None,
        "passed_on": Emission.objects.visible_to(user).filter(inherited_from=repo).count(),
    }


def visible(repo: Repo | None, user) -> Repo | None:
    """`repo`, unless `user` may not see it."""
    return None if repo is None or (repo.staff_only and not (user is not None and user.is_staff)) else repo


def member(name: str, depth: int, row: Emission | None, seen=None) -> Member:
    """A model of the family, by what is stored of its emissions."""
    mirrored = seen is None or seen.repo is not None
    if row is None:
        return Member(name, depth, mirrored=mirrored)
    return Member(name, depth, row.emissions_g, row.least_g, row.origin == Emission.Origin.OWN, mirrored)


def family_json(family: dict) -> dict:
    """The family as REST answers it."""
    found: Cumulative = family["sum"]
    return {
        "least_g": found.least_g,
        "ancestors": found.ancestors,
        "reporting": found.reporting,
        "share_reporting": found.share,
        "is_partial": family["is_cut"] or not family["is_traced"],
        "counted": [{"id": one.name, "depth": one.depth, "least_g": one.least_g} for one in found.counted],
        "inherited_from": family["inherited_from"].name if family["inherited_from"] else None,
        "inherited_by": family["passed_on"],
    }


def history_of(repo: Repo) -> list[Change]:
    """What the newest revisions of a repository's card state, where it changed, oldest first."""
    rows = Revision.objects.filter(repo=repo, card__isnull=False).select_related("card__card").order_by("-id")
    return changes([stated_at(row) for row in reversed(rows[:REVISIONS_MOST])])


def stated_at(revision: Revision) -> Stated:
    """What one revision's card states of emissions."""
    at = revision.committed_at or revision.first_seen_at
    if revision.card.size_bytes > CARD_BYTES_MOST:
        return Stated(revision.sha, at, None)
    card = read_card(revision.card.text)
    statement = read_report(card.metadata, card.body, body_line=card.body_line).amount()
    return (
        Stated(revision.sha, at, statement.value.grams, statement.raw) if statement else Stated(revision.sha, at, None)
    )
