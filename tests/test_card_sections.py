"""A card's Markdown becomes blocks and sections with their lines, as GitHub and the Hub would show them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from openness.cards.blocks import LINES_MOST, read_blocks
from openness.cards.sections import read_sections


def tree(text, labels=()):
    """(title, text of its pieces) of every section but the root."""
    root = read_sections(read_blocks(text)[0], lambda title: title in labels)
    return [(s.title, " ".join(p.text.strip() for p in s.pieces)) for s in root.walk()][1:]


@pytest.mark.parametrize(
    "heading",
    [
        "## Limitations",
        "Limitations\n---",
        "<h2>Limitations</h2>\n",
        '<h2 align="center">Limitations</h2>\n',
        "**Limitations**\n",
        "__Limitations__\n",
        "**Limitations:**\n",
        "<b>Limitations</b>\n",
        "## 🚀 3.1 **Limitations** [optional]:",
        "## [Limitations](#limitations) ##",
    ],
)
def test_every_way_to_write_a_heading_begins_a_section(heading):
    assert tree(f"# Tiny\n\n{heading}\n\nIt fails on long text.\n")[-1] == ("limitations", "It fails on long text.")


@pytest.mark.parametrize("text", ["#Limitations", "```\n# Limitations\n```", "    # Limitations", "\\# Limitations"])
def test_what_the_hub_does_not_show_as_a_heading_is_none(text):
    assert tree(f"{text}\n\nwords\n") == []


@pytest.mark.parametrize(
    ("line", "title", "answer"),
    [
        ("- **Developed by:** Acme", "developed by", "Acme"),
        ("**Developed by**: Acme", "developed by", "Acme"),
        ("**Developed by** Acme", "developed by", "Acme"),
        ("<b>Developed by:</b> Acme", "developed by", "Acme"),
        ("* Developed by: Acme", "developed by", "Acme"),
        ("Developed by: Acme", "developed by", "Acme"),
        ("| Developed by | Acme |\n|---|---|\n| x | y |", "developed by", "Acme"),
    ],
)
def test_a_label_is_a_section_with_the_rest_of_its_line(line, title, answer):
    assert (title, answer) in tree(line, labels={"developed by"})


def test_words_before_a_colon_are_a_label_only_when_they_are_known():
    assert tree("Sadly: it fails.", labels={"license"}) == []


def test_an_empty_label_does_not_swallow_the_next_one():
    text = "- **Hardware Type:**\n- **Hours used:** 3\n"
    assert tree(text) == [("hardware type", ""), ("hours used", "3")]


def test_what_stands_deeper_in_a_list_belongs_to_its_label():
    text = "- **Uses:**\n  - chat\n  - search\n- **License:** MIT\n"
    assert tree(text) == [("uses", "chat search"), ("license", "MIT")]


def test_a_list_after_a_label_belongs_to_it_and_the_next_paragraph_does_not():
    text = "## Facts\n\n**Uses:** these:\n\n- chat\n- search\n\nOther words.\n"
    assert tree(text) == [("facts", "Other words."), ("uses", "these: chat search")]


def test_lines_count_from_one_in_the_file():
    blocks, _ = read_blocks("\n# Tiny\n\nwords\nmore\n\n| a | b |\n|---|---|\n| 1 | 2 |\n", first_line=4)
    assert [(block.kind, block.lines) for block in blocks] == [
        ("heading", (5, 5)),
        ("text", (7, 8)),
        ("table", (10, 12)),
    ]


def test_a_table_may_follow_a_line_of_text():
    blocks, _ = read_blocks("Scores:\n| model | f1 |\n|:--|--:|\n| a\\|b | 91 |\n")
    assert [block.kind for block in blocks] == ["text", "table"]
    assert blocks[1].rows == (("model", "f1"), ("a|b", "91"))


def test_a_comment_holds_no_section():
    assert tree("<!--\n## Limitations\n\nwords\n-->\n\n# Tiny\n") == [("tiny", "")]


def test_a_body_of_too_many_lines_is_not_read_whole():
    blocks, whole = read_blocks("words\n\n" * LINES_MOST)
    assert not whole
    assert len(blocks) == LINES_MOST / 2


def test_a_body_nested_too_deeply_is_not_read_whole():
    assert not read_blocks("> " * 200 + "words")[1]


@given(st.text(alphabet="#*_-|>`<h2>\n :ab[]()!", max_size=200))
def test_no_text_raises_and_sections_stand_in_order(text):
    root = read_sections(read_blocks(text)[0], lambda title: title == "a")
    lines = [section.line for section in root.walk()]
    assert lines == sorted(lines)
