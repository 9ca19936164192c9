"""Which paths of a Hub we ask for. What is not listed here is never requested, whatever a caller or a redirect says.

Weights are never read, and neither are the files by which the Hub counts a model's downloads (config.json,
adapter_config.json, …): a mirror must leave no trace in that count.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from urllib.parse import parse_qsl, quote, unquote, urlencode, urlsplit

from registry.hub_errors import BadName
from registry.hub_fields import ASKED

SMALLEST_PAGE = 60  # records
KINDS = ("model", "dataset", "space")
PREFIX = {"model": "", "dataset": "/datasets", "space": "/spaces"}

SMALL_FILE = re.compile(
    r"README\.md|LICEN[CS]E(?:[-_][A-Za-z0-9_-]{1,60})?(?:\.(?:md|rst|txt))?|eval\.yaml"
    r"|\.eval_results/[A-Za-z0-9_-][A-Za-z0-9._-]{0,200}\.yaml|mergekit_(?:moe_)?config\.ya?ml"
)

_NAME = r"[^/]+(?:/[^/]+)?"
_API = re.compile(rf"/api/(?:models|datasets|spaces)(?:/{_NAME}(?:/revision/[^/]+)?)?")
_FILE = re.compile(
    rf"(?:/datasets|/spaces)?/{_NAME}/resolve/[^/]+/(?P<file>.+)"
    rf"|/api/resolve-cache/(?:models|datasets|spaces)/{_NAME}/[^/]+/(?P<cached>.+)"
)


def may_read(path: str) -> bool:
    """Whether the file `path` of a repository is small text whose download the Hub does not count.

    >>> may_read("README.md"), may_read("LICENSE-MODEL.txt"), may_read("mergekit_config.yml")
    (True, True, True)
    >>> may_read("config.json"), may_read("LICENSE.gguf"), may_read("a/../README.md")
    (False, False, False)
    """
    return SMALL_FILE.fullmatch(path) is not None


def may_ask(path: str) -> bool:
    """Whether the URL path `path`, as it goes over the wire and without the endpoint's own prefix, may be requested.

    >>> may_ask("/api/models/acme/tiny"), may_ask("/acme/tiny/resolve/main/README.md")
    (True, True)
    >>> may_ask("/acme/tiny/resolve/main/model.safetensors"), may_ask("/api/models/acme/tiny/resolve/main/README.md")
    (False, False)
    """
    if {".", ".."} & set(unquote(path).split("/")):
        return False
    if match := _FILE.fullmatch(path):
        return may_read(unquote(match["file"] or match["cached"]))
    return _API.fullmatch(path) is not None


def listing_path(kind: str) -> str:
    """The path of the listing of `kind`."""
    if kind not in KINDS:
        raise BadName(f"{kind!r} is not model, dataset or space.")
    return f"/api/{kind}s"


def listing_queries(
    kind: str, author: str | None, filters: Iterable[str], search: str | None, sort: str, size: int
) -> list[list[tuple[str, object]]]:
    """Two ways to ask for the same listing: by naming each field, or, of a Hub that does not know one, in full."""
    query = [("author", author), *(("filter", f) for f in filters), ("search", search), ("sort", sort)]
    query = [(key, value) for key, value in query if value] + [("limit", size)]
    in_full = [("full", "true"), ("cardData", "true"), ("config", "true")]
    return [[*query, *(("expand", field) for field in ASKED[kind])], [*query, *in_full]]


def smaller_page(url: str) -> str | None:
    """The same listing with pages of half the size; None where that would be less than the smallest worth asking for.

    >>> smaller_page("http://hub.example/api/models?author=acme&limit=500")
    'http://hub.example/api/models?author=acme&limit=250'
    >>> smaller_page("http://hub.example/api/models?limit=100") is None
    True
    """
    parts = urlsplit(url)
    query = parse_qsl(parts.query, keep_blank_values=True)
    size = next((value for key, value in query if key == "limit"), "")
    if not (size.isascii() and size.isdigit() and int(size[:9]) // 2 >= SMALLEST_PAGE):
        return None
    query = [(key, str(int(size[:9]) // 2) if key == "limit" else value) for key, value in query]
    return parts._replace(query=urlencode(query)).geturl()


def info_path(kind: str, name: str, revision: str | None = None) -> str:
    """The path of one repository's JSON, at `revision` where one is given; a revision is quoted whole."""
    tail = "" if revision is None else f"/revision/{quoted_revision(revision)}"
    return f"{listing_path(kind)}/{name}{tail}"


def file_path(kind: str, name: str, revision: str, path: str) -> str:
    """The path of a file's bytes."""
    listing_path(kind)
    return f"{PREFIX[kind]}/{name}/resolve/{quoted_revision(revision)}/{quote(path)}"


def quoted_revision(revision: str) -> str:
    """A branch, tag, ref or sha as one path segment."""
    if not 1 <= len(revision) <= 250 or not revision.isprintable() or revision in (".", ".."):
        raise BadName(f"{revision[:80]!r} is not the name of a revision.")
    return quote(revision, safe="")


def origin_of(url: str) -> tuple[str, str, int | None]:
    """Scheme, host and port: what two URLs must share before one may lead to the other or carry our token.

    >>> origin_of("https://Hub.example/a") == origin_of("https://hub.example:443/b")
    True
    """
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        return ("", "", None)
    return parts.scheme, (parts.hostname or "").lower(), port or {"http": 80, "https": 443}.get(parts.scheme)


def checked_endpoint(endpoint: str) -> str:
    """`endpoint` without its last slash; anything but a plain http(s) address is refused."""
    try:
        parts = urlsplit(endpoint)
        plain = parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
    except ValueError:
        plain = False
    if not plain or parts.query or parts.fragment or "@" in parts.netloc or not endpoint.isprintable():
        raise BadName("The address of the Hub must be http:// or https:// and a host, without a user or a query.")
    return endpoint.rstrip("/")


def stray(url: str, endpoint: str, path: str | None = None) -> str | None:
    """Why `url`, which the Hub at `endpoint` named, must not be asked for; None where it may be.

    It must stay on the endpoint's origin, be of a kind that a mirror reads, and be `path` where that is given.

    >>> stray("https://elsewhere.example/api/models?cursor=x", "https://hub.example")
    'The Hub leads to another host, elsewhere.example; it was not asked.'
    """
    if origin_of(url) != origin_of(endpoint):
        return f"The Hub leads to another host, {origin_of(url)[1]}; it was not asked."
    base, found = urlsplit(endpoint).path, urlsplit(url).path
    rest = found.removeprefix(base)
    if not found.startswith(base) or not may_ask(rest) or (path is not None and rest != path):
        return f"The Hub leads to {found}, which a mirror does not read."
    return None
