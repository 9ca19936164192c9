"""Finds the words without which a pattern cannot match, so that most texts need not be searched at all.

A search that ignores case tries every position of a text; looking for a few words first is some ten times faster.
"""

from __future__ import annotations

import re
from functools import cache

STEM_LEAST = 3  # characters; shorter ones stand in nearly every text
STEMS_MOST = 60  # of one pattern; with more, searching is as fast


@cache
def stems_of(pattern: re.Pattern) -> tuple[str, ...]:
    """Words of which every match holds at least one, in lower case; () where none can be told.

    >>> stems_of(re.compile(r"\\bfine-?tuned (?:on|with) \\w+", re.I)), stems_of(re.compile(r"(?:train|test)ed?|\\d"))
    (('tuned ',), ())
    >>> stems_of(re.compile(r"\\b(?:train|test)(?: set)? of\\b")), stems_of(re.compile(r"(?:model|data) card"))
    ((' of',), (' card',))
    """
    stems = _best(re._parser.parse(pattern.pattern, pattern.flags))
    return tuple(sorted(stems)) if len(stems) <= STEMS_MOST else ()


def _best(parts) -> frozenset[str]:
    """The best of the sets of words that the parts of a sequence need: the one whose shortest word is longest."""
    found, run = [], ""
    for op, value in [*parts, (None, None)]:
        if op is re._constants.LITERAL and chr(value).isascii():
            run += chr(value).casefold()
            continue
        found += [frozenset({run})] if len(run) >= STEM_LEAST else []
        run = ""
        found += [needed] if (needed := _needed(op, value)) else []
    return max(found, key=lambda words: (min(map(len, words)), -len(words)), default=frozenset())


def _needed(op, value) -> frozenset[str]:
    """The words that one part of a pattern needs; empty where it needs none."""
    if op is re._constants.SUBPATTERN:
        return _best(value[3])
    if op in (re._constants.MAX_REPEAT, re._constants.MIN_REPEAT) and value[0] > 0:
        return _best(value[2])
    if op is re._constants.BRANCH:
        branches = [_best(branch) for branch in value[1]]
        return frozenset().union(*branches) if all(branches) else frozenset()
    return frozenset()


def can_match(pattern: re.Pattern, folded: str) -> bool:
    """May `pattern` match the text of which `folded` is the casefolded form? False is certain."""
    stems = stems_of(pattern)
    for stem in stems:  # a plain loop takes half as long as any() of a generator, thirty times a card
        if stem in folded:
            return True
    return not stems
