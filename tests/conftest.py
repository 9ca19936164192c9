"""What every test shares: a network that ends at this machine."""

import socket

import pytest
from django.core.cache import cache
from hypothesis import settings

# An example may take any time: how long it takes says how busy the machine is, not whether the code is right.
settings.register_profile("stemma", deadline=None)
settings.load_profile("stemma")
LOOPBACK = {"127.0.0.1", "::1", "localhost", "0.0.0.0", ""}


@pytest.fixture(autouse=True)
def only_loopback(monkeypatch):
    """No test reaches beyond this machine: a connection to any other address is an error, not a time-out."""
    connect = socket.socket.connect

    def guarded(self, address):
        if isinstance(address, tuple) and address[0] not in LOOPBACK:
            raise OSError(f"a test tried to reach {address[0]}")
        return connect(self, address)

    monkeypatch.setattr(socket.socket, "connect", guarded)


@pytest.fixture(autouse=True)
def empty_cache():
    """What one test counted, and how often it asked, is nothing to the next."""
    cache.clear()
