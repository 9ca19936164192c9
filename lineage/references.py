"""What people write where a repository's id belongs: ids, addresses, paths on their own disk, and placeholders."""

from __future__ import annotations

import re
from dataclasses import dataclass

REF_MOST = 1_024  # characters; longer text names nothing
SEGMENT = r"[A-Za-z0-9](?:[A-Za-z0-9._-]{0,95})"
REPO_ID = re.compile(rf"(?:{SEGMENT}/)?{SEGMENT}", re.ASCII)
HUB_HOSTS = r"(?:www\.)?(?:huggingface\.co|hf\.co|hf-mirror\.com)"
ADDRESS = re.compile(rf"(?:https?:)?(?://)?{HUB_HOSTS}/(?P<path>[^\s?#]*)", re.IGNORECASE)
OTHER_ADDRESS = re.compile(r"[a-z][a-z0-9+.-]*://", re.IGNORECASE)
LINK = re.compile(r"\[[^\]]*\]\((?P<target>https?://[^\s()]+)\)")
REVISION = re.compile(r"(?:tree|blob|resolve|commit|raw)/([^/]+)")
KIND_OF_PREFIX = {"datasets": "dataset", "spaces": "space", "models": "model"}
NOT_OWNERS = frozenset("api blog docs join login papers settings tasks collections organizations pricing".split())
PLACEHOLDERS = frozenset(
    "none null nil na n/a n.a. no unknown undefined other todo tbd - -- --- ? … ... yes true false [] {} original"
    " extended scratch from-scratch model base_model base-model basemodel model_name model-name model_id your_model"
    " your-model".split()
)
LOCAL_HEADS = frozenset(
    "checkpoint checkpoints ckpt ckpts content data drive exp experiments home kaggle local local_models mnt model"
    " models models_cache opt out output output_dir outputs results root runs save saved saved_models saves scratch"
    " srv storage tmp trained_models users usr var volume weights work workspace".split()
)
PATH = "a path on a disk"
CHECKPOINT = re.compile(r"(?:checkpoint|ckpt|global_step|epoch)[-_]?\d*", re.IGNORECASE)
WINDOWS_PATH = re.compile(r"[A-Za-z]:[\\/]|.*\\")


@dataclass(frozen=True)
class Reference:
    """What a text names: a repository (`name` is set), or something that is no repository (`problem` says what)."""

    text: str
    name: str = ""
    kind: str | None = None  # where an address says it: model, dataset or space
    revision: str = ""
    problem: str = ""  # "a path on a disk", "an address elsewhere", "not the form of a repository's id"

    @property
    def is_path(self) -> bool:
        return self.problem == PATH


def is_placeholder(text: str) -> bool:
    """Words that stand where an answer was not given.

    >>> [is_placeholder(t) for t in ("None", "[More Information Needed]", " ", "acme/tiny")]
    [True, True, True, False]
    """
    word = text.strip().strip("\"'`*_ ").lower()
    return not word or word in PLACEHOLDERS or "more information" in word or (word[0] in "<[{" and word[-1] in ">]}")


def is_local_path(text: str) -> bool:
    """A path on somebody's disk, by its form or by a first folder that no account of the Hub is called by.

    >>> [is_local_path(t) for t in ("/home/me/x", "./out", "C:\\\\m", "outputs/run-3", "a/b/c", "acme/tiny")]
    [True, True, True, True, True, False]
    """
    if text[0] in "/~." or text.endswith("/") or text.count("/") > 1 or WINDOWS_PATH.match(text):
        return True
    head, slash, tail = text.partition("/")
    return bool(slash) and (head.lower() in LOCAL_HEADS or CHECKPOINT.fullmatch(tail) is not None)


def read_address(path: str, text: str) -> Reference:
    """What the path of a Hub address names: `datasets/acme/corpus/tree/v1` is a dataset at v1."""
    parts = path.strip("/").split("/")
    kind = KIND_OF_PREFIX.get(parts[0].lower(), None)
    if kind:
        parts = parts[1:]
    size = 1 if len(parts) == 1 or REVISION.match("/".join(parts[1:3])) else 2
    name = "/".join(parts[:size]).removesuffix(".git")
    if not REPO_ID.fullmatch(name) or parts[0].lower() in NOT_OWNERS or is_placeholder(name):
        return Reference(text, problem="an address that names no repository")
    revision = REVISION.match("/".join(parts[size:]))
    return Reference(text, name, kind or "model", revision.group(1) if revision else "")


def read_reference(text: str) -> Reference | None:
    """What `text` names, or None for a placeholder.

    >>> found = read_reference(" https://huggingface.co/acme/tiny/tree/v2 ")
    >>> found.name, found.kind, found.revision
    ('acme/tiny', 'model', 'v2')
    >>> read_reference("[Tiny](https://huggingface.co/acme/tiny)").name, read_reference("acme/tiny/").name
    ('acme/tiny', 'acme/tiny')
    >>> read_reference("/content/drive/out").problem
    'a path on a disk'
    >>> read_reference("None") is None
    True
    """
    text = text[: REF_MOST + 1].strip().strip("\"'`")
    if link := LINK.fullmatch(text):
        text = link["target"]
    if is_placeholder(text):
        return None
    if address := ADDRESS.fullmatch(text.partition("?")[0].partition("#")[0]):
        return read_address(address["path"], text)
    if text.endswith("/") and REPO_ID.fullmatch(text[:-1]) and "/" in text[:-1]:  # of an address, or of a shell
        text = text[:-1]
    if OTHER_ADDRESS.match(text):
        return Reference(text[:REF_MOST], problem="an address elsewhere")
    if is_local_path(text):
        return Reference(text[:REF_MOST], problem=PATH)
    if not REPO_ID.fullmatch(text):
        return Reference(text[:REF_MOST], problem="not the form of a repository's id")
    return Reference(text, text)
