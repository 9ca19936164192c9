"""Which topics a title asks for, by the shipped vocabularies of headings and labels."""

from __future__ import annotations

import re
import tomllib
from dataclasses import dataclass
from functools import cache, cached_property, lru_cache
from pathlib import Path

from openness.cards.languages import languages_of_title

FOLDER = Path(__file__).parent / "vocabularies"
FILES = {"model": ("topics.en.toml",), "dataset": ("topics.en.toml", "topics-data.en.toml")}


@dataclass(frozen=True)
class Topic:
    """One topic's titles; `needs_text` is asked of what stands under a title that `needs_when` finds shared."""

    name: str
    titles: re.Pattern
    excluded: re.Pattern | None = None
    plain: frozenset[str] = frozenset()
    needs_when: re.Pattern | None = None
    needs_text: re.Pattern | None = None
    is_top_level: bool = False  # not asked below the title of another topic

    def asked_by(self, title: str) -> bool:
        if title in self.plain:
            return True
        return bool(self.titles.search(title)) and not (self.excluded and self.excluded.search(title))

    def answered_by(self, title: str, text: str) -> bool:
        """Is `text`, in lower case, about this topic, where `title` asks for several?"""
        if self.needs_when is None or not self.needs_when.search(title) or len(text.encode()) > 1.5 * len(text):
            return True  # the words asked for are English
        return bool(self.needs_text.search(text))


class Vocabulary:
    """The topics that one kind of card is asked for."""

    def __init__(self, topics: dict[str, Topic], foreign: dict[str, ForeignTitles]):
        self.topics = topics
        self.foreign = foreign
        self.plain = frozenset().union(*(topic.plain for topic in topics.values()))
        self._known = lru_cache(maxsize=50_000)(self._find)  # the same titles stand in thousands of cards

    def is_plain_label(self, title: str) -> bool:
        """Is `title` a label also without bold type?"""
        return title in self.plain

    def topics_of(self, title: str, language: str = "en") -> frozenset[str]:
        """The topics that a normalised title asks for in a card of that language; empty for a neutral one."""
        return self._known(title, language) if title else frozenset()

    @cached_property
    def top_level(self) -> frozenset[str]:
        """The topics that are not asked below the title of another."""
        return frozenset(name for name, topic in self.topics.items() if topic.is_top_level)

    def _find(self, title: str, language: str) -> frozenset[str]:
        found = {name for name, topic in self.topics.items() if topic.asked_by(title)}
        for code in {language, *languages_of_title(title)} & self.foreign.keys():
            found |= self.foreign[code].topics_of(title)
        return frozenset(found)


@dataclass(frozen=True)
class ForeignTitles:
    """The titles of one other language: patterns by topic, and those that count where none of these matches."""

    titles: dict[str, re.Pattern]
    else_titles: dict[str, re.Pattern]

    def topics_of(self, title: str) -> set[str]:
        found = {name for name, pattern in self.titles.items() if pattern.search(title)}
        return found or {name for name, pattern in self.else_titles.items() if pattern.search(title)}


@cache
def vocabulary(kind: str, names: frozenset[str]) -> Vocabulary:
    """The vocabulary for cards of `kind` (model, dataset), of the topics `names` alone."""
    rows: dict[str, dict] = {}
    for file in FILES[kind]:
        rows |= tomllib.loads((FOLDER / file).read_text("utf8"))
    foreign = tomllib.loads((FOLDER / "titles.toml").read_text("utf8"))
    topics = {name: _topic(name, rows[name]) for name in sorted(names & rows.keys())}
    return Vocabulary(topics, {code: _foreign(rows, names) for code, rows in foreign.items()})


def _foreign(rows: dict[str, list[str]], names: frozenset[str]) -> ForeignTitles:
    rows = {name: rows[name] for name in sorted(names & rows.keys())}
    titles = {name: [p for p in patterns if not p.startswith("?")] for name, patterns in rows.items()}
    others = {name: [p[1:] for p in patterns if p.startswith("?")] for name, patterns in rows.items()}
    return ForeignTitles(*({name: _any(found) for name, found in each.items() if found} for each in (titles, others)))


def _topic(name: str, row: dict) -> Topic:
    needs = row.get("needs", {})
    return Topic(
        name=name,
        titles=_any(row["titles"]),
        excluded=_any(row["not"]) if row.get("not") else None,
        plain=frozenset(row.get("plain", ())),
        needs_when=re.compile(needs["when"]) if needs else None,
        needs_text=re.compile(needs["text"]) if needs else None,
        is_top_level=row.get("top_level", False),
    )


def _any(patterns: list[str]) -> re.Pattern:
    return re.compile("|".join(f"(?:{pattern})" for pattern in patterns))


@cache
def patterns() -> dict[str, re.Pattern]:
    """The shipped patterns for what stands in a card's text without a title of its own."""
    rows = tomllib.loads((FOLDER / "patterns.toml").read_text("utf8"))
    return {name: re.compile("|".join(row["parts"]), _flags(row)) for name, row in rows.items()}


@cache
def _sentences() -> dict[str, dict[str, tuple[re.Pattern, ...]]]:
    """Patterns for sentences in other languages than English, by language and topic."""
    rows = tomllib.loads((FOLDER / "prose.toml").read_text("utf8"))
    return {
        code: {topic: tuple(re.compile(part, re.I) for part in parts) for topic, parts in topics.items()}
        for code, topics in rows.items()
    }


def sentences_about(topic: str, language: str) -> tuple[re.Pattern, ...]:
    """Patterns for what sentences in `language` say of a topic; () where we know none."""
    return _sentences().get(language, {}).get(topic, ())


def find(name: str, text: str) -> re.Match | None:
    """The first match of a shipped pattern in `text`."""
    return patterns()[name].search(text)


def _flags(row: dict) -> re.RegexFlag:
    return re.IGNORECASE * row.get("ignore_case", False) | re.MULTILINE * row.get("lines", False)
