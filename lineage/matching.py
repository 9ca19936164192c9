"""When a written answer is right."""

from __future__ import annotations

import re
import unicodedata

NUMBER = re.compile(r"-?\d[\d,]*(?:\.\d+)?", re.ASCII)


def is_match(written: str, label: str, how: str) -> bool:
    """Whether two answers are the same: exactly, folded, or in their last number.

    >>> is_match(" Paris.", "paris", "folded"), is_match("so it is 1,200", "1200", "last_number")
    (True, True)
    """
    if how == "folded":
        return folded(written) == folded(label)
    if how == "last_number":
        found = last_number(written)
        return found is not None and found == last_number(label)
    return written.strip() == label.strip()


def folded(text: str) -> str:
    """Text without case, punctuation and doubled spaces."""
    letters = (" " if unicodedata.category(letter)[0] in "PZC" else letter for letter in text.casefold())
    return " ".join("".join(letters).split())


def last_number(text: str) -> float | None:
    """The last number that is written in digits; None without one.

    >>> last_number("3 apples and 4,000.50 pears"), last_number("none")
    (4000.5, None)
    """
    found = NUMBER.findall(text[-10_000:])
    return float(found[-1].replace(",", "")[:300]) if found else None


def cut_at(text: str, stop: tuple[str, ...]) -> str:
    """Text up to where the first of the stop strings begins.

    >>> cut_at("42\\n\\nQuestion", ("\\n",))
    '42'
    """
    return text[: min((text.index(one) for one in stop if one in text), default=len(text))]
