"""Which mirrored repositories a parent may mean that is only named: a path on a disk, a mirror, a name gone elsewhere.

A suggestion for a reader, never an edge. The last part of the name decides, without capitals and separators; where
nothing carries it, the name without what quantizers put behind it does: `me/tiny-bnb-4bit` may stand for `acme/tiny`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from lineage import signs
from lineage.models import Node, Relation
from registry.models import Repo

MOST = 5  # candidates of one name
LOOKED_AT = 60  # repositories whose names hold the same words
SEPARATORS = re.compile(r"[-_.\s]+")
CHECKPOINT = re.compile(r"(?:checkpoint|global_step|ckpt|epoch|step)[-_]?\d*|final|merged|output|main", re.IGNORECASE)
MIRROR_WORDS = re.compile(r"[-_.](?:unsloth|bnb|hf|mirror|fp16|bf16)(?=$|[-_.])", re.IGNORECASE)
SHORTEST = 3  # letters of a name that tells anything


def basename_of(text: str) -> str:
    """The part of a reference that names the model itself; folders of checkpoints are passed over.

    >>> basename_of("/mnt/models/Qwen2-7B/checkpoint-200/"), basename_of(r"G:\\\\11B\\\\Tiny"), basename_of("a/b@v1")
    ('Qwen2-7B', 'Tiny', 'b')
    """
    parts = [part for part in re.split(r"[\\/]+", text.partition("@")[0]) if part.strip(". ~")]
    named = [part for part in parts if not CHECKPOINT.fullmatch(part)]
    last = (named or parts or [""])[-1]
    return last.removeprefix("models--").rpartition("--")[2]  # a folder of the Hub's cache is `models--owner--name`


def bare(name: str) -> str:
    """A name without the marks of quantizers and mirrors.

    >>> bare("tiny-1b-unsloth-bnb-4bit"), bare("Tiny-GPTQ"), bare("tiny")
    ('tiny-1b', 'Tiny', 'tiny')
    """
    before = None
    while name != before:
        before = name
        name = MIRROR_WORDS.sub("", signs.QUANTIZED_NAME.sub("", name)).strip("-_. ")
    return name


def plain(name: str) -> str:
    return SEPARATORS.sub("", name).lower()


def candidates(label: str, kind: str, user, node: int | None = None) -> list[tuple[str, str]]:
    """(name, why) of up to five mirrored repositories that `label` may mean; what `user` may not see is none, and
    neither is what was made from `node`, which a re-upload under the same name often is."""
    found: dict[str, str] = {}
    name = basename_of(label)
    for stem, why in ((name, "the same name"), (bare(name), "the name without its format")):
        for repo in same_stem(stem, kind, user, node):
            if repo.lower() != label.lower():
                found.setdefault(repo, why)
        if found:
            break
    return list(found.items())[:MOST]


def same_stem(stem: str, kind: str, user, node: int | None) -> Iterator[str]:
    """Names of visible repositories whose last part is `stem`, the most liked first."""
    if len(plain(stem)) < SHORTEST:
        return
    words = " ".join(SEPARATORS.split(stem)[:8])
    rows = Repo.objects.visible_to(user).current().filter(kind=kind).search(words).order_by("-likes", "name")
    rows = rows.exclude(node__parents__in=Relation.objects.filter(parent=node, is_current=True)) if node else rows
    for name in rows.values_list("name", flat=True)[:LOOKED_AT]:
        if plain(name.rpartition("/")[2]) == plain(stem):
            yield name


def candidates_of(node: Node, user) -> list[tuple[str, str]]:
    """The candidates of a dangling node; none of one that is mirrored."""
    return [] if node.repo_id else candidates(node.label, node.kind, user, node.pk)
