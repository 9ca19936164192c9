"""mof/1: how open a mirrored model is by the Model Openness Framework, from evidence and not from declarations.

Each of the 17 components is seen (A), stated in a way that resolves (B), supplied by a library or another repository
(L), only named (C), looked for and not found (absent), or not to be known from what is mirrored (unknown). The class
is *confirmed* on A and B under open licences, *possible* when L, C and undecided licences are allowed too, and its
*ceiling* is what it could be if all that is unknown turned out well.
"""

from __future__ import annotations

from openness.findings import Finding, Result
from openness.mof.by_rules import by_rules
from openness.mof.card_signs import card_signs
from openness.mof.components import COMPONENTS, LABELS, MOFComponent
from openness.mof.data_signs import data_signs
from openness.mof.file_signs import file_signs
from openness.mof.levels import LEVELS, Class, Shown, class_at
from openness.mof.licence_sources import of_sign, own_licence
from openness.mof.next_step import next_step
from openness.mof.openwashing import contradictions
from openness.mof.prose import lines_of
from openness.mof.rubric import rubric_name
from openness.mof.signs import GRADES, Sign, View, best
from openness.state import RepoState
from registry.cards import READER as CARD_READER
from registry.cards import read_card
from registry.licence_table import table
from registry.licences import read_licence

READER = f"mof-reader/5 {CARD_READER} licences/{table()['version']}"
TIER = {"A": "metadata", "B": "metadata", "L": "stock", "C": "pointer", "absent": "none", "unknown": "unknown"}
MOST_EVIDENCE = 5
MOST_PARENTS = 20
FILES_SHOW = {c.id for c in COMPONENTS} - {13, 14, 15, 19, 21}  # a card, data and papers are looked for elsewhere


def assess(state: RepoState) -> Result:
    """The openness of one model repository, the same for the same state."""
    view = view_of(state)
    shown = components_of(view)
    licence = own_licence(view)
    classes = {level: class_at(shown, level) for level in LEVELS}
    strict = {level: class_at(shown, level, strict=True) for level in LEVELS}
    confirmed = classes["confirmed"]
    decided = sum(1 for s in shown.values() if s.component.required and s.presence != "unknown")
    washing = contradictions(view, licence, shown, confirmed.mof_class)
    return Result(
        rubric=rubric_name(),
        reader=READER,
        findings=tuple(_finding(shown[c.id]) for c in COMPONENTS),
        assessed_weight=float(decided),
        label=label_of(classes),
        extra={
            "class": confirmed.mof_class if confirmed.mof_class == classes["ceiling"].mof_class else None,
            **{level: found.as_dict() for level, found in classes.items()},
            "strict": {level: found.as_dict() for level, found in strict.items()},
            "rules": by_rules(shown),
            "components": [_row(view, shown[c.id]) for c in COMPONENTS],
            "licence": licence.as_dict(),
            "inherited": inherited(view, confirmed),
            "next_step": next_step(shown, confirmed),
            "openwashing": [found.as_dict() for found in washing],
        },
    )


def view_of(state: RepoState) -> View:
    """Read the card once, and settle what stands for its header and for the file list."""
    card = read_card(state.card_text) if state.card_text is not None else None
    header = card.metadata if card and card.metadata is not None else state.info.get("cardData")
    return View(
        state=state,
        card=card,
        lines=tuple(lines_of(card)) if card else (),
        metadata=header if isinstance(header, dict) else {},
        paths=None if state.files is None else tuple(file.path for file in state.files),
    )


def components_of(view: View) -> dict[int, Shown]:
    """What the repository shows of every component, by the tool's number of the component."""
    signs: dict[int, list[Sign]] = {c.id: [] for c in COMPONENTS}
    for found in (*file_signs(view), *card_signs(view), *data_signs(view)):
        signs[found.component.id].append(found)
    return {c.id: _shown(view, c, signs[c.id]) for c in COMPONENTS}


def _shown(view: View, component: MOFComponent, signs: list[Sign]) -> Shown:
    first = best(signs)
    if first is None:
        return Shown(component, "absent" if _was_looked_for(view, component) else "unknown")
    ordered = sorted(signs, key=lambda s: GRADES.index(s.grade))
    unsure = first.grade not in ("A", "B") and not _was_looked_for(view, component)
    presence = "unknown" if unsure else first.grade
    return Shown(component, presence, tuple(ordered[:MOST_EVIDENCE]), of_sign(view, first, component))


def _was_looked_for(view: View, component: MOFComponent) -> bool:
    """Was everything read in which the component would have shown?"""
    card_read = view.card is not None or view.state.card_state == "absent"
    if component.id == 10:
        return view.paths is not None
    if component.id in FILES_SHOW:
        return card_read and view.paths is not None
    return card_read


def label_of(classes: dict[str, Class]) -> str:
    """The confirmed class; where there is none, what is possible, or that it cannot be told.

    >>> label_of({level: Class(mof_class, {}, {}) for level, mof_class in zip(LEVELS, (0, 3, 2))})
    'Unclassified; possibly Class III - Open Model'
    """
    confirmed, possible, ceiling = (classes[level].mof_class for level in LEVELS)
    if confirmed or not ceiling:
        return LABELS[confirmed]
    return f"Unclassified; possibly {LABELS[possible]}" if possible else "Not decided"


def inherited(view: View, confirmed: Class) -> dict | None:
    """What the parents allow: their licences, and the class under the worst of them; None without parents."""
    parents = [(parent, read_licence(parent.licence or None)) for parent in view.linked("model")]
    if not parents:
        return None
    refused = [parent.name for parent, reading in parents if reading.verdict == "refused"]
    undecided = [parent.name for parent, reading in parents if reading.verdict not in ("refused", "open")]
    return {
        "parents": [
            {"name": p.name, "mirrored": p.mirrored, "licence": r.expression or None, "verdict": r.verdict}
            for p, r in parents[:MOST_PARENTS]
        ],
        "class": 0 if refused else (None if undecided else confirmed.mof_class),
        "because": (refused or undecided)[:MOST_PARENTS],
    }


def _finding(what: Shown) -> Finding:
    component = what.component
    absent_option = not component.required and what.presence == "absent"
    confirmed = what.status("confirmed") == ("included" if component.required else "optional")
    return Finding(
        id=f"MOF{component.id:02d}",
        name=component.name,
        tier="na" if absent_option else TIER[what.presence],
        value=1.0 if confirmed and what.presence in ("A", "B") else 0.0,
        weight=1.0 if component.required else 0.0,
        evidence=tuple(sign.evidence for sign in what.signs),
    )


def _path(view: View, found: Sign) -> str | None:
    """The file in which a sign stands; None for what the Hub says of the repository, such as its tags."""
    field = found.evidence.field
    if field in (view.paths or ()) or field in view.state.small_files:
        return field
    return "README.md" if found.evidence.lines or field in view.metadata else None


def _row(view: View, what: Shown) -> dict:
    reading = what.licence.source.reading if what.licence else None
    return {
        "name": what.component.name,
        "slug": what.component.slug,
        "presence": what.presence,
        "status": what.status("confirmed"),
        "possible_status": what.status("possible"),
        "licence": (reading.expression or None) if reading else None,
        "licence_verdict": what.licence.verdict if what.licence else None,
        "licence_from": what.licence.source.where if what.licence else None,
        "type_appropriate": reading.type_ok(what.component.content_type) if reading and reading.ids else None,
        "seen": [{"grade": s.grade, "path": _path(view, s)} for s in what.signs],  # as the finding's evidence
        "notes": list(dict.fromkeys(sign.note for sign in what.signs if sign.note)),
    }
