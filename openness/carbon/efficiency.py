"""Efficiency classes A to E of Castaño et al. 2023 (arXiv 2305.11164), as published and with their slip corrected.

Each metric becomes an index against a reference model; percentiles of the corpus bound the bands. In the published code
the bounds of emissions are percentiles of the index's square root, while the index itself is compared with them, so
that nearly every model is in band A. All arithmetic is exact, so that a tie is a tie: floats only order what they can
tell apart, and the exact values decide the rest.
"""

from __future__ import annotations

import hashlib
import math
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from decimal import Context, Decimal
from fractions import Fraction
from functools import lru_cache

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
NEAR = 1e-9  # floats that are closer than this, in parts of the larger, are told apart by the exact values
Values = dict[str, Fraction | None]
Spans = dict[str, tuple[Fraction, Fraction]]  # the least value of a score in a corpus, and how far the others reach


@dataclass(frozen=True, slots=True)
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
    return between(ordered[int(place) : int(place) + 2], place - int(place))


def between(ends: Sequence[Fraction], part: Fraction) -> Fraction:
    """`part` of the way from the first of one or two values to the last."""
    return ends[0] + (ends[-1] - ends[0]) * part


def as_float(value: Fraction) -> float:
    """The nearest float; infinity beyond them all."""
    try:
        return float(value)
    except OverflowError:
        return math.inf


def in_order(values: Iterable[Fraction | None]) -> list[Fraction]:
    """The values that there are, sorted exactly: by their floats, which is fast, and then what these left alike."""
    return sorted(sorted((value for value in values if value is not None), key=as_float))


def median(ordered: Sequence[Fraction]) -> Fraction | None:
    return percentile(ordered, 50) if ordered else None


def root(value: Fraction) -> Fraction:
    """The square root to 60 digits, and exactly where it is a short decimal."""
    return Fraction(ROOT.sqrt(ROOT.divide(Decimal(value.numerator), Decimal(value.denominator))))


def scores_of(model: Model) -> dict[str, Fraction]:
    return {name: normal(name, value) for name, value in (model.metrics or {}).items() if name in SCORED}


def spans_of(models: Sequence[Model]) -> Spans:
    """From where to where each score reaches in a corpus; none where all models have the same, or scores are given."""
    if any("performance_score" in (model.metrics or ()) for model in models):
        return {}
    known: dict[str, set[Fraction]] = {name: set() for name in SCORED}
    for model in models:
        for name, value in scores_of(model).items():
            known[name].add(value)
    return {name: (min(some), max(some) - min(some)) for name, some in known.items() if len(some) > 1}


def performance(model: Model, spans: Spans) -> Fraction | None:
    """The harmonic mean of a model's scores, every score first stretched over the corpus to 0..1; None without scores.

    A score beyond the corpus, of a model that was not in it, counts as the nearest that is; a 0 makes the mean 0. The
    sum of the scores' inverses is kept as one numerator and one denominator: fractions would be reduced at every step.
    """
    scores = scores_of(model)
    above, below, count = 0, 1, 0
    for name, (least, reach) in spans.items():
        if name not in scores:
            continue
        score = scores[name]
        part = (score.numerator * least.denominator - least.numerator * score.denominator) * reach.denominator
        whole = score.denominator * least.denominator * reach.numerator
        if part <= 0:
            return Fraction(0)
        above, below, count = above * min(part, whole) + whole * below, below * min(part, whole), count + 1
    return Fraction(count * below, above) if count else None


def normal(name: str, value: Fraction) -> Fraction:
    return value / 100 if value > 1 and name in PERCENTS else value


def value_of(metric: str, model: Model, spans: Spans) -> Fraction | None:
    """One of the five metrics of a model; a score of the whole performance that is given counts as it is."""
    g = model.emissions_g
    if metric == EMISSIONS:
        return g
    if metric == "downloads":
        return model.downloads
    if metric == "performance_score":
        given = (model.metrics or {}).get(metric)
        return performance(model, spans) if given is None else given
    size = model.size_bytes if metric == "size_efficency" else model.dataset_size_bytes or None
    return size / g if g and size is not None else None


def index_of(metric: str, value: Fraction | None, reference: Fraction | None) -> Fraction | None:
    """How many times better than the reference: emissions are better when lower, all else when higher."""
    over, under = (reference, value) if metric == EMISSIONS else (value, reference)
    return None if over is None or not under else over / under


def reference_in(models: Sequence[Model]) -> Model | None:
    """The reference model: under its own names sooner than a copy of it, wherever they stand."""
    named = [model for model in models if is_reference(model.id)]
    return max(named, key=lambda model: REFERENCE_IDS.get(model.id, 0), default=None)


def is_reference(model_id: str) -> bool:
    return model_id.rpartition("/")[2] == REFERENCE_MODEL


