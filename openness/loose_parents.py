"""Finds the cards of the base models that a loose card names, where a mirror is at hand."""

from __future__ import annotations

from django.db import DatabaseError, transaction

from openness.named_repos import named_repos
from openness.reading import card_of, mirrored_repos

PARENTS_MOST = 10


def cards_of_parents(header: dict | None) -> list[str]:
    """The cards of the public mirrored models that `header` names as its base; none where there is no mirror."""
    named = [(kind, name.lower()) for kind, name in named_repos("model", header, ()) if kind == "model"][:PARENTS_MOST]
    if not named:
        return []
    try:
        with transaction.atomic():
            repos = mirrored_repos(set(named))
            texts = [card_of(repos[key].head)["card_text"] for key in named if key in repos]
    except DatabaseError:  # a linter in somebody's own checkout has no tables
        return []
    return [text for text in texts if text]
