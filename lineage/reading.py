"""Shows repositories of the mirror to the readers of claims."""

from __future__ import annotations

from collections.abc import Sequence

from lineage.readers.repository import CARD, ShownRepo
from registry.models import Repo, Revision
from registry.reading import heads_of, names_of, newest_infos, paths_and_texts


def shown(repos: Sequence[Repo]) -> list[ShownRepo]:
    """The repositories as the mirror has them at their newest revision, in order, in five queries."""
    heads, infos, names = heads_of(repos), newest_infos(repos), names_of(repos)
    paths, texts = paths_and_texts(heads.values())
    return [
        ShownRepo(
            kind=repo.kind,
            name=repo.name,
            card_text=card_text(heads.get(repo.head_id)),
            tags=tuple(repo.tags),
            info=infos[repo.pk],
            paths=paths.get(repo.head_id),
            texts={path: text for path, text in texts.get(repo.head_id, {}).items() if path != CARD},
            former_names=names[repo.pk][1:],
        )
        for repo in repos
    ]


def card_text(head: Revision | None) -> str | None:
    return head.card.text if head and head.card and head.card_state == Revision.CardState.PRESENT else None
