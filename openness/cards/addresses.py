"""Turns the addresses in a card into ones that mean the same on our pages: those of the Hub, at the card's revision."""

from __future__ import annotations

import posixpath
import re
from dataclasses import dataclass
from urllib.parse import quote, unquote, urlsplit

ADDRESS_MOST = 2_000  # characters
FOLDER = {"model": "", "dataset": "datasets/", "space": "spaces/"}
SCHEME = re.compile(r"([a-zA-Z][a-zA-Z0-9+.-]*):")
INVISIBLE = re.compile("[\x00-\x20\x7f-\xa0\u200b-\u200f\u2028-\u202f\u2060-\u206f\ufeff]")


@dataclass(frozen=True)
class Place:
    """Where a card stands: its repository at one revision, on a Hub."""

    kind: str
    name: str
    revision: str = "main"
    endpoint: str = "https://huggingface.co"

    @property
    def folder(self) -> str:
        """The address below which the repository's files are."""
        return f"{self.endpoint}/{FOLDER[self.kind]}{quote(self.name)}/resolve/{quote(self.revision, safe='')}/"


def absolute(address: str, place: Place) -> str | None:
    """`address` as an absolute one of the web or of mail; None for what leads nowhere or must not be followed.

    >>> place = Place("dataset", "acme/poems", "a1b2")
    >>> absolute("docs/a b.md", place), absolute("/docs/hub", place)
    ('https://huggingface.co/datasets/acme/poems/resolve/a1b2/docs/a%20b.md', 'https://huggingface.co/docs/hub')
    >>> absolute("//example.org/x", place), absolute("javascript:alert(1)", place), absolute("#uses", place)
    ('https://example.org/x', None, None)
    """
    address = INVISIBLE.sub(lambda match: "%20" if match[0] == " " else "", address.strip())
    if not address or len(address) > ADDRESS_MOST or address.startswith("#"):
        return None
    address = address.replace("\\", "/")
    if scheme := SCHEME.match(address):
        return _known(address, scheme[1].lower())
    if address.startswith("//"):
        return _known(f"https:{address}", "https")
    if address.startswith("/"):
        return place.endpoint + _path(address)
    return place.folder + _path("/" + address).lstrip("/")


def _known(address: str, scheme: str) -> str | None:
    if scheme == "mailto":
        return address
    if scheme not in ("http", "https"):
        return None
    try:
        parts = urlsplit(address)
        has_host = bool(parts.hostname) and parts.port != 0
    except ValueError:
        return None
    return address if has_host else None


def _path(path: str) -> str:
    """A path without steps upwards, quoted, with its query and fragment."""
    path, mark, rest = re.match(r"([^?#]*)([?#]?)(.*)", path, re.S).groups()
    clean = posixpath.normpath("/" + unquote(path).lstrip("/"))
    slash = "/" if path.endswith("/") and clean != "/" else ""
    return quote(clean) + slash + mark + quote(rest, safe="=&?#/:;,+%~@!$'()*-._")
