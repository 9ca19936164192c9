"""`gate`: may I adopt, or upgrade to, this repository? 0 yes, 1 no, 2 unknown."""

from openness import policy as policies
from openness.gate import gate
from openness.lookup import NotOne, repo_called
from registry.cli import NO, UNKNOWN, YES, BadInput, StemmaCommand
from registry.models import Repo

STATUS = {"pass": YES, "fail": NO, "unknown": UNKNOWN}
MARK = {"passed": "+", "failed": "-", "unknown": "?"}


class Command(StemmaCommand):
    help = "Hold a repository against a policy and say which rule passed, failed or is unknown."

    def add_arguments(self, parser):
        parser.add_argument("repo_id", metavar="REPO_ID", help="owner/name")
        parser.add_argument("--against", metavar="OLD", help="the repository that it would replace")
        parser.add_argument("--policy", default="default", metavar="NAME", help=f"one of {', '.join(policies.names())}")
        parser.add_argument("--kind", choices=Repo.Kind.values, help="kind of REPO_ID, where the name is shared")

    def work(self, *, repo_id, against, policy, kind, **options) -> int:
        try:
            repo = repo_called(repo_id, kind)
            old = repo_called(against, repo.kind) if against else None
            answer = gate(repo, policies.load(policy), old)
        except (NotOne, policies.BadPolicy) as error:
            raise BadInput(str(error)) from None
        self.put(answer, readable(answer))
        return STATUS[answer["verdict"]]


def readable(answer) -> str:
    rules = [f"{MARK[rule['status']]} {rule['rule']}: {rule['reason']}" for rule in answer["rules"]]
    return "\n".join([f"{answer['id']} by {answer['policy']}: {answer['verdict']}", *rules])
