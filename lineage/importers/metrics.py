"""Which of a log's metrics says right or wrong, which way is better, and what graded values mean."""

from __future__ import annotations

import math
from collections.abc import Mapping

from lineage.importers.options import ReadOptions
from lineage.outcomes import BadOutcomes, shown

# Metrics that evaluators write as 0 or 1 for each item, in the order in which they speak for a task.
RIGHT_OR_WRONG = (
    "exact_match acc accuracy em qem pem pqem pass@1 extractive_match match correct quasi_exact_match"
    " prefix_exact_match acc_norm"
).split()
LESS_IS_BETTER = frozenset(
    "perplexity word_perplexity byte_perplexity bits_per_byte ppl brier_score ter wer cer mae mse rmse loss".split()
)


def number_in(value: object) -> float | None:
    """A metric's value as a number; None for what is none, such as the pairs that perplexities are made of."""
    if isinstance(value, bool):
        return float(value)
    if isinstance(value, int | float) and math.isfinite(value):
        return float(value)
    return None


def leading_metric(values: Mapping[str, object], options: ReadOptions) -> str:
    """The metric that decides right and wrong: the one asked for, else the first 0-or-1 one. Raises BadOutcomes."""
    numbers = {name: number for name, value in values.items() if (number := number_in(value)) is not None}
    if options.metric:
        if options.metric not in values:
            raise BadOutcomes(f"it has no metric {shown(options.metric)}, only {listed(numbers)}")
        return options.metric
    for name in RIGHT_OR_WRONG:  # NaN where right or wrong should stand; another metric must not take its place unseen
        if isinstance(values.get(name), float) and name not in numbers:
            raise BadOutcomes(f"its metric {shown(name)} is not a finite number")
    known = [name for name in RIGHT_OR_WRONG if name in numbers]
    plain = [name for name, number in numbers.items() if number in (0, 1) and base_name(name) in RIGHT_OR_WRONG]
    for name in (*known, *plain, *numbers):
        if options.threshold is not None or numbers[name] in (0, 1):
            return name
    if numbers:
        raise BadOutcomes(f"its metrics are graded ({listed(numbers)}): give a threshold from which an answer is right")
    raise BadOutcomes("it has no metric of single items")


def base_name(metric: str) -> str:
    """A metric's name without what evaluators append, such as `acc_with_prefix` → `acc`, `em:k=1` → `em`."""
    return metric.split(":")[0].split("_with_")[0].split(",")[0]


def listed(names) -> str:
    """Names as a sentence can hold them."""
    names = list(names)
    return ", ".join(shown(name) for name in names[:8]) + ("…" if len(names) > 8 else "") or "none"


def higher_is_better(metric: str) -> bool:
    """Which way a metric improves; names that are known to shrink with quality say False."""
    return base_name(metric) not in LESS_IS_BETTER


def is_right(score: float | None, metric: str, options: ReadOptions, place: str) -> bool:
    """Whether a value of `metric` counts as right. Raises BadOutcomes on a graded value without a threshold."""
    if score is None:
        raise BadOutcomes(f"{place} has no number for the metric {shown(metric)}")
    if options.threshold is not None:
        return score >= options.threshold if higher_is_better(metric) else score <= options.threshold
    if score not in (0, 1):
        said = f"{place}: the metric {shown(metric)} is graded ({score:.4g})"
        raise BadOutcomes(f"{said}: give a threshold from which an answer is right, or name another metric")
    return score == 1
