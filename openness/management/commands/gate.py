"""`gate`: may I adopt, or upgrade to, this repository? 0 yes, 1 no, 2 unknown."""

from openness import policy as policies
from openness.gate import gate
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
        repo = self.find(kind, repo_id)
        old = self.find(repo.kind, against) if against else None
        try:
            answer = gate(repo, policies.load(policy), old)
        except policies.BadPolicy as error:
            raise BadInput(str(error)) from None
        self.put(answer, readable(answer))
        return STATUS[answer["verdict"]]

    def find(self, kind, name) -> Repo:
        found = [repo for each in ([kind] if kind else Repo.Kind.values) for repo in Repo.objects.named(each, name)]
        if len(found) == 1:
            return found[0]
        shown = name[:200]
        raise BadInput(f"Several kinds share {shown}: give --kind." if found else f"{shown} is not mirrored.")


def readable(answer) -> str:
    rules = [f"{MARK[rule['status']]} {rule['rule']}: {rule['reason']}" for rule in answer["rules"]]
    return "\n".join([f"{answer['id']} by {answer['policy']}: {answer['verdict']}", *rules])
