"""`assess`: scores what is stale in the mirror, or loose files."""

import time

from django.core.management import CommandError

from openness import assess as assessing
from openness.carbon.efficiency_csv import BadCorpus, lines_of
from openness.card_lint import RUBRICS
from openness.lint import judged_file, status_of
from openness.lint_hook import readable
from openness.lookup import NotOne, repo_called
from openness.loose_files import CORPUS_MOST, Unreadable, read_bounded
from openness.profiles import profiles, seen_through
from openness.record_files import mof_line
from openness.record_store import keep_record
from registry.cli import BAD_INPUT, USAGE, YES, BadInput, StemmaCommand
from registry.models import Repo
from registry.storable import storable_text

EVERY = 10**9  # repositories


class Command(StemmaCommand):
    help = "Score mirrored repositories by every rubric (all that are behind, or those named), or loose files."

    def add_arguments(self, parser):
        parser.add_argument("repo_ids", nargs="*", metavar="REPO_ID", help="owner/name")
        parser.add_argument("--kind", choices=Repo.Kind.values, help="kind of REPO_ID")
        parser.add_argument("--rubric", action="append", metavar="NAME", help=f"one of {', '.join(assessing.SCORERS)}")
        parser.add_argument("--limit", type=int, default=EVERY, metavar="N", help="at most N repositories")
        parser.add_argument("--min-score", type=percentage, metavar="N", help="of --card: below N is a no, 0 to 100")
        parser.add_argument("--profile", choices=sorted(profiles()), help="of --card: also what another list says")
        loose = parser.add_mutually_exclusive_group()
        loose.add_argument("--card", nargs="+", metavar="FILE", help="judge loose cards, of --kind model or dataset")
        loose.add_argument("--mof", nargs="+", metavar="FILE", help="class record files of the Model Openness Tool")
        parser.add_argument("--keep", action="store_true", help="of --mof: keep the records as claims")
        loose.add_argument("--carbon", metavar="FILE.csv", help="label a corpus by efficiency, A to E")

    def work(self, *, repo_ids, kind, rubric, limit, **options) -> int:
        if repo_ids and any(options[name] for name in ("card", "mof", "carbon")):
            raise CommandError("Name repositories or files, not both.", returncode=USAGE)
        if options["card"]:
            return self.judge_cards(options["card"], kind, options["min_score"], options["profile"])
        if options["min_score"] is not None:
            raise CommandError("--min-score goes with --card.", returncode=USAGE)
        if options["keep"] and not options["mof"]:
            raise CommandError("--keep goes with --mof.", returncode=USAGE)
        if options["mof"]:
            return max([self.class_record(file, options["keep"]) for file in options["mof"]])
        if options["carbon"]:
            return self.label_corpus(options["carbon"])
        if unknown := set(rubric or ()) - assessing.SCORERS.keys():
            raise BadInput(f"There is no rubric {min(unknown)!r}; there are {', '.join(assessing.SCORERS)}.")
        if not repo_ids:
            return self.assess_what_is_due(limit, rubric)
        return max([self.assess_named(repo_id, kind, rubric) for repo_id in repo_ids])

    def assess_what_is_due(self, limit, names) -> int:
        start = time.monotonic()
        assessed = assessing.assess_due(limit, names)
        seconds = round(time.monotonic() - start, 3)
        self.put({"assessed": assessed, "seconds": seconds}, f"{assessed} repositories assessed in {seconds} s")
        return YES

    def assess_named(self, repo_id, kind, names) -> int:
        """One line for one repository; an id that names none, or several, is its line's problem."""
        try:
            repo = repo_called(repo_id, kind)
        except NotOne as error:
            answer = {"id": repo_id, "kind": kind, "problem": str(error), "assessments": []}
            self.put(answer, f"{repo_id}: {error}")
            return BAD_INPUT
        rows = [summary(row) for row in assessing.assess_repo(repo, names)]
        lines = [f"{repo_id}\t{row['rubric']}\t{row['label'] or row['score']}\t{row['problem'] or ''}" for row in rows]
        answer = {"id": repo.name, "kind": repo.kind, "problem": None, "assessments": rows}
        self.put(answer, "\n".join(lines) or f"{repo_id}: no rubric is about a {repo.kind}")
        return YES

    def judge_cards(self, files, kind, min_score, profile) -> int:
        if kind not in RUBRICS:
            raise CommandError(f"--card needs --kind {' or '.join(RUBRICS)}.", returncode=USAGE)
        if profile and profiles()[profile].kind != kind:
            raise CommandError(f"{profile} is a list for a {profiles()[profile].kind}.", returncode=USAGE)
        return max([self.judge_card(file, kind, min_score, profile) for file in files])

    def judge_card(self, file, kind, min_score, profile) -> int:
        line, odd = judged_file(file, kind)
        seen = {"profile": seen_through(profiles()[profile], line["findings"])} if profile else {}
        self.put(line | seen, "\n".join(readable(line, odd, profile=profile)))
        return status_of(line, min_score)

    def class_record(self, file, keep) -> int:
        name = storable_text(file)
        try:
            line = keep_record(name, read_bounded(file))[0] if keep else mof_line(name, read_bounded(file))
        except Unreadable as error:
            line = mof_line(name, b"") | {"problem": str(error)}
        self.put(line, f"{file}\t{line['problem'] or line['label']}")
        return BAD_INPUT if line["problem"] else YES

    def label_corpus(self, file) -> int:
        try:
            for line in lines_of(read_bounded(file, CORPUS_MOST)):
                self.put(line, readable_label(line))
        except (Unreadable, BadCorpus) as error:
            raise BadInput(f"{file}: {error}") from None
        return YES


def percentage(text: str) -> float:
    """A number from 0 to 100; NaN compares with nothing and is none."""
    number = float(text)
    if not 0 <= number <= 100:
        raise ValueError
    return number


def readable_label(line) -> str:
    if "id" in line:
        labels = f"{line['label_published']}\t{line['label_corrected']}\t{line['version']}"
        return f"{line['id']}\t{labels}\t{line['problem'] or ''}"
    left_out = "".join(f"\n{metric} takes no part: {reason}" for metric, reason in line["left_out"].items())
    return f"{line['rows']} rows, boundaries {line['version']}{left_out}"


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
