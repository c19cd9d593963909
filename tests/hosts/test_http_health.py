"""Whether the service says that its work stands still, in which worker ever, and only then."""

import asyncio
import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from pinterest_destination.hosts._http_log import Log
from pinterest_destination.hosts._http_service import Options, Service

from .http_service import TRANSFORM, order

UP, STALLED = (200, "UP"), (503, "STALLED")


class Steady:
    """A clock that is set by hand."""

    now = 1000.0

    def __call__(self):
        return self.now


def done(work):
    """Run a coroutine to its end, in a thread of its own: in this one a browser of other tests may have an event loop."""
    with ThreadPoolExecutor(1) as thread:
        return thread.submit(asyncio.run, work).result(60)


@pytest.fixture
def steady():
    """A clock of the test's own."""
    return Steady()


@pytest.fixture
def service(serve_here, steady):
    """A worker whose work stands still after 60 seconds, and which has done what every worker begins with."""
    made = serve_here(steady=steady)
    done(made.service.work(int))
    return made


@pytest.fixture
def other(service, steady):
    """Another worker of the same service."""
    made = Service(Options(), service.board.row(1), Log(), steady=steady)
    yield made
    made.close()


@pytest.fixture
def stuck():
    """Work that goes on when the test lets it."""
    begun, over = threading.Event(), threading.Event()
    yield begun, over
    over.set()


def give(service, stuck):
    """Have the working thread of *service* wait, in a thread that stands for the request."""
    begun, over = stuck
    waiting = threading.Thread(target=asyncio.run, args=(service.work(lambda: (begun.set(), over.wait())),))
    waiting.start()
    assert begun.wait(20)
    return waiting


def health(service):
    """Status and word."""
    reply = service.get("/health")
    return reply.status, reply.json["service"]


def test_work_that_takes_too_long_is_noticed(service, steady, stuck):
    """Beyond the limit, until it is done; then all is well."""
    waiting = give(service.service, stuck)
    seen = [health(service)]
    for now in (1060.0, 1060.1):
        steady.now = now
        seen.append(health(service))
    stuck[1].set()
    waiting.join()

    assert seen == [UP, UP, STALLED]
    assert health(service) == UP


def test_every_worker_says_so_of_every_other(service, other, steady, stuck):
    """A probe meets any of them."""
    waiting = give(other, stuck)
    steady.now += 61
    seen = health(service)
    stuck[1].set()
    waiting.join()

    assert (seen, health(service)) == (STALLED, UP)


def test_a_worker_that_replaces_another_begins_anew(service, steady):
    """What the dead one was doing does not count."""
    service.board.row(1).begin(steady.now)
    steady.now += 61
    before = health(service)
    Service(Options(), service.board.row(1), Log(), steady=steady).close()

    assert (before, health(service)) == (STALLED, UP)


def test_a_fault_ends_the_work_as_well(service, steady):
    """It does not count as under way for ever."""
    with pytest.raises(ZeroDivisionError):
        done(service.service.work(lambda: 1 / 0))
    service.post(TRANSFORM, {"settings": {}, "events": [order()]})
    steady.now += 61

    assert health(service) == UP
