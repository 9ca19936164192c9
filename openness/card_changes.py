"""What changed between two revisions of a repository's card: criterion by criterion, and line by line.

Both are judged by the present rubric and reader. What these said of a revision when it was the newest is taken as it is
stored; a revision that they never saw is read again from its stored text, for the answer alone.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from django.core.cache import cache
from django.db.models import F, Q, QuerySet

from openness.assess import answer, row_of, version_of
from openness.evidence import differences
from openness.gathered import CARD_RUBRICS
from openness.line_diff import LineDiff, line_diff
from openness.models import Assessment
from openness.reading import card_states
from registry.models import Repo, Revision

SHA = re.compile(r"[0-9a-f]{1,40}")
REVISIONS_LISTED = 50
SAID_LISTED = 500  # assessments of those revisions
KEPT_FOR_S = 3600
OUT = ("na", "unknown")  # tiers that take no part in a score

Said = dict[int, list[dict]]  # what was stored of each revision, the newest first


@dataclass(frozen=True)
class Side:
    """One of the two revisions with its assessment; `first_said` is what another reader or rubric stored of it."""

    revision: Revision
    row: Assessment
    is_stored: bool
    first_said: dict | None = None


def kept_cards(repo: Repo) -> QuerySet[Revision]:
    """Revisions whose card is kept, or is known to be absent, the last that came in first."""
    state = Revision.CardState
    kept = Q(card_state=state.PRESENT, card__isnull=False) | Q(card_state=state.ABSENT)
    return Revision.objects.filter(kept, repo=repo).order_by("-pk")


def said_of(repo: Repo, revisions: Sequence[Revision]) -> Said:
    """What card rubrics stored of each of `revisions`, without the findings."""
    rows = Assessment.objects.filter(repo=repo, name=CARD_RUBRICS[repo.kind], revision__in=revisions)
    rows = rows.order_by("-is_current", "-assessed_at", "-pk")
    found: Said = {revision.pk: [] for revision in revisions}
    for row in rows.values("pk", "revision_id", "rubric", "reader", "score", as_of=F("assessed_at"))[:SAID_LISTED]:
        found[row["revision_id"]].append(row)
    return found


class NotKept(LookupError):
    """No card of the revision that is asked for is kept; the argument says which of the two it is."""


def chosen(
    repo: Repo, listed: Sequence[Revision], old: str = "", new: str = ""
) -> tuple[Revision | None, Revision | None]:
    """The two revisions to compare, with their cards: those of the given shas, else the newest and one before it.

    None of the old one where only one card is kept, of both where none is. Raises NotKept.
    """
    shas = [sha for sha in (old, new) if SHA.fullmatch(sha)]
    asked = {each.sha: each for each in kept_cards(repo).filter(sha__in=shas)} if shas else {}
    for which, sha in (("old", old), ("new", new)):
        if sha and sha not in asked:
            raise NotKept(which)
    after = (
        asked.get(new) or next((each for each in listed if each.pk == repo.head_id), None) or next(iter(listed), None)
    )
    before = asked.get(old) or (before_it(listed, after) if after else None)
    with_text = Revision.objects.select_related("card__card").in_bulk([each.pk for each in (before, after) if each])
    return tuple(with_text[each.pk] if each else None for each in (before, after))


def before_it(listed: Sequence[Revision], new: Revision) -> Revision | None:
    """The last card that came in before `new` and reads otherwise; else any other."""
    others = sorted((each for each in listed if each.pk != new.pk), key=lambda each: (each.pk > new.pk, -each.pk))
    return next((each for each in others if each.card_id != new.card_id), None) or next(iter(others), None)


def sides_of(repo: Repo, revisions: Sequence[Revision]) -> list[Side]:
    """Each of `revisions` with what the present rubric and reader say of it."""
    name = CARD_RUBRICS[repo.kind]
    present, said = version_of(name), said_of(repo, revisions)
    stored = {key: [each for each in rows if (each["rubric"], each["reader"]) == present] for key, rows in said.items()}
    rows = Assessment.objects.select_related("repo").in_bulk([found[0]["pk"] for found in stored.values() if found])
    missing = {each.pk: each for each in revisions if not stored[each.pk]}
    again = read_again(repo, list(missing.values())) if missing else {}
    sides = []
    for revision in revisions:
        found = stored[revision.pk]
        row = rows[found[0]["pk"]] if found else again[revision.pk]
        row.revision = revision
        others = [each for each in said[revision.pk] if (each["rubric"], each["reader"]) != present]
        sides.append(Side(revision, row, bool(found), others[0] if others and not found else None))
    return sides


def read_again(repo: Repo, revisions: Sequence[Revision]) -> dict[int, Assessment]:
    """What the present rubric and reader say of stored texts; nothing of it is stored, but kept for an hour."""
    name = CARD_RUBRICS[repo.kind]
    rows = {}
    for revision, state in zip(revisions, card_states(repo, revisions), strict=True):
        key = "-".join(map(str, ("card-again", revision.pk, *version_of(name), repo.state_digest)))
        result = cache.get_or_set(key, lambda state=state: answer(name, state), KEPT_FOR_S)
        rows[revision.pk] = row_of(repo, name, result)
    return rows


def card_changes(repo: Repo, old: Revision, new: Revision) -> dict:
    """The scores before and after, every criterion that was answered otherwise, and the lines that changed."""
    sides = sides_of(repo, [old, new] if old.pk != new.pk else [old])
    before, after = sides[0], sides[-1]
    found = differences(before.row, after.row)
    rules = {(each["rubric"], each["reader"]) for side in sides for each in [side.first_said] if each}
    return {
        "old": side_told(before),
        "new": side_told(after),
        "score_change": change_of(before.row.score, after.row.score),
        "read_by_other_rules": bool(rules),
        "criteria": len(after.row.findings or before.row.findings),
        "changes": sorted(map(with_points, found["changes"]), key=by_points),
        "lines": lines_between(before.revision, after.revision),
    }


def side_told(side: Side) -> dict:
    revision, row = side.revision, side.row
    return {
        "revision": revision.sha,
        "committed_at": revision.committed_at,
        "first_seen_at": revision.first_seen_at,
        "card_state": revision.card_state,
        "rubric": row.rubric,
        "reader": row.reader,
        "score": row.score,
        "assessed_weight": row.assessed_weight,
        "card_kind": row.label or None,
        "problem": row.problem or None,
        "is_stored": side.is_stored,
        "first_said": side.first_said and {key: side.first_said[key] for key in ("rubric", "reader", "score", "as_of")},
    }


def change_of(old: float | None, new: float | None) -> float | None:
    return None if old is None or new is None else round(new - old, 1)


def by_points(change: dict) -> tuple[bool, float, str]:
    """What was gained or lost comes first, the most of it before the rest; then what took no part on one side."""
    points = change["points"]
    return not points and points is not None, -abs(points or 0), change["criterion"]


def with_points(change: dict) -> dict:
    """A change with the points of its weight that it earned before and earns now; None where it took no part."""
    old, new = (points_of(change[side]) for side in ("old", "new"))
    gained = None if old is None or new is None else round(new - old, 3)
    return change | {"points_old": old, "points_new": new, "points": gained}


def points_of(judged: dict | None) -> float | None:
    return None if judged is None or judged["tier"] in OUT else round(judged["value"] * judged["weight"], 3)


def lines_between(old: Revision, new: Revision) -> LineDiff:
    """The lines that changed; a card that is absent has none."""
    if old.card_id == new.card_id:
        return LineDiff()
    texts = [revision.card.text if revision.card else "" for revision in (old, new)]
    return line_diff(*texts)
