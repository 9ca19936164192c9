"""The words by which cards name a parent in their sentences, and those that make a sentence speak of something else.

Trainer, TRL, unsloth, diffusers, mlx, llama.cpp and most quantizers write such sentences, and so do people.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

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
    (r"\b(?:дообученн|файн-?тюн)\w*\s+(?:верси\w+|вариант\w*)(?:\s+модели)?", "finetune"),
    (r"\bквантован\w*\s+(?:верси\w+|вариант\w*)(?:\s+модели)?", "quantized"),
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
        r"\b(?:q?lora|dora|adapter)s?\s+(?:is\s+|was\s+)?(?:fine[\s-]?tuned|trained)\s+(?:on\s+top\s+of|from|for)\b",
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
    phrase(r"\binitiali[sz]ed\s+(?:on|with)(?:\s+(?:the\s+)?weights\s+(?:of|from))?\b", "finetune"),
    phrase(r"\b(?:dreambooth|textual\s+inversion)?\s*model\s+derived\s+from\b", "finetune"),
    phrase(r"\bcontrolnet\s+weights\s+trained\s+on\b", "finetune"),
    *(phrase(words, relation) for words, relation in IN_OTHER_LANGUAGES),
    phrase(r"\b(?:derived\s+from|based\s+on|built\s+(?:on|upon)(?:\s+top\s+of)?)\b", "", strong=False),
    phrase(r"\b(?:original|source)\s+model\b", "", "original", strong=False),
    phrase(r"(?:基于|基於|源自|改自)", "", strong=False),
    phrase(
        r"\b(?:bas[ae]d[oa]|basat[oa]|basée?|basiert|basierend)\s+(?:su|sul|sulla|en|em|no|na|sur|auf)\b",
        "",
        strong=False,
    ),
    phrase(r"\bmerged\s+(?:from|with|of)\b", "", strong=False),
    phrase(r"\bstarting\s+(?:from|with)(?:\s+the\s+(?:weights|checkpoint)\s+of)?\b", "", strong=False),
    phrase(
        r"\b(?:base|parent)\s+(?:language\s+|tokenizer\s+and\s+)?model(?:\s+used(?:\s+for\s+[\w-]+)?)?(?:\s+(?:is|was))?\b",
        "",
        strong=False,
    ),
)
# Words that follow the name: Chinese, Japanese and Korean say the verb last, and so does the template of ONNX ports.
AFTER = (
    *(
        phrase(rf"[)\]*_`\"'」』]*\s*{words}", relation)
        for words, relation in (
            (r"with\s+ONNX\s+weights", "converted"),
            (
                r"(?:模型)?(?:(?:的|进行|上|之上|基础上|为基础|作为基座)?(?:全参数|指令|监督|\s)*|(?:在|用|使用|通过|经过)[^。；，,.!?\n]{1,40})(?:微调|精调)",
                "finetune",
            ),
            (r"(?:模型)?(?:的|进行)?\s*(?:GGUF|GPTQ|AWQ|INT[48]|[48]\s?bit)?\s*量化", "quantized"),
            (
                r"(?:モデル)?(?:を|の|に対して|をベースに)?\s*(?:ベースに|ファインチューニング|追加学習|ファインチューン)",
                "finetune",
            ),
            (r"(?:モデル)?(?:を|の)?\s*(?:GGUF|GPTQ|AWQ|[48]\s?bit)?\s*(?:に|へ)?\s*量子化", "quantized"),
            (r"(?:모델)?(?:을|를|의)?\s*(?:미세\s?조정|파인\s?튜닝)", "finetune"),
            (r"(?:모델)?(?:을|를|의)?\s*양자화", "quantized"),
        )
    ),
    phrase(r"[)\]*_`\"'」』]*\s*(?:模型)?(?:作为|作為|为|を)(?:基座|基础|基礎|底座|ベース)", "", strong=False),
    phrase(
        r"[)\]*_`\"']*\s*(?:(?:model|checkpoint|language|pre-?trained|and|further)\s+){0,3}fine[\s-]?tuned"
        r"\s+(?:on|for|to|using|with|over|in)\b",
        "finetune",
        strong=False,
    ),
)
# What may stand before such a name in a title or sentence about the card's own model: "# T5-base fine-tuned on QuaRel".
OF_THIS_ONE = re.compile(
    r"[#\s*_\"'`(>]*(?:(?:this|it)\s+(?:model\s+|repo\w*\s+)?(?:is|contains)\s+)?(?:(?:an?|the|our|my)\s+)?[*_\"'`(]*",
    re.IGNORECASE,
)
SAYS_AFTER = re.compile(
    "[Tt]uned|ONNX|基座|基础|基礎|底座|ベース|微调|精调|量化|ファインチュー|追加学習|ベースに|量子化|조정|튜닝|양자화"
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
DENIED = re.compile(
    r"(?:\b(?:not|never|unlike|no|neither|nor)|n't)(?:\s+(?:a|an|the|been|simply|merely|just))*\s*$|\bto\s*$",
    re.IGNORECASE,
)
MERGE = phrase(r"\bmerge\s+(?:\w+\s+){0,3}(?:of|between)\b|\bincluded\s+in\s+(?:the|this)\s+merge\b", "merge", "expert")
TRAINED_ON = re.compile(r"\b(?:were|was|is|been)\s+(?:fine[\s-]?tuned|trained)(?=\s+on\b)", re.IGNORECASE)
