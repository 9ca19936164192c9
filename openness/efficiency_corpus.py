"""The efficiency classes of mirrored models: boundaries that the mirror sets, kept as versions, and labels by them.

What takes part: public models that hold weights, as far as is known, and state an amount of their own above zero that
no plausibility check refutes. The others would set bounds by their slips.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction

from django.db.models import Max
from django.utils.timezone import now

from lineage.closure import chunks
from openness.carbon.efficiency import EMISSIONS, LETTERS, SCORED, Bounds, Label, Model, bounds_of, labels_of, left_out
from openness.carbon.efficiency_record import bounds_from, bounds_json
from openness.models import EfficiencyBounds, Emission
from openness.reading import header_of, mirrored_repos
from registry.models import File, Repo
from registry.reading import heads_of, newest_infos

MODELS_LEAST = 30  # below that, percentiles say nothing of a corpus
AT_ONCE = 200  # models read together
FORMATS = (".safetensors", ".bin", ".pt", ".pth", ".h5", ".msgpack", ".onnx", ".gguf")  # the first that there is counts
NO_WEIGHTS = ("training_args.bin", "optimizer.bin", "scheduler.bin", "optimizer.pt", "scheduler.pt")
METRICS_MOST = 1_000  # of one card that are looked at


class TooFewReports(ValueError):
    """Too few models report for percentiles to mean anything; one sentence says how many."""


@dataclass(frozen=True)
class Standing:
    """A model's label with the version of the boundaries, without which it would say nothing."""

    label: Label
    record: EfficiencyBounds

    def as_json(self) -> dict:
        return {
            "label_published": self.label.published,
            "label_corrected": self.label.corrected,
            "bands": {metric: letter(value) for metric, value in self.label.bands.items()},
            "band_of_emissions_corrected": letter(self.label.corrected_band),
            "boundaries": self.record.version,
            "boundaries_computed_at": self.record.computed_at,
            "models_in_corpus": self.record.models_in_corpus,
        }


def letter(band: int | None) -> str | None:
    return None if band is None else LETTERS[band]


def reporting() -> Iterable[Emission]:
    rows = Emission.objects.filter(origin=Emission.Origin.OWN, is_doubted=False, emissions_g__gt=0)
    rows = rows.filter(repo__kind=Repo.Kind.MODEL, repo__staff_only=False, repo__holds_name=True, repo__gone_at=None)
    return rows.exclude(has_weights=False)


def bound_corpus() -> EfficiencyBounds:
    """Boundaries from the corpus as it is, kept; those that are there already where nothing moved them.

    Raises TooFewReports.
    """
    found: list[Model] = []
    keys = list(reporting().order_by("repo_id").values_list("repo_id", flat=True))
    if len(keys) < MODELS_LEAST:
        raise TooFewReports(
            f"{len(keys)} models state emissions of their own; boundaries take at least {MODELS_LEAST}."
        )
    for some in chunks(keys, AT_ONCE):
        found += models_of(list(Repo.objects.filter(pk__in=some).order_by("pk")))
    bounds = bounds_of(found)
    labels = list(labels_of(found, bounds))
    counts = {
        "published": dict(sorted(Counter(each.published for each in labels if each.published).items())),
        "corrected": dict(sorted(Counter(each.corrected for each in labels if each.corrected).items())),
    }
    row, _ = EfficiencyBounds.objects.get_or_create(
        version=bounds.version,
        defaults={
            "computed_at": now(),
            "corpus_as_of": reporting().aggregate(newest=Max("checked_at"))["newest"],
            "models_in_corpus": len(found),
            "bounds": bounds_json(bounds),
            "labels": counts,
        },
    )
    return row


def in_force() -> EfficiencyBounds | None:
    """The newest boundaries; None before any were computed."""
    return EfficiencyBounds.objects.order_by("-computed_at").first()


def standing_of(repo: Repo) -> Standing | None:
    """A model's label by the boundaries in force; None without boundaries, or where its report takes no part."""
    record = in_force()
    if record is None or not reporting().filter(repo=repo).exists():
        return None
    (label,) = labels_of(models_of([repo]), read_bounds(record))
    return Standing(label, record)


def read_bounds(record: EfficiencyBounds) -> Bounds:
    return bounds_from(record.bounds, record.version)


def boundaries_json(record: EfficiencyBounds) -> dict:
    """A version of the boundaries as numbers to read; the exact ones are in the record."""
    bounds = read_bounds(record)
    return {
        "version": record.version,
        "computed_at": record.computed_at,
        "corpus_as_of": record.corpus_as_of,
        "models_in_corpus": record.models_in_corpus,
        "boundaries": {metric: [float(bound) for bound in found] for metric, found in bounds.published.items()},
        "boundaries_corrected": {EMISSIONS: [float(bound) for bound in bounds.corrected]},
        "reference": {key: None if value is None else float(value) for key, value in bounds.reference.items()},
        "left_out": left_out(bounds),
        "labels": record.labels,
    }


