"""`sandbox`: the stand-in for Pinterest as a command, in a process of its own where it is about starting and ending."""

import contextlib
import errno
import json
import os
import re
import signal
import socket
import stat
import subprocess
import sys
import time

import click
import pytest
import requests

from pinterest_destination.cli import sandbox as command
from pinterest_destination.cli._interrupt import Interrupt
from pinterest_destination.delivery import _sandbox_rules
from pinterest_destination.delivery.sandbox import Exchange, Sandbox

posix = pytest.mark.skipif(sys.platform == "win32", reason="signals and file modes of POSIX")


def order(now, **changes):
    """An order as a Conversions API event."""
    event = {"event_name": "checkout", "action_source": "web", "event_time": int(now), "event_id": "o-1", "user_data": {"em": ["ab" * 32]}}
    return {**event, **changes}


@pytest.fixture
def serve(start):
    """Start the command, and give the process and what it printed: the URL, and the settings."""

    def serve(*arguments):
        process = start("sandbox", "--port", "0", *arguments)
        hello = process.stdout.readline().decode()
        document = b""
        while not document.endswith(b"\n}\n"):
            document += process.stdout.readline()
        return process, re.findall(r"http://127\.0\.0\.1:\d+", hello)[0], json.loads(document)

    return serve


@pytest.fixture
def post():
    """Send a document to a URL."""
    with requests.Session() as session:
        session.trust_env = False
        yield lambda url, document, token="sandbox-token": session.post(url, json=document, headers={"Authorization": f"Bearer {token}"}, timeout=20)


def endings(process, number=signal.SIGINT):
    """End it with Ctrl-C or another signal, and give its exit code and the lines on standard error."""
    process.send_signal(number)
    _, told = process.communicate(timeout=60)
    return process.returncode, told.decode().splitlines()


@posix
def test_it_answers_until_ctrl_c(serve, post):
    """The settings that it prints send there; each request is a line without personal data, and the last one sums up."""
    process, url, settings = serve()
    events = f"{url}/v5/ad_accounts/{settings['ad_account_id']}/events"
    now = time.time()
    statuses = [
        post(events, {"data": [order(now)]}, settings["conversion_token"]).status_code,
        post(events, {"data": [order(now), order(1, event_id="jane@example.com")]}).status_code,
        post(events, {"data": [order(now, currency="USD")]}).status_code,
    ]
    code, lines = endings(process)

    assert settings["delivery"] == {"base_url": url}
    assert statuses == [200, 422, 400]
    assert code == 0
    assert [line[9:] for line in lines[:-1]] == [
        "#1 200 1 event: 1 accepted",
        "#2 422 2 events: 1 duplicate, 1 refused  Some of the events could not be processed: details tell which, and why.",
        "#3 400 1 event  Invalid request: Additional properties are not allowed ('currency' was unexpected) at data[0]",
    ]
    assert lines[-1] == "3 requests, 3 events: 1 accepted, 1 duplicate, 1 refused, 0 test"


@posix
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_it_ends_in_order(serve, post, number):
    """Ctrl-C and SIGTERM, with which containers and service managers end a program: what came in is told, and the exit code is 0."""
    process, url, settings = serve()
    post(f"{url}/v5/ad_accounts/{settings['ad_account_id']}/events", {"data": [order(time.time())]})

    code, (line, sums) = endings(process, number)

    assert (code, line[9:], sums) == (0, "#1 200 1 event: 1 accepted", "1 requests, 1 events: 1 accepted, 0 duplicate, 0 refused, 0 test")


@posix
def test_a_signal_that_is_ignored_stays_so():
    """A parent may have said so; and what counted before counts again afterwards."""
    before = signal.signal(signal.SIGTERM, signal.SIG_IGN)
    try:
        with Interrupt((signal.SIGTERM,)) as interrupt:
            signal.raise_signal(signal.SIGTERM)
            assert signal.getsignal(signal.SIGTERM) is signal.SIG_IGN
    finally:
        signal.signal(signal.SIGTERM, signal.SIG_DFL)
    with Interrupt((signal.SIGTERM,)) as listening:
        signal.raise_signal(signal.SIGTERM)
    after = signal.signal(signal.SIGTERM, before)

    assert (interrupt.presses, listening.presses, after) == (0, 1, signal.SIG_DFL)


@posix
def test_what_arrives_can_be_saved(serve, post, tmp_path):
    """Each event with its fate, at once, in a file that nobody else may read; a second run adds to it."""
    path = tmp_path / "received.jsonl"
    now = time.time()
    for _ in range(2):
        process, url, _ = serve("--save", path, "-q")
        post(f"{url}/events/v3", {"data": [order(now, advertiser_id="7"), order(now, advertiser_id="7")]})
        assert endings(process) == (0, [])

    rows = [json.loads(line) for line in path.read_text().splitlines()]
    assert [(row["fate"], row["request"], row["account"], row["event"]["event_id"]) for row in rows] == [("accepted", 1, "7", "o-1"), ("duplicate", 1, "7", "o-1")] * 2
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


