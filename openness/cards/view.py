"""One card as the criteria look at it: its header, its sections with their topics, and its running text."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from functools import cached_property

from openness.cards.blocks import Block, read_blocks
from openness.cards.languages import LOOKED_AT, language_of
from openness.cards.sections import Piece, Section, read_sections
from openness.cards.substance import CONTENT, POINTER, Line
from openness.cards.vocabulary import Vocabulary
from openness.cards.wording import plain_line
from registry.cards import CardText
from registry.stems import can_match

QUOTE_MOST = 200  # characters
ENDS = (".", ":", ";", "!", "?", "…", "。", "：", "！", "？")  # of a line that a sentence does not run over
ENDS_OPEN = re.compile(
    r"(?:,|\b(?:a|an|the|of|on|in|by|to|from|for|with|and|or|as|at|using|is|are|was|were|we))$", re.I
)
TITLE_WORDS_MOST = 6  # of a first heading that asks something; half as many in one of the first level


def _is_name(word: str) -> bool:
    """Does a word look like a repository's name: with digits, or joined by signs?"""
    return any(c.isdigit() or c in "-_/." for c in word.strip(".")) and not word.startswith(("pre-", "fine-", "co-"))


def quote_of(text: str) -> str:
    """`text` short enough to quote, on one line."""
    line = " ".join(text.split())
    return line if len(line) <= QUOTE_MOST else line[: QUOTE_MOST - 1] + "…"


@dataclass
class CardView:
    """A card read once for all criteria, of a model or a dataset. `info` and `small_files` are {} for a loose file."""

    card: CardText
    vocabulary: Vocabulary
    info: dict = field(default_factory=dict)
    small_files: dict[str, str] = field(default_factory=dict)
    kind: str = "model"

    def __post_init__(self):
        self.blocks, whole = read_blocks(self.card.body, self.card.body_line)
        self.is_whole = whole and "truncated" not in self.card.flags
        self.language = language_of(self._running_text())
        self.root = read_sections(self.blocks, self.vocabulary.is_plain_label)
        self.sections = list(self.root.walk())
        self._topics: dict[int, frozenset[str]] = {}
        self._name_topics(self.root, frozenset())

    def _running_text(self) -> str:
        """The beginning of the card's text, for its language."""
        texts = (block.text for block in self.blocks if block.kind in ("text", "heading"))
        return plain_line(" ".join(texts)[:LOOKED_AT])

    @property
    def metadata(self) -> dict:
        """The header's fields; {} where there is none or it cannot be read."""
        return self.card.metadata or {}

    @cached_property
    def title(self) -> Section | None:
        """The section under the card's first heading, which usually names the repository."""
        return next((section for section in self.sections if section.source == "heading"), None)

    def _name_topics(self, section: Section, above: frozenset[str]) -> None:
        """Give each section its topics; `above` are those of the sections that it stands in."""
        topics = self._topics_for(section)
        if "aside" in above:
            topics = frozenset({"aside"})
        if above - self.vocabulary.top_level:
            topics -= self.vocabulary.top_level
        self._topics[id(section)] = topics
        for child in section.children:
            self._name_topics(child, above | topics)

    def _topics_for(self, section: Section) -> frozenset[str]:
        if section is self.title and not self._is_topical(section):
            return frozenset()
        return self.vocabulary.topics_of(section.title, self.language.code)

    def _is_topical(self, section: Section) -> bool:
        """Is the first heading a question of the rubric, rather than the repository's name and what it is?"""
        words = section.title.split()
        most = TITLE_WORDS_MOST if section.level > 1 else TITLE_WORDS_MOST // 2
        return self.vocabulary.is_plain_label(section.title) or len(words) <= most and not any(map(_is_name, words))

    def topics(self, section: Section) -> frozenset[str]:
        return self._topics[id(section)]

    def about(self, topic: str) -> list[Section]:
        """The sections whose titles ask for `topic`."""
        return [section for section in self.sections if topic in self._topics[id(section)]]

    def content(self, section: Section) -> Iterator[Piece]:
        """What stands under a title: its own text, and that of neutral titles below. Never a child of another kind."""
        yield from section.pieces
        for child in section.children:
            if not self._topics[id(child)]:
                yield from self.content(child)

    @cached_property
    def preamble(self) -> list[Piece]:
        """What stands before the first section: under no heading, or under the card's title."""
        pieces = list(self.root.pieces)
        if self.title is not None and not self.topics(self.title):
            pieces += self.title.pieces
        return pieces

    @cached_property
    def prose(self) -> Prose:
        pieces = [
            piece.judged for section in self.sections for piece in section.pieces if piece.kind in ("text", "html")
        ]
        return Prose(pieces)

    @cached_property
    def codes(self) -> list[Block]:
        return [block for block in self.blocks if block.kind == "code"]

    @cached_property
    def tables(self) -> list[Block]:
        return [block for block in self.blocks if block.kind == "table"]

    @property
    def is_foreign(self) -> bool:
        """Is most of the text in a language whose titles we do not know?"""
        return not self.language.is_known

    def field_lines(self, name: str) -> tuple[int, int] | None:
        return self.card.field_lines.get(name)


class Prose:
    """The lines that say something, as one text in which a match finds its line again.

    A sentence that is broken over lines of a paragraph stands on one line of the text.
    """

    def __init__(self, paragraphs: Iterable[Iterable[Line]]):
        self.lines: list[Line] = []
        joined: list[str] = []
        for paragraph in paragraphs:
            before = None
            for line in paragraph:
                if line.kind not in (CONTENT, POINTER):
                    continue
                if before is not None and _runs_on(before, line):
                    joined[-1] = " "
                joined += [line.text, "\n"]
                self.lines.append(line)
                before = line
        self.text = "".join(joined[:-1])
        self.folded = self.text.casefold()
        self._starts = [0]
        for line in self.lines:
            self._starts.append(self._starts[-1] + len(line.text) + 1)

    def search(self, pattern: re.Pattern) -> Line | None:
        """The line on which the first match begins."""
        if not can_match(pattern, self.folded):
            return None
        match = pattern.search(self.text)
        return self.line_at(match.start()) if match else None

    def sentences(self) -> Iterator[tuple[Line, str]]:
        """Each line, joined with those below it that its sentence runs over, and the first of these lines."""
        offset = 0
        for text in self.text.split("\n") if self.lines else ():
            yield self.line_at(offset), text
            offset += len(text) + 1

    def line_at(self, offset: int) -> Line:
        return self.lines[bisect_right(self._starts, offset) - 1]


def _runs_on(line: Line, below: Line) -> bool:
    """Does a sentence go on from one line to the next? Only where the words say so: labels stand in lines as well."""
    if below.number != line.number + 1 or line.kind != CONTENT or line.text.endswith(ENDS):
        return False
    return ENDS_OPEN.search(line.text) is not None or below.kind == CONTENT and below.text[:1].islower()
