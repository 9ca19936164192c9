"""Follows a listing from page to page to its end, with smaller pages where one is too much for the Hub."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator

from registry.hub_answers import Page, page_of
from registry.hub_errors import BadAnswer, BadRequest, HubBusy
from registry.hub_paths import smaller_page

log = logging.getLogger(__name__)

MAX_PAGES = 20_000
HEAVY_TRIES = 2  # of one page, before a smaller one is asked for

Ask = Callable[[str, int | None], tuple[bytes, str | None]]


def every_page(ask: Ask, urls: list[str], what: str) -> Iterator[Page]:
    """Every page from the first of `urls` that the Hub accepts, until it names no next one; `what` is for messages.

    `ask` gives the body and the next address of one, after so many tries of what takes the Hub too long.
    """
    known, before = set(), None
    while urls:
        smaller = smaller_page(urls[0])
        try:
            body, following = ask(urls[0], HEAVY_TRIES if smaller else None)
        except BadRequest:
            if len(urls) == 1:
                raise
            urls = urls[1:]
            continue
        except HubBusy as error:
            if not (error.is_too_heavy and smaller):
                raise
            log.info("%s Half of the page may do.", error)
            urls = [smaller, *map(half, urls[1:])]
            continue
        page = page_of(body, what, following)
        known.add(urls[0])
        if following in known or len(known) >= MAX_PAGES or (page.items and page.items == before):
            raise BadAnswer(f"The pages of {what} have no end.")
        yield page
        urls, before = [following] if following else [], page.items


def half(url: str) -> str:
    """The same page with half the records where that can be asked for."""
    return smaller_page(url) or url