@posix
def test_faults_come_from_a_file(serve, post, write):
    """The first requests meet them; the options of the sandbox are those of the command."""
    script = write("faults.json", [{"status": 503, "headers": {"Retry-After": "1"}}])
    process, url, settings = serve("--script", script, "--token", "of-mine", "--account", "77", "--mixed", "200", "--calls-per-minute", "2")
    events = f"{url}/v5/ad_accounts/77/events"
    answers = [post(events, {"data": [order(1)]}, "of-mine") for _ in range(4)]
    wrong = post(events, {}), post(f"{url}/v5/ad_accounts/78/events", {}, "of-mine")

    assert settings["conversion_token"] == {"env": "PINTEREST_CONVERSION_TOKEN"}
    assert settings["ad_account_id"] == "77"
    assert [answer.status_code for answer in answers] == [503, 200, 429, 429]
    assert [answer.status_code for answer in wrong] == [401, 403]
    code, lines = endings(process)
    assert (code, lines[0][9:]) == (0, "#1 503 1 event  [503]  The endpoint has been ramped down.")
    assert "of-mine" not in "".join(lines)


@posix
def test_a_disk_that_is_full_ends_it(serve, post):
    """What cannot be saved is told, with exit code 2."""
    if not os.path.exists("/dev/full"):  # noqa: PTH110
        pytest.skip("this system has no /dev/full")  # Linux, where CI runs, has it; elsewhere nothing else is full when it is wanted
    process, url, _ = serve("--save", "/dev/full")
    with contextlib.suppress(requests.ConnectionError):  # it may have ended before the answer is out
        post(f"{url}/events/v3", {"data": [order(time.time(), advertiser_id="7")]})
    _, told = process.communicate(timeout=60)

    assert process.returncode == 2
    assert os.strerror(errno.ENOSPC) in told.decode()


def test_wrong_faults_are_told_before_it_starts(run, write):
    """Each with its place in the file; exit code 2."""
    wrong = run("sandbox", "--script", path := write("faults.json", [{"status": 1}, {"delai": 1}]))
    broken = run("sandbox", "--script", write("broken.json", "{"))

    assert (wrong.exit_code, broken.exit_code) == (2, 2)
    assert f"{path}#/0/status: found 1; expected a whole number from 200 to 599" in wrong.stderr
    assert "(did you mean 'delay'?)" in wrong.stderr
    assert "not JSON" in broken.stderr


def test_a_port_that_is_taken_is_told(run):
    """In one line, with what to do; exit code 2."""
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        result = run("sandbox", "--port", port)

    assert result.exit_code == 2
    assert re.fullmatch(rf"error: 127\.0\.0\.1:{port}: .+; choose another port\n", result.stderr)


def test_without_the_extra_it_says_what_to_install(run, monkeypatch):
    """The other commands do without it."""
    monkeypatch.setitem(sys.modules, "jsonschema_rs", None)
    _sandbox_rules.validator.cache_clear()
    result = run("sandbox")

    assert result.exit_code == 2
    assert result.stderr == "error: The sandbox needs jsonschema-rs: pip install 'pinterest-destination[server]'\n"


@posix
def test_what_came_last_is_told_as_well(run, monkeypatch, tmp_path):
    """A request that is answered when Ctrl-C has come is saved and told before the end; "" takes any token."""

    def send(sandbox, number):
        with requests.Session() as session:
            session.trust_env = False
            events = {"data": [order(time.time(), event_id=f"o-{number}")]}
            session.post(f"{sandbox.url}/v5/ad_accounts/1/events", json=events, headers={"Authorization": "Bearer any"}, timeout=20)

    def tell(arrival, *arguments):
        told(arrival, *arguments)
        if arrival[0].number == 1:
            signal.raise_signal(signal.SIGINT)

    def started(sandbox):
        start(sandbox)
        send(sandbox, 1)

    def closed(sandbox):
        if len(sandbox.requests) == 1:
            send(sandbox, 2)
        close(sandbox)

    start, close, told = Sandbox.start, Sandbox.close, command._tell
    monkeypatch.setattr(command, "_tell", tell)
    monkeypatch.setattr(Sandbox, "start", started)
    monkeypatch.setattr(Sandbox, "close", closed)
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        result = run("sandbox", "--port", 0, "--token", "", "--save", tmp_path / "saved.jsonl")
    finally:
        signal.signal(signal.SIGINT, before)

    assert result.exit_code == 0
    assert [line.partition(" ")[2] for line in result.stderr.splitlines()][:2] == ["#1 200 1 event: 1 accepted", "#2 200 1 event: 1 accepted"]
    assert len((tmp_path / "saved.jsonl").read_text().splitlines()) == 2


def test_a_line_tells_of_a_request_without_an_answer():
    """Its status is a dash, and its fault in brackets."""
    line = click.unstyle(command._line(Exchange(7, 1768471200.0, "1", 0, 10, 1000, accepted=1000, fault="reset answer")))

    assert line == "10:00:00 #7 --- 1000 events: 1000 accepted  [reset answer]"


def test_the_other_commands_do_not_load_it():
    """Starting the command line costs nothing for the sandbox."""
    code = "import sys, pinterest_destination.cli.app; print('pinterest_destination.delivery.sandbox' in sys.modules)"

    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout == "False\n"
