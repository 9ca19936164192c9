"""What is mirrored (`hub`), the work that mirrors it (`work`) and who may write (`access`)."""

from registry.models.access import ApiToken
from registry.models.hub import Account, Alias, Card, Content, File, Observation, Repo, RepoTag, Revision, Tag
from registry.models.work import Harvest, HarvestProblem, Visit

__all__ = [
    "Account",
    "Alias",
    "ApiToken",
    "Card",
    "Content",
    "File",
    "Harvest",
    "HarvestProblem",
    "Observation",
    "Repo",
    "RepoTag",
    "Revision",
    "Tag",
    "Visit",
]
