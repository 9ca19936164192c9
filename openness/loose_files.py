"""Reads files that a caller names: regular ones only, up to a bound, with one sentence for all that goes wrong."""

from __future__ import annotations

import os
import stat
from pathlib import Path

CARD_MOST = 64 << 20  # bytes; what a card holds beyond its reader's own bound is flagged as cut
CORPUS_MOST = 256 << 20  # bytes


class Unreadable(Exception):
    """The file cannot be read; the message is one sentence."""


def read_bounded(path: str | Path, most: int = CARD_MOST) -> bytes:
    """The bytes of a regular file of at most `most` bytes.

    Raises Unreadable for a missing file, a directory, a device or pipe, and a file that is larger.
    """
    try:
        # A pipe without a writer would block the opening for ever.
        descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK)
    except FileNotFoundError:
        raise Unreadable("There is no such file.") from None
    except (OSError, ValueError) as error:
        raise Unreadable(f"The file cannot be opened: {getattr(error, 'strerror', None) or error}.") from None
    if not stat.S_ISREG(mode := os.fstat(descriptor).st_mode):
        os.close(descriptor)
        raise Unreadable("It is a directory." if stat.S_ISDIR(mode) else "It is no regular file.")
    with os.fdopen(descriptor, "rb") as file:
        try:
            content = file.read(most + 1)
        except OSError as error:
            raise Unreadable(f"The file cannot be read: {error.strerror}.") from None
    if len(content) > most:
        raise Unreadable(f"It is larger than {most} bytes.")
    return content
