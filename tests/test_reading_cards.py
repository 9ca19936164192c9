"""A card is split at its header whatever it holds, and every oddity is said."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from registry.cards import BODY_MOST, YamlProblem, load_yaml, read_card

MIB = 1 << 20


def problem_of(text):
    with pytest.raises(YamlProblem) as raised:
        load_yaml(text)
    return str(raised.value)


def test_a_card_is_its_header_and_its_text():
    card = read_card("---\nlicense: mit\ntags:\n- a\n- b\n\n# done\n---\n\n# Tiny\n")
    assert card.metadata == {"license": "mit", "tags": ["a", "b"]}
    assert (card.body, card.body_line, card.problem, card.flags) == ("\n# Tiny\n", 9, "", ())
    assert card.field_lines == {"license": (2, 2), "tags": (3, 5)}


@pytest.mark.parametrize("text", ["", "# Tiny\n\n---\nlicense: mit\n---\n", "----\na: 1\n---\n", "--- a: 1\n---\n"])
def test_a_card_without_a_header_has_no_metadata_and_no_problem(text):
    card = read_card(text)
    assert (card.metadata, card.problem, card.body, card.body_line) == (None, "", text, 1)
    assert "no_header" in card.flags


@pytest.mark.parametrize("text", ["---\n---\nwords", "---\n\n---\nwords", "---\n# only a comment\n---\nwords"])
def test_an_empty_header_is_not_an_absent_one(text):
    card = read_card(text)
    assert (card.metadata, card.problem, card.body) == ({}, "", "words")
    assert "empty_header" in card.flags


@pytest.mark.parametrize(
    ("text", "flag"),
    [
        ("\ufeff---\nlicense: mit\n---\nwords", "bom"),
        ("\n \n---\nlicense: mit\n---\nwords", "blank_before_header"),
        ("  ---\nlicense: mit\n---\nwords", "blank_before_header"),
        ("--- \nlicense: mit\n---\t\nwords", "blank_after_fence"),
        ("---\r\nlicense: mit\r\n---\r\nwords", "crlf"),
        ("---\rlicense: mit\r---\rwords", "crlf"),
    ],
)
def test_the_ways_real_cards_open_their_header_are_read_and_flagged(text, flag):
    card = read_card(text)
    assert (card.metadata, card.body) == ({"license": "mit"}, "words")
    assert card.flags == (flag,)
    assert card.field_lines == {"license": (card.body_line - 2,) * 2}


def test_a_header_that_is_never_closed_is_said():
    card = read_card("---\nlicense: mit\n\n# Tiny\n")
    assert card.metadata is None
    assert card.problem == "The header is opened with --- and never closed."
    assert card.body.startswith("---\nlicense")


def test_a_rule_across_the_page_is_not_a_header():
    card = read_card("---\n\nSome words about it\n\n# Tiny\n")
    assert (card.metadata, card.problem, card.flags) == (None, "", ("header_never_closed",))


@pytest.mark.parametrize(
    ("header", "sentence"),
    [
        ("a: 1\nb: [\n", "The header cannot be read on line "),
        ("license: mit\na: 1\nlicense: mit", "on line 4: the key 'license' stands twice."),
        ("- a\n- b", "The header is a list, not fields with values."),
        ("only words", "The header is text, not fields with values."),
        ("a: &x 1", "on line 2: anchors (&name) are not read."),
        ("a:\n\t- 1", "on line 3: "),
    ],
)
def test_a_header_that_cannot_be_read_is_one_sentence_and_the_text_stays(header, sentence):
    card = read_card(f"---\n{header}\n---\n# Tiny\n")
    assert card.metadata is None
    assert sentence in card.problem
    assert "\n" not in card.problem
    assert card.body == "# Tiny\n"


def test_the_text_is_cut_at_the_end_of_a_block():
    paragraph = "words " * 20 + "\n\n"
    card = read_card("---\na: 1\n---\n" + paragraph * 10_000)
    assert card.flags == ("truncated",)
    assert BODY_MOST - 200 < len(card.body) <= BODY_MOST
    assert card.body.endswith("words \n\n")


def test_a_text_without_a_line_end_is_cut_at_the_limit():
    assert len(read_card("x" * (10 * MIB)).body) == BODY_MOST


def test_characters_that_no_database_stores_are_replaced():
    card = read_card('---\na: "x\\0y"\nb: \x00\n---\nw\x00rds \ud800')
    assert card.metadata == {"a": "x�y", "b": "�"}
    assert card.body == "w�rds �"
    assert card.flags == ("unstorable_characters",)


def test_words_stay_words_as_in_yaml_1_2():
    text = "[no, yes, on, off, 2020-13-45, 2025-01-01, 1:30:00, 1_000, 0b11, =]"
    assert load_yaml(text) == text[1:-1].split(", ")


def test_numbers_and_the_rest_are_read_by_the_core_schema():
    assert load_yaml("[1, -2, 010, 0o10, 0x1f, 1.5, .5, 2., 1e3, true, FALSE, null, ~, '', '1']") == [
        *(1, -2, 10, 8, 31, 1.5, 0.5, 2.0, 1000.0, True, False, None, None, "", "1")
    ]


def test_a_number_that_json_or_a_float_cannot_hold_stays_text():
    digits = "9" * 20_000
    assert load_yaml(f"[.nan, .inf, -.INF, 1e999, {digits}]") == [".nan", ".inf", "-.INF", "1e999", digits]


def test_a_version_is_text_even_where_it_looks_like_a_number():
    read = load_yaml("sdk_version: 3.10\nversion: 1.0\nvalue: 3.10\nversions: [3.10]")
    assert read == {"sdk_version": "3.10", "version": "1.0", "value": 3.1, "versions": [3.1]}


def test_every_key_is_text_as_it_was_written():
    assert load_yaml("no: 1\n1.0: 2\ntrue: 3\nnull: 4") == {"no": 1, "1.0": 2, "true": 3, "null": 4}


@pytest.mark.parametrize(
    ("text", "word"),
    [
        ("a: 1\nb: 2\na: 3", "line 3: the key 'a' stands twice"),
        ("x: {a: 1, a: 2}", "stands twice"),
        ("a: &a [1]\nb: *a", "anchors"),
        ("b: *a", "aliases"),
        ("<<: {a: 1}", "merge keys"),
        ("!!python/object/apply:os.system [ls]", "tag"),
        ("a: !mine b", "tag"),
        ("? [a]\n: b", "key"),
        ("--- a\n--- b", "second document"),
        ("%TAG ! x\n---\na: 1", "directives"),
        ("a: 'b", "line 1"),
        ("a: \x07", "character"),
        ("a: \ud800", "cannot be read"),
        ("[" * 33, "deeper"),
        ("a: [" + "1, " * 300_000 + "]", "parts"),
        ("a: " + "x" * MIB, "characters"),
    ],
)
def test_what_is_not_read_is_refused_in_one_sentence(text, word):
    assert word in problem_of(text)
    assert "\n" not in problem_of(text)


HOSTILE_HEADERS = {
    "100,000 brackets": "[" * 100_000,
    "1,000,000 brackets": "[" * 1_000_000,
    "braces": "{" * 100_000,
    "mappings in mappings": "{a: " * 200_000,
    "lists in lists on a line": "- " * 500_000,
    "newlines": "a:\n" + "\n" * 1_000_000,
    "tag directives": "\n".join(f"%TAG !a{i}! t" for i in range(60_000)),
    "merge keys": "\n".join(f"a{i}: &a{i}\n  <<: [*a{i - 1}, *a{i - 1}]" for i in range(1, 20_000)),
    "laughs": "a: &a [x, x]\n"
    + "\n".join(f"{c}: &{c} [*{p}, *{p}]" for p, c in zip("abcdefgh", "bcdefghi", strict=True)),
    "many keys": "\n".join(f"k{i}: 1" for i in range(80_000)),
    "977 kB": "".join(f"- {{name: n{i:07}, value: {i}}}\n" for i in range(30_000)),
    "escapes": 'a: "' + "\\x41" * 250_000 + '"',
    "digits": "a: " + "9" * 1_000_000,
    "never closed quote": 'a: "' + "x" * 1_000_000,
}


@pytest.mark.parametrize("name", HOSTILE_HEADERS)
def test_a_hostile_header_is_answered(name):
    card = read_card(f"---\n{HOSTILE_HEADERS[name]}\n---\nwords\n")
    assert card.body == "words\n"
    assert (card.metadata is None) == bool(card.problem)


@pytest.mark.parametrize(
    "unit", ["\n", "---\n", "\n---", "--- x\n", "---" + " " * 100, "\r", "# a\n", "\ufeff", "\x00"]
)
def test_ten_megabytes_of_anything_are_split(unit):
    card = read_card(unit * (10 * MIB // len(unit)))
    assert len(card.body) <= BODY_MOST


PIECES = st.sampled_from(
    ["---", "\n", "\r\n", "\r", ": ", "- ", "a", "b", " ", "#", "'", '"', "[", "]", "{", "|", "\ufeff"]
)


@given(st.one_of(st.text(), st.lists(PIECES, max_size=40).map("".join)))
def test_no_text_at_all_raises_and_what_comes_out_is_json(text):
    card = read_card(text)
    json.dumps([card.metadata, card.body, card.problem], allow_nan=False).encode()
    assert "\x00" not in card.body


@given(st.text(alphabet="a#- \n", max_size=60), st.sampled_from(["", "\n", "\n\n  \n"]))
def test_lines_of_the_body_are_counted_in_the_file(body, before):
    text = f"{before}---\na: 1\n---\n{body}"
    card = read_card(text)
    assert card.body == body
    assert "\n".join(text.split("\n")[card.body_line - 1 :]) == body


VALUES = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(-(10**9), 10**9), st.text(alphabet="abc: -#'\"é", max_size=8)),
    lambda inner: st.one_of(
        st.lists(inner, max_size=4), st.dictionaries(st.text("abc", min_size=1), inner, max_size=4)
    ),
    max_leaves=12,
)


@given(VALUES)
def test_json_reads_back_as_itself(value):
    assert load_yaml(json.dumps(value, ensure_ascii=False)) == value


def test_aliases_are_unfolded_where_it_is_asked_for():
    text = "base: &b {a: 1, l: [1, 2]}\ncopy: *b\nmore: {<<: *b, a: 2}\nboth: {<<: [{a: 3}, *b], c: 4}\n"
    assert load_yaml(text, unfold=True) == {
        "base": {"a": 1, "l": [1, 2]},
        "copy": {"a": 1, "l": [1, 2]},
        "more": {"a": 2, "l": [1, 2]},
        "both": {"a": 3, "l": [1, 2], "c": 4},
    }
    copies = load_yaml("[&x [1], *x]", unfold=True)
    copies[0].append(2)
    assert copies == [[1, 2], [1]]


def chain_of_aliases(length: int, width: int) -> str:
    lines = [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * width)}]\n" for n in range(1, length)]
    return "a0: &a0 [1]\n" + "".join(lines)


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("a: *b", "names nothing above it"),
        ("a: &a [*a]", "names nothing above it"),
        ("{<<: 3}", "holds no mapping"),
        ("a: &a 1\n? *a\n: 2", "a key is an alias"),
        (chain_of_aliases(8, 10), "add more than 20,000 values"),
        (chain_of_aliases(60, 1), "nested deeper"),
    ],
)
def test_aliases_stay_within_bounds(text, reason):
    with pytest.raises(YamlProblem, match=reason):
        load_yaml(text, unfold=True)
