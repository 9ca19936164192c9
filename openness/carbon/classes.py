"""The reporting classes of Castaño et al. 2023 (arXiv 2305.11164), as their code has them and as their text means."""

from __future__ import annotations

import re
from collections.abc import Iterable

from openness.carbon.report import Report

UNKNOWN = "Unknown Energy Efficiency"
CONTEXT = "Context Reporting"
BASIC = "Basic Energy Reporting"
AWARENESS = "Energy Awareness"
OPTIMIZATION = "Energy Optimization"
CERTIFIED = "Certified Energy Efficiency"
OPTIMISED_TAGS = {"optimized", "pruned", "distilled"}
CERTIFIED_TAG = "ecocard"
FIRST_NUMBER = re.compile(r"\d+\.\d+|\d+")


def reporting_class(report: Report, tags: Iterable[str] = ()) -> str:
    """The class that the ladder means: each step asks for the one below it and more."""
    named = {tag.lower() for tag in tags}
    has_amount = report.amount() is not None and report.amount().value.grams > 0
    if has_amount and named & OPTIMISED_TAGS:
        return CERTIFIED if CERTIFIED_TAG in named else OPTIMIZATION
    return lower_class(has_amount, has_hardware(report))


def reporting_class_as_coded(report: Report) -> str:
    """The class that the study's code gives: its first number of the text, and no class above Energy Awareness.

    The two highest classes stand behind tests that every model has passed before, so that no model reaches them.
    """
    amount = next(report.all("emissions", "metadata"), None) or next(report.all("emissions", "body"), None)
    match = FIRST_NUMBER.match(amount.raw) if amount else None
    return lower_class(bool(match and float(match[0])), has_hardware(report))


def has_hardware(report: Report) -> bool:
    """Whether a field or a labelled line names hardware; a codecarbon file is not where the study looked."""
    return any(s.source != "csv" for s in report.all("hardware_text"))


def lower_class(has_amount: bool, has_hardware: bool) -> str:
    if has_amount:
        return AWARENESS if has_hardware else BASIC
    return CONTEXT if has_hardware else UNKNOWN
