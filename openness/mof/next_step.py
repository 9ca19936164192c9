"""The smallest set of components that stand between a repository and its next class, and what each lacks."""

from __future__ import annotations

from openness.mof.components import CLASSES, LABELS, PAPER, REPORT, MOFComponent, needed_for
from openness.mof.levels import Class, Shown

TODO = {"missing": "publish", "unlicensed": "state an open licence", "invalid": "publish under an open licence"}


def next_step(shown: dict[int, Shown], confirmed: Class) -> dict | None:
    """What to do for the next class; None for class I.

    A report may be left out where a paper is there, so of the two the one that lacks less is asked for.
    """
    target = _next_class(confirmed.mof_class)
    if target is None:
        return None
    lacking = [c for c in _asked(target, shown) if shown[c.id].status("confirmed") != "included"]
    steps = [_step(shown[c.id]) for c in lacking]
    return {"class": target, "label": LABELS[target], "components": steps}


def _next_class(mof_class: int) -> int | None:
    if mof_class == 0:
        return CLASSES[0]
    return mof_class - 1 or None


def _asked(target: int, shown: dict[int, Shown]) -> list[MOFComponent]:
    asked = [c for c in needed_for(target) if c not in (REPORT, PAPER)]
    paper, report = (shown[c.id].status("confirmed") == "included" for c in (PAPER, REPORT))
    if target in (3, 2):
        return [*asked, PAPER if _nearer_is_paper(shown) else REPORT]
    return [*asked, *([] if paper or not report else [REPORT]), PAPER]


def _nearer_is_paper(shown: dict[int, Shown]) -> bool:
    order = ("included", "invalid", "unlicensed", "missing")
    rank = [order.index(shown[c.id].status("confirmed")) for c in (REPORT, PAPER)]
    return rank[1] < rank[0]


def _step(what: Shown) -> dict:
    status = what.status("confirmed")
    if what.presence == "unknown":
        todo = "find out: the mirror does not show it"
    elif status == "missing" and what.presence != "absent":
        todo = "show it: it is only named, or another supplies it"
    else:
        todo = TODO[status]
    note = what.signs[0].note if what.signs else ""
    return {
        "name": what.component.name,
        "slug": what.component.slug,
        "do": todo,
        "licence": (what.licence.source.reading.expression or None) if what.licence else None,
        "note": note,
    }
