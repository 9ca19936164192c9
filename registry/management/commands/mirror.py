"""`mirror`: bring repositories of a Hub, or of a dump of one, into the registry."""

import argparse
from pathlib import Path

from django.conf import settings

from registry import harvest as harvests
from registry.cli import BAD_INPUT, NO, USAGE, YES, BadInput, StemmaCommand
from registry.models import Harvest

STATUS = {Harvest.Status.FULL: YES, Harvest.Status.PARTIAL: NO, Harvest.Status.FAILED: BAD_INPUT}

COUNTS = ("seen", "created", "updated", "unchanged", "gone", "failed", "requests")


def positive(text: str) -> int:
    number = int(text)
    if number < 1:
        raise argparse.ArgumentTypeError("it must be at least 1")
    return number


class Command(StemmaCommand):
    help = "Mirror repositories by name, by listing, or from a dump. Exit status: 0 full, 1 partial, 3 failed."

    def add_arguments(self, parser):
        parser.add_argument("names", nargs="*", metavar="REPO_ID", help="owner/name; else a listing")
        parser.add_argument("--kind", choices=["model", "dataset", "space", "all"], help="default: model")
        parser.add_argument("--author", help="only of this user or organisation")
        parser.add_argument("--filter", action="append", dest="filters", default=[], metavar="TAG", help="repeatable")
        parser.add_argument("--search", help="only with this in the name")
        parser.add_argument("--limit", type=positive, help="at most so many records")
        parser.add_argument(
            "--changed", action="store_true", help="what changed since the last whole pass; the first reads all"
        )
        parser.add_argument("--sweep", action="store_true", help="everything, and look at what is no longer listed")
        parser.add_argument("--from", dest="dump", type=Path, metavar="FILE", help="NDJSON(.gz) or Parquet")
        parser.add_argument(
            "--resume",
            action="store_true",
            help="go on with the newest unfinished run; one still running is taken over",
        )

    def work(self, *, names, dump, resume, **options) -> int:
        chosen = {key: options[key] for key in ("kind", "author", "filters", "search", "limit", "changed", "sweep")}
        complaint = self.contradiction(names, dump, resume, chosen)
        if complaint:
            self.stderr.write(complaint)
            return USAGE
        harvest = harvests.unfinished() if resume else self.asked(names, dump, chosen)
        if harvest is None:
            self.stderr.write("There is no unfinished run to resume.")
            return BAD_INPUT
        try:
            harvests.run(harvest)
        except harvests.TakenOver as error:
            raise BadInput(str(error)) from None
        return self.report(harvest)

    @staticmethod
    def contradiction(names: list[str], dump: Path | None, resume: bool, chosen: dict) -> str:
        """What the options ask for that cannot be meant together; empty when they agree."""
        listing = [f"--{key.rstrip('s')}" for key in ("author", "filters", "search", "changed", "sweep") if chosen[key]]
        if resume and (names or dump or listing):
            return "--resume goes on with what an earlier run was asked for; give no other choice."
        if names and (dump or listing):
            return f"Names are mirrored by themselves, without {dump and '--from' or listing[0]}."
        if dump and listing:
            return f"A dump is read whole, without {listing[0]}."
        if chosen["changed"] and chosen["sweep"]:
            return "--changed and --sweep are two ways through a listing; choose one."
        if names and chosen["kind"] == "all":
            return "A name needs its kind: --kind model, dataset or space."
        if not (resume or names or dump or any(chosen.values())):
            return "Say what to mirror: names, --from FILE, or a listing (--author, --filter, --limit, --changed …)."
        return ""

    @staticmethod
    def asked(names: list[str], dump: Path | None, chosen: dict) -> Harvest:
        request = {key: value for key, value in chosen.items() if value}
        if dump:
            return harvests.start(request | {"from": str(dump.resolve())}, source=dump.name)
        return harvests.start(request | ({"names": names} if names else {}), source=settings.HF_ENDPOINT)

    def report(self, harvest: Harvest) -> int:
        for problem in harvest.problems.order_by("pk")[:10]:
            where = f"line {problem.line}: " if problem.line else ""
            self.stderr.write(f"{where}{problem.problem}")
        if harvest.problem:
            self.stderr.write(harvest.problem)
        counts = {key: getattr(harvest, key) for key in COUNTS}
        answer = {"harvest": harvest.pk, "status": harvest.status, **counts, "seconds": round(harvest.wall_s, 3)}
        readable = ", ".join(f"{value} {key}" for key, value in counts.items())
        self.put(answer, f"harvest {harvest.pk}: {harvest.status}: {readable}, {harvest.wall_s:.1f} s")
        return STATUS[harvest.status]
