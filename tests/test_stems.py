"""A text is left unsearched only where no match is possible."""

import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lineage.readers.prose_phrases import AFTER, PHRASES
from openness.cards.vocabulary import patterns
from openness.rubric import load
from registry.stems import can_match, stems_of

SHIPPED = [
    *(pattern for name in ("model-card", "data-card") for c in load(name).criteria for pattern in c.prose),
    *patterns().values(),
    *(phrase.words for phrase in (*PHRASES, *AFTER)),
]


@pytest.mark.parametrize("pattern", SHIPPED, ids=lambda pattern: pattern.pattern[:40])
@settings(max_examples=5)
@given(data=st.data())
def test_whatever_a_shipped_pattern_matches_is_searched(pattern, data):
    text = data.draw(st.from_regex(re.compile(pattern.pattern, pattern.flags & ~re.IGNORECASE)))
    for said in (text, text.upper(), text.title()):
        if pattern.search(said):
            assert can_match(pattern, said.casefold())


@pytest.mark.parametrize(
    ("pattern", "stems"),
    [
        (r"a|bcd", ()),
        (r"(?:abc)?", ()),
        (r"(?:abc)+x", ("abc",)),
        (r"(?<!abc)def", ("def",)),
        (r"[abc]\d", ()),
        ("", ()),
    ],
)
def test_stems_are_only_what_every_match_needs(pattern, stems):
    assert stems_of(re.compile(pattern)) == stems
