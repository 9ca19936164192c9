"""`trace`: reads who the parents of mirrored repositories are, or prints the claims of loose files."""

import time
from pathlib import Path

from django.utils.timezone import now

from lineage.answers import trace_answer
from lineage.binding import repos_named
from lineage.judging import judge_all, judge_since
from lineage.obligations_here import answer as answer_obligations
from lineage.obligations_here import obligations_of
from lineage.readers.loose import answer, read_loose
from lineage.rebuild import rebuild as closure_again
from lineage.trace import trace_due, trace_repo
from registry.cli import YES, BadInput, StemmaCommand
from registry.models import Repo

EVERY = 10**9  # repositories


class Command(StemmaCommand):
    help = "Read the parents of mirrored repositories (all that are behind, or those named), or print a file's claims."

    def add_arguments(self, parser):
        parser.add_argument("repo_ids", nargs="*", metavar="REPO_ID", help="owner/name")
        parser.add_argument("--kind", choices=Repo.Kind.values, help="kind of REPO_ID, where the name alone is shared")
        parser.add_argument("--limit", type=int, default=EVERY, metavar="N", help="at most N repositories")
        parser.add_argument(
            "--file",
            action="append",
            default=[],
            metavar="FILE",
            help="a card, adapter_config.json, config.json, mergekit file or GGUF",
        )

        parser.add_argument("--rebuild", action="store_true", help="make all ancestors again from the relations")

        parser.add_argument(
            "--obligations", action="store_true", help="what the licences above ask of REPO_ID, or of all"
        )

    def work(self, *, repo_ids, kind, limit, file, rebuild, obligations, **options) -> int:
        repos = [self.repo_called(repo_id, kind) for repo_id in repo_ids]  # all of them before anything is done
        start = now()
        for repo in repos:
            self.print_trace(trace_answer(trace_repo(repo)))
        if repos:
            judge_since(start)
        for repo in repos if obligations else ():
            self.print_obligations(repo)
        for path in file:
            self.print_file(Path(path))
        if obligations and not repos:
            self.count_obligations()
        elif not repos and not file and not rebuild:
            self.trace_what_is_due(limit)
        if rebuild:
            self.rebuild_closure()
        return YES

    def rebuild_closure(self) -> None:
        start = time.monotonic()
        rows = closure_again()
        seconds = round(time.monotonic() - start, 3)
        self.put({"closure_rows": rows, "seconds": seconds}, f"{rows} rows of ancestors made again in {seconds} s")

    def repo_called(self, repo_id: str, kind: str | None) -> Repo:
        """The mirrored repository of that name, or of that former name."""
        found = repos_named({(each, repo_id.lower()) for each in ([kind] if kind else Repo.Kind.values)})
        if not found:
            raise BadInput(f"No repository called {repo_id!r} is mirrored.")
        if len(found) > 1:
            raise BadInput(f"{repo_id!r} is a {' and a '.join(sorted(k for k, _ in found))}: name one with --kind.")
        return Repo.objects.get(pk=next(iter(found.values())))

    def trace_what_is_due(self, limit: int) -> None:
        start, began_at = time.monotonic(), now()
        traced = trace_due(limit)
        judge_since(began_at)
        seconds = round(time.monotonic() - start, 3)
        self.put({"traced": traced, "seconds": seconds}, f"{traced} repositories traced in {seconds} s")

    def print_trace(self, line: dict) -> None:
        readable = [f"{line['id']}\t{line['relation']}"]
        readable += [
            f"  {p['relation']} of {p['id']}{'' if p['resolved'] else ' (not mirrored)'}\t"
            f"{', '.join(sorted({each['source'] for each in p['evidence']}))}"
            for p in line["parents"]
        ]
        readable += [f"  ! {sentence}" for sentence in line["contradictions"]]
        readable += [f"  ? {line['problem']}"] if line["problem"] else []
        self.put(line, "\n".join(readable))

    def count_obligations(self) -> None:
        start = time.monotonic()
        counts = judge_all()
        seconds = round(time.monotonic() - start, 3)
        said = ", ".join(f"{count} {verdict}" for verdict, count in sorted(counts.items()))
        self.put({"verdicts": counts, "seconds": seconds}, f"{said or 'nothing traced'}, in {seconds} s")

    def print_obligations(self, repo: Repo) -> None:
        said = answer_obligations(repo, obligations_of(repo))
        clauses = [f"  {row['verdict']}\t{row['words']}\t{' <- '.join(row['path'])}" for row in said["obligations"]]
        self.put(said, "\n".join([f"{said['id']}\t{said['verdict']}\t{said['reason']}", *clauses]))

    def print_file(self, path: Path) -> None:
        """One line for one file; a file that cannot be opened is bad input, one that cannot be read has a problem."""
        try:
            with path.open("rb") as stream:
                found = answer(*read_loose(path.name, stream))
        except OSError as error:
            raise BadInput(f"{path} cannot be opened: {error.strerror or error}.") from None
        lines = [f"{claim['relation']}\t{claim['parent']}\t{claim['source']}" for claim in found["claims"]]
        lines += [f"recipe\t{recipe['method']}\t{len(recipe['inputs'])} inputs" for recipe in found["recipes"]]
        self.put(found, "\n".join(lines) or found["problem"] or f"{path}: it names no parent")
