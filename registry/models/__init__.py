"""What is mirrored (`hub`), the work that mirrors it (`work`), who may write (`access`), what it took (`energy`)."""

from registry.models.access import ApiToken
from registry.models.energy import EnergyRun
from registry.models.hub import Account, Alias, Card, Content, File, Observation, Repo, RepoTag, Revision, Tag
from registry.models.work import Harvest, HarvestProblem, Visit

__all__ = [
    "Account",
    "Alias",
    "ApiToken",
    "Card",
    "Content",
    "EnergyRun",
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
