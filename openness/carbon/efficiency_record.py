"""The boundaries of the efficiency classes as JSON and back, every number exact."""

from __future__ import annotations

from fractions import Fraction

from openness.carbon.efficiency import Bounds


def bounds_json(bounds: Bounds) -> dict:
    """The bounds as JSON; a fraction is text such as "149200" or "7/20", since a float would move a tie.

    >>> bounds_json(Bounds({"downloads": (Fraction(1, 3),)}, (), {"downloads": None}, {}, "v"))["published"]
    {'downloads': ['1/3']}
    """
    return {
        "published": {metric: [str(bound) for bound in found] for metric, found in bounds.published.items()},
        "corrected": [str(bound) for bound in bounds.corrected],
        "reference": {metric: None if value is None else str(value) for metric, value in bounds.reference.items()},
        "spans": {name: [str(end) for end in span] for name, span in bounds.spans.items()},
    }


def bounds_from(said: dict, version: str) -> Bounds:
    """The bounds that `bounds_json` wrote."""
    return Bounds(
        published={metric: tuple(map(Fraction, found)) for metric, found in said["published"].items()},
        corrected=tuple(map(Fraction, said["corrected"])),
        reference={metric: None if value is None else Fraction(value) for metric, value in said["reference"].items()},
        spans={name: (Fraction(span[0]), Fraction(span[1])) for name, span in said["spans"].items()},
        version=version,
    )
