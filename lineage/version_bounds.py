"""What a version's folder may hold before anything in it is read: no way out of it, and no sizes that no model has."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from pathlib import Path

MAX_TEXT_BYTES = 100 << 20  # of a tokenizer or a list of words; the largest in use have a third of it
MAX_INDEX_BYTES = 32 << 20
MAX_DEPTH = 20  # of a configuration within configurations
TEXTS = (".json", ".txt", ".model", ".jinja", ".tiktoken", ".vocab", ".py")
INDEX = ".safetensors.index.json"
LAYERS, WIDTH, WORDS = 10_000, 1 << 20, 1 << 24
MOST = {
    **dict.fromkeys(("num_hidden_layers", "num_layers", "n_layer", "n_layers"), LAYERS),
    **dict.fromkeys(("encoder_layers", "decoder_layers"), LAYERS),
    **dict.fromkeys(("num_attention_heads", "num_key_value_heads", "n_head", "n_heads", "num_heads"), LAYERS),
    **dict.fromkeys(("num_experts", "num_local_experts", "n_routed_experts"), LAYERS),
    **dict.fromkeys(("hidden_size", "d_model", "n_embd", "dim", "head_dim", "d_ff", "ffn_dim"), WIDTH),
    **dict.fromkeys(("intermediate_size", "hidden_dim", "n_inner", "embedding_size"), WIDTH),
    **dict.fromkeys(("vocab_size", "max_position_embeddings", "n_positions", "type_vocab_size"), WORDS),
}
"""the largest value of a configuration's sizes; far beyond any model, and far below what would run for hours"""


class BadVersion(ValueError):
    """A version that cannot be run; the message is one clear sentence."""


def refuse_odd_files(name: str, folder: Path) -> None:
    """Raise BadVersion where a folder leads out of itself, or holds what is no file or a text larger than any."""
    home, blobs = folder.resolve(), blobs_of(folder)
    for path in folder.rglob("*"):
        if path.is_symlink():
            if not any(is_below(path, place) for place in (home, blobs) if place):
                raise BadVersion(f"{name} holds a link out of its folder: {path.name[:80]!r}.")
        elif not path.is_file() and not path.is_dir():
            raise BadVersion(f"{name} holds what is no file: {path.name[:80]!r}.")
        if path.suffix in TEXTS and path.is_file() and path.stat().st_size > MAX_TEXT_BYTES:
            raise BadVersion(f"{name}: {path.name[:80]} has more than {MAX_TEXT_BYTES:,} bytes.")


def blobs_of(folder: Path) -> Path | None:
    """Where the Hub's client keeps the contents that a snapshot of its cache links to; None for any other folder."""
    root = folder.resolve().parent.parent
    is_cache = folder.resolve().parent.name == "snapshots" and root.name.startswith("models--")
    return (root / "blobs").resolve() if is_cache else None


def is_below(path: Path, folder: Path) -> bool:
    """Whether a path, all its links followed, lies in a folder; links in a circle lie nowhere."""
    try:
        return path.resolve().is_relative_to(folder)
    except (OSError, RuntimeError):
        return False


def refuse_odd_index(name: str, folder: Path) -> None:
    """Raise BadVersion where an index of weights names anything but safetensors that lie beside it."""
    for path in sorted(folder.glob(f"*{INDEX}")):
        try:
            if path.stat().st_size > MAX_INDEX_BYTES:
                raise BadVersion(f"{name}: {path.name[:80]} has more than {MAX_INDEX_BYTES:,} bytes.")
            found = json.loads(path.read_text("utf8"))
        except (OSError, ValueError, RecursionError) as problem:
            if isinstance(problem, BadVersion):
                raise
            raise BadVersion(f"{name}: {path.name[:80]} cannot be read as JSON.") from None
        files = found.get("weight_map") if isinstance(found, dict) else None
        if not isinstance(files, dict) or not files:
            raise BadVersion(f"{name}: {path.name[:80]} names no file of weights.")
        for file in sorted({str(one) for one in files.values()}):
            if Path(file).name != file or not file.endswith(".safetensors") or "\0" in file:
                raise BadVersion(f"{name}: its index names {file[:80]!r}, which is no safetensors file beside it.")
            if not (folder / file).is_file():
                raise BadVersion(f"{name}: its index names {file[:80]!r}, which is not there.")


def refuse_odd_config(name: str, config: Mapping) -> None:
    """Raise BadVersion where a configuration gives a size that no model has, or names code of somebody's kernels."""
    for key, value in settings_of(config):
        if key in MOST and isinstance(value, int) and not isinstance(value, bool) and value > MOST[key]:
            raise BadVersion(f"{name}: its configuration gives {key} as {shown(value)}; at most {MOST[key]:,} is run.")
        if key in ("attn_implementation", "_attn_implementation") and "/" in str(value):
            raise BadVersion(f"{name}: its configuration asks for the code of {str(value)[:80]!r}, which is not run.")


def shown(number: int) -> str:
    """A number as a sentence can hold it."""
    return f"{number:,}" if number < 10**18 else "a number of more than 18 digits"


def settings_of(config: object, depth: int = 0) -> Iterator[tuple[str, object]]:
    """Every setting, also of configurations within the configuration."""
    if isinstance(config, Mapping) and depth < MAX_DEPTH:
        for key, value in config.items():
            yield key, value
            yield from settings_of(value, depth + 1)
