"""Efficiency classes A to E of Castaño et al. 2023 (arXiv 2305.11164), as published and with their slip corrected.

Each metric becomes an index against a reference model; percentiles of the corpus bound the bands. In the published code
the bounds of emissions are percentiles of the index's square root, while the index itself is compared with them, so
that nearly every model is in band A. All arithmetic is exact, so that a tie is a tie.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Context, Decimal
from fractions import Fraction

LETTERS = "ABCDE"
REFERENCE_MODEL = "distilgpt2"
REFERENCE_IDS = {"distilgpt2": 1, "distilbert/distilgpt2": 2}  # its own names; any other is a copy
EMISSIONS = "co2_eq_emissions"
WEIGHTS = {
    EMISSIONS: Fraction(35, 100),
    "downloads": Fraction(25, 100),
    "performance_score": Fraction(20, 100),
    "size_efficency": Fraction(10, 100),  # spelled as the study spells it
    "datasets_size_efficency": Fraction(10, 100),
}
PERCENTILES = {"downloads": (96, 94, 85, 60)}
FIFTHS = (80, 60, 40, 20)
PERCENTS = ("accuracy", "f1")  # given as a fraction or as a percentage
SCORED = ("accuracy", "f1", "rouge1", "rougeL")
ROOT = Context(prec=60)
Values = dict[str, Fraction | None]
Spans = dict[str, tuple[Fraction, Fraction]]  # the least value of a score in a corpus, and how far the others reach


@dataclass(frozen=True)
class Model:
    """One row of a corpus. What is None is missing, and takes no part."""

    id: str
    emissions_g: Fraction | None = None
    size_bytes: Fraction | None = None
    dataset_size_bytes: Fraction | None = None
    downloads: Fraction | None = None
    metrics: dict[str, Fraction] | None = None


@dataclass(frozen=True)
class Bounds:
    """The bounds between bands, best first, with the reference values: what makes a label comparable.

    `corrected` holds the bounds of emissions in the measure of the index itself.
    """

    published: dict[str, tuple[Fraction, ...]]
    corrected: tuple[Fraction, ...]
    reference: Values
    spans: Spans  # over which scores are stretched
    version: str


def percentile(ordered: Sequence[Fraction], percent: int) -> Fraction:
    """The percentile of sorted values, by linear interpolation between the two nearest ranks.

    >>> percentile([Fraction(1), Fraction(2), Fraction(4)], 75)
    Fraction(3, 1)
    """
    place = Fraction(len(ordered) - 1) * percent / 100
    below = int(place)
    above = min(below + 1, len(ordered) - 1)
    return ordered[below] + (ordered[above] - ordered[below]) * (place - below)


def median(values: Sequence[Fraction]) -> Fraction | None:
    return percentile(sorted(values), 50) if values else None


def root(value: Fraction) -> Fraction:
    """The square root to 60 digits, and exactly where it is a short decimal."""
    return Fraction(ROOT.sqrt(ROOT.divide(Decimal(value.numerator), Decimal(value.denominator))))


def scores_of(model: Model) -> dict[str, Fraction]:
    return {name: normal(name, value) for name, value in (model.metrics or {}).items() if name in SCORED}


def spans_of(models: Sequence[Model]) -> Spans:
    """From where to where each score reaches in a corpus; none where all models have the same."""
    found: Spans = {}
    scores = [scores_of(model) for model in models]
    for name in SCORED:
        known = [score[name] for score in scores if name in score]
        if known and max(known) > min(known):
            found[name] = (min(known), max(known) - min(known))
    return found


def performance(model: Model, spans: Spans) -> Fraction | None:
    """The harmonic mean of a model's scores, every score first stretched over the corpus to 0..1.

    A score beyond the corpus, of a model that was not in it, counts as the nearest that is.
    """
    scores = scores_of(model)
    stretched = [(scores[name] - least) / reach for name, (least, reach) in spans.items() if name in scores]
    return harmonic_mean([min(max(value, Fraction(0)), Fraction(1)) for value in stretched])


def normal(name: str, value: Fraction) -> Fraction:
    return value / 100 if name in PERCENTS and value > 1 else value


def harmonic_mean(values: Sequence[Fraction]) -> Fraction | None:
    """0 as soon as one value is 0; None of nothing."""
    if not values:
        return None
    return Fraction(0) if 0 in values else len(values) / sum(1 / value for value in values)


def metric_values(models: Sequence[Model], spans: Spans) -> list[Values]:
    """The five metrics of every model; the study drops a model whose emissions are zero."""
    given = [(model.metrics or {}).get("performance_score") for model in models]
    are_given = any(value is not None for value in given)
    scores = given if are_given else [performance(model, spans) for model in models]
    rows = []
    for model, score in zip(models, scores, strict=True):
        g = model.emissions_g
        rows.append(
            {
                EMISSIONS: g,
                "downloads": model.downloads,
                "performance_score": score,
                "size_efficency": model.size_bytes / g if g and model.size_bytes is not None else None,
                "datasets_size_efficency": model.dataset_size_bytes / g if g and model.dataset_size_bytes else None,
            }
        )
    return rows


def index_of(metric: str, value: Fraction | None, reference: Fraction | None) -> Fraction | None:
    """How many times better than the reference: emissions are better when lower, all else when higher."""
    over, under = (reference, value) if metric == EMISSIONS else (value, reference)
    return None if over is None or not under else over / under


def reference_values(models: Sequence[Model], rows: Sequence[Values]) -> Values:
    """The reference model's own values, and the corpus's median where it has none."""
    named = [(model.id, row) for model, row in zip(models, rows, strict=True) if is_reference(model.id)]
    own = max(named, key=lambda one: REFERENCE_IDS.get(one[0], 0), default=("", {}))[1]
    medians = {metric: median([row[metric] for row in rows if row[metric] is not None]) for metric in WEIGHTS}
    return {metric: medians[metric] if own.get(metric) is None else own[metric] for metric in WEIGHTS}


def is_reference(model_id: str) -> bool:
    return model_id.rpartition("/")[2] == REFERENCE_MODEL


def bounds_of(models: Sequence[Model]) -> Bounds:
    """The bounds that a corpus sets, with a version that is made of the corpus itself."""
    kept = [model for model in models if model.emissions_g != 0]
    spans = spans_of(kept)
    rows = metric_values(kept, spans)
    reference = reference_values(kept, rows)
    published, corrected = {}, ()
    for metric in WEIGHTS:
        indices = sorted(i for row in rows if (i := index_of(metric, row[metric], reference[metric])) is not None)
        percents = PERCENTILES.get(metric, FIFTHS)
        measured = [root(i) for i in indices] if metric == EMISSIONS else indices
        published[metric] = tuple(percentile(measured, p) for p in percents) if indices else ()
        if metric == EMISSIONS and indices:
            corrected = tuple(percentile(indices, p) for p in percents)
    digest = hashlib.sha256(repr(sorted(map(repr, kept))).encode()).hexdigest()
    return Bounds(published, corrected, reference, spans, f"castano-2023/{digest[:12]}")


def band(index: Fraction | None, bounds: Sequence[Fraction]) -> int | None:
    """0 for the best band to 4; a bound itself belongs to the worse side. None where there is nothing to rank.

    >>> band(Fraction(5), [Fraction(5), Fraction(4), Fraction(3), Fraction(2)])
    1
    """
    if index is None or not bounds:
        return None
    return sum(index <= bound for bound in bounds)


def label(bands: dict[str, int | None]) -> str | None:
    """The weighted mean of the bands there are, rounded half to even, as a letter.

    >>> label({"co2_eq_emissions": 0, "downloads": 1, "performance_score": None})
    'A'
    """
    known = {metric: value for metric, value in bands.items() if value is not None}
    if not known:
        return None
    weight = sum(WEIGHTS[metric] for metric in known)
    return LETTERS[round(sum(WEIGHTS[metric] * value for metric, value in known.items()) / weight)]


@dataclass(frozen=True)
class Label:
    """A model's bands and label, as published and corrected."""

    id: str
    bands: dict[str, int | None]
    published: str | None
    corrected_band: int | None  # of emissions; the other bands are the same
    corrected: str | None


def labels_of(models: Sequence[Model], bounds: Bounds) -> list[Label]:
    """Each model's label by `bounds`; none for a model whose emissions are zero, which says nothing."""
    rows = metric_values(models, bounds.spans)
    return [label_of(model, row, bounds) for model, row in zip(models, rows, strict=True)]


def label_of(model: Model, row: Values, bounds: Bounds) -> Label:
    if model.emissions_g == 0:
        return Label(model.id, dict.fromkeys(WEIGHTS), None, None, None)
    indices = {metric: index_of(metric, row[metric], bounds.reference[metric]) for metric in WEIGHTS}
    bands = {metric: band(indices[metric], bounds.published[metric]) for metric in WEIGHTS}
    right = bands | {EMISSIONS: band(indices[EMISSIONS], bounds.corrected)}
    corrected = label(right) if right[EMISSIONS] is not None else None  # no label of carbon without carbon
    return Label(model.id, bands, label(bands), right[EMISSIONS], corrected)
