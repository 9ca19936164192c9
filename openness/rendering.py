"""Renders a card's text as HTML that is safe on our pages: allowed tags only, no picture fetched, bounded in time.

The one place where a stranger's text becomes HTML. Block rules run on all of it; inline rules, whose time grows with
the square of a block's brackets, on as much as a budget allows; the rest is shown as it is written.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import partial

import nh3
from markdown_it import MarkdownIt
from markdown_it.token import Token

from openness.cards.addresses import Place, absolute
from openness.cards.blocks import before_nests
from registry.cards import CardText

RENDERER = "rendering/2"  # moves when the same text may give other HTML
TEXT_MOST = 256 << 10  # characters; the longest of 1,826 real cards has 124,461
LINES_MOST = 8_000
BLOCK_MOST = 64 << 10  # characters of one block whose emphasis and links are looked at
BUDGET = 2 * 10**8  # sum over blocks of the square of their signs: half a second where it is slowest
TAGS_MOST = 3_000  # HTML tags; the most of a real card is 506
CELLS_MOST = 20_000
NESTING_MOST = 40

SIGN = re.compile(r"[\[\]!*_`<&\\~]")
TAG = re.compile(r"<[a-zA-Z]")
FORMATTING = r"<(b|big|code|em|font|i|nobr|s|small|strike|strong|tt|u)\b"
FORMATTING_WITH_ATTRIBUTES = re.compile(FORMATTING + r"[^>]{1,500}>", re.I)
ENDLESS_FORMATTING = re.compile(FORMATTING + r"[^>]{500}", re.I)
LINK_OR_IMAGE = re.compile(r'<(/?)(a|img)\b((?:\s+[\w-]+(?:="[^"]*")?)*)\s*/?>')
ATTRIBUTE = re.compile(r'\s([\w-]+)="([^"]*)"')

TAGS = set(
    "a abbr b blockquote br caption cite code col colgroup dd del details div dl dt em figcaption figure "
    "h1 h2 h3 h4 h5 h6 hr i img ins kbd li mark ol p pre q s samp small span strong sub summary sup "
    "table tbody td tfoot th thead tr u ul var".split()
)
ATTRIBUTES = {
    "*": set(),  # else the sanitiser lets lang and title through on every tag
    "a": {"href", "title"},
    "img": {"src", "alt"},
    "td": {"align", "colspan", "rowspan"},
    "th": {"align", "colspan", "rowspan"},
    "ol": {"start"},
    "details": {"open"},
    "abbr": {"title"},
}
WITH_CONTENT = set(
    "script style iframe object embed template noscript svg math form select textarea title head".split()
)
SAFE_VALUE = {
    "align": re.compile(r"left|right|center|justify"),
    "colspan": re.compile(r"\d{1,2}"),
    "rowspan": re.compile(r"\d{1,2}"),
    "start": re.compile(r"\d{1,5}"),
    "open": re.compile(r".{0}|open"),
}


@dataclass(frozen=True)
class Rendered:
    """HTML to show as it is. `flags`: cut, as_text (HTML shown as text), plain_blocks (emphasis left as written)."""

    html: str
    flags: tuple[str, ...] = ()


def render(card: CardText, place: Place) -> Rendered:
    """The HTML of a card's text; relative links lead to the Hub at `place`, pictures become links.

    >>> render(CardText(body="A [card](a.md) <script>alert(1)</script>![x](b.png)"), Place("model", "acme/tiny")).html
    '<p>A <a href="https://huggingface.co/acme/tiny/resolve/main/a.md" rel="noopener noreferrer nofollow ugc">card</a> \
<a href="https://huggingface.co/acme/tiny/resolve/main/b.png" rel="noopener noreferrer nofollow ugc">x</a></p>\\n'
    """
    text, flags = _within_limits(card.body)
    as_text = len(TAG.findall(text)) > TAGS_MOST or ENDLESS_FORMATTING.search(text) is not None
    flags |= {"as_text"} if as_text else set()
    html, is_plain = _markdown(text, html=not as_text)
    flags |= {"plain_blocks"} if is_plain else set()
    html = FORMATTING_WITH_ATTRIBUTES.sub(r"<\1>", html)
    return Rendered(_pictures_as_links(_sanitised(html, place)), tuple(sorted(flags)))


def _within_limits(text: str) -> tuple[str, set[str]]:
    cut = before_nests("\n".join(text[:TEXT_MOST].split("\n", LINES_MOST)[:LINES_MOST]))
    return cut, {"cut"} if len(cut) < len(text.rstrip("\n")) else set()


def _markdown(text: str, *, html: bool) -> tuple[str, bool]:
    """Markdown as HTML that is not yet safe, and whether some blocks were left as they are written."""
    parser = MarkdownIt("commonmark", {"html": html, "maxNesting": NESTING_MOST}).enable("strikethrough")
    if text.count("|") <= CELLS_MOST:
        parser.enable("table")
    env: dict = {}
    with parser.reset_rules():
        parser.disable(["inline", "text_join"])
        tokens = parser.parse(text, env)
    left, is_plain = BUDGET, False
    for token in tokens:
        if token.type == "inline":
            cost = len(SIGN.findall(token.content)) ** 2
            if cost <= left and len(token.content) <= BLOCK_MOST:
                left -= cost
                token.children = parser.parseInline(token.content, env)[0].children
            else:
                token.children, is_plain = [Token("text", "", 0, content=token.content)], True
        elif token.type in ("th_open", "td_open") and (style := token.attrs.pop("style", None)):
            token.attrs["align"] = str(style).rpartition(":")[2]
    return parser.renderer.render(tokens, parser.options, env), is_plain


def _sanitised(html: str, place: Place) -> str:
    return nh3.clean(
        html,
        tags=TAGS,
        clean_content_tags=WITH_CONTENT,
        attributes=ATTRIBUTES,
        attribute_filter=partial(_attribute, place),
        link_rel="noopener noreferrer nofollow ugc",
        url_schemes={"http", "https", "mailto"},
    )


def _attribute(place: Place, tag: str, name: str, value: str) -> str | None:
    """The value that an attribute may have, or None where it may not stand."""
    if name in ("href", "src"):
        return absolute(value, place)
    if name in SAFE_VALUE:
        return value if SAFE_VALUE[name].fullmatch(value) else None
    return value


def _pictures_as_links(html: str) -> str:
    """Sanitised `html` with each picture as a link to it, so that showing a card asks no other server for anything."""
    depth = 0

    def replaced(match: re.Match) -> str:
        nonlocal depth
        closing, tag, attributes = match.groups()
        if tag == "a":
            depth += -1 if closing else 1
            return match[0]
        values = dict(ATTRIBUTE.findall(attributes))
        words = _escaped(values.get("alt", "").strip()) or "picture"
        if depth > 0 or not values.get("src"):
            return words
        return f'<a href="{_escaped(values["src"])}" rel="noopener noreferrer nofollow ugc">{words}</a>'

    return LINK_OR_IMAGE.sub(replaced, html)


def _escaped(value: str) -> str:
    """A value that stands escaped between quotes already, fit to stand as text too."""
    return value.replace("<", "&lt;").replace(">", "&gt;")
