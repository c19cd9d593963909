"""The processes of the service, seen from the one that starts them: all are started, kept alive, and ended."""

import http.client
import json
import os
import signal
import socket
import struct
import sys
import time
from itertools import pairwise

import pytest

from pinterest_destination.hosts import _http_sockets as sockets
from pinterest_destination.hosts import _http_supervisor, serving
from pinterest_destination.hosts._http_log import Log
from pinterest_destination.hosts._http_service import Options
from pinterest_destination.hosts._http_supervisor import Supervisor

from .http_service import ask

pytestmark = [
    pytest.mark.skipif(not hasattr(os, "fork"), reason="worker processes need fork"),
    pytest.mark.filterwarnings("ignore:.*multi-threaded.*:DeprecationWarning"),  # what else runs in the process of the tests
]


def end():
    """Send this process what ends a service."""
    os.kill(os.getpid(), signal.SIGTERM)


def stay():
    """Be a child that stays until it is told."""
    while True:
        signal.pause()


@pytest.fixture
def stubborn():
    """A child that does not listen, and what waits until that is so."""
    reader, writer = os.pipe()

    def child():
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
        os.write(writer, b".")
        stay()

    yield child, lambda: os.read(reader, 1)
    os.close(reader)
    os.close(writer)


@pytest.fixture
def log(tmp_path):
    """A log, and what gives its lines but for what changes."""
    path = tmp_path / "log"
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND)
    kept = ("message", "child", "error")
    yield Log(descriptor), lambda: [{key: line[key] for key in kept if key in line} for line in map(json.loads, path.read_text().splitlines())]
    os.close(descriptor)


def supervise(log, *workers, grace=5.0, ready=end, restarted=lambda: None, stopping=lambda: None):
    """Run children, which have all ended when it returns."""
    before = signal.getsignal(signal.SIGTERM), signal.getsignal(signal.SIGINT)
    supervisor = Supervisor(workers, stay, grace, log, restarted=restarted, stopping=stopping)
    supervisor.run(ready)
    assert [child.pid for child in (*supervisor._workers, supervisor._helper)] == [0] * (len(workers) + 1)
    assert (signal.getsignal(signal.SIGTERM), signal.getsignal(signal.SIGINT)) == before


def test_children_run_until_the_signal(log):
    """Then those who answer are told first."""
    told = []
    supervise(log[0], stay, stay, stopping=lambda: told.append("stopping"))

    assert told == ["stopping"]
    assert log[1]() == [{"message": "stopping"}, {"message": "stopped"}]


def test_a_child_that_has_hardly_begun_ends_by_the_signal_as_well(log, monkeypatch):
    """It need not be killed once the grace is over, as the signal is not lost to it."""
    fork, send, sent = os.fork, _http_supervisor._send, []

    def slow_to_begin():
        pid = fork()
        if pid == 0:
            time.sleep(0.3)
        return pid

    def noted(children, number):
        sent.append((number, [child.name for child in children if child.pid]))
        send(children, number)

    monkeypatch.setattr(os, "fork", slow_to_begin)
    monkeypatch.setattr(_http_supervisor, "_send", noted)
    supervise(log[0], stay, stay)

    assert [names for number, names in sent if number == signal.SIGTERM] == [["worker 1", "worker 2"], ["metrics"]]
    assert [names for number, names in sent if number == signal.SIGKILL and names != ["metrics"]] == []


def test_a_child_that_ends_is_started_again_ever_more_slowly(log, monkeypatch):
    """Whatever it ended with, and with the kind of what went wrong in the log."""
    monkeypatch.setattr(_http_supervisor, "_SLOWEST", 0.1)
    starts = []

    def restarted():
        starts.append(time.monotonic())
        if len(starts) == 3:
            end()

    supervise(log[0], lambda: int("jane@example.com"), ready=lambda: None, restarted=restarted)

    told = log[1]()
    assert {"message": "worker 1 has failed", "error": "ValueError"} in told
    assert {"message": "a process has ended, and is started again", "child": "worker 1"} in told
    assert all(later - earlier >= 0.1 for earlier, later in pairwise(starts))


def test_the_helper_is_kept_alive_as_well(log):
    """But is no worker that was replaced."""
    supervisor = Supervisor([stay], sys.exit, 5.0, log[0], restarted=pytest.fail, stopping=lambda: None)
    started = supervisor._start
    count = []

    def counted(child):
        count.append(child.name)
        if count.count("metrics") == 2:
            end()
        started(child)

    supervisor._start = counted  # type: ignore[method-assign]
    supervisor.run(lambda: None)

    assert count == ["metrics", "worker 1", "metrics"]
    assert {"message": "a process has ended, and is started again", "child": "metrics"} in log[1]()


def test_a_child_that_does_not_listen_is_killed(log, monkeypatch, stubborn):
    """Once its time is over."""
    monkeypatch.setattr(_http_supervisor, "_SLACK", 0.1)
    child, wait = stubborn
    supervise(log[0], child, grace=0.1, ready=lambda: (wait(), end()))


def test_a_second_signal_kills(log, monkeypatch, stubborn):
    """However long the grace is."""
    monkeypatch.setattr(_http_supervisor, "_TOGETHER", -1.0)
    child, wait = stubborn
    supervise(log[0], child, grace=600, ready=lambda: (wait(), end()), stopping=end)


def test_a_whole_service_answers(tmp_path):
    """From the sockets to the page of metrics; each process has its own row of numbers."""
    seen = []

    def ready(running):
        port, page = (int(url.split(":")[2].partition("/")[0]) for url in (running.url, running.metrics_url))
        seen.append(ask(port, "GET", "/health").status)
        seen.append(b'pinterest_http_requests_total{route="/health",status="200"} 1' in ask(page, "GET", "/metrics").body)
        end()

    where = serving.Where(port=0, metrics_port=0, workers=2, grace=5)
    serving.serve(where, Options(settings_dir=tmp_path), ready)

    assert seen == [200, True]


@pytest.mark.parametrize("shares", [True, False])
@pytest.mark.parametrize("count", [1, 3])
def test_all_sockets_have_one_port(monkeypatch, shares, count):
    """Where the system shares connections out, and where all processes take them from one socket."""
    monkeypatch.setattr(sockets, "_SHARES", shares and sys.platform == "linux")
    made = sockets.listen("127.0.0.1", 0, count)
    ports = {listener.getsockname()[1] for listener in made}
    for listener in made:
        listener.close()

    assert len(made) == count
    assert len(ports) == 1


def test_the_url_of_a_version_six_address_has_brackets():
    """As URLs want it."""
    try:
        (listener,) = sockets.listen("::1", 0)
    except OSError:
        pytest.skip("this machine has no IPv6")  # as in many containers: the address cannot be bound there
    with listener:
        assert sockets.url(listener) == f"http://[::1]:{listener.getsockname()[1]}"


def test_a_client_that_leaves_the_page_alone_is_no_matter(tmp_path):
    """Nothing is printed for it."""
    seen = []

    def ready(running):
        page = int(running.metrics_url.split(":")[2].partition("/")[0])
        link = http.client.HTTPConnection("127.0.0.1", page)
        link.connect()
        link.sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))  # a reset when it closes
        link.sock.sendall(b"GET /met")
        link.close()
        seen.append(ask(page, "GET", "/metrics").status)
        end()

    serving.serve(serving.Where(port=0, metrics_port=0), Options(), ready)

    assert seen == [200]
