"""Looks at a card's words without their Markdown: plain lines, normalised titles, and how many words there are."""

from __future__ import annotations

import html
import re
import unicodedata
from functools import lru_cache

TAG = re.compile(r"</?[a-zA-Z!][^<>]{0,2000}>")
IMAGE = re.compile(r"!\[[^\[\]\n]{0,500}\]\([^()\n]{0,2000}\)|!\[[^\[\]\n]{0,500}\]\[[^\[\]\n]{0,200}\]")
LINK = re.compile(
    r"\[([^\[\]\n]{0,1000})\](?:\([^()\n]{0,2000}(?:\([^()\n]{0,500}\)[^()\n]{0,500})?\)|\[[^\[\]\n]{0,200}\])"
)
URL = re.compile(r"\b(?:https?://|www\.)[^\s<>()\[\]\"']{1,2000}")
LIST_MARK = re.compile(r"\s*(?:(?:[-*+>#]|\d{1,3}[.)])\s+)*(?:\[[ xX]\]\s+)?")
EMPHASIS = re.compile(r"[*`~]+|(?<!\w)_{1,3}|_{1,3}(?!\w)")
REFERENCE = re.compile(r"\s{0,3}\[[^\[\]]{1,200}\]:\s*\S+")
WORD = re.compile(r"[^\W_][\w'’+-]*")
CJK = re.compile("[\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uac00-\ud7af\uf900-\ufaff]")
CJK_CHARACTERS_A_WORD = 2
NUMBERING = re.compile(
    r"^(?:\(?(?:\d{1,2}|[ivx]{1,4}|[a-z])[.)](?:\d{1,2}\.?)*|\d{1,2}(?:\.\d{1,2})*\s*[-–:]|第?[一二三四五六七八九十]{1,3}[、.．章])\s*"
)
OPTIONAL = re.compile(r"[\[(]\s*optional\s*[\])]")
EDGES = " \t\n:：*_#-–—.=~|,;、。!！"


def without_comments(text: str) -> str:
    """`text` without HTML comments, line for line; one that is never closed reaches to the end.

    >>> without_comments("a <!-- b\\nc --> d")
    'a \\n d'
    """
    at, kept = 0, []
    while (start := text.find("<!--", at)) >= 0:
        end = text.find("-->", start)
        comment = text[start:] if end < 0 else text[start : end + 3]
        kept += [text[at:start], "\n" * comment.count("\n")]
        at = start + len(comment)
    return "".join([*kept, text[at:]]) if kept else text


def plain_line(line: str) -> str:
    """One line's words: without tags, images, link targets, emphasis and list marks.

    >>> plain_line("- **See** [the paper](https://example.org/a_(b)) ![x](y.png) <br>")
    'See the paper'
    """
    if "<" in line:
        line = TAG.sub(" ", line)
    if "[" in line:
        if REFERENCE.fullmatch(line):
            return ""
        line = LINK.sub(r"\1", IMAGE.sub(" ", line))
    line = line[LIST_MARK.match(line).end() :]
    if "&" in line:
        line = html.unescape(line)
    return " ".join(EMPHASIS.sub("", line).strip("|").split())


def count_words(text: str) -> int:
    """Words of `text`; two characters of Chinese, Japanese or Korean count as one word.

    >>> count_words("a model, fine-tuned"), count_words("这是一个模型"), count_words("--- | ---")
    (3, 3, 0)
    """
    if text.isascii():
        return len(WORD.findall(text))
    together = len(CJK.findall(text))
    return len(WORD.findall(CJK.sub(" ", text))) + -(-together // CJK_CHARACTERS_A_WORD)


@lru_cache(maxsize=20_000)
def title_of(heading: str) -> str:
    """A heading's words for matching: lower case, without numbering, emoji, emphasis and final punctuation.

    >>> title_of("## 🚀 3.1 **Out-of-Scope Use** [optional]:"), title_of("<b>Bias &amp; Risks</b>")
    ('out-of-scope use', 'bias & risks')
    """
    text = plain_line(heading[:500].replace("\n", " "))
    text = unicodedata.normalize("NFKC", text).casefold()
    if not text.isascii():
        text = "".join(c for c in text if unicodedata.category(c) not in ("So", "Sk", "Cf", "Mn", "Co", "Cn"))
    text = OPTIONAL.sub(" ", text).strip(EDGES)
    return " ".join(NUMBERING.sub("", text).strip(EDGES).split())
