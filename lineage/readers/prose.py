"""Parents named in a card's own sentences: "a fine-tuned version of [X]", "quantized version of X", "Base model: X".

Trainer, TRL, unsloth, diffusers, mlx, llama.cpp and most quantizers write such a sentence. A name counts only when it
follows the words at once, and only as `owner/name` or as a link to the Hub; fenced code and comments do not speak.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from lineage.claims import DATASET, MODEL, ClaimRecord, Reading, quoted
from lineage.references import ADDRESS, read_reference

LINES_MOST = 20_000
LINE_MOST = 2_000  # characters of one line
CLAIMS_MOST = 100
BULLETS_MOST = 30

ID = r"[A-Za-z0-9][A-Za-z0-9._-]{0,95}/[A-Za-z0-9][A-Za-z0-9._-]{0,95}"
TARGET = re.compile(
    r"""<a\s[^>\n]{0,200}?href\s*=\s*["']?(?P<href>https?://[^\s"'>]{1,400})["']?[^>\n]{0,200}>
    |\[(?P<text>[^\]\n]{1,200})\]\((?P<link>[^)\s]{1,400})[^)\n]{0,100}\)
    |<?(?P<url>https?://[^\s)>\]"'`*]{1,400})
    |(?P<id>"""
    + ID
    + r")(?![\w/])",
    re.VERBOSE,
)
# What may stand between the words and the name.
FILLER = re.compile(
    r"(?:\[optional\]|</?(?:b|strong|em|i|code|span|td|th)>|[\s:*_`\"'(|]|\[(?![^\]\n]{1,200}\]\()|(?:the|a|an|our|this|original|official|base|model|models|pre-?trained"
    r"|hugging ?face|weights|checkpoint|full|language|hf)\b){0,16}",
    re.IGNORECASE,
)
OF = r"(?:of|from|for)"
VERSION = r"(?:\s+(?:version|variant|checkpoint|model|weights|format|release|edition)s?)?"
FORMATS = r"(?:gguf|ggml|awq|gptq|exl2|exl3|hqq|bnb|int4|int8|fp8|nf4|4-?bit|8-?bit|[2-8]bit|w4a16|w8a8|imatrix)"
PORTS = r"(?:onnx|openvino|core\s?ml|mlx|safetensors|tensorrt|neuronx?|ctranslate2|tflite|gguf|diffusers|hf)"


@dataclass(frozen=True)
class Phrase:
    """Words that a parent follows; `is_strong` words name a parent by themselves, weak ones only confirm one."""

    words: re.Pattern
    relation: str
    role: str = ""
    is_strong: bool = True


def phrase(words: str, relation: str, role: str = "", *, strong: bool = True) -> Phrase:
    return Phrase(re.compile(words, re.IGNORECASE), relation, role, strong)


# French, Spanish, Portuguese, Italian and German, where the words stand before the name as in English.
IN_OTHER_LANGUAGES = (
    (
        r"\b(?:affinée?|ajustad[ao]|afinad[ao]|refinad[ao]|fine[\s-]?tun(?:ed|ée?|ad[ao]))"
        r"\s+(?:d[eou]|del|di|da|desde|à\s+partir\s+d[eu]|a\s+partir\s+d[eo])\b",
        "finetune",
    ),
    (
        r"\b(?:feinabgestimmte|feinjustierte|nachtrainierte|fine[\s-]?getunte)\s+(?:version|variante)\s+von\b",
        "finetune",
    ),
    (r"\b(?:quantifiée?|cuantizad[ao]|quantizad[ao]|quantizzat[ao])\s+(?:d[eou]|del|di|da)\b", "quantized"),
    (r"\bquantisierte\s+(?:version|variante)\s+von\b", "quantized"),
)
PHRASES = (
    phrase(rf"\bquanti[sz]ed{VERSION}\s+{OF}\b", "quantized"),
    phrase(rf"\b(?:quanti[sz]ations?|quants?)\s+{OF}\b", "quantized"),
    phrase(rf"\b{FORMATS}(?:\s+quanti[sz]ed)?(?:\s+format)?{VERSION}(?:\s+files)?\s+{OF}\b", "quantized"),
    phrase(r"\bconverted\s+to\s+gguf(?:\s+format)?\s+from\b", "quantized"),
    phrase(r"\bconverted(?:\s+to\s+[\w.-]+(?:\s+format)?)?\s+from\b", "converted"),
    phrase(rf"\b{PORTS}\s+(?:version|export|conversion|port)\s+{OF}\b", "converted"),
    phrase(r"\b(?:q?lora|dora|peft)(?:\s+adapt(?:er|ion|ation))?s?(?:\s+weights?|\s+model)?\s+(?:for|of)\b", "adapter"),
    phrase(
        r"\b(?:q?lora|dora|adapter)s?\s+(?:fine[\s-]?tuned|trained)\s+(?:on\s+top\s+of|from|for)\b",
        "adapter",
    ),
    phrase(r"\badapters?(?:\s+weights?|\s+model)?\s+(?:for|of)\b", "adapter"),
    phrase(r"\b(?:lora|adapter)\s+was\s+extracted\s+from\b", "adapter", "extracted_from"),
    phrase(rf"\bdistill?(?:ed|ation){VERSION}\s+(?:of|from)\b", "distilled", "teacher"),
    phrase(rf"\bpruned{VERSION}\s+(?:of|from)\b", "pruned"),
    phrase(rf"\b(?:abliterated|uncensored|decensored|orthogonali[sz]ed){VERSION}\s+(?:of|from)\b", "edited"),
    phrase(r"\b(?:copy|mirror|clone|duplicate|re-?upload)\s+of\b", "copied"),
    phrase(rf"\bfine[\s-]?tun(?:ed|ing|e){VERSION}(?:\s+on\s+top)?\s+(?:of|from)\b", "finetune"),
    phrase(r"\bfine[\s-]?tuned\s+from\s+model\b", "finetune"),
    phrase(r"\b(?:we|i)\s+(?:have\s+)?(?:fully\s+)?fine[\s-]?tuned\b", "finetune"),
    phrase(r"\btrained\s+from\b", "finetune"),
    phrase(rf"\b(?:instruction|instruct|preference|chat|sft|dpo|orpo|kto|rl)[\s-]tuned{VERSION}\s+of\b", "finetune"),
    phrase(
        r"\b(?:initiali[sz]ed|further\s+(?:pre-?)?trained|continu\w+\s+(?:pre-?)?train(?:ed|ing))\s+(?:from|of)\b",
        "finetune",
    ),
    phrase(r"\b(?:dreambooth|textual\s+inversion)?\s*model\s+derived\s+from\b", "finetune"),
    phrase(r"\bcontrolnet\s+weights\s+trained\s+on\b", "finetune"),
    *(phrase(words, relation) for words, relation in IN_OTHER_LANGUAGES),
    phrase(r"\b(?:derived\s+from|based\s+on|built\s+(?:on|upon)(?:\s+top\s+of)?)\b", "", strong=False),
    phrase(r"\b(?:original|source)\s+model\b", "", "original", strong=False),
    phrase(r"\b(?:base|parent)\s+model\b", "", strong=False),
)
# Words that follow the name: Chinese, Japanese and Korean say the verb last, and so does the template of ONNX ports.
AFTER = tuple(
    (re.compile(rf"[)\]*_`\"'」』]*\s*{words}", re.IGNORECASE), relation)
    for words, relation in (
        (r"with\s+ONNX\s+weights", "converted"),
        (r"(?:模型)?(?:的|进行|上|之上|基础上|为基础|作为基座)?(?:全参数|指令|监督|\s)*(?:微调|精调)", "finetune"),
        (r"(?:模型)?(?:的|进行)?\s*(?:GGUF|GPTQ|AWQ|INT[48]|[48]\s?bit)?\s*量化", "quantized"),
        (
            r"(?:モデル)?(?:を|の|に対して|をベースに)?\s*(?:ベースに|ファインチューニング|追加学習|ファインチューン)",
            "finetune",
        ),
        (r"(?:モデル)?(?:を|の)?\s*(?:GGUF|GPTQ|AWQ|[48]\s?bit)?\s*(?:に|へ)?\s*量子化", "quantized"),
        (r"(?:모델)?(?:을|를|의)?\s*(?:미세\s?조정|파인\s?튜닝)", "finetune"),
        (r"(?:모델)?(?:을|를|의)?\s*양자화", "quantized"),
    )
)
SAYS_AFTER = re.compile(
    "ONNX|微调|精调|量化|ファインチュー|追加学習|ベースに|量子化|조정|튜닝|양자화"
)  # cheap to look for
# What makes a sentence speak of other models, or of what could be done, and not of where this one comes from.
OF_OTHERS = re.compile(
    r"\b(?:compar(?:e[ds]?|ing|isons?|able)\b|baselines?|versus|vs|outperform\w*|surpass\w*|beats?|than|in\s+contrast"
    r"|unlike|similar\s+to|there\s+(?:is|are|exists?)|without"
    r"|inspired\s+by|such\s+as|e\.g|for\s+example|see\s+also|alternatives?\s+to|instead\s+of|other\s+(?:models?|versions?)"
    r"|(?:can|could|may|might|should|will)\s+(?:also\s+)?be|(?:you|one|users?|we)\s+(?:can|could|may|might)|if\s+you|how\s+to"
    r"|(?:previous|prior|earlier|related|existing)\s+(?:works?|models?|approaches|methods|studies)|theirs?|upcoming"
    r"|(?:we|i)(?:'ll|\s+(?:will|plan|intend|hope))|better\s+to\s+use)\b",
    re.IGNORECASE,
)
# What follows the name where the sentence asks, or tells where else something is.
OPEN_OR_ELSEWHERE = re.compile(
    r"[)\]*_`\"']*\s+(?:is|are|can)\s+(?:(?:also|now|already|be)\s+)*(?:available|hosted|published|found|at)\b"
    r"(?!.*\b(?:this\s+repo|here|below))|[^.!?|]{0,200}\?(?:\s|$)",
    re.IGNORECASE,
)
SENTENCE_END = re.compile(r"[.!?](?:\s|$)|[;|]")
LEAD_MOST = 200  # characters before the words that are looked at
DENIED = re.compile(
    r"(?:\b(?:not|never|unlike|no|neither|nor)|n't)(?:\s+(?:a|an|the|been|simply|merely|just))*\s*$|\bto\s*$",
    re.IGNORECASE,
)
MERGE = phrase(r"\bmerge\s+(?:\w+\s+){0,3}(?:of|between)\b", "merge", "expert")
TRAINED_ON = re.compile(r"\b(?:were|was|is|been)\s+(?:fine[\s-]?tuned|trained)(?=\s+on\b)", re.IGNORECASE)
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
        if "/" not in line and "merge" not in line:
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


def said_in(line: str, below: list[tuple[int, str]]) -> Iterator[tuple[str, str, str, str, str]]:
    """(name, kind, relation, role, strength) of each parent that a line names."""
    taken: set[int] = set()
    for each in PHRASES:
        for words in each.words.finditer(line):
            found = target_at(line, words.end())
            if found is None or found[2] in taken or is_of_others(line, words.start(), found[2]):
                continue
            name, kind, end = found
            taken.add(end)
            if kind == MODEL:
                yield name, MODEL, each.relation, each.role, "sentence" if each.is_strong else "mention"
            elif kind == DATASET and each.is_strong:
                yield name, DATASET, "trained_on", "", "sentence"
            yield from data_after(line, end)
    yield from said_after(line, taken)
    if words := TRAINED_ON.search(line):
        yield from data_after(line, words.end())
    if (words := MERGE.words.search(line)) and not is_of_others(line, words.start()):
        yield from merged_in(line[words.end() :], [text for _, text in below])


def said_after(line: str, taken: set[int]) -> Iterator[tuple[str, str, str, str, str]]:
    """Parents whose words follow their name, in lines that hold such words."""
    for found in TARGET.finditer(line) if SAYS_AFTER.search(line) else ():
        relation = next((relation for words, relation in AFTER if words.match(line, found.end())), "")
        named = named_by(found) if relation else None
        if named and named[1] == MODEL and named[2] not in taken and not is_of_others(line, found.start()):
            yield named[0], MODEL, relation, "", "sentence"


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
