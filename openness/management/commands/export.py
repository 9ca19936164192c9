"""`export`: writes what is known in a format that other tools read."""

import json
import sys
from collections.abc import Iterable, Iterator
from itertools import islice
from pathlib import Path

from openness.lookup import NotOne, repo_called
from openness.record_export import records_of, to_yaml
from registry.cli import YES, BadInput, StemmaCommand
from registry.models import Repo

BATCH = 100  # repositories whose cards and file lists are in memory together


def mof(repos: Iterable[Repo]) -> Iterator[dict]:
    """Record files of the Model Openness Tool."""
    repos = iter(repos)
    while some := list(islice(repos, BATCH)):
        yield from records_of(some)


FORMATS = {"mof": mof}


class Command(StemmaCommand):
    help = "Write mirrored repositories (all public models, or those named) in a format that other tools read."

    def add_arguments(self, parser):
        parser.add_argument("format", choices=FORMATS, help="mof: record files of the Model Openness Tool")
        parser.add_argument("repo_ids", nargs="*", metavar="REPO_ID", help="owner/name")
        parser.add_argument("--out", metavar="FILE", help="instead of the output; .yml or .yaml is written as YAML")

    def work(self, *, format, repo_ids, out, **options) -> int:
        try:
            named = [repo_called(name, Repo.Kind.MODEL.value) for name in repo_ids]
        except NotOne as error:
            raise BadInput(str(error)) from None
        every = Repo.objects.of_kind(Repo.Kind.MODEL.value).current().visible_to(None).order_by("pk")
        records = FORMATS[format](named or every.iterator(chunk_size=BATCH))
        if not out:
            for record in records:
                self.stdout.write(json.dumps(record, ensure_ascii=False))
            return YES
        try:
            written = self.write(records, Path(out))
        except OSError as error:
            raise BadInput(f"{out}: {error.strerror}.") from None
        print(f"{written} records in {out}", file=sys.stderr)
        return YES

    def write(self, records: Iterator[dict], out: Path) -> int:
        """Write one YAML document, or one line of JSON, a record; returns how many."""
        as_yaml, number = out.suffix in (".yml", ".yaml"), 0
        with out.open("w", encoding="utf8") as file:
            for number, record in enumerate(records, 1):
                start = "---\n" if number > 1 else ""
                file.write(start + to_yaml(record) if as_yaml else json.dumps(record, ensure_ascii=False) + "\n")
        return number
