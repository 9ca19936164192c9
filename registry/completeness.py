"""How much of one repository was seen, in words that pages and REST share."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from registry.models import Repo


def completeness_of(repo: Repo) -> dict[str, str]:
    """identity, card, files and visited, each in one word; needs `head` alone."""
    head = repo.head
    return {
        "identity": "hub_id" if repo.hub_id else "provisional",
        "card": head.card_state if head else "unknown",
        "files": "listed" if head and head.has_file_list else "unknown",
        "visited": "yes" if repo.visited_at else "never",
    }


def missing_in_words(completeness: dict[str, str]) -> str:
    """What was not seen, as one phrase; "complete" when nothing is missing.

    >>> missing_in_words({"identity": "hub_id", "card": "present", "files": "unknown", "visited": "never"})
    'not seen: its file list; never visited itself'
    >>> missing_in_words({"identity": "hub_id", "card": "absent", "files": "listed", "visited": "yes"})
    'complete'
    """
    unseen = [
        words
        for key, words in (("identity", "its Hub id"), ("card", "its card"), ("files", "its file list"))
        if completeness[key] in ("unknown", "provisional")
    ]
    parts = [f"not seen: {', '.join(unseen)}"] if unseen else []
    if completeness["card"] == "unreadable":
        parts.append("its card cannot be read")
    if completeness["visited"] == "never":
        parts.append("never visited itself")
    return "; ".join(parts) or "complete"
