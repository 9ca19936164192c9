"""`assess`: scores what is stale in the mirror, or loose files."""

import time

from openness.assess import SCORERS, assess_due, assess_repo
from registry.cli import BAD_INPUT, YES, BadInput, StemmaCommand
from registry.models import Repo

EVERY = 10**9  # repositories


class Command(StemmaCommand):
    help = "Score mirrored repositories by every rubric (all that are behind, or those named)."

    def add_arguments(self, parser):
        parser.add_argument("repo_ids", nargs="*", metavar="REPO_ID", help="owner/name")
        parser.add_argument("--kind", choices=Repo.Kind.values, help="kind of REPO_ID, where the name alone is shared")
        parser.add_argument("--rubric", action="append", metavar="NAME", help=f"one of {', '.join(SCORERS)}")
        parser.add_argument("--limit", type=int, default=EVERY, metavar="N", help="at most N repositories")

    def work(self, *, repo_ids, kind, rubric, limit, **options) -> int:
        if unknown := set(rubric or ()) - SCORERS.keys():
            raise BadInput(f"There is no rubric {min(unknown)!r}; there are {', '.join(SCORERS)}.")
        if not repo_ids:
            return self.assess_what_is_due(limit, rubric)
        return max([self.assess_named(repo_id, kind, rubric) for repo_id in repo_ids])

    def assess_what_is_due(self, limit, names) -> int:
        start = time.monotonic()
        assessed = assess_due(limit, names)
        seconds = round(time.monotonic() - start, 3)
        self.put({"assessed": assessed, "seconds": seconds}, f"{assessed} repositories assessed in {seconds} s")
        return YES

    def assess_named(self, repo_id, kind, names) -> int:
        """One line for one repository; an id that names none, or several, is its line's problem."""
        found = [repo for each in ([kind] if kind else Repo.Kind.values) for repo in Repo.objects.named(each, repo_id)]
        if len(found) != 1:
            problem = "No repository of this name is mirrored." if not found else "Several kinds share it: give --kind."
            self.put({"id": repo_id, "kind": kind, "problem": problem, "assessments": []}, f"{repo_id}: {problem}")
            return BAD_INPUT
        rows = [summary(row) for row in assess_repo(found[0], names)]
        lines = [f"{repo_id}\t{row['rubric']}\t{row['label'] or row['score']}\t{row['problem'] or ''}" for row in rows]
        answer = {"id": found[0].name, "kind": found[0].kind, "problem": None, "assessments": rows}
        self.put(answer, "\n".join(lines) or f"{repo_id}: no rubric is about a {found[0].kind}")
        return YES


def summary(row) -> dict:
    """What a line says of one assessment."""
    return {
        "rubric": row.rubric,
        "reader": row.reader,
        "score": row.score,
        "assessed_weight": row.assessed_weight,
        "label": row.label,
        "problem": row.problem or None,
    }
