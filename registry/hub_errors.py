"""What can go wrong when a Hub is asked, told apart by what the asker may do about it."""

from __future__ import annotations

from collections.abc import Mapping

DISABLED = "access to this resource is disabled"  # the Hub gives this no code of its own
BAD_CREDENTIALS = "invalid credentials in authorization header"


class HubError(Exception):
    """The Hub was not asked, or refused; the message is one sentence without credentials."""


class RepoGone(HubError):
    """Deleted, renamed away or private to us; the Hub does not say which."""


class RepoGated(HubError):
    """It exists, and its files need an accepted agreement."""


class RepoDisabled(HubError):
    """It exists, and its host switched it off."""


class RevisionGone(HubError):
    """The repository may exist; this revision of it does not."""


class FileGone(HubError):
    """The revision exists and does not hold this file."""


class BadToken(HubError):
    """The Hub does not accept our token; that says nothing about any repository."""


class BadRequest(HubError):
    """The Hub does not understand a parameter, or no longer knows a cursor."""


class HubBusy(HubError):
    """A rate limit, a server error, a time-out or no connection: asking again later may help."""

    def __init__(self, message: str, *, retry_after_s: float | None = None, tries: int = 5, is_too_heavy: bool = False):
        super().__init__(message)
        self.retry_after_s = retry_after_s  # what the Hub asked for, if it did
        self.tries = tries  # how often such a failure is worth trying in one go
        self.is_too_heavy = is_too_heavy  # it took the Hub too long: less of the same may be answered


class BadAnswer(HubError):
    """The Hub answered, and the answer cannot be read or must not be followed."""


class TooLarge(HubError):
    """The answer is larger than we read."""


class BadName(HubError):
    """A malformed repository id, revision or endpoint; no request was made."""


OF_CODE = {
    "GatedRepo": RepoGated,
    "RepoNotFound": RepoGone,
    "RevisionNotFound": RevisionGone,
    "EntryNotFound": FileGone,
}


def error_of(status: int, headers: Mapping[str, str], message: str, what: str, *, names_repo: bool) -> HubError:
    """The error that an answer of `status` (not 2xx) means for `what`, a short name of the thing asked for.

    The code in `X-Error-Code` decides first. On a missing repository the Hub answers 401 to a stranger, so that
    401 means gone-or-private, unless it says that the token itself is bad.

    >>> error_of(401, {}, "Invalid username or password.", "model a/b", names_repo=True)
    RepoGone('model a/b is gone or private (401: Invalid username or password.)')
    >>> type(error_of(401, {}, "Invalid credentials in Authorization header", "model a/b", names_repo=True)).__name__
    'BadToken'
    """
    said = f"({status}: {message})" if message else f"({status})"
    code = headers.get("x-error-code", "")
    if code in OF_CODE:
        return OF_CODE[code](f"{what} {SENTENCE[OF_CODE[code]]} {said}")
    if status == 429 or status == 408 or status >= 500:
        return HubBusy(f"The Hub cannot answer for {what} now {said}", is_too_heavy=status in (408, 504))
    if status in (403, 451) and (
        status == 451 or DISABLED in f"{message} {headers.get('x-error-message', '')}".lower()
    ):
        return RepoDisabled(f"{what} {SENTENCE[RepoDisabled]} {said}")
    if status == 401 and (not names_repo or BAD_CREDENTIALS in message.lower()):
        return BadToken(f"The Hub does not accept the token {said}")
    if names_repo and status in (401, 404, 410):
        return RepoGone(f"{what} {SENTENCE[RepoGone]} {said}")
    if status == 400:
        return BadRequest(f"The Hub does not accept what was asked of {what} {said}")
    return HubError(f"The Hub refused {what} {said}")


SENTENCE = {
    RepoGated: "is gated",
    RepoGone: "is gone or private",
    RevisionGone: "has no such revision",
    FileGone: "is not in that revision",
    RepoDisabled: "is disabled",
}
