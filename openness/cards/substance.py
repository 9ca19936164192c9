"""Judges each line of a card by what it says: something, a placeholder, a tool's stock sentence, or "look elsewhere".

Lines are judged one by one, never joined: a pattern that runs across a line end turns two empty labels into an answer.
"""

from __future__ import annotations

import re
import tomllib
from dataclasses import dataclass
from functools import cache, lru_cache
from pathlib import Path

from openness.cards.wording import LINK, URL, count_words, plain_line

FOLDER = Path(__file__).parent / "vocabularies"
POINTER_WORDS_MOST = 40
LINE_MOST = 4_000  # characters of one line that are judged
SENTENCE_END = re.compile(r"(?<=[.!?;。！？])\s+|(?<=[。！？])")
TEMPLATE_SLOT = re.compile(r"\{\{.{0,500}?\}\}")
NAVIGATION = re.compile(r"\s*(?:[-*+]|\d+[.)])?\s*\[[^\]]{0,300}\]\(#[^)]{0,300}\)\s*")
EMPTY_LINK = re.compile(r"\]\(\s*\)")
BRACKETS = " \t[](){}<>\"'“”.,:;!*_`|"
NOTHING, CONTENT, POINTER, STOCK, PLACEHOLDER = "nothing", "content", "pointer", "stock", "placeholder"


@dataclass(frozen=True, slots=True)
class Line:
    """One line of a card, judged. `words` counts those that say something."""

    number: int  # in the file, from 1
    text: str  # without Markdown
    kind: str
    words: int = 0
    is_no: bool = False  # answers a question with no


@cache
def phrases() -> dict[str, re.Pattern]:
    """The shipped phrases, each group as one pattern; what is anchored is tried at the start only."""
    groups = tomllib.loads((FOLDER / "phrases.toml").read_text("utf8"))
    whole = ("placeholders", "noes", "instructions")
    found = {name: re.compile("|".join(f"(?:{p})" for p in groups[name])) for name in whole}
    for name in ("templates", "stock", "pointers"):
        anchored = [p for p in groups[name] if p.startswith("^")]
        free = [p for p in groups[name] if not p.startswith("^")]
        found[f"{name}_start"] = re.compile("|".join(f"(?:{p})" for p in anchored))
        found[f"{name}_within"] = re.compile("|".join(f"(?:{p})" for p in free))
    return found


def says(name: str, text: str) -> bool:
    """Does `text`, in lower case, say one of the phrases of that group?"""
    return bool(phrases()[f"{name}_start"].match(text) or phrases()[f"{name}_within"].search(text))


def judge_line(raw: str, number: int) -> Line:
    """Judge one line of a card.

    >>> [judge_line(raw, 1).kind for raw in ("[More Information Needed]", "TODO", "See the [paper](https://a.org).")]
    ['placeholder', 'placeholder', 'pointer']
    >>> [judge_line(raw, 1).kind for raw in ("It was trained on 5,000 poems.", "- [Uses](#uses)", "![](a.png)")]
    ['content', 'nothing', 'nothing']
    """
    text, kind, words, is_no = _judged(raw[:LINE_MOST])
    return Line(number, text, kind, words, is_no)


@lru_cache(maxsize=20_000)
def _judged(raw: str) -> tuple[str, str, int, bool]:
    if NAVIGATION.fullmatch(raw):
        return "", NOTHING, 0, False
    text = plain_line(raw)
    if not text:
        is_link = LINK.search(raw) and "![" not in raw and not EMPTY_LINK.search(raw)
        return text, (POINTER if is_link else NOTHING), 0, False
    low = text.casefold()
    is_no = bool(phrases()["noes"].fullmatch(low.strip(BRACKETS)))
    if _is_placeholder(low) or phrases()["instructions"].match(low.strip(BRACKETS)):
        return text, PLACEHOLDER, 0, is_no
    parts = [part for part in SENTENCE_END.split(low) if part]
    kept = [part for part in _without(parts, "templates") if not _is_placeholder(part)]
    if not kept:
        return text, PLACEHOLDER, 0, is_no
    own = _without(kept, "stock")
    words = count_words(URL.sub(" ", " ".join(own)))
    if not own:
        return text, STOCK, 0, is_no
    if _only_points(raw, own, words):
        return text, POINTER, words, is_no
    return text, (CONTENT if words else NOTHING), words, is_no


def _without(sentences: list[str], group: str) -> list[str]:
    """The sentences that do not say one of the phrases; of a line that does, bare numbers are no answer either."""
    kept = [sentence for sentence in sentences if not says(group, sentence.strip(BRACKETS))]
    return kept if len(kept) == len(sentences) else [part for part in kept if any(c.isalpha() for c in part)]


def _is_placeholder(low: str) -> bool:
    if "{{" in low:
        low = TEMPLATE_SLOT.sub("", low)
        if not low.strip(BRACKETS):
            return True
    bare = low.strip(BRACKETS)
    return not bare or len(bare) <= 200 and bool(phrases()["placeholders"].fullmatch(bare))


def _only_points(raw: str, sentences: list[str], words: int) -> bool:
    if words > POINTER_WORDS_MOST:
        return False
    has_link = "](" in raw or URL.search(raw) is not None
    if has_link and not count_words(URL.sub(" ", plain_line(LINK.sub(" ", raw)))):
        return True
    return all(
        says("pointers", sentence.strip(BRACKETS)) or not count_words(URL.sub("", sentence)) for sentence in sentences
    )
