"""The papers and reports that a model card presents as the model's own, told from those that it only names."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice

from openness.mof.prose import Line, plain
from openness.mof.rubric import rubric, word
from openness.mof.signs import Sign, View, of_field, of_line, sign

ARXIV_TAG = re.compile(r"^arxiv:(\d{4}\.\d{4,5})$", re.IGNORECASE)
ARXIV_ID = re.compile(r"(?:arxiv\.org/(?:abs|pdf|html)/|arxiv:\s?|papers/)(\d{4}\.\d{4,5})", re.IGNORECASE)
PAPER_LINK = re.compile(
    r"arxiv\.org/|aclanthology\.org/|aclweb\.org/|openreview\.net/|doi\.org/10\.|/papers/\d{4}\.|papers\.n\w*ips\.cc/|"
    r"link\.springer\.com/|ieeexplore\.|dl\.acm\.org/|lrec-conf\.org/|isca-\w+\.org/|\.pdf\b",
    re.IGNORECASE,
)
LINK = re.compile(r"\[([^\[\]]{1,300})\]\(([^)\s]{1,500})")
QUOTED = re.compile(r"[\"“]([^\"”]{8,300})[\"”]")
REFERENCE_ALONE = re.compile(r"\W*\[[^\[\]]{30,300}\]\([^)\s]{1,500}\)\W*")
ENTRY = re.compile(r"@(?!misc\{[^,]*trl)\w{3,20}\s*\{", re.IGNORECASE)
TITLE = re.compile(r"\btitle\s*=\s*[{\"]+(.{5,300}?)[}\"]", re.IGNORECASE)
PUBLISHED = re.compile(r"journal|booktitle|eprint|arxiv|doi\b", re.IGNORECASE)
NOT_YET = re.compile(r"x{4}|coming soon|in preparation", re.IGNORECASE)
ENTRY_LINES = 25
CONTEXT_LINES = 4
LINE_MOST = 2_000  # characters of a line that are looked at
NAMED_MOST = 300  # papers that are looked at; a list of more is no way to present one's own
MOST_SIGNS = 5
WHERE_OF_PAPER = {"licence": "unknown", "licence_from": "the paper; its licence is not in the mirror"}
WHERE_OF_TAG = {"licence": "unknown", "licence_from": "arXiv; the licence of the paper is not in the mirror"}


@dataclass(frozen=True)
class Named:
    """A place of a card that names a paper. `context` is what leads to it, in plain words."""

    line: Line
    titles: tuple[str, ...]
    context: str
    stands_first: bool = False  # nothing was said before it


def paper_signs(view: View) -> Iterator[Sign]:
    """The first paper that the card presents as its own, and every arXiv id of the tags, which are only named.

    A card that was taken over with a model speaks of the parent's paper: told, and not counted for this model.
    """
    noise = set(rubric()["arxiv"]["not_about_a_model"])
    own = own_word(view)
    named = islice(named_papers(view.lines, noise), NAMED_MOST)
    if found := next((each for each in named if is_own(each, own)), None):
        said = " ".join((*found.titles, found.context[-200:])).casefold()
        slug = "technical-report" if "technical report" in said else "research-paper"
        is_taken_over = _may_be_a_parents(view, found, own)
        note = "the paper may be about the model that this one derives from" if is_taken_over else ""
        yield sign(slug, "C" if is_taken_over else "B", of_line(found.line), note=note, **WHERE_OF_PAPER)
    ids = [found[1] for tag in view.state.tags if (found := ARXIV_TAG.match(tag)) and found[1] not in noise]
    for arxiv_id in ids[:MOST_SIGNS]:
        yield sign("research-paper", "C", of_field(view, "tags", f"arxiv:{arxiv_id}"), **WHERE_OF_TAG)


def named_papers(lines: tuple[Line, ...], noise: set[str]) -> Iterator[Named]:
    """Every link to a paper and every bibliography entry of something published, in the order of the card."""
    prose: list[Line] = []  # since the last heading
    has_said = False
    for at, line in enumerate(lines):
        if line.kind == "heading":
            prose = []
            continue
        text, entry = line.text[:LINE_MOST], ""
        if ENTRY.search(text):
            entry = "\n".join(each.text[:LINE_MOST] for each in lines[at : at + ENTRY_LINES])
        entry = entry[: end + 2] if (end := entry.find("\n}")) > 0 else entry
        ids = set(ARXIV_ID.findall(entry or text))
        is_link = line.kind != "code" and bool(PAPER_LINK.search(text))
        is_entry = bool(PUBLISHED.search(entry)) and not NOT_YET.search(entry)
        if (is_link or is_entry) and not (ids and ids <= noise):
            before = [plain(each.text[-LINE_MOST:]) for each in prose[-CONTEXT_LINES:]]
            titles = TITLE.findall(entry)[:1] if is_entry else _titles(text)
            context = " ".join((line.section.rpartition(" / ")[2] + ".", *before, "" if entry else plain(text)))
            yield Named(line, tuple(titles), context, not has_said)
        if line.kind == "prose":
            prose.append(line)
            has_said = True


def _titles(text: str) -> list[str]:
    """The words of links to papers; where a paper is linked by its bare address, what stands in quotes beside it."""
    linked = [said for said, target in LINK.findall(text) if PAPER_LINK.search(target)]
    return linked or QUOTED.findall(text)


def is_own(found: Named, own: str) -> bool:
    """Is it presented as the paper of this very model: by its words, its title, or as the first thing that is said?

    >>> line = Line(1, "prose", "x")
    >>> is_own(Named(line, (), "Usage. If you use this model, please cite this paper:"), "")
    True
    >>> is_own(Named(line, ("BERT: Pre-training",), "Training. It has the settings of the original paper."), "bert")
    True
    >>> is_own(Named(line, ("BERT: Pre-training",), "Training. It has the settings of the original paper."), "")
    False
    """
    is_reference = word("references").match(found.context)
    if own and not is_reference and any(own in re.sub(r"[\s_-]", "", title.casefold()) for title in found.titles):
        return True
    last = found.line.text[:LINE_MOST] if found.line.kind == "prose" else ""
    return bool(
        word("own_paper").search(found.context)
        or word("paper_label").match(plain(last))
        or (found.stands_first and REFERENCE_ALONE.fullmatch(last))
    )


def own_word(view: View) -> str:
    """The word of a repository's name by which a paper would call the model; "" where the name has none of its own.

    Sizes, languages and the like are no names, and the architecture is only one's own where nothing else is said: the
    paper of `google/electra-small` calls it ELECTRA, that of `acme/electra-small-squad` was written by others.
    """
    owner, _, name = view.state.name.lower().rpartition("/")
    parts = [part for part in re.split(r"[-_.\s]+", name) if not word("no_name").fullmatch(part)]
    words = [part for part in parts if not word("language").fullmatch(part)]
    if not words or len(words[0]) < 3:
        return ""
    is_made_of_another = (len(parts) > 1 and word("architecture").fullmatch(words[0])) or any(
        word("tuned").fullmatch(part) for part in parts
    )
    return words[0] if words[0] in owner or not is_made_of_another else ""


def _may_be_a_parents(view: View, found: Named, own: str) -> bool:
    """Is there a parent of another owner whose paper it may be, since its title has no name of this model's own?"""
    owner = view.state.name.split("/")[0]
    others = [repo.name.casefold() for repo in view.linked("model") if repo.name.split("/")[0] != owner]
    is_titled = own and any(own in title.casefold() for title in found.titles)
    return bool(others) and not (is_titled and not any(own in name for name in others))