def bounds_of(models: Sequence[Model]) -> Bounds:
    """The bounds that a corpus sets, with a version that is made of the corpus itself.

    The study drops a model whose emissions are zero. A metric whose reference is zero has no index and no bounds.
    """
    kept = [model for model in models if model.emissions_g != 0]
    spans, own = spans_of(kept), reference_in(kept)
    published, corrected, reference = {}, (), {}
    for metric in WEIGHTS:
        ordered = in_order(value_of(metric, model, spans) for model in kept)
        said = value_of(metric, own, spans) if own else None
        reference[metric] = median(ordered) if said is None else said
        published[metric] = percentiles(metric, ordered, reference[metric], is_rooted=metric == EMISSIONS)
        if metric == EMISSIONS:
            corrected = percentiles(metric, ordered, reference[metric])
    return Bounds(published, corrected, reference, spans, version_of(kept))


def percentiles(
    metric: str, ordered: Sequence[Fraction], reference: Fraction | None, *, is_rooted: bool = False
) -> tuple[Fraction, ...]:
    """The percentiles, best first, of the indices of sorted values; as published, of the square roots of emissions'."""
    if not ordered or not reference:
        return ()
    ordered = ordered[::-1] if metric == EMISSIONS else ordered  # the least emissions have the highest index
    found = []
    for percent in PERCENTILES.get(metric, FIFTHS):
        place = Fraction(len(ordered) - 1) * percent / 100
        ends = [index_of(metric, value, reference) for value in ordered[int(place) : int(place) + 2]]
        ends = [root(end) for end in ends] if is_rooted else ends
        found.append(between(ends, place - int(place)))
    return tuple(found)


def left_out(bounds: Bounds) -> dict[str, str]:
    """The metrics that no band was made of, each with why.

    >>> left_out(Bounds(dict.fromkeys(WEIGHTS, (Fraction(1),)) | {"downloads": ()}, (), {"downloads": 0}, {}, "v"))
    {'downloads': 'The reference is 0, so that nothing can be compared with it.'}
    """
    unknown, zero = "No model of the corpus states it.", "The reference is 0, so that nothing can be compared with it."
    silent = [metric for metric in WEIGHTS if not bounds.published[metric]]
    return {metric: unknown if bounds.reference[metric] is None else zero for metric in silent}


def version_of(models: Iterable[Model]) -> str:
    """A name made of the models, whatever their order."""
    each = sorted(hashlib.sha256(repr(model).encode()).digest() for model in models)
    return f"castano-2023/{hashlib.sha256(b''.join(each)).hexdigest()[:12]}"


def band(index: Fraction | None, bounds: Sequence[Fraction]) -> int | None:
    """0 for the best band to 4; a bound itself belongs to the worse side. None where there is nothing to rank.

    >>> band(Fraction(5), [Fraction(5), Fraction(4), Fraction(3), Fraction(2)])
    1
    """
    if index is None or not bounds:
        return None
    return sum(index <= bound for bound in bounds)


class Ruler:
    """Gives the band of a metric's value: its index is worked out exactly only where floats cannot tell."""

    def __init__(self, metric: str, reference: Fraction | None, bounds: Sequence[Fraction]):
        self.metric, self.reference, self.bounds = metric, reference, bounds
        self.ends = [as_float(bound) for bound in bounds]

    def band(self, value: Fraction | None) -> int | None:
        """None without a value, a reference other than zero, or bounds."""
        if value is None or not self.reference or not self.bounds:
            return None
        over, under = (self.reference, value) if self.metric == EMISSIONS else (value, self.reference)
        index = as_float(over) / (as_float(under) or math.nan)
        if all(abs(index - end) > NEAR * max(index, end) for end in self.ends):  # nan and infinity are not
            return sum(index < end for end in self.ends)
        return band(over / under, self.bounds)


def label(bands: dict[str, int | None]) -> str | None:
    """The weighted mean of the bands there are, rounded half to even, as a letter.

    >>> label({"co2_eq_emissions": 0, "downloads": 1, "performance_score": None})
    'A'
    """
    return mean_letter(tuple(bands.items()))


@lru_cache(10_000)  # there are fewer ways to fill five metrics with six answers
def mean_letter(bands: tuple[tuple[str, int | None], ...]) -> str | None:
    known = {metric: value for metric, value in bands if value is not None}
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


def labels_of(models: Iterable[Model], bounds: Bounds) -> Iterator[Label]:
    """Each model's label by `bounds`; none for a model whose emissions are zero, which says nothing."""
    rulers = {metric: Ruler(metric, bounds.reference[metric], bounds.published[metric]) for metric in WEIGHTS}
    right = Ruler(EMISSIONS, bounds.reference[EMISSIONS], bounds.corrected)
    return (label_of(model, bounds.spans, rulers, right) for model in models)


def label_of(model: Model, spans: Spans, rulers: dict[str, Ruler], right: Ruler) -> Label:
    if model.emissions_g == 0:
        return Label(model.id, dict.fromkeys(WEIGHTS), None, None, None)
    bands = {metric: ruler.band(value_of(metric, model, spans)) for metric, ruler in rulers.items()}
    corrected_band = right.band(model.emissions_g)
    corrected = None if corrected_band is None else label(bands | {EMISSIONS: corrected_band})
    return Label(model.id, bands, label(bands), corrected_band, corrected)  # no corrected one on other metrics alone
