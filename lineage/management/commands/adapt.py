"""`adapt`: trains a compatibility adapter, a way out of the answers that an upgrade breaks."""

from pathlib import Path

from lineage.adapting import Adaptation, adapt, answer
from lineage.comparison_requests import Asked
from lineage.models import Comparison
from lineage.run_options import Operator, add_running, run_now
from lineage.run_places import find_suite, named_version, suite_path
from lineage.running import How
from lineage.runs.problems import BadRun
from lineage.suite_rows import BadSuite
from lineage.version_files import BadVersion
from registry.cli import YES, BadInput, StemmaCommand
from registry.energy import metered


class Command(StemmaCommand):
    help = "Train a small adapter on NEW that answers as OLD did where it would be wrong, and register it as a version."

    def add_arguments(self, parser):
        parser.add_argument("old", metavar="OLD", help="id, id@sha or a directory")
        parser.add_argument("new", metavar="NEW", help="id, id@sha or a directory")
        parser.add_argument("--train", required=True, metavar="SUITE", help="the labelled items to learn from")
        parser.add_argument("--name", required=True, metavar="OWNER/NAME", help="under which it is registered")
        parser.add_argument("--suite", metavar="SUITE", help="compare NEW and the adapter with OLD on it afterwards")
        parser.add_argument("--rank", type=int, default=Adaptation.rank)
        parser.add_argument("--epochs", type=int, default=Adaptation.epochs)
        parser.add_argument("--learning-rate", type=float, default=Adaptation.learning_rate)
        parser.add_argument("--batch", type=int, default=Adaptation.batch, metavar="ITEMS")
        parser.add_argument(
            "--distilled",
            type=float,
            default=Adaptation.distilled,
            metavar="SHARE",
            help="of the loss; the rest is the right answer itself, for versions far apart",
        )
        add_running(parser)

    def work(self, *, old, new, train, name, suite, **options) -> int:
        try:
            asked, held_out = self.asked(old, new, train, name, suite, options)
            with metered("comparison", f"adapter {name}"):
                repo, figures = adapt(asked, self.tell, held_out)
        except (BadRun, BadSuite, BadVersion) as problem:
            raise BadInput(str(problem)) from None
        said = answer(asked, repo, figures)
        if suite:
            said["comparison_of_new"] = self.compared(old, new, suite, options)
            own_base = options["new_base"] or (asked.new.folder and str(Path(asked.new.folder)))
            said["comparison_of_adapter"] = self.compared(old, repo.name, suite, options | {"new_base": own_base})
        lines = [f"{repo.name}@{said['sha'][:12]}\t{figures['steps']} steps in {figures['seconds']:.0f} s"]
        lines += [f"  negative flips of {key}\t{said[key]['nfr']}" for key in said if key.startswith("comparison")]
        self.put(said, "\n".join(lines))
        return YES

    def asked(self, old: str, new: str, train: str, name: str, suite: str | None, options: dict) -> tuple:
        """What is to be trained, and the suite that it is judged on."""
        versions = [
            named_version(reference, options[f"{side}_base"], Operator(), folders=True)[0]
            for side, reference in (("old", old), ("new", new))
        ]
        memory_bytes = int((options["memory_gb"] or 0) * (1 << 30))
        how = How(options["device"], options["dtype"], memory_bytes, int(options["time_s"]) or 1)
        chosen = {key: options[key] for key in ("rank", "epochs", "learning_rate", "batch", "distilled")}
        found = find_suite(str(suite_path(train, folders=True)))
        held_out = find_suite(str(suite_path(suite, folders=True))) if suite else None
        return Adaptation(name, *versions, found, how, **chosen), held_out

    def compared(self, old: str, other: str, suite: str, options: dict) -> dict:
        row = run_now([old, other], suite, options, Asked(), self.tell)
        if row.status != Comparison.Status.DONE:
            raise BadInput(row.problem)
        report = row.report
        return {key: report[key] for key in ("n", "nfr", "accuracy_old", "accuracy_new")} | {"comparison": row.pk}

    def tell(self, progress: dict) -> None:
        self.stderr.write(f"{progress.get('done')} of {progress.get('total')}")
