"""Tells in which language a card is written: by its script, and in Latin letters by its frequent short words."""

from __future__ import annotations

import re
import tomllib
from collections import Counter
from dataclasses import dataclass
from functools import cache
from pathlib import Path

LOOKED_AT = 20_000  # characters
WORDS_LEAST = 20
SHARE_LEAST = 0.08  # of the words of a text are frequent short ones of its language
SCRIPT_SHARE = 0.3  # of the letters
AHEAD = 1.3  # times the share of English words

SCRIPTS = {
    "ja": re.compile("[\u3040-\u30ff]"),
    "zh": re.compile("[\u3400-\u9fff\uf900-\ufaff]"),
    "ko": re.compile("[\u1100-\u11ff\uac00-\ud7af]"),
    "ru": re.compile("[\u0400-\u04ff]"),
}
NOT_RUSSIAN = re.compile("[іїєґўљњћђџѓќѕјәғқңөұүһ]")
LATIN_WORD = re.compile(r"[^\W\d_]+")


@dataclass(frozen=True)
class Language:
    """The language of a text: its code, "" where it cannot be told; `is_known`: do we know its titles?"""

    code: str
    is_known: bool


@cache
def _words() -> tuple[dict[str, frozenset[str]], frozenset[str]]:
    data = tomllib.loads((Path(__file__).parent / "vocabularies" / "languages.toml").read_text("utf8"))
    return {code: frozenset(words) for code, words in data["words"].items()}, frozenset(data["known"]) | {"en"}


def language_of(text: str) -> Language:
    """The language that most of `text` is written in.

    >>> language_of("这是一个用于写诗的语言模型"), language_of("แบบจำลองนี้เขียนบทกวี")
    (Language(code='zh', is_known=True), Language(code='', is_known=False))
    """
    text = text[:LOOKED_AT]
    if not text.isascii():
        letters = sum(c.isalpha() for c in text) or 1
        if sum(c.isalpha() and c > "\u02af" and not "\u1e00" <= c <= "\u1eff" for c in text) > SCRIPT_SHARE * letters:
            return _by_script(text, letters)
    return _by_words(text)


def _by_script(text: str, letters: int) -> Language:
    counts = {code: len(pattern.findall(text)) / letters for code, pattern in SCRIPTS.items()}
    if counts["ja"] > 0.1:
        return Language("ja", True)
    code = max(counts, key=counts.__getitem__)
    if counts[code] < SCRIPT_SHARE / 2:
        return Language("", False)
    if code == "ru" and len(NOT_RUSSIAN.findall(text.casefold())) > 0.02 * letters:
        return Language("", False)
    return Language(code, True)


def _by_words(text: str) -> Language:
    counts = Counter(LATIN_WORD.findall(text.casefold()))
    total = sum(counts.values())
    if total < WORDS_LEAST:
        return Language("en", True)
    words, known = _words()
    shares = {code: sum(counts[word] for word in frequent) / total for code, frequent in words.items()}
    code = max(shares, key=shares.__getitem__)
    if shares[code] < SHARE_LEAST or shares[code] < AHEAD * shares["en"]:
        return Language("en", True)
    return Language(code, code in known)


def languages_of_title(title: str) -> tuple[str, ...]:
    """The languages with a script of their own in which a title may be written."""
    if title.isascii():
        return ()
    found = tuple(code for code, pattern in SCRIPTS.items() if pattern.search(title))
    return ("zh", "ja") if found == ("zh",) else found
