"""What two versions and a suite call the labels: looked at first, since a wrong map of labels breaks everything."""

from __future__ import annotations

from collections.abc import Mapping, Sequence, Set

SHOWN = 6


class BadLabels(ValueError):
    """A version that cannot give any right answer under the names it uses; the message is one clear sentence."""


def label_notes(
    old: Sequence[str] | None, new: Sequence[str] | None, answers: Set[str], names: Mapping[str, str]
) -> list[str]:
    """One sentence on each difference between the label spaces. Raises BadLabels where one has no right answer at all.

    `old` and `new` are label names by number (None: not said), `answers` the suite's, `names` theirs to the suite's.

    >>> label_notes(["neg", "pos"], ["pos", "neg"], {"pos", "neg"}, {})
    ['The two versions number the same labels differently; answers are compared by name.']
    """
    ours = [None if found is None else [names.get(label, label) for label in found] for found in (old, new)]
    for which, found, theirs in zip(("older", "newer"), ours, (old, new), strict=True):
        if found is not None and not set(found) & answers:
            raise BadLabels(
                f"The {which} version calls its labels {some(theirs)}, and the suite's right answers are"
                f" {some(sorted(answers))}: say in the suite's [labels] which is which."
            )
    was, now = ours
    if was is None or now is None or was == now:
        return []
    notes = []
    if gained := sorted(set(now) - set(was)):
        notes.append(f"Only the newer version can answer {some(gained)}.")
    if lost := sorted(set(was) - set(now)):
        notes.append(f"Only the older version can answer {some(lost)}.")
    return notes or ["The two versions number the same labels differently; answers are compared by name."]


def some(labels: Sequence[str]) -> str:
    """Labels as a sentence can hold them."""
    shown = ", ".join(repr(str(label)[:40]) for label in labels[:SHOWN])
    return shown + (f" and {len(labels) - SHOWN:,} more" if len(labels) > SHOWN else "")
