"""The border to the Hub: the one module that imports huggingface_hub, and the one that sends our token anywhere.

The client's session, headers and rules for ids are used; its paging loop and its downloads are not, as they have no
time-outs, no bounds, and send the token wherever a `Link` header points.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Iterable, Iterator
from datetime import UTC, datetime
from http.cookiejar import CookieJar, DefaultCookiePolicy
from urllib.parse import urlencode, urljoin, urlsplit

from django.conf import settings
from huggingface_hub import constants, get_session, set_client_factory
from huggingface_hub.errors import HFValidationError, OfflineModeIsEnabled
from huggingface_hub.utils import build_hf_headers, httpx, validate_repo_id
from huggingface_hub.utils._http import default_client_factory

from registry.hub_answers import (
    ACCEPT_ENCODING,
    CARD_BYTES,
    ERROR_BYTES,
    Asked,
    Page,
    bytes_of,
    message_of,
    record_of,
    wait_s,
)
from registry.hub_deadline import bound, within
from registry.hub_errors import (
    BadAnswer,
    BadName,
    BadRequest,
    BadToken,
    FileGone,
    HubBusy,
    HubError,
    TooLarge,
    error_of,
)
from registry.hub_errors import RepoDisabled as RepoDisabled
from registry.hub_errors import RepoGated as RepoGated
from registry.hub_errors import RepoGone as RepoGone
from registry.hub_errors import RevisionGone as RevisionGone
from registry.hub_fields import ONLY_EXPANDED
from registry.hub_pace import rest_s
from registry.hub_pages import every_page
from registry.hub_paths import (
    checked_endpoint,
    file_path,
    info_path,
    listing_path,
    listing_queries,
    may_read,
    stray,
)
from registry.redaction import redacted

log = logging.getLogger(__name__)

TIMEOUT_S = 20.0  # between two bytes; for requests of the client that name none
PATIENCE_S = 330.0  # a whole window of the Hub's rate limit, and a little
BACKOFF_S = (1.0, 2.0, 4.0, 8.0)  # between tries, where the Hub does not say how long
DEADLINES = 6  # so many time-outs may a request take in all
PAGE_ITEMS = 500  # the Hub allows 1000, and times out on heavy fields
MAX_REDIRECTS = 5


def bounded_client() -> httpx.Client:
    """The client's own session with a time-out on every request, and without a memory for cookies."""
    client = default_client_factory()
    client.event_hooks = {"request": [*client.event_hooks["request"], fill_timeout]}
    client.cookies = CookieJar(DefaultCookiePolicy(allowed_domains=[]))
    bound(client)
    return client


def fill_timeout(request: httpx.Request) -> None:
    """Give `request` the time-outs that it lacks: most calls of the client ask to wait for ever."""
    given = request.extensions.get("timeout") or {}
    request.extensions["timeout"] = {k: given.get(k) or TIMEOUT_S for k in ("connect", "read", "write", "pool")}


set_client_factory(bounded_client)
constants.HF_HUB_DISABLE_TELEMETRY = True  # else the first request reports to the client's makers


def open_hub(**options) -> Hub:
    """The Hub of this installation's settings; `options` are those of `Hub`."""
    options = {"timeout_s": settings.HUB_TIMEOUT_S, "patience_s": settings.HUB_PATIENCE_S} | options
    return Hub(settings.HF_ENDPOINT, settings.HF_TOKEN, **options)


