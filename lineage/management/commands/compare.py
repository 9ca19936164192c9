"""`compare`: counts what the new version breaks, by running both or from recorded outcomes of both."""

import argparse
import math
from collections.abc import Iterator
from pathlib import Path

from django.core.management.base import CommandError

from lineage.comparing import Side, Version, compare
from lineage.comparison_requests import Asked
from lineage.flip_planning import plan
from lineage.flip_report import Questions
from lineage.flip_verdict import FAIL, PASS, UNKNOWN, percent
from lineage.importers import IMPORTERS, ReadOptions, read_outcome_file
from lineage.models import Comparison
from lineage.must_pass import read_id_file
from lineage.outcomes import BadOutcomes
from lineage.pairing import Allowances
from lineage.run_options import add_running, run_now
from lineage.version_tables import report_of, sheet_of
from registry.cli import NO, USAGE, YES, BadInput, StemmaCommand
from registry.cli import UNKNOWN as NOT_KNOWN
from registry.models import Repo

STATUS = {PASS: YES, FAIL: NO, UNKNOWN: NOT_KNOWN, None: YES}
READ = ("format", "metric", "filter", "threshold")
ASKED = ("budget", "solid_budget", "non_inferiority", "slices", "tolerance", "margin_band")


def number(text: str, least: float, most: float, what: str) -> float:
    """An option's value; what is no number, or lies outside, is refused and never guessed."""
    try:
        value = float(text)
    except ValueError:
        value = math.nan
    if not least <= value <= most or math.isinf(value):
        raise argparse.ArgumentTypeError(f"{text!r} is not {what}")
    return value


def fraction(text: str) -> float:
    return number(text, 0, 1, "a fraction between 0 and 1")


def finite(text: str) -> float:
    return number(text, -math.inf, math.inf, "a finite number")


def positive(text: str) -> float:
    return number(text, 0, math.inf, "a finite number from 0 on")


def count(text: str) -> int:
    return int(number(text, 1, 100_000_000, "a number of items"))


class Command(StemmaCommand):
    help = "Count what a new version breaks, by running both versions or from files of recorded outcomes."

    def add_arguments(self, parser):
        parser.add_argument("old", nargs="?", metavar="OLD", help="ID, ID@SHA or a folder: runs OLD and NEW on --suite")
        parser.add_argument("new", nargs="?", metavar="NEW")
        work = parser.add_mutually_exclusive_group()
        work.add_argument("--suite", metavar="NAME", help="suite that OLD and NEW are run on: a name or a .toml file")
        work.add_argument("--outcomes", nargs=2, metavar=("OLD", "NEW"), help="files of outcomes, any evaluator's log")
        work.add_argument("--versions", nargs="+", metavar="FILE", help="outcomes of a chain of versions, oldest first")
        work.add_argument("--plan", nargs="+", type=count, metavar="N", help="what N items can say of --budget")
        add_running(parser)
        self.add_reading(parser)
        self.add_questions(parser)

    def add_reading(self, parser):
        reading = parser.add_argument_group("how the files are read")
        reading.add_argument("--format", choices=list(IMPORTERS), default="", help="of the files; found if not given")
        reading.add_argument("--metric", default="", metavar="NAME", help="of the log that says right or wrong")
        reading.add_argument("--filter", default="", metavar="NAME", help="of answers, where a log holds several")
        reading.add_argument("--threshold", type=finite, metavar="S", help="score from which a graded answer is right")
        reading.add_argument("--common-items", action="store_true", help="leave out what only one file holds")
        reading.add_argument("--labels-checked", action="store_true", help="labels that look permuted are right")
        reading.add_argument("--old-repo", default="", metavar="ID[@SHA]", help="the mirrored model that OLD is of")
        reading.add_argument("--new-repo", default="", metavar="ID[@SHA]", help="the mirrored model that NEW is of")
        reading.add_argument("--noise", metavar="FILE", help="outcomes of the old version run again")

    def add_questions(self, parser):
        asked = parser.add_argument_group("what decides")
        asked.add_argument("--budget", type=fraction, metavar="F", help="largest negative flip rate, a fraction")
        asked.add_argument("--solid-budget", type=fraction, metavar="F", help="of flips beyond the noise band")
        asked.add_argument("--non-inferiority", type=fraction, metavar="F", help="largest loss of accuracy, a fraction")
        asked.add_argument("--slices", action="store_true", help="no slice may get significantly worse")
        asked.add_argument("--must-pass", metavar="FILE", help="ids of items that must be right, one a line")
        asked.add_argument(
            "--tolerance", type=positive, default=0.0, metavar="T", help="change of a score that is a tie"
        )
        asked.add_argument("--margin-band", type=positive, metavar="M", help="noise band of margins, if it is known")
        asked.add_argument("--epsilon", type=fraction, default=0.01, metavar="F", help="of rivals, with --versions")

    def work(self, *, suite, outcomes, versions, plan, **options) -> int:
        given = [options["old"], options["new"]]
        if (suite and None in given) or not (suite or outcomes or versions or plan):
            raise CommandError("say OLD NEW --suite NAME, --outcomes, --versions or --plan", returncode=USAGE)
        if not suite and given != [None, None]:
            raise CommandError("OLD and NEW are run on a --suite", returncode=USAGE)
        try:
            if suite:
                return self.compare_runs(given, suite, options)
            if outcomes:
                return self.compare_two(outcomes, options)
            return self.compare_many(versions, options) if versions else self.plan_for(plan, options["budget"])
        except BadOutcomes as problem:
            raise BadInput(str(problem)) from None

    def compare_two(self, outcomes, options) -> int:
        """Compare two files, keep the comparison, and print its line."""
        read = ReadOptions(**{key: options[key] for key in READ})
        questions = questions_of(options)
        allow = Allowances(common_items=options["common_items"], swapped_labels=options["labels_checked"])
        references = (options["old_repo"], options["new_repo"])
        named = [version(*one) for one in zip(short_names(outcomes), references, strict=True)]
        sides = [Side(who, read_outcome_file(Path(path), read)) for who, path in zip(named, outcomes, strict=True)]
        rerun = read_outcome_file(Path(options["noise"]), read) if options["noise"] else None
        comparison = compare(*sides, Asked(questions, allow, read), rerun=rerun)
        self.stderr.write(f"kept as comparison {comparison.pk}")
        self.put(comparison.report, readable(comparison.report))
        return STATUS[comparison.verdict]

    def compare_runs(self, references, suite, options) -> int:
        """Run two versions on a suite, keep the comparison, and print its line."""
        allow = Allowances(swapped_labels=options["labels_checked"])
        row = run_now(references, suite, options, Asked(questions_of(options), allow), self.tell)
        if row.status != Comparison.Status.DONE:
            raise BadInput(row.problem)
        self.stderr.write(f"kept as comparison {row.pk}")
        self.put(row.report, readable(row.report))
        return STATUS[row.verdict]

    def tell(self, said: dict) -> None:
        """Progress, for whoever waits."""
        step = said["step"] + (f" {said['rerun']} of {said['reruns']}" if said.get("reruns", 1) > 1 else "")
        self.stderr.write(
            f"{step}: {said['done']:,} of {said['total']:,} items,"
            f" {said['items_per_s']:,.1f} items/s, {said['left_s']:,.0f} s left"
        )

    def compare_many(self, paths, options) -> int:
        """Compare a chain of files with each other; nothing is kept."""
        read = ReadOptions(**{key: options[key] for key in READ})
        sheet = sheet_of([(path[-200:], read_outcome_file(Path(path), read)) for path in paths])
        report = report_of(sheet, options["epsilon"])
        steps = (
            f"{s['old']} → {s['new']}: broke {percent(s['nfr'])}, fixed {percent(s['pfr'])}" for s in report["steps"]
        )
        self.put(report, "\n".join([f"{report['n']:,} common items", *steps]))
        return YES

    def plan_for(self, sizes, budget) -> int:
        """Say what suites of the given sizes can certify."""
        if budget is None:
            raise BadInput("A plan needs --budget.")
        answer = plan(budget, tuple(sizes))
        rows = (f"{row['n']:,} items: {allowed(row['flips_allowed'])}" for row in answer["sizes"])
        self.put(answer, "\n".join([f"{answer['items_without_flips'] or 'no number of'} items without a flip", *rows]))
        return YES