def models_of(repos: Sequence[Repo]) -> list[Model]:
    """What the classes ask of each model, in the order of `repos`; what the mirror does not know is None."""
    heads, infos = heads_of(repos), newest_infos(repos)
    headers = {repo.pk: header_of(heads.get(repo.head_id), infos[repo.pk]) or {} for repo in repos}
    grams = dict(Emission.objects.filter(repo__in=repos).values_list("repo_id", "emissions_g"))
    weights, datasets = weights_of(repos), datasets_of(headers)
    return [
        Model(
            id=repo.name,
            emissions_g=Fraction(Decimal(repr(grams[repo.pk]))) if repo.pk in grams else None,
            size_bytes=weights.get(repo.pk),
            dataset_size_bytes=datasets.get(repo.pk),
            downloads=None if repo.downloads is None else Fraction(repo.downloads),
            metrics=metrics_in(headers[repo.pk].get("model-index")),
        )
        for repo in repos
    ]


def weights_of(repos: Sequence[Repo]) -> dict[int, Fraction]:
    """The bytes of each model's weights in the first format that it has; left out where a size is not known."""
    heads = {repo.head_id: repo.pk for repo in repos if repo.head_id}
    rows = File.objects.filter(revision__in=heads).exclude(path__in=NO_WEIGHTS)
    sizes: dict[tuple[int, str], list[int | None]] = {}
    for head, path, size_bytes in rows.values_list("revision_id", "path", "size_bytes"):
        if suffix := next((each for each in FORMATS if path.lower().endswith(each)), ""):
            sizes.setdefault((head, suffix), []).append(size_bytes)
    found = {}
    for head, key in heads.items():
        first = next((sizes[head, suffix] for suffix in FORMATS if (head, suffix) in sizes), None)
        if first and None not in first and sum(first):
            found[key] = Fraction(sum(first))
    return found


def datasets_of(headers: dict[int, dict]) -> dict[int, Fraction]:
    """The bytes of all datasets that each header names, where all are mirrored and say how large they are."""
    named = {key: names_in(header.get("datasets")) for key, header in headers.items()}
    wanted = {("dataset", name.lower()) for names in named.values() for name in names}
    mirrored = mirrored_repos(wanted)
    infos = newest_infos(mirrored.values())
    sizes = {key: dataset_size(header_of(repo.head, infos[repo.pk]) or {}) for key, repo in mirrored.items()}
    found = {}
    for key, names in named.items():
        own = [sizes.get(("dataset", name.lower())) for name in names]
        if own and all(own):
            found[key] = Fraction(sum(own))
    return found


def names_in(value: object) -> list[str]:
    """
    >>> names_in("squad"), names_in(["a/b", 3]), names_in(None)
    (['squad'], ['a/b'], [])
    """
    said = [value] if isinstance(value, str) else value if isinstance(value, list) else []
    return list(dict.fromkeys(each for each in said[:50] if isinstance(each, str)))


def dataset_size(header: dict) -> int | None:
    """`dataset_size` of a header's `dataset_info`, over all configurations; None where one does not say it.

    >>> dataset_size({"dataset_info": [{"dataset_size": 3}, {"dataset_size": 4}]}), dataset_size({})
    (7, None)
    """
    info = header.get("dataset_info")
    parts = info if isinstance(info, list) else [info]
    sizes = [part.get("dataset_size") if isinstance(part, dict) else None for part in parts]
    return sum(sizes) if sizes and all(type(size) is int and size > 0 for size in sizes) else None


def metrics_in(index: object) -> dict[str, Fraction]:
    """The first value of each score that the classes know, of a header's `model-index`.

    >>> metrics_in([{"results": [{"metrics": [{"type": "f1", "value": 0.5}, {"type": "f1", "value": 1}]}]}])
    {'f1': Fraction(1, 2)}
    """
    known = {name.lower(): name for name in SCORED}
    found: dict[str, Fraction] = {}
    for metric in listed_metrics(index):
        value = metric.get("value")
        for said in (metric.get("type"), metric.get("name")):
            name = known.get(said.lower()) if isinstance(said, str) else None
            if name and type(value) in (int, float) and 0 <= value <= 100:
                found.setdefault(name, Fraction(Decimal(repr(value))))
    return found


def listed_metrics(index: object) -> Iterator[dict]:
    left = METRICS_MOST
    for model in mappings(index):
        for result in mappings(model.get("results")):
            for metric in mappings(result.get("metrics")):
                if not left:
                    return
                left -= 1
                yield metric


def mappings(value: object) -> list[dict]:
    return [each for each in value if isinstance(each, dict)] if isinstance(value, list) else []