class Hub:
    """One Hub, as one asker sees it. Every method raises HubError and nothing else.

    `timeout_s` bounds the wait for any byte, `patience_s` the sum of the waits between the tries of one request.
    """

    def __init__(
        self,
        endpoint: str,
        token: str = "",
        timeout_s: float = TIMEOUT_S,
        *,
        patience_s: float = PATIENCE_S,
        pause: Callable[[float], None] = time.sleep,
    ):
        self.endpoint = checked_endpoint(endpoint)
        self.timeout_s, self.patience_s, self.pause = timeout_s, patience_s, pause
        self.requests = 0  # sent so far, redirects and repeated tries included
        self._resumes_at_s = {"api": 0.0, "files": 0.0}  # of the monotonic clock; the Hub counts the two apart
        self._token = token.strip()
        if not (self._token.isascii() and self._token.isprintable()):
            raise BadToken("The token of the Hub holds characters that no token has.")
        self._headers = build_hf_headers(token=self._token or False, library_name="stemma", library_version="1")
        self._headers["accept-encoding"] = ACCEPT_ENCODING

    @property
    def has_token(self) -> bool:
        """Whether what it reads may be hidden from others."""
        return bool(self._token)

    def listing(
        self,
        kind: str,
        *,
        author: str | None = None,
        filters: Iterable[str] = (),
        search: str | None = None,
        sort: str = "createdAt",
        limit: int | None = None,
        next_url: str | None = None,
    ) -> Iterator[Page]:
        """Pages of repositories, largest sort key first; at most `limit` records, or all.

        `next_url`, from an earlier page, goes on after that page; one that the Hub no longer knows raises BadRequest.
        A Hub that does not know a field that we ask for is asked for its full records instead.
        """
        size = PAGE_ITEMS if limit is None else min(limit, PAGE_ITEMS)
        path, queries = listing_path(kind), listing_queries(kind, author, filters, search, sort, size)
        urls = [self._url(path, query) for query in queries] if next_url is None else [self._own(next_url, path)]
        left = limit
        asked = Asked(f"the listing of {kind}s", names_repo=False)

        def ask(url: str, heavy_tries: int | None) -> tuple[bytes, str | None]:
            body, link = self._get(url, asked, heavy_tries)
            return body, None if link is None else self._own(urljoin(url, link), path)

        for page in every_page(ask, urls, asked.what) if limit is None or limit > 0 else ():
            if left is None:
                yield page
                continue
            yield Page(page.items[:left], page.next_url if left > len(page.items) else None, page.problems)
            left -= len(page.items)
            if left <= 0:
                return

    def info(self, kind: str, name: str, revision: str | None = None, *, expanded: bool = True) -> dict:
        """The JSON of one repository, at `revision` or its head, with the size and hash of each file.

        A rename is followed: compare the `id` of the answer. With `expanded`, a second request adds what the Hub gives
        only by name (parents, all-time downloads); a Hub that knows none of it, or has moved on, adds nothing.
        """
        asked, path = Asked(f"{kind} {checked_name(name)}"), info_path(kind, name, revision)
        record = record_of(self._get(self._url(path, [("blobs", "true")]), asked)[0], asked.what)
        if not (expanded and ONLY_EXPANDED[kind]):
            return record
        fields = [("expand", f) for f in (*ONLY_EXPANDED[kind], "sha")]
        try:
            more = record_of(self._get(self._url(path, fields), asked)[0], asked.what)
        except (BadRequest, BadAnswer) as error:
            log.info("%s: no more fields: %s", asked.what, error)
            return record
        if any(more.get(key) != record.get(key) for key in ("_id", "id", "sha")):
            return record
        return {field: more[field] for field in ONLY_EXPANDED[kind] if more.get(field) is not None} | record

    def card(self, kind: str, name: str, sha: str) -> bytes | None:
        """The README at `sha`, by one GET; None when that revision holds none. More than 2 MiB raise TooLarge."""
        return self.small_file(kind, name, sha, "README.md")

    def small_file(self, kind: str, name: str, sha: str, path: str) -> bytes | None:
        """A small text file at `sha`, None when it is absent; one that is not on the allow-list is never asked for."""
        if not may_read(path):
            raise HubError(f"{self._clean(path)} is not a file that a mirror may read.")
        asked = Asked(f"{path} of {kind} {checked_name(name)}", max_bytes=CARD_BYTES)
        try:
            return self._get(self._url(file_path(kind, name, sha, path)), asked)[0]
        except FileGone:
            return None

    def _url(self, path: str, query: Iterable[tuple[str, object]] = ()) -> str:
        query = urlencode(list(query))
        return f"{self.endpoint}{path}?{query}" if query else f"{self.endpoint}{path}"

    def _own(self, url: str, path: str | None = None) -> str:
        if complaint := stray(url, self.endpoint, path):
            raise BadAnswer(self._clean(complaint))
        return url

    def _get(self, url: str, asked: Asked, heavy_tries: int | None = None) -> tuple[bytes, str | None]:
        """Body and next link of `url`. What may pass is tried again, with `patience_s` of waiting in all.

        `heavy_tries` bounds the tries of what is too much for the Hub, where the asker can ask for less.
        """
        waited_s, tries = 0.0, 0
        while True:
            try:
                return self._follow(url, asked)
            except HubBusy as error:
                pause_s = error.retry_after_s
                if pause_s is None:
                    pause_s = BACKOFF_S[min(tries, len(BACKOFF_S) - 1)]
                tries += 1
                most = min(error.tries, heavy_tries or error.tries) if error.is_too_heavy else error.tries
                if tries >= most or waited_s + pause_s > self.patience_s:
                    raise
                log.info("%s Trying again in %.0f s.", error, pause_s)
                waited_s += pause_s
                self.pause(pause_s)

    def _follow(self, url: str, asked: Asked) -> tuple[bytes, str | None]:
        for _ in range(MAX_REDIRECTS + 1):
            location, body, link = self._send(self._own(url), asked)
            if location is None:
                return body, link
            url = urljoin(url, location)
        raise BadAnswer(f"The Hub redirects {asked.what} without end.")

    def _send(self, url: str, asked: Asked) -> tuple[str | None, bytes, str | None]:
        """One request: where it redirects to, else its body and next link."""
        quota = self._wait_for_quota(url)
        self.requests += 1
        stream = get_session().stream("GET", url, headers=self._headers, timeout=self.timeout_s, follow_redirects=False)
        try:
            with within(DEADLINES * self.timeout_s), stream as response:
                if response.status_code != 429:  # else the next try waits as long as the answer says
                    self._resumes_at_s[quota] = time.monotonic() + rest_s(response.headers)
                if response.has_redirect_location:
                    return response.headers["location"], b"", None
                if response.status_code != 200:
                    raise self._error(response, asked)
                encoding = response.headers.get("content-encoding", "")
                body = bytes_of(response.iter_raw(), encoding, asked.max_bytes)
                return None, body, response.links.get("next", {}).get("url")
        except OfflineModeIsEnabled:
            raise HubError("The Hub was not asked: HF_HUB_OFFLINE is set. Unset it to go online.") from None
        except (httpx.ConnectError, httpx.ConnectTimeout) as error:
            raise HubBusy(f"The Hub at {self.endpoint} cannot be reached: {self._clean(error)}.", tries=1) from None
        except httpx.TimeoutException:
            raise HubBusy(
                f"The Hub took longer than {self.timeout_s:g} s over {asked.what}.", tries=3, is_too_heavy=True
            ) from None
        except (httpx.HTTPError, httpx.StreamError) as error:
            raise HubBusy(f"The connection to the Hub broke off: {self._clean(error)}.", tries=3) from None
        except (httpx.InvalidURL, ValueError) as error:
            raise BadAnswer(f"The answer for {asked.what} cannot be read: {self._clean(error)}.") from None

    def _wait_for_quota(self, url: str) -> str:
        """Rest until the next window where our share of this one is used up; which quota `url` counts against.

        Who has less patience than that is a person who waits, for whom the share that is left alone is meant.
        """
        quota = "api" if urlsplit(url).path.startswith(f"{urlsplit(self.endpoint).path}/api/") else "files"
        pause_s = self._resumes_at_s[quota] - time.monotonic()
        if 0 < pause_s <= self.patience_s:
            log.info("Our share of the Hub's quota is used up; resting for %.0f s.", pause_s)
            self._resumes_at_s[quota] = 0.0
            self.pause(pause_s)
        return quota

    def _error(self, response: httpx.Response, asked: Asked) -> HubError:
        """What an answer other than 200 means."""
        headers, status = response.headers, response.status_code
        if status < 400:
            return BadAnswer(f"The Hub answered {status} for {asked.what}.")
        try:
            message = message_of(bytes_of(response.iter_raw(), headers.get("content-encoding", ""), ERROR_BYTES))
        except (BadAnswer, TooLarge):
            message = ""
        message = self._clean(message or headers.get("x-error-message", ""))
        error = error_of(status, headers, message, asked.what, names_repo=asked.names_repo)
        if isinstance(error, HubBusy):
            error.retry_after_s = wait_s(status, headers, datetime.now(UTC))
        return error

    def _clean(self, words: object) -> str:
        """`words` as they may be shown: short, on one line, without our token."""
        text = "".join(c if c.isprintable() else " " for c in str(words))
        if self._token:
            text = text.replace(self._token, "[token]")
        return redacted(text)[:300]


def checked_name(name: str) -> str:
    """`name` if the Hub could have such a repository."""
    try:
        validate_repo_id(name)
    except HFValidationError:
        raise BadName(
            f"{redacted(repr(name))[:120]} is not the id of a repository: it is name or owner/name."
        ) from None
    return name
