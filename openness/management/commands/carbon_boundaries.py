"""`carbon_boundaries`: computes the boundaries of the efficiency classes from the mirrored corpus and keeps them."""

from openness.efficiency_corpus import TooFewReports, bound_corpus, boundaries_json, in_force
from registry.cli import UNKNOWN, YES, StemmaCommand


class Command(StemmaCommand):
    help = "Compute the boundaries of the efficiency classes A to E from the mirror, and keep them as a version."

    def add_arguments(self, parser):
        parser.add_argument("--show", action="store_true", help="print those in force, and compute nothing")

    def work(self, *, show, **options) -> int:
        try:
            row = in_force() if show else bound_corpus()
        except TooFewReports as problem:
            self.put({"version": None, "problem": str(problem)}, str(problem))
            return UNKNOWN
        if row is None:
            self.put({"version": None, "problem": "No boundaries were computed."}, "No boundaries were computed.")
            return UNKNOWN
        answer = boundaries_json(row) | {"problem": None}
        answer |= {key: answer[key] and answer[key].isoformat() for key in ("computed_at", "corpus_as_of")}
        self.put(answer, f"{row.version} from {row.models_in_corpus} models, in force since {row.computed_at:%Y-%m-%d}")
        return YES
