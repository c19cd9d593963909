"""What the tests of hosts share: a stand-in for Pinterest whose clock stands still, and a client."""

import pytest

from pinterest_destination.delivery.client import Client
from pinterest_destination.hosts.cache import Destinations
from pinterest_destination.testing import Sandbox

from .fixtures import NOW
from .http_service import serve_here, service  # noqa: F401  # fixtures of the HTTP service


@pytest.fixture
def destinations():
    """A cache of its own for each test."""
    return Destinations(clock=lambda: NOW)


@pytest.fixture
def pinterest():
    """A stand-in for Pinterest on a socket."""
    with Sandbox(clock=lambda: NOW) as sandbox:
        yield sandbox


@pytest.fixture
def patience():
    """Seconds that an answer may take: many, or a busy machine would look like a fault."""
    return 20


@pytest.fixture
def client(patience):
    """A client of the sandbox."""
    with Client(connect_timeout=20, read_timeout=patience) as made:
        yield made
