"""Which licences a card's text states for the very thing it describes, to be held against its header."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from urllib.parse import unquote

from openness.cards.sections import Section
from openness.cards.substance import CONTENT, POINTER
from openness.cards.view import CardView
from registry.licence_names import named_licences

LINES_MOST = 200  # about licences that are looked at
CLAUSE_END = re.compile(
    r"(?<=[.;。；])\s+|(?<=[。；])|,?\s+(?:but|while|whereas|although|though)\s+|,\s+and\s+(?=(?:the|its|all|our)\b)"
    r"|\s+\|\s+",
    re.I,
)
# What else than the model, or than the dataset, a clause may be about: its parts, its sources, its neighbours.
OTHERS = {
    "model": re.compile(
        r"\b(?:data|data ?sets?|corpus|corpora|code(?:base)?|scripts?|tokeni[sz]ers?|software|librar(?:y|ies)|images?"
        r"|texts?|tools?|documentation|papers?|demo"
        r"|(?:base|original|parent|upstream|underlying|source|teacher|backbone|foundation)(?: [\w.-]+)? models?)\b"
        r"|数据|代码|データ|コード|데이터|코드",
        re.I,
    ),
    "dataset": re.compile(
        r"\b(?:code(?:base)?|scripts?|software|librar(?:y|ies)|tools?|models?|weights|documentation|papers?|website"
        r"|annotations?|(?:original|source|underlying|raw|some|each|individual)"
        r" (?:\w+ )?(?:data|texts?|images?|data ?sets?|corpus))\b|代码|コード|코드",
        re.I,
    ),
}
OWN = {
    "model": re.compile(r"\b(?:models?|weights?|checkpoints?|adapters?|loras?|merges?)\b|模型|モデル|모델", re.I),
    "dataset": re.compile(r"\b(?:data ?sets?|data|corpus|corpora|collection)\b|数据|データ|데이터", re.I),
}
TOGETHER = re.compile(  # what may stand between two things of which the same is said
    r"\s*(?:,|/|&|\band\b|\bor\b|\bas well as\b)\s*(?:[\w-]+\s+){0,3}", re.I
)
NOT_STATED = re.compile(
    r"\b(?:not|no longer|never|unlike|compatible|similar|instead|previously|formerly|originally|earlier|prior to"
    r"|was changed|inherit\w* from|if you|see also|subject to the licen[sc]es? of)\b",
    re.I,
)
OPEN_ENDS = (",", " the", " under", " of", " a", " by", " License")  # of a line whose sentence runs on
STATED = re.compile(
    r"\b(?:models?|weights?|checkpoints?|adapters?|loras?|data ?sets?|corpus|repositor(?:y|ies)|repo|work|project"
    r"|release|it|they|these|everything)\b[^.;]{0,60}?\b(?:is|are|was|were|been)\s+(?:\w+\s+){0,2}(?:licen[sc]ed"
    r"|released|distributed|available|published|provided|shared|open-?sourced|under)\b[^.;]{0,60}?\b(?:under|with|by)\b",
    re.I,
)
BADGE = re.compile(r"img\.shields\.io/badge/([^\s/()\"'<>?]{3,200})", re.I)
BADGE_LABEL = re.compile(r"(?:(?:model|weights|data ?set) )?licen[sc]e", re.I)
ALT = re.compile(r"!\[(?:model )?licen[sc]e\s*:?\s+([^\]\n]{2,60})\]", re.I)


@dataclass(frozen=True)
class StatedLicence:
    """A licence by its id, and the line of the card that states it."""

    id: str
    line: int
    text: str


def licences_in_text(view: CardView) -> tuple[StatedLicence, ...]:
    """The licences that sections, sentences and badges of the card state for what it describes, each once.

    A clause about the code, the training data, a base model or the tokenizer states none, nor does one that compares.
    """
    found: dict[str, StatedLicence] = {}
    for number, text in [*_in_sections(view), *_in_sentences(view)][:LINES_MOST]:
        clauses = (clause for clause in CLAUSE_END.split(text) if clause)
        for each in (id for clause in clauses for id in _stated(clause, view.kind)):
            found.setdefault(each, StatedLicence(each, number, text))
    for number, text in _badges(view):
        for each in (id for named in named_licences(text) for id in named.reading.ids):
            found.setdefault(each, StatedLicence(each, number, text))
    return tuple(found.values())


def _stated(clause: str, kind: str) -> Iterator[str]:
    """The licences that a clause states for the thing itself."""
    for named in named_licences(clause):
        before, after = clause[: named.start], clause[named.end :]
        if not NOT_STATED.search(before) and not _is_of_others(before, after, kind):
            yield from named.reading.ids


def _is_of_others(before: str, after: str, kind: str) -> bool:
    """Does what stands before a licence's name, else what follows it, speak of other things than the one described?

    >>> befores = ("The code is under", "This model and its code are under", "The weights are", "")
    >>> [_is_of_others(before, " for the code", "model") for before in befores]
    [True, False, False, True]
    """
    for part in (before, after):
        rest = OTHERS[kind].sub(lambda found: "\0" * len(found[0]), part)
        others, own = rest.rfind("\0"), [*OWN[kind].finditer(rest)]
        if own and (own[-1].start() > others or TOGETHER.fullmatch(rest[own[-1].end() : rest.index("\0")])):
            return False
        if others >= 0:
            return True
    return False


def _in_sections(view: CardView) -> Iterator[tuple[int, str]]:
    """(line, text) of what stands under titles that ask for the licence, joined where a sentence runs on."""
    for section in view.about("licence"):
        if _is_about_others(section, view.kind):
            continue
        for piece in view.content(section):
            lines = [(line.number, line.text) for line in piece.judged if line.kind in (CONTENT, POINTER) and line.text]
            if any(text.endswith(OPEN_ENDS) for _, text in lines[:-1]):
                lines = [(lines[0][0], " ".join(text for _, text in lines))]
            yield from lines


def _is_about_others(section: Section, kind: str) -> bool:
    """Is it a title such as "Code license", or "Data license" in the card of a model?"""
    rest = OTHERS[kind].sub(" ", section.title)
    return rest != section.title and not OWN[kind].search(rest)


def _in_sentences(view: CardView) -> Iterator[tuple[int, str]]:
    """Lines anywhere that say under which licence this is."""
    if "licen" in view.prose.folded:
        yield from ((line.number, line.text) for line in view.prose.lines if STATED.search(line.text))


def _badges(view: CardView) -> Iterator[tuple[int, str]]:
    """What badges of the licence say: `badge/License-Apache_2.0-blue` as shields.io writes them, or their alt text."""
    for block in view.blocks:
        if block.kind not in ("text", "html", "heading") or "icen" not in block.text:
            continue
        yield from ((block.lines[0], match[1]) for match in ALT.finditer(block.text))
        for match in BADGE.finditer(block.text):
            label, _, rest = re.sub(r"[_\s]+", " ", unquote(match[1])).replace("--", "\0").partition("-")
            if BADGE_LABEL.fullmatch(label.strip()):
                yield block.lines[0], rest.rpartition("-")[0].replace("\0", "-")
