"""Ends a request at one moment as a whole. A time-out between two bytes is none against a server that drips them.

The client's sockets are wrapped, so that connecting, the headers and the body share one deadline.
"""

from __future__ import annotations

import ssl
import time
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

from httpcore2 import NetworkBackend, NetworkStream, ReadTimeout

DEADLINE_S: ContextVar[float | None] = ContextVar("DEADLINE_S", default=None)  # of the monotonic clock


@contextmanager
def within(seconds: float) -> Iterator[None]:
    """Whatever a bounded client does inside ends with its time-out after `seconds`."""
    token = DEADLINE_S.set(time.monotonic() + seconds)
    try:
        yield
    finally:
        DEADLINE_S.reset(token)


def bound(client) -> None:
    """Make every connection of the client, those through a proxy included, keep to the deadline."""
    for transport in (client._transport, *client._mounts.values()):
        if transport is not None:
            transport._pool._network_backend = BoundedBackend(transport._pool._network_backend)


def left_s(timeout_s: float | None) -> float | None:
    """What remains for one step. Raises ReadTimeout once nothing does."""
    deadline_s = DEADLINE_S.get()
    if deadline_s is None:
        return timeout_s
    remaining_s = deadline_s - time.monotonic()
    if remaining_s <= 0:
        raise ReadTimeout("the request as a whole took too long")
    return remaining_s if timeout_s is None else min(timeout_s, remaining_s)


class BoundedBackend(NetworkBackend):
    """Opens connections that keep to the deadline."""

    def __init__(self, inner: NetworkBackend):
        self.inner = inner

    def connect_tcp(self, host: str, port: int, timeout: float | None = None, **options) -> NetworkStream:
        return BoundedStream(self.inner.connect_tcp(host, port, timeout=left_s(timeout), **options))

    def sleep(self, seconds: float) -> None:
        self.inner.sleep(seconds)


class BoundedStream(NetworkStream):
    """One connection; it outlives a request and keeps to the deadline of whichever uses it."""

    def __init__(self, inner: NetworkStream):
        self.inner = inner

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        return self.inner.read(max_bytes, timeout=left_s(timeout))

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        self.inner.write(buffer, timeout=left_s(timeout))

    def close(self) -> None:
        self.inner.close()

    def start_tls(
        self, ssl_context: ssl.SSLContext, server_hostname: str | None = None, timeout: float | None = None
    ) -> NetworkStream:
        return BoundedStream(self.inner.start_tls(ssl_context, server_hostname, left_s(timeout)))

    def get_extra_info(self, info: str) -> object:
        return self.inner.get_extra_info(info)
