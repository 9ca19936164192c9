"""Makes values fit for both databases: PostgreSQL refuses NUL and lone surrogates, JSON has no NaN."""

from __future__ import annotations

import math

REPLACEMENT = "\N{REPLACEMENT CHARACTER}"


def storable_text(text: str) -> str:
    """`text` with NUL and lone surrogates replaced.

    >>> storable_text("a\\x00b\\ud800c")
    'a\N{REPLACEMENT CHARACTER}b\N{REPLACEMENT CHARACTER}c'
    """
    if text.isascii() and "\x00" not in text:
        return text
    return "".join(REPLACEMENT if c == "\x00" or "\ud800" <= c <= "\udfff" else c for c in text)


def storable(value: object) -> object:
    """`value` as JSON that both databases store; tuples become lists, NaN and the infinities unknown.

    >>> storable({"a": (1, float("nan"), "x\\x00")})
    {'a': [1, None, 'x\N{REPLACEMENT CHARACTER}']}
    """
    if isinstance(value, str):
        return storable_text(value)
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, dict):
        return {storable_text(str(key)): storable(part) for key, part in value.items()}
    if isinstance(value, (list, tuple)):
        return [storable(part) for part in value]
    return value