def questions_of(options) -> Questions:
    must_pass = read_id_file(Path(options["must_pass"])) if options["must_pass"] else ()
    return Questions(**{key: options[key] for key in ASKED}, must_pass=must_pass)


def short_names(paths: list[str]) -> list[str]:
    """Names of files without the folders that they lie in, but for the last one where both are called alike."""
    names = [Path(path).name for path in paths]
    if len(set(names)) < len(names):
        names = ["/".join(Path(path).parts[-2:]) for path in paths]
    return [name[-200:] for name in names]


def version(file_name: str, reference: str) -> Version:
    """What a side is called: the mirrored model that was named for it, else its file."""
    if not reference:
        return Version(file_name)
    name, _, sha = reference.partition("@")
    repo = Repo.objects.named(Repo.Kind.MODEL, name).first()
    if repo is None:
        raise BadInput(f"No model {name!r} is mirrored.")
    if len(sha) > 40:
        raise BadInput(f"{sha!r} is no commit: it has more than 40 characters.")
    return Version(repo.name, repo, sha)


def allowed(flips: int | None) -> str:
    return "cannot certify it, even without a flip" if flips is None else f"certify it with at most {flips:,} flips"


def readable_step(step: dict) -> str:
    return f"{step['old']} → {step['new']}: broke {percent(step['nfr'])}, fixed {percent(step['pfr'])}"


def readable(line: dict) -> str:
    """The report for people."""
    cells = "  ".join(f"{name} {'?' if count is None else count}" for name, count in line["cells"].items())
    between = " to ".join(percent(limit) for limit in line["nfr_ci"])
    return "\n".join(
        [
            f"{line['n']} items: {cells}",
            f"accuracy {line['accuracy_old']:.4f} → {line['accuracy_new']:.4f}",
            f"broke {percent(line['nfr'])} (95 %: {between}), fixed {percent(line['pfr'])}",
            *readable_noise(line["noise"] or {}),
            f"McNemar p {line['mcnemar_p']:.4g}",
            f"verdict {line['verdict'] or 'none asked'}: {line['reason']}",
        ]
    )


def readable_noise(noise: dict) -> Iterator[str]:
    """A line for each time that the older version ran again, and one on the flips beyond that."""
    for rerun in noise.get("reruns", ()):
        yield f"noise, {rerun['name']}: {rerun['flips']} of {rerun['n']} items flip, {percent(rerun['nfr'])} break"
    if "flips_checked" in noise:
        yield f"of {noise['flips_checked']} broken items among these, {noise['flips_beyond']} lie beyond the noise"
