"""Under which licence a component stands: the sources in their order, and those that contradict each other kept."""

from __future__ import annotations

import re
from dataclasses import dataclass

from openness.findings import Evidence
from openness.mof.components import MOFComponent
from openness.mof.prose import plain
from openness.mof.signs import Sign, View, of_field, of_line, of_path
from registry.licence_texts import is_licence_file, match_text
from registry.licences import LicenceReading, find, read_declared, read_licence

LICENSED = re.compile(r"\b(licen[sc]ed?|under)\b", re.IGNORECASE)
STATED = re.compile(
    r"\b((?:source |training |inference )?code|(?:model )?weights|documentation)\b"
    r"(?: (?:in|of) this (?:repository|repo|model|project))?(?: (?:is|are))?(?: (?:released|licen[sc]ed|available|made|"
    r"distributed|provided|published))*,? under(?: the)?(?: terms of the)? "
    r"([A-Za-z][\w.+-]*(?: [\d.]+)?)(?=[\s.,;)]|$)",
    re.IGNORECASE,
)
SUBJECTS = {"code": "code", "weights": "data", "documentation": "document"}
KINDS_IN_NAMES = {"code": "code", "model": "data", "weights": "data", "data": "data", "doc": "document"}


@dataclass(frozen=True)
class Source:
    """One place that states a licence."""

    reading: LicenceReading
    where: str
    evidence: Evidence | None = None


@dataclass(frozen=True)
class Resolved:
    """The licence that counts, and another source that says otherwise."""

    source: Source
    against: Source | None = None

    @property
    def verdict(self) -> str:
        """As the reading's, but `contradicted` where two sources disagree on whether it is open."""
        if self.against and self.against.reading.verdict != self.source.reading.verdict:
            return "contradicted"
        return self.source.reading.verdict

    def as_dict(self) -> dict:
        reading = self.source.reading
        answer = {
            "licence": reading.expression or None,
            "verdict": self.verdict,
            "from": self.source.where,
            "flags": dict(sorted(reading.flags.items())),
        }
        if self.against:
            answer["contradicted_by"] = {
                "licence": self.against.reading.expression,
                "verdict": self.against.reading.verdict,
                "from": self.against.where,
            }
        return answer


def declared(view: View) -> Source:
    """What the card's header says, or the tags where there is no header to read."""
    reading = read_declared(view.metadata)
    if reading.verdict != "unstated":
        return Source(reading, "the card's license field", of_field(view, "license", view.metadata.get("license")))
    tags = [tag.removeprefix("license:") for tag in view.state.tags if tag.startswith("license:")]
    if tags:
        return Source(read_licence(tags), "the Hub's licence tag", Evidence(field="tags", quote=f"license:{tags[0]}"))
    if view.card is None and view.state.card_state != "absent":
        return Source(read_licence("unknown"), "nothing that was read")
    return Source(reading, "nothing")


def licence_files(view: View) -> dict[str, Source]:
    """The LICENSE files of the root whose text is kept and known, by path."""
    found = {}
    for path, text in sorted(view.state.small_files.items()):
        licence = match_text(text) if is_licence_file(path) else None
        if licence:
            found[path] = Source(read_licence(licence.id), f"the text of {path}", of_path(path, licence.name))
    return found


def own_licence(view: View, content_type: str = "") -> Resolved:
    """The repository's own licence, for one kind of content where a LICENSE file is named for it."""
    files, header = licence_files(view), declared(view)
    for path, source in files.items():
        kinds = {kind for part, kind in KINDS_IN_NAMES.items() if part in path.lower().removeprefix("license")}
        if content_type and content_type in kinds:
            return Resolved(source)
    if content_type and (stated := in_words(view, content_type)):
        return Resolved(stated)
    general = [s for p, s in files.items() if not any(part in p.lower() for part in KINDS_IN_NAMES)]
    if header.reading.verdict == "unstated" or (not header.reading.known and general):
        return Resolved(general[0] if general else header)
    against = next((s for s in general if not _agree(header.reading, s.reading)), None)
    return Resolved(header, against)


def in_words(view: View, content_type: str) -> Source | None:
    """A sentence such as "the code is under MIT, the model weights under CC-BY-4.0", for one kind of content."""
    for line in view.lines:
        if line.kind != "prose" or not LICENSED.search(line.text):
            continue
        for found in STATED.finditer(plain(line.text)):
            reading = read_licence(found[2].strip(" .,;:()\"'"))
            if SUBJECTS[found[1].lower().split()[-1]] == content_type and reading.known:
                return Source(reading, "a sentence in the card", of_line(line))
    return None


def _agree(one: LicenceReading, other: LicenceReading) -> bool:
    return not one.known or set(one.ids) & set(other.ids) != set() or _same_family(one.ids, other.ids)


def _same_family(one: tuple[str, ...], other: tuple[str, ...]) -> bool:
    """A family, or an id with -only or -or-later behind it, does not contradict one of its versions."""
    pairs = [(a.lower(), b.lower()) for a in one for b in other]
    return any(a.startswith(b) or b.startswith(a) for a, b in pairs)


def of_sign(view: View, sign: Sign, component: MOFComponent) -> Resolved:
    """The licence of what a sign shows: its own source's where it has one, else the repository's."""
    if sign.licence is None:
        return own_licence(view, component.content_type)
    return Resolved(Source(read_licence(sign.licence), sign.licence_from or "its own source", sign.evidence))


def hidden_claim(view: View) -> str | None:
    """The name of a licence "other" that sounds like an open one, such as "apache-like"."""
    name = view.metadata.get("license_name")
    licence = read_licence(view.metadata.get("license"))
    if licence.ids != ("other",) or not isinstance(name, str) or find(name):
        return None
    return name if any(part in name.casefold() for part in ("apache", "mit-", "-mit", "open", "bsd")) else None
