"""Reads what a Hub sends, within bounds: bytes, JSON, pages, and how long it asks us to wait."""

from __future__ import annotations

import json
import zlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from email.utils import parsedate_to_datetime

from registry.hub_errors import BadAnswer, TooLarge
from registry.hub_pace import REMAINING

ENCODINGS = ("gzip", "deflate")
ACCEPT_ENCODING = ", ".join(ENCODINGS)
MESSAGE_CHARS = 200
CARD_BYTES = 2 * 1024 * 1024
JSON_BYTES = 64 * 1024 * 1024
ERROR_BYTES = 64 * 1024


@dataclass(frozen=True)
class Asked:
    """What one request is about: its name in messages, whether it names a repository, and how much we read of it."""

    what: str
    names_repo: bool = True
    max_bytes: int = JSON_BYTES


@dataclass(frozen=True)
class Page:
    """One page of a listing: its records, and the address of the next page or None on the last one."""

    items: list[dict]
    next_url: str | None
    problems: tuple[str, ...] = field(default=())  # entries that are no record at all, or stand twice on the page


def bytes_of(chunks: Iterable[bytes], encoding: str, max_bytes: int) -> bytes:
    """The decoded body. A body of more than `max_bytes`, before or after decoding, raises TooLarge.

    Decoding stops at the bound, so that a bomb of a few kilobytes cannot fill the memory.
    """
    encoding = encoding.strip().lower()
    if encoding in ("", "identity"):
        decoder = None
    elif encoding in ENCODINGS:
        decoder = zlib.decompressobj(wbits=47)  # 47: a gzip or a zlib header, whichever comes
    else:
        raise BadAnswer(f"The Hub used the encoding {encoding[:40]!r}, which was not asked for.")
    body, taken = bytearray(), 0
    for chunk in chunks:
        taken += len(chunk)
        body += chunk if decoder is None else _unpacked(decoder, chunk, max_bytes + 1 - len(body))
        if max(len(body), taken) > max_bytes:
            raise TooLarge(f"The answer is larger than {max_bytes} bytes.")
    if decoder is not None and taken and not decoder.eof:
        raise BadAnswer("The compressed answer ends too early.")
    return bytes(body)


def _unpacked(decoder, chunk: bytes, room_bytes: int) -> bytes:
    try:
        return decoder.decompress(chunk, max(room_bytes, 1))
    except zlib.error:
        raise BadAnswer("The answer says that it is compressed, and is not.") from None


def json_of(body: bytes, what: str) -> object:
    """The JSON in `body`; anything else, NaN and nesting without end included, raises BadAnswer."""
    if not body.strip():
        raise BadAnswer(f"The Hub sent an empty answer for {what}.")
    try:
        return json.loads(body, parse_constant=_refuse_constant)
    except (ValueError, RecursionError):
        looks = "a web page" if body.lstrip()[:1] == b"<" else "something that is not JSON"
        raise BadAnswer(f"The Hub sent {looks} for {what}.") from None


def _refuse_constant(name: str):
    raise ValueError(name)


def record_of(body: bytes, what: str) -> dict:
    """The JSON object in `body`."""
    record = json_of(body, what)
    if not isinstance(record, dict):
        raise BadAnswer(f"The Hub sent a JSON {_shape(record)} for {what}, not an object.")
    return record


def page_of(body: bytes, what: str, next_url: str | None) -> Page:
    """The page in `body`. Entries that are not objects, and ids that stand twice, become problems."""
    entries = json_of(body, what)
    if not isinstance(entries, list):
        raise BadAnswer(f"The Hub sent a JSON {_shape(entries)} for {what}, not a list.")
    items, problems, seen = [], [], set()
    for position, entry in enumerate(entries, 1):
        name = entry.get("id") if isinstance(entry, dict) else None
        if not isinstance(entry, dict):
            problems.append(f"Entry {position} of the page is a JSON {_shape(entry)}, not an object.")
        elif isinstance(name, str) and name in seen:
            problems.append(f"{name[:200]} stands twice on one page.")
        else:
            items.append(entry)
            seen |= {name} if isinstance(name, str) else set()
    return Page(items, next_url, tuple(problems))


def _shape(value: object) -> str:
    names = {dict: "object", list: "list", str: "string", bool: "boolean", type(None): "null"}
    return names.get(type(value), "number")


def message_of(body: bytes) -> str:
    """The words of an error's body, on one line and cut short; empty when there are none that help."""
    text = body[:65536].decode("utf8", "replace")
    try:
        answer = json.loads(text)
        text = answer.get("error") or answer.get("message") or "" if isinstance(answer, dict) else ""
    except (ValueError, RecursionError):
        text = "" if text.lstrip().startswith("<") else text
    text = "".join(c if c.isprintable() else " " for c in str(text))
    return " ".join(text.split())[:MESSAGE_CHARS]


def wait_s(status: int, headers: Mapping[str, str], now: datetime) -> float | None:
    """Seconds that a busy Hub asks us to wait, or None when it does not say.

    The RateLimit header stands on every answer and counts only where nothing is left; it comes before Retry-After,
    which is a number of seconds or a date. A second is added to the former, as it counts whole seconds.

    >>> wait_s(429, {"ratelimit": '"api";r=0;t=55', "retry-after": "9"}, datetime.now())
    56.0
    """
    limit = REMAINING.search(headers.get("ratelimit", ""))
    if status == 429 and limit and int(limit["left"]) == 0:
        return int(limit["reset_s"]) + 1.0
    said = headers.get("retry-after", "").strip()
    if said.isascii() and said.isdigit():
        return float(said[:9])
    try:
        until = parsedate_to_datetime(said)
    except ValueError:
        return None
    return max((until - now).total_seconds(), 0.0) if until.tzinfo else None
