"""Claims of openness that other evidence contradicts. Each finding names its evidence; none of it is legal advice."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from openness.findings import Evidence
from openness.mof.components import LABELS
from openness.mof.levels import Shown
from openness.mof.licence_sources import Resolved, hidden_claim
from openness.mof.prose import Line
from openness.mof.signs import View, of_field, of_line
from registry.licences import read_licence

CLAIM = re.compile(r"\b(fully|truly|completely)?[- ]?open[- ]?sourced?\b", re.IGNORECASE)
DENIAL = re.compile(r"\b(not|non|isn't|never|no|closed)\b[^.]{0,20}open[- ]?source", re.IGNORECASE)
ABOUT_SELF = re.compile(
    r"\b(we|our|this (model|repo|release|version|is)|model is|is an?|are|released? (as|under))\b", re.IGNORECASE
)
RESTRICTED = re.compile(
    r"\b(research (purposes?|use) only|only (for|to) (academic |non-?commercial )?research"
    r"|non-?commercial (use|purposes?|research)( only)?|not (be used )?for commercial|no commercial use"
    r"|commercial use (is )?(not permitted|prohibited|not allowed))",
    re.IGNORECASE,
)
BADGE = re.compile(r"badge_class_?([123])_(qualified|inprogress|notmet)|mof-class([123])-qualified", re.IGNORECASE)


@dataclass(frozen=True)
class Contradiction:
    """A claim and what stands against it."""

    rule: str
    says: str
    evidence: tuple[Evidence, ...]

    def as_dict(self) -> dict:
        return {"rule": self.rule, "says": self.says, "evidence": [e.as_dict() for e in self.evidence]}


def contradictions(view: View, licence: Resolved, shown: dict[int, Shown], confirmed_class: int) -> list[Contradiction]:
    """Every contradiction between what a repository claims and what else is known of it."""
    found = [
        *_claim_over_refused(view, licence),
        *_wider_than_parent(view, licence),
        *_header_against_text(licence),
        *_research_only(view, licence),
        *_posing_as_open(view),
        *_about_weights(view, licence, shown),
        *_badge(view, confirmed_class),
    ]
    return found


def _stated(licence: Resolved) -> tuple[Evidence, ...]:
    return (licence.source.evidence,) if licence.source.evidence else ()


def _claim_over_refused(view: View, licence: Resolved) -> Iterator[Contradiction]:
    if licence.source.reading.verdict != "refused":
        return
    for line in _prose(view):
        if CLAIM.search(line.text) and ABOUT_SELF.search(line.text) and not DENIAL.search(line.text):
            says = f"the card says open source, the licence {licence.source.reading.expression} is not open"
            yield Contradiction("open-claim-over-refused-licence", says, (of_line(line), *_stated(licence)))
            return


def _wider_than_parent(view: View, licence: Resolved) -> Iterator[Contradiction]:
    """A licence without an obligation that a parent's licence carries."""
    reading = licence.source.reading
    if reading.verdict != "open":
        return
    for parent in view.linked("model"):
        above = read_licence(parent.licence)
        dropped = sorted(set(above.flags) - set(reading.flags) - {"NOTICE", "ATTRIB"})
        if above.verdict == "refused" and dropped:
            clauses = "; ".join(f"{flag}: {above.flags[flag]}" for flag in dropped)
            says = f"{reading.expression} over {parent.name}, which is under {above.expression} ({clauses})"
            shown = Evidence(field="base_model", quote=f"{parent.name}: {parent.licence}")
            yield Contradiction("open-licence-under-restricted-parent", says, (*_stated(licence), shown))


def _header_against_text(licence: Resolved) -> Iterator[Contradiction]:
    here = licence.source
    for there in licence.against:
        says = f"{here.where} says {here.reading.expression}, {there.where} is {there.reading.expression}"
        evidence = tuple(e for e in (here.evidence, there.evidence) if e)
        yield Contradiction("header-against-licence-text", says, evidence)


def _research_only(view: View, licence: Resolved) -> Iterator[Contradiction]:
    if licence.source.reading.verdict != "open":
        return
    line = next((line for line in _prose(view) if RESTRICTED.search(line.text)), None)
    if line:
        says = f"the text restricts the use, the licence {licence.source.reading.expression} does not"
        yield Contradiction("restricted-in-prose", says, (of_line(line), *_stated(licence)))


def _posing_as_open(view: View) -> Iterator[Contradiction]:
    name = hidden_claim(view)
    if name:
        says = f"a licence of its own is called {name}, which sounds like an open one"
        yield Contradiction("other-posing-as-open", says, (of_field(view, "license_name", name),))


def _about_weights(view: View, licence: Resolved, shown: dict[int, Shown]) -> Iterator[Contradiction]:
    if licence.source.reading.verdict != "open":
        return
    if view.state.gated in ("auto", "manual"):
        gate = Evidence(field="gated", quote=view.state.gated)
        yield Contradiction(
            "open-licence-on-gated-weights", "who wants the weights must ask", (*_stated(licence), gate)
        )
    if shown[10].presence == "absent":
        yield Contradiction(
            "licence-without-weights", "an open licence, and no weights in the repository", _stated(licence)
        )


def _badge(view: View, confirmed_class: int) -> Iterator[Contradiction]:
    """A published badge of the Model Openness Tool that claims more than was found."""
    claims = [(line, found) for line in view.lines if (found := BADGE.search(line.text))]
    for line, found in claims:
        claimed = int(found[1] or found[3])
        if (found[2] or "qualified").lower() == "qualified" and not 0 < confirmed_class <= claimed:
            says = f"the badge says {LABELS[claimed]}; confirmed here is {LABELS[confirmed_class]}"
            yield Contradiction("badge-not-confirmed", says, (of_line(line),))


def _prose(view: View) -> Iterator[Line]:
    return (line for line in view.lines if line.kind in ("prose", "table"))
