"""Finds the licences that running text names: "released under the Apache License, Version 2.0 (see LICENSE)"."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from registry.licences import LicenceReading, read_licence

TEXT_MOST = 2_000  # characters that are looked at
NAMES_MOST = 20
NAME_WORDS_MOST = 9  # "Creative Commons Attribution Non Commercial Share Alike 4.0 International"
WORD = re.compile(r"[a-z0-9][a-z0-9.+/_-]*", re.I | re.ASCII)
# Words with which the name of a licence begins; those of models and makers name one only with its word "licence".
BEGINS = re.compile(
    r"apache|asl|mit(?![a-z])|expat|(?:new|modified|simplified|[234]-clause)$|bsd|gnu|affero|[al]?gpl|cc(?![a-df-z])"
    r"|creative|attribution|cc0|mozilla|mpl|eupl|european|unlicense|artistic|academic|afl|odbl|odc|open|cdla|community|computational|c-uda"
    r"|openmdw|wtfpl|pddl|gfdl|(?:creativeml|bigscience|bigcode|bloom)|(?:open)?rail",
    re.I,
)
MAKERS = re.compile(
    r"(?:meta|llama|gemma|qwen|tongyi|deepseek|falcon|tii|stability|stabilityai|flux|nvidia|mistral|cohere|yi|health|lfm|jamba|glm"
    r"|chatglm|baichuan|internlm|grok|kimi|minimax|hunyuan|tencent|exaone|solar|microsoft|apple|openai|google)",
    re.I,
)
SAYS_LICENCE = re.compile(r"licen[scç]|lizenz|terms|agreement|许可|許可|協議|协议|ライセンス|라이선스", re.I)
NOT_ENGLISH = re.compile(r"[- ]?(?:lizenz|licencia|licença)\b", re.I)  # within a name: "Apache-Lizenz 2.0"
FAMILIES = {"cc", "apache", "non-commercial"}  # whose short names ("academic") mean something else as well
WHOLE_MOST = 80  # characters of a text that may be a name as a whole


@dataclass(frozen=True)
class NamedLicence:
    """A licence, and the characters of the text at which its name begins and ends."""

    reading: LicenceReading
    start: int
    end: int


def named_licences(text: str) -> Iterator[NamedLicence]:
    """The licences that `text` names, each by its longest name there; at most 20, of the first 2,000 characters.

    >>> [named.reading.ids for named in named_licences("It is under Apache License, Version 2.0; its tools are MIT.")]
    [('Apache-2.0',), ('MIT',)]
    >>> [named.reading.ids for named in named_licences("Es wurde mit Llama 3 verglichen (by MIT researchers).")]
    []
    """
    text = text[:TEXT_MOST]
    whole = read_licence(text.strip(" .()")) if len(text) <= WHOLE_MOST else None
    if whole is not None and whole.known:
        yield NamedLicence(whole, 0, len(text))
        return
    words = list(WORD.finditer(text))
    at = found = 0
    while at < len(words) and found < NAMES_MOST:
        length, reading = _longest(text, words, at)
        if reading is not None:
            found += 1
            yield NamedLicence(reading, words[at].start(), words[at + length - 1].end())
        at += length


def _longest(text: str, words: list[re.Match], at: int) -> tuple[int, LicenceReading | None]:
    """How many words the longest name has that begins at word `at`, and what it names; (1, None) where none does."""
    first = words[at][0]
    is_maker = MAKERS.match(first) is not None
    if not (is_maker or BEGINS.match(first)) or first.lower() == "mit" and not _is_licence_mit(text, words, at):
        return 1, None
    for length in range(min(NAME_WORDS_MOST, len(words) - at), 0, -1):
        name = text[words[at].start() : words[at + length - 1].end()].rstrip(".")
        reading = read_licence(NOT_ENGLISH.sub("", name))
        if reading.known and len(reading.ids) == 1:
            is_doubtful = is_maker or reading.ids[0] in FAMILIES or name.lower() == "gnu"
            if not is_doubtful or _says_licence(text, words, at, length):
                return length, reading
    return 1, None


def _says_licence(text: str, words: list[re.Match], at: int, length: int) -> bool:
    """Does the word "licence" or its like stand in a name or right after it?"""
    end = words[at + length].end() if at + length < len(words) else len(text)
    return SAYS_LICENCE.search(text[words[at].start() : end]) is not None


def _is_licence_mit(text: str, words: list[re.Match], at: int) -> bool:
    """Is it the licence's name, and neither the university's nor the German word "mit"?"""
    after = text[words[at].end() :].lstrip(" -\"'`*)]")
    if SAYS_LICENCE.match(after):
        return True
    before = text[: words[at].start()].rstrip(" \"'`*([")
    return words[at][0] == "MIT" and not re.search(r"\b(?:by|at|from|of|the)$", before, re.I)
