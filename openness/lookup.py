"""Finds the one repository that a name on the command line means."""

from __future__ import annotations

from registry.models import Repo

NAME_SHOWN = 200  # characters of a name in a message


class NotOne(LookupError):
    """The name means no mirrored repository, or several; one sentence says which."""


def repo_called(name: str, kind: str | None = None) -> Repo:
    """The repository that is called `name` now, or was last, of `kind` or of any kind. Raises NotOne."""
    kinds = [kind] if kind else Repo.Kind.values
    found = [repo for each in kinds if (repo := Repo.objects.called(each, name))]
    if len(found) == 1:
        return found[0]
    if found:
        raise NotOne(f"Several kinds share the name {name[:NAME_SHOWN]}: give --kind.")
    raise NotOne(f"No {kind or 'repository'} of the name {name[:NAME_SHOWN]} is mirrored.")
