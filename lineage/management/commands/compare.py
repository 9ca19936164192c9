"""`compare`: counts what the new version breaks, from recorded outcomes of both."""

import argparse
import math
from pathlib import Path

from lineage.comparing import Side, Version, compare
from lineage.comparison_requests import Asked
from lineage.flip_report import Questions
from lineage.flip_verdict import FAIL, PASS, UNKNOWN, percent
from lineage.importers import IMPORTERS, ReadOptions, read_outcome_file
from lineage.outcomes import BadOutcomes
from lineage.pairing import Allowances
from registry.cli import NO, YES, BadInput, StemmaCommand
from registry.cli import UNKNOWN as NOT_KNOWN
from registry.models import Repo

STATUS = {PASS: YES, FAIL: NO, UNKNOWN: NOT_KNOWN, None: YES}


def fraction(text: str) -> float:
    """An option's value between 0 and 1; percentages are refused, not guessed."""
    try:
        value = float(text)
    except ValueError:
        value = math.nan
    if not 0 <= value <= 1:
        raise argparse.ArgumentTypeError(f"{text!r} is not a fraction between 0 and 1")
    return value


class Command(StemmaCommand):
    help = "Count what a new version breaks, from two files of recorded outcomes."

    def add_arguments(self, parser):
        parser.add_argument("--outcomes", nargs=2, required=True, metavar=("OLD", "NEW"), help="files of outcomes")
        parser.add_argument("--format", choices=list(IMPORTERS), default="", help="of both files; found if not given")
        parser.add_argument("--metric", default="", metavar="NAME", help="of the log that says right or wrong")
        parser.add_argument("--filter", default="", metavar="NAME", help="of answers, where a log holds several")
        parser.add_argument("--budget", type=fraction, metavar="F", help="largest negative flip rate, a fraction")
        parser.add_argument("--threshold", type=float, metavar="S", help="score from which a graded answer is right")
        parser.add_argument("--old-repo", default="", metavar="ID[@SHA]", help="the mirrored model that OLD is of")
        parser.add_argument("--new-repo", default="", metavar="ID[@SHA]", help="the mirrored model that NEW is of")
        parser.add_argument("--common-items", action="store_true", help="leave out what only one file holds")
        parser.add_argument("--labels-checked", action="store_true", help="labels that look permuted are right")

    def work(self, *, outcomes, budget, common_items, labels_checked, **options) -> int:
        read = ReadOptions(**{key: options[key] for key in ("format", "metric", "filter", "threshold")})
        versions = [version(path, options[side]) for path, side in zip(outcomes, ("old_repo", "new_repo"), strict=True)]
        allow = Allowances(common_items=common_items, swapped_labels=labels_checked)
        try:
            tables = [read_outcome_file(Path(path), read) for path in outcomes]
            sides = [Side(*pair) for pair in zip(versions, tables, strict=True)]
            comparison = compare(*sides, Asked(Questions(budget=budget), allow, read))
        except BadOutcomes as problem:
            raise BadInput(str(problem)) from None
        self.stderr.write(f"kept as comparison {comparison.pk}")
        self.put(comparison.report, readable(comparison))
        return STATUS[comparison.verdict]


def version(path: str, reference: str) -> Version:
    """What a side is called: the mirrored model that was named for it, else its file."""
    if not reference:
        return Version(path[-200:])
    name, _, sha = reference.partition("@")
    repo = Repo.objects.named(Repo.Kind.MODEL, name).first()
    if repo is None:
        raise BadInput(f"No model {name!r} is mirrored.")
    if len(sha) > 40:
        raise BadInput(f"{sha!r} is no commit: it has more than 40 characters.")
    return Version(repo.name, repo, sha)


def readable(comparison) -> str:
    """The report for people."""
    line = comparison.report
    cells = "  ".join(f"{name} {'?' if count is None else count}" for name, count in line["cells"].items())
    between = " to ".join(percent(limit) for limit in line["nfr_ci"])
    return "\n".join(
        [
            f"{line['n']} items: {cells}",
            f"accuracy {line['accuracy_old']:.4f} → {line['accuracy_new']:.4f}",
            f"broke {percent(line['nfr'])} (95 %: {between}), fixed {percent(line['pfr'])}",
            f"McNemar p {line['mcnemar_p']:.4g}",
            f"verdict {line['verdict'] or 'none asked'}: {line['reason']}",
        ]
    )
