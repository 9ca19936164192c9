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
    """The licence that counts, and the lower sources about the same thing that say otherwise."""

    source: Source
    against: tuple[Source, ...] = ()

    @property
    def verdict(self) -> str:
        """As the reading's, but `contradicted` where another source names another licence."""
        return "contradicted" if self.against else self.source.reading.verdict

    @property
    def openness(self) -> str:
        """The verdict, but where sources disagree about which of several open licences it is, still open."""
        verdicts = {source.reading.verdict for source in (self.source, *self.against)}
        return self.verdict if len(verdicts) > 1 else verdicts.pop()

    def as_dict(self) -> dict:
        reading = self.source.reading
        answer = {
            "licence": reading.expression or None,
            "verdict": self.verdict,
            "from": self.source.where,
            "flags": dict(sorted(reading.flags.items())),
        }
        if self.against:
            first, *more = [_stated_by(source) for source in self.against]
            answer |= {"contradicted_by": first, **({"contradicted_also_by": more} if more else {})}
        return answer


def _stated_by(source: Source) -> dict:
    return {
        "licence": source.reading.expression,
        "verdict": source.reading.verdict,
        "from": source.where,
    }


def declared(view: View) -> Source:
    """What the card's header says, or the tags where there is no header to read."""
    reading = read_declared(view.metadata)
    if reading.verdict != "unstated":
        return Source(reading, "the card's license field", of_field(view, "license", view.metadata.get("license")))
    tags = [tag.removeprefix("license:") for tag in view.state.tags if tag.startswith("license:")]
    if tags:
        return Source(read_licence(tags), "the Hub's licence tag", Evidence(field="tags", quote=f"license:{tags[0]}"))
    is_unread = view.card is None and view.state.card_state != "absent"
    if is_unread or (view.card is not None and view.card.problem and not view.metadata):
        return Source(read_licence("unknown"), "nothing that was read")
    return Source(reading, "nothing")


def licence_files(view: View) -> dict[str, Source]:
    """The LICENSE files, in the root or in a folder, whose text is kept and known, by path."""
    found = {}
    for path, text in sorted(view.state.small_files.items()):
        licence = match_text(text) if is_licence_file(path.rsplit("/", 1)[-1]) else None
        if licence:
            found[path] = Source(read_licence(licence.id), f"the text of {path}", of_path(path, licence.name))
    return found


def own_licence(view: View, content_type: str = "", artifact: str = "") -> Resolved:
    """The repository's licence: as a whole, for one kind of content, or for the file at the path `artifact`.

    In the order of an auditor: a LICENSE beside the artifact or named for its kind; a sentence about its kind; the
    header; the LICENSE of the root. What speaks of code or of documents alone refines the header, and does not
    contradict it; what speaks of the weights does, since the header of a model speaks of its weights.
    """
    files = licence_files(view)
    specific = [*_beside(files, artifact), *_named_for(files, content_type)]
    if content_type and (stated := in_words(view, content_type)):
        specific.append(stated)
    header = declared(view)
    general = [s for p, s in files.items() if "/" not in p and not _kinds_named(p)]
    stated = [] if header.reading.verdict == "unstated" or (not header.reading.known and general) else [header]
    whole = [*stated, *general] or [header]
    if not specific:
        return _resolved(whole)
    return _resolved([*specific, *(whole if content_type == "data" else [])])


def _resolved(sources: list[Source]) -> Resolved:
    first, *others = sources
    return Resolved(first, tuple(s for s in others if s.reading.ids and not _agree(first.reading, s.reading)))


def _kinds_named(path: str) -> set[str]:
    """The kinds of content for which a LICENSE file is named, such as LICENSE-CODE."""
    name = path.rsplit("/", 1)[-1].lower().removeprefix("license").removeprefix("licence")
    return {kind for part, kind in KINDS_IN_NAMES.items() if part in name}


def _named_for(files: dict[str, Source], content_type: str) -> list[Source]:
    return [s for p, s in files.items() if "/" not in p and content_type and content_type in _kinds_named(p)]


def _beside(files: dict[str, Source], artifact: str) -> list[Source]:
    """The LICENSE of the folder that holds a file, or of the nearest folder above with one, the root excepted."""
    folder = artifact.rpartition("/")[0]
    while folder:
        if found := [source for path, source in files.items() if path.rpartition("/")[0] == folder]:
            return found
        folder = folder.rpartition("/")[0]
    return []


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
    """The licence of what a sign shows: beside its file, then its own source's where it has one, else the repository's.

    The licence of another object, such as a dataset or a library, is never the repository's, and never against it.
    """
    artifact = sign.evidence.field or "" if sign.evidence.lines is None else ""
    artifact = artifact if artifact in (view.paths or ()) or artifact.endswith("/") else ""
    if sign.licence is None:
        return own_licence(view, component.content_type, artifact)
    beside = _beside(licence_files(view), artifact)
    own = Source(read_licence(sign.licence), sign.licence_from or "its own source", sign.evidence)
    return _resolved([*beside, own])


def hidden_claim(view: View) -> str | None:
    """The name of a licence "other" that sounds like an open one, such as "apache-like"."""
    name = view.metadata.get("license_name")
    licence = read_licence(view.metadata.get("license"))
    if licence.ids != ("other",) or not isinstance(name, str) or find(name):
        return None
    return name if any(part in name.casefold() for part in ("apache", "mit-", "-mit", "open", "bsd")) else None
