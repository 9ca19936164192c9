"""Mirrored repositories with their account and tags, as a listing needs them."""

from registry.models import Account, Repo, RepoTag, Tag
from tests.mirrored import mirrored


def tagged_repo(name, *, tags=(), **options) -> Repo:
    """A mirrored repository with its account and tags."""
    row = mirrored(name, tags=list(tags), is_private=False, **({"gated": "no"} | options))
    owner = name.rpartition("/")[0]
    row.account = Account.objects.get_or_create(name=owner)[0] if owner else None
    row.save()
    for tag in tags:
        RepoTag.objects.create(repo=row, tag=Tag.objects.get_or_create(name=tag)[0])
    return row
