"""`trace`: reads who the parents of mirrored repositories are, or prints the claims of loose files."""

from pathlib import Path

from lineage.readers.loose import answer, read_loose
from registry.cli import YES, BadInput, StemmaCommand


class Command(StemmaCommand):
    help = "Print the claims of parents and the merge recipes in loose files."

    def add_arguments(self, parser):
        parser.add_argument(
            "--file",
            action="append",
            required=True,
            metavar="FILE",
            help="a card, adapter_config.json, config.json, mergekit file or GGUF",
        )

    def work(self, *, file, **options) -> int:
        for path in file:
            self.print_file(Path(path))
        return YES

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
