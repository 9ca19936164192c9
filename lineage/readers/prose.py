"""Parents named in a card's own sentences: "a fine-tuned version of [X]", "quantized version of X", "Base model: X".

A name counts only when it follows the words at once, and only as `owner/name`, as a link to the Hub, or as one of the
first models' names that have no owner (`bert-base-uncased`); fenced code and comments do not speak.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from lineage.claims import DATASET, MODEL, ClaimRecord, Reading, quoted
from lineage.readers.prose_phrases import (
    AFTER,
    DENIED,
    FILLER,
    MERGE,
    OF_OTHERS,
    OF_THIS_ONE,
    OPEN_OR_ELSEWHERE,
    PHRASES,
    SAYS_AFTER,
    SENTENCE_END,
    TRAINED_ON,
)
from lineage.references import ADDRESS, read_reference
from registry.stems import can_match

LINES_MOST = 20_000
LINE_MOST = 2_000  # characters of one line
CLAIMS_MOST = 100
BULLETS_MOST = 30

ID = r"[A-Za-z0-9][A-Za-z0-9._-]{0,95}/[A-Za-z0-9][A-Za-z0-9._-]{0,95}"
# The Hub's first models, which are named without an owner.
FIRST_MODELS = (
    r"(?i:bert-(?:base|large)-(?:un)?cased(?:-whole-word-masking)?(?:-finetuned-squad)?|bert-base-chinese"
    r"|(?:distil)?bert-base-(?:multilingual|german|german-dbmdz)-(?:un)?cased|distilbert-base-(?:un)?cased"
    r"|(?:distil|xlm-)?roberta-(?:base|large)|albert-x{0,2}(?:base|large)-v[12]"
    r"|t5-(?:small|base|large|3b|11b)|(?:distil)?gpt2(?:-(?:medium|large|xl))?"
    r"|xlnet-(?:base|large)-cased|xlm-mlm-[a-z0-9-]+|camembert-base|openai-gpt|transfo-xl-wt103)"
)
HAS_FIRST = re.compile(r"bert|gpt|t5-|xlnet|xlm|transfo", re.IGNORECASE)  # cheap to look for
RUNS_ON = re.compile(r"[\w`*_,(\[]\s*$")  # the end of a line whose sentence goes on
TARGET = re.compile(
    r"""<a\s[^>\n]{0,200}?href\s*=\s*["']?(?P<href>https?://[^\s"'>]{1,400})["']?[^>\n]{0,200}>
    |\[(?P<text>[^\]\n]{1,200})\]\((?P<link>[^)\s]{1,400})[^)\n]{0,100}\)
    |<?(?P<url>https?://[^\s)>\]"'`*]{1,400})
    |(?<![\w./-])(?P<id>"""
    + ID
    + r")(?![A-Za-z0-9_/])|(?<![\w-])(?P<first>"
    + FIRST_MODELS
    + r")(?![\w/-])",
    re.VERBOSE,
)
LEAD_MOST = 200  # characters before the words that are looked at
IS_PATH = re.compile(r"//|/\.{1,2}/")
DATA = re.compile(r"\s+on\s+(?:the\s+)?", re.IGNORECASE)


def speaking_lines(body: str, first: int) -> Iterator[tuple[int, str]]:
    """(line number, text) of the body outside fenced code and comments."""
    fence, in_comment = "", False
    for number, line in enumerate(body.split("\n", LINES_MOST)[:LINES_MOST], first):
        mark = line.lstrip()[:3]
        if mark in ("```", "~~~") and (not fence or mark == fence):
            fence = "" if fence else mark
            continue
        if in_comment or fence:
            in_comment = in_comment and "-->" not in line
            continue
        in_comment = "<!--" in line and "-->" not in line.rpartition("<!--")[2]
        yield number, line[:LINE_MOST].partition("<!--")[0]


def target_at(line: str, start: int) -> tuple[str, str, int] | None:
    """(name, kind, end) of the repository named at `start`, after filling words; None where none is."""
    start = FILLER.match(line, start).end()
    if line[start : start + 2].lower() == "<a":
        return named_by(found) if (found := TARGET.match(line, start)) else None
    found = TARGET.match(line, start - 1) if start and line[start - 1] == "[" else None
    found = found or TARGET.match(line, start)
    return named_by(found) if found else None


def named_by(found: re.Match) -> tuple[str, str, int] | None:
    """What a link, an address or an id names on the Hub."""
    link = found["link"] or found["url"] or found["href"]
    if link and not ADDRESS.match(link):
        return None
    if found["first"]:
        return found["first"].lower(), MODEL, found.end()
    if link and IS_PATH.search(link.partition("://")[2]):  # a trainer wrote a path of its own disk behind the address
        reference = read_reference(found["text"] or "")
    else:
        reference = read_reference((link or found["id"]).rstrip(".,;:!"))
    if reference is None or not (reference.name or reference.is_path):
        return None
    return reference.name or reference.text, reference.kind or MODEL, found.end()


def read_prose(body: str, *, file: str = "README.md", first: int = 1) -> Reading:
    """The claims in the sentences of `body`, whose first line is line `first` of `file`.

    >>> [(c.relation, c.parent) for c in read_prose("This model is a fine-tuned version of [acme/tiny](x).").claims]
    []
    >>> text = "It is a quantized version of [Tiny](https://huggingface.co/acme/tiny)."
    >>> [(c.relation, c.parent, c.lines) for c in read_prose(text).claims]
    [('quantized', 'acme/tiny', (1, 1))]
    """
    claims: dict[tuple, ClaimRecord] = {}
    lines = list(speaking_lines(body, first))
    for index, (number, line) in enumerate(lines):
        if not may_name(line) and not (index + 1 < len(lines) and may_name(lines[index + 1][1])):
            continue
        for name, kind, relation, role, field in said_in(line, lines[index + 1 : index + 1 + BULLETS_MOST]):
            claim = ClaimRecord(
                parent=name,
                source="prose",
                relation=relation,
                parent_kind=kind,
                role=role,
                file=file,
                field=field,
                lines=(number, number),
                quote=quoted(line),
            )
            claims.setdefault((name.lower(), kind, relation), claim)
        if len(claims) >= CLAIMS_MOST:
            break
    return Reading(tuple(claims.values())[:CLAIMS_MOST])


def may_name(line: str) -> bool:
    """Is there anything in a line that could be a repository's name, or a merge of some? Quick, and sure if not."""
    return "/" in line or "merge" in line or HAS_FIRST.search(line) is not None


def running_on(line: str, below: list[tuple[int, str]]) -> str:
    """`line`, and the line below it where the sentence is broken between them.

    >>> running_on("a fine-tuned version of", [(2, "[X](y) on Z")]), running_on("## Uses", [(2, "Few.")])
    ('a fine-tuned version of [X](y) on Z', '## Uses')
    """
    after = below[0][1].lstrip() if below else ""
    if line.lstrip()[:1] in "#|" or after[:1] in "#|-+>" or after[:2] == "* " or not RUNS_ON.search(line):
        return line
    return f"{line.rstrip()} {after}"[:LINE_MOST] if after else line


def said_in(line: str, below: list[tuple[int, str]]) -> Iterator[tuple[str, str, str, str, str]]:
    """(name, kind, relation, role, strength) of each parent that a sentence names which begins on the line."""
    taken: set[int] = set()
    length, line = len(line), running_on(line, below)
    folded = line.casefold()
    for each in PHRASES:
        for words in each.words.finditer(line) if can_match(each.words, folded) else ():
            if words.start() >= length:
                break
            found = target_at(line, words.end())
            if found is None or found[2] in taken or is_of_others(line, words.start(), found[2]):
                continue
            name, kind, end = found
            if not each.is_strong and any(after.is_strong and after.words.match(line, end) for after in AFTER):
                continue  # 基于 X 微调: the words that follow say more
            taken.add(end)
            if kind == MODEL:
                yield name, MODEL, each.relation, each.role, "sentence" if each.is_strong else "mention"
            elif kind == DATASET and each.is_strong:
                yield name, DATASET, "trained_on", "", "sentence"
            yield from data_after(line, end)
    yield from said_after(line, length, taken)
    if (words := TRAINED_ON.search(line)) and words.start() < length:
        yield from data_after(line, words.end())
    if (words := MERGE.words.search(line[:length])) and not is_of_others(line, words.start()):
        yield from merged_in(line[words.end() : length], [text for _, text in below])


def said_after(line: str, length: int, taken: set[int]) -> Iterator[tuple[str, str, str, str, str]]:
    """Parents whose words follow their name, in lines that hold such words."""
    for found in TARGET.finditer(line) if SAYS_AFTER.search(line) else ():
        after = next((each for each in AFTER if each.words.match(line, found.end())), None)
        named = named_by(found) if after and found.start() < length else None
        if named is None or named[1] != MODEL or named[2] in taken or is_of_others(line, found.start()):
            continue
        is_strong = after.is_strong or OF_THIS_ONE.fullmatch(line[: found.start()])
        if is_strong or line.lstrip()[:1] not in "|-*+":  # a list or table of siblings is no sentence
            yield named[0], MODEL, after.relation, "", "sentence" if is_strong else "mention"


def is_of_others(line: str, start: int, end: int | None = None) -> bool:
    """Does the sentence deny what its words from `start` to `end` say, or say it of other models than this one?

    >>> is_of_others("It is not a fine-tune of acme/tiny", 12), is_of_others("It is a fine-tune of acme/tiny", 8)
    (True, False)
    >>> is_of_others("We compare with models fine-tuned from acme/tiny", 23)
    True
    >>> is_of_others("It beats others. This is a fine-tune of acme/tiny", 27)
    False
    """
    lead = SENTENCE_END.split(line[max(0, start - LEAD_MOST) : start])[-1]
    is_open = end is not None and OPEN_OR_ELSEWHERE.match(line, end)
    return bool(DENIED.search(lead) or OF_OTHERS.search(lead) or is_open)


def data_after(line: str, start: int) -> Iterator[tuple[str, str, str, str, str]]:
    """The dataset in Trainer's "… on the acme/corpus dataset"."""
    if (on := DATA.match(line, start)) and (found := target_at(line, on.end())):
        name, kind, end = found
        if kind == DATASET or line[end:].lstrip("`*_ ").lower().startswith("dataset"):
            yield name, DATASET, "trained_on", "", "sentence"


def merged_in(rest: str, below: list[str]) -> Iterator[tuple[str, str, str, str, str]]:
    """Every model that a "merge of" names on its line, or in the list under it."""
    texts = [rest]
    if rest.rstrip(" *_").endswith(":"):
        bullets = [text for text in below if text.strip()]
        for text in bullets:
            if text.lstrip()[:1] not in "*-+0123456789":
                break
            texts.append(text)
    named = [each for text in texts for found in TARGET.finditer(text) if (each := named_by(found))]
    names = dict.fromkeys(name for name, kind, _ in named if kind == MODEL)
    if len(names) > 1:  # "a merge of X" with its own adapter is a fine-tune
        yield from ((name, MODEL, "merge", MERGE.role, "sentence") for name in names)
