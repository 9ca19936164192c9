"""`verify`: reads from weights whether a model comes from the parents that it names."""

from pathlib import Path

from lineage.claims import RecipeRecord
from lineage.proof.weights import BadWeights
from lineage.readers.loose import FILE_BYTES_MOST, read_loose
from lineage.verifying import PARENTS_MOST, verify_folders
from registry.cli import NO, UNKNOWN, YES, BadInput, StemmaCommand

STATUS = {"contradicted": NO, "unverifiable": UNKNOWN, "declared": UNKNOWN}


class Command(StemmaCommand):
    help = "Hold a model's weights against those of its parents, and make a merge again from its recipe."

    def add_arguments(self, parser):
        parser.add_argument("child", metavar="CHILD", help="owner/name; it need not be mirrored")
        parser.add_argument(
            "--files", required=True, metavar="DIR", help="the folder of its safetensors, or of its GGUF"
        )
        parser.add_argument("--parent", action="append", default=[], metavar="ID=DIR", help="a parent and its folder")
        parser.add_argument("--base", metavar="ID", help="the parent from which the others were made")
        parser.add_argument("--recipe", metavar="FILE", help="a mergekit file that names the parents by their ids")

    def work(self, *, child, files, parent, base, recipe, **options) -> int:
        parents = dict(self.named(each) for each in parent)
        if len(parents) > PARENTS_MOST:
            raise BadInput(f"At most {PARENTS_MOST} parents are compared.")
        if base and base not in parents:
            raise BadInput(f"The folder of the base {base!r} is not among the parents: give it with --parent.")
        read = self.read_recipe(Path(recipe)) if recipe else None
        try:
            row, said = verify_folders(child, Path(files), parents, base, read, self.stderr.write)
        except BadWeights as problem:
            raise BadInput(str(problem)) from None
        except OSError as problem:
            raise BadInput(f"The weights cannot be read: {problem.strerror or problem}.") from None
        lines = [f"{child}\t{said['verdict']}\t{said['reason']}"]
        lines += [f"  {each['verdict']}\t{each['id']}\t{each['reason']}" for each in said["parents"]]
        lines += [f"  recipe\t{said['recovered_recipe']}"] if said["recovered_recipe"] else []
        self.put(said | {"child": child, "verification": row.pk}, "\n".join(lines))
        return STATUS.get(said["verdict"], YES)

    def named(self, text: str) -> tuple[str, Path]:
        name, equals, folder = text.partition("=")
        if not (name and equals and folder):
            raise BadInput(f"{text!r} is not of the form ID=DIR.")
        return name, Path(folder)

    def read_recipe(self, path: Path) -> RecipeRecord:
        try:
            if path.stat().st_size > FILE_BYTES_MOST:
                raise BadInput(f"{path} is too large for a recipe.")
            with path.open("rb") as stream:
                reading, _ = read_loose(path.name, stream)
        except OSError as problem:
            raise BadInput(f"{path} cannot be opened: {problem.strerror or problem}.") from None
        if not reading.recipes:
            raise BadInput(f"{path} holds no merge recipe.")
        return reading.recipes[-1]
