"""`serve` as a process: it starts, answers from all its workers, is mended, and ends in an orderly way."""

import http.client
import json
import os
import random
import re
import signal
import socket
import subprocess
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from attrs import frozen
from prometheus_client.parser import text_string_to_metric_families

import pinterest_destination
from pinterest_destination.cli import serve as command
from pinterest_destination.hosts.cache import Destinations
from pinterest_destination.hosts.rudderstack import process

posix = pytest.mark.skipif(not hasattr(os, "fork"), reason="worker processes need fork")
PROCESSOR = "/v0/destinations/pinterest_tag"
GONE = (OSError, http.client.HTTPException)
"""What a client meets where a service ends."""
ACCOUNTS = ("549755885175", "77")


@frozen
class Running:
    """A service in a process of its own."""

    process: subprocess.Popen[bytes]
    port: int
    metrics: int
    hello: str

    def ask(self, method, path, body=None, port=None, timeout=60):
        """Send a request, and give status and body."""
        link = http.client.HTTPConnection("127.0.0.1", port or self.port, timeout=timeout)
        try:
            link.request(method, path, None if body is None else json.dumps(body).encode(), {"Content-Type": "application/json"})
            answer = link.getresponse()
            return answer.status, answer.read()
        finally:
            link.close()

    def number(self, name, **labels):
        """The sum of a metric over all series with these labels."""
        page = self.ask("GET", "/metrics", port=self.metrics)[1].decode()
        samples = [sample for family in text_string_to_metric_families(page) for sample in family.samples]
        return sum(sample.value for sample in samples if sample.name == name and labels.items() <= sample.labels.items())

    def end(self, number=signal.SIGTERM):
        """Send a signal; give the exit code, and the lines of the log."""
        self.process.send_signal(number)
        _, told = self.process.communicate(timeout=60)
        return self.process.returncode, [json.loads(line) for line in told.splitlines()]


@pytest.fixture
def serve(start):
    """Start the service on ports that are free."""

    def serve(*arguments, **options):
        process = start("serve", "--port", "0", "--metrics-port", "0", *arguments, **options)
        hello = process.stdout.readline().decode()
        port, page = re.findall(r"http://127\.0\.0\.1:(\d+)", hello)
        return Running(process, int(port), int(page), hello)

    return serve


def order(number=1, **changes):
    """An order that is good for both channels."""
    event = {"type": "track", "event": "Order Completed", "messageId": f"m-{number}", "timestamp": int(time.time()), "channel": "web"}
    return {**event, "context": {"traits": {"email": f"ann{number}@example.com"}}, "properties": {"value": number, "currency": "USD"}, **changes}


def job(number, account=ACCOUNTS[0], **changes):
    """An event as rudder-server hands it over."""
    config = {"apiVersion": "newApi", "adAccountId": account, "conversionToken": f"pina_{account}", "sendingUnHashedData": True}
    destination = {"ID": f"d-{account}", "Config": config, "DestinationDefinition": {"Name": "PINTEREST_TAG"}}
    return {"message": order(number), "metadata": {"jobId": number, "destinationId": f"d-{account}"}, "destination": destination, **changes}


@posix
def test_it_answers_until_sigterm(serve):
    """It says where, and how many processes there are; each request is a line of JSON; the exit code is 0."""
    running = serve("--workers", "2")
    health = running.ask("GET", "/health")
    code, lines = running.end()

    assert re.fullmatch(r"pinterest-destination at http://127\.0\.0\.1:\d+ with 2 workers, metrics at http://127\.0\.0\.1:\d+/metrics\. Ctrl-C ends it\.\n", running.hello)
    assert health[0] == 200
    assert json.loads(health[1])["service"] == "UP"
    assert code == 0
    assert [(line["level"], line["message"]) for line in lines] == [("info", "listening"), ("info", "request"), ("info", "stopping"), ("info", "stopped")]


@posix
@pytest.mark.filterwarnings("ignore:.*multi-threaded.*:DeprecationWarning")  # what else runs in the process of the tests
def test_it_says_where_it_is(run, monkeypatch):
    """With one worker for each processor that it may use."""

    def said(running):
        hello(running)
        os.kill(os.getpid(), signal.SIGTERM)

    hello = command._say_hello
    monkeypatch.setattr(command, "_say_hello", said)
    monkeypatch.setattr(command, "_processors", lambda: 1)
    result = run("serve", "--port", 0, "--metrics-port", 0, "--grace", 2)

    assert result.exit_code == 0
    assert " with 1 worker, metrics at http://127.0.0.1:" in result.stdout


def test_processors_are_those_of_this_process():
    """At least one."""
    assert 1 <= command._processors() <= (os.cpu_count() or 1)


def test_an_extra_that_is_missing_is_told(run, monkeypatch):
    """In one line, with exit code 2."""
    for name in [name for name in sys.modules if name.startswith("pinterest_destination.hosts._http")]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, "orjson", None)
    result = run("serve")

    assert (result.exit_code, result.stderr) == (2, "error: The service needs orjson: pip install 'pinterest-destination[server]'\n")


@posix
def test_ctrl_c_ends_it_too(serve):
    """Sent to all of its processes, as a terminal does it; nothing is left behind, and no traceback is shown."""
    running = serve("--workers", "3", start_new_session=True)
    running.ask("GET", "/health")
    os.killpg(running.process.pid, signal.SIGINT)
    _, told = running.process.communicate(timeout=60)

    assert running.process.returncode == 0
    assert [json.loads(line)["message"] for line in told.splitlines()][-1] == "stopped"
    with pytest.raises(ProcessLookupError):
        os.killpg(running.process.pid, 0)


def _malformed(number, one):
    """Make an event of which no payload can come, each time by another kind of fault."""
    faults = (
        lambda: {**one, "message": None},
        lambda: {**one, "message": {**one["message"], "type": 5}},
        lambda: {**one, "message": {**one["message"], "timestamp": "@"}},
        lambda: {key: part for key, part in one.items() if key != "destination"},
        lambda: {**one, "destination": {**one["destination"], "Config": {"adAccountId": "x/../y"}}},
        lambda: number,
    )
    return faults[number % len(faults)]()


def _request(seed):
    """100 events for two destinations, five of them malformed."""
    rng = random.Random(seed)  # noqa: S311  # for a test, not for secrets
    wrong = set(rng.sample(range(100), 5))
    jobs = [job(seed * 100 + number, rng.choice(ACCOUNTS)) for number in range(100)]
    return [_malformed(number, one) if number in wrong else one for number, one in enumerate(jobs)]


@posix
def test_two_hundred_requests_at_once_are_all_answered_right(serve):
    """100 events each, of two destinations, 5% malformed: every answer is what process() says, and nothing is mixed up."""
    running = serve("--workers", "2")
    requests = [_request(seed) for seed in range(200)]
    gate = threading.Barrier(200, timeout=60)

    def send(body):
        gate.wait()
        return running.ask("POST", PROCESSOR, body, timeout=300)

    with ThreadPoolExecutor(200) as pool:
        answers = list(pool.map(send, requests))
    destinations = Destinations()
    for body, (status, text) in zip(requests, answers, strict=True):
        entries = json.loads(text)
        assert status == 200
        assert entries == process(body, destinations=destinations)
        assert sum(entry["statusCode"] == 400 for entry in entries) == 5
        for entry in entries:
            if entry["statusCode"] == 200:
                account = entry["metadata"]["destinationId"].removeprefix("d-")
                assert f"/{account}/" in entry["output"]["endpoint"]
                assert entry["output"]["headers"]["Authorization"] == f"Bearer pina_{account}"

    assert running.number("pinterest_http_requests_total", status="200") == 200
    assert running.number("pinterest_events_total") == 20_000
    assert running.number("pinterest_results_total", outcome="refused") == 1_000
    assert running.number("pinterest_results_total", outcome="good") == 19_000
    code, lines = running.end()
    assert code == 0
    assert len({line["process"] for line in lines if line["message"] == "request"}) == 2


class Stalling:
    """A stand-in for Pinterest that takes requests and answers none, until it is told to."""

    def __enter__(self):
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self._listener.getsockname()[1]}"
        return self

    def take(self):
        self._link, _ = self._listener.accept()
        self._link.settimeout(20)
        self._link.recv(65536)

    def answer(self):
        body = b'{"num_events_received":1,"num_events_processed":1,"events":[{"status":"processed"}]}'
        self._link.sendall(b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n%s" % (len(body), body))

    def __exit__(self, *_):
        self._link.close()
        self._listener.close()


def delivery():
    """A request for the proxy, with one event."""
    (entry,) = process([job(1)], destinations=Destinations())
    return {**entry["output"], "metadata": [entry["metadata"]]}


@pytest.mark.parametrize("url", ["ftp://127.0.0.1", "nonsense", "http://[::1", "http://127.0.0.1:99999", "http://shop.example.com"])
def test_a_stand_in_that_nothing_can_be_delivered_to_is_refused(run, url):
    """With what was found and what would be right, before anything listens; it takes what the setting `delivery.base_url` takes."""
    result = run("serve", "--pinterest-url", url)

    assert result.exit_code == 2
    assert f"Invalid value for '--pinterest-url': found {json.dumps(url)}; expected https://..., or http:// at localhost, 127.0.0.1 or [::1]" in result.stderr


@posix
def test_a_request_that_is_under_way_is_answered_before_the_end(serve):
    """SIGTERM takes no new ones, and waits for those that are there."""
    with Stalling() as pinterest, ThreadPoolExecutor(1) as pool:
        running = serve("--workers", "1", "--pinterest-url", pinterest.url)
        answer = pool.submit(running.ask, "POST", "/v1/destinations/pinterest_tag/proxy", delivery())
        pinterest.take()
        running.process.send_signal(signal.SIGTERM)
        while True:
            try:
                running.ask("GET", "/health")
            except GONE:
                break
        pinterest.answer()
        status, body = answer.result(60)
        code, _ = running.end(0)

    assert status == 200
    assert [row["statusCode"] for row in json.loads(body)["output"]["response"]] == [200]
    assert code == 0


@posix
def test_the_end_does_not_wait_longer_than_the_grace(serve):
    """Who is still waiting gets an answer that says so."""
    with Stalling() as pinterest, ThreadPoolExecutor(1) as pool:
        running = serve("--workers", "1", "--grace", "1", "--pinterest-url", pinterest.url)
        answer = pool.submit(running.ask, "POST", "/v1/destinations/pinterest_tag/proxy", delivery())
        pinterest.take()
        code, lines = running.end()

    assert answer.result(60)[0] == 500
    assert code == 0
    assert "Cancel %s running task(s), timeout graceful shutdown exceeded" in [line["message"] for line in lines]


@posix
def test_a_second_signal_ends_it_at_once(serve):
    """Whatever is under way, and however long the grace is."""
    with Stalling() as pinterest, ThreadPoolExecutor(1) as pool:
        running = serve("--workers", "1", "--grace", "600", "--pinterest-url", pinterest.url)
        answer = pool.submit(running.ask, "POST", "/v1/destinations/pinterest_tag/proxy", delivery())
        pinterest.take()
        running.process.send_signal(signal.SIGTERM)
        log_line(running, "stopping")
        time.sleep(0.6)  # what comes sooner is the same signal
        code, _ = running.end()

    assert isinstance(answer.exception(60), GONE)
    assert code == 0


@posix
def test_a_signal_to_the_whole_process_group_is_one_to_the_service(serve):
    """Even when it is sent twice, as timeout(1) does: what is under way is answered, metrics are there until then, and nothing is started again."""
    with Stalling() as pinterest, ThreadPoolExecutor(1) as pool:
        running = serve("--workers", "2", "--pinterest-url", pinterest.url, start_new_session=True)
        answer = pool.submit(running.ask, "POST", "/v1/destinations/pinterest_tag/proxy", delivery())
        pinterest.take()
        running.process.send_signal(signal.SIGTERM)
        os.killpg(running.process.pid, signal.SIGTERM)
        log_line(running, "stopping")
        workers = running.number("pinterest_workers")
        pinterest.answer()
        status = answer.result(60)[0]
        _, told = running.process.communicate(timeout=60)

    assert (status, workers) == (200, 2)
    assert [json.loads(line)["message"] for line in told.splitlines()] == ["request", "stopped"]
    assert running.process.returncode == 0


def log_line(running, message):
    """Read the log up to a line with that message."""
    return next(line for line in map(json.loads, iter(running.process.stderr.readline, b"")) if line["message"] == message)


@posix
def test_a_worker_that_dies_is_replaced(serve):
    """The numbers go on where they were, and say that it happened."""
    running = serve("--workers", "1")
    running.ask("GET", "/health")
    os.kill(log_line(running, "request")["process"], signal.SIGKILL)
    log_line(running, "a process has ended, and is started again")
    health = running.ask("GET", "/health")

    assert health[0] == 200
    assert running.number("pinterest_worker_restarts_total") == 1
    assert running.number("pinterest_http_requests_total", route="/health") == 2
    assert running.end()[0] == 0


@posix
@pytest.mark.parametrize("asked", [True, False], ids=["in service", "just started"])
def test_no_process_outlives_its_parent(serve, asked):
    """Killed without a word, the service leaves nobody behind, however young its children are: they close what it printed to."""
    running = serve("--workers", "3")
    if asked:
        running.ask("GET", "/health")
    running.process.kill()
    running.process.wait(60)

    assert running.process.stdout.read() == b""


@posix
def test_settings_that_no_request_can_name_are_told(serve, tmp_path):
    """Once, at the start, however many workers there are; other files are no matter."""
    for name in ("shop.json", "a b.json", ".json", "ü.json", "notes to self.txt", "shop-2.v1_b.json"):
        (tmp_path / name).write_text("{}")
    running = serve("--workers", "2", "--settings-dir", tmp_path)
    answers = [running.ask("POST", "/v1/transform", {"settings": name, "events": []})[0] for name in ("shop", "shop-2.v1_b", "a b")]
    _, lines = running.end()

    assert answers == [200, 200, 404]
    assert [line["file"] for line in lines if line["message"] == "a settings file that no request can name"] == [".json", "a b.json", "ü.json"]


@posix
def test_settings_are_picked_up_by_every_worker(serve, tmp_path):
    """Without a restart, with the next request."""
    path = tmp_path / "shop.json"
    running = serve("--workers", "2", "--settings-dir", tmp_path)
    names = []
    for target in ("Signup", "Search"):
        path.write_text(json.dumps({"event_map": {"Trial": target}}))
        bodies = [running.ask("POST", "/v1/transform", {"settings": "shop", "events": [order(1, event="Trial")]})[1] for _ in range(8)]
        names.append({json.loads(body)["conversions"][0]["pintrk"][0][1] for body in bodies})

    assert names == [{"Signup"}, {"Search"}]
    assert running.end()[0] == 0


BROKEN = """
from pinterest_destination.plan import Plan

convert = Plan.convert
Plan.convert = lambda *given, **channels: (lambda calls, events, problems: (calls, [{**made, "wifi": "yes"} for made in events], problems))(*convert(*given, **channels))
"""
"""Makes every plan of a process give payloads that the schema refuses; no event and no settings can."""


@posix
def test_strict_holds_in_every_worker(serve, tmp_path):
    """The option reaches the processes that do the work."""
    (tmp_path / "sitecustomize.py").write_text(BROKEN)
    path = os.pathsep.join([str(tmp_path), str(Path(pinterest_destination.__file__).parents[1])])
    running = serve("--workers", "2", "--strict", env={**os.environ, "PYTHONPATH": path})
    told = [json.loads(running.ask("POST", "/v1/transform", {"settings": {}, "events": [order()]})[1])["conversions"][0] for _ in range(8)]

    assert [(made["capi"], [problem["code"] for problem in made["problems"]]) for made in told] == [([], ["invalid_payload"])] * 8
    assert running.end()[0] == 0


def test_a_port_that_is_taken_is_told(run):
    """In one line, with what to do, whether it is another program's or that of a service like this one; exit code 2."""
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        result = run("serve", "--port", port, "--workers", 2)
        page = run("serve", "--port", 0, "--metrics-port", port)

    assert (result.exit_code, page.exit_code) == (2, 2)
    for told in (result.stderr, page.stderr):
        assert re.fullmatch(rf"error: 127\.0\.0\.1:{port}: .+; choose another port\n", told)


@posix
def test_two_services_do_not_share_a_port(serve, run):
    """Though the workers of one do."""
    running = serve("--workers", "2")
    result = run("serve", "--port", running.port, "--workers", 2)

    assert result.exit_code == 2
    assert "choose another port" in result.stderr


def test_an_address_that_is_nobodys_is_told(run):
    """As a port that is taken."""
    result = run("serve", "--host", "203.0.113.7", "--port", 0)

    assert result.exit_code == 2
    assert result.stderr.startswith("error: 203.0.113.7:0: ")
    assert result.stderr.endswith("; choose another address or port\n")


def test_it_listens_on_this_machine_alone(run):
    """Unless it is told otherwise, at the port of the original."""
    result = run("serve", "--help")

    assert "default: 127.0.0.1" in result.stdout
    assert "default: 9090" in result.stdout


def test_the_help_tells_of_the_playground(run):
    """Who started the service need not know of another command to find it."""
    assert "GET / is the playground" in " ".join(run("serve", "--help").stdout.split())


def test_a_directory_that_is_not_there_is_wrong_use(run, tmp_path):
    """Before anything is started."""
    result = run("serve", "--settings-dir", tmp_path / "gone")

    assert result.exit_code == 2
    assert "does not exist" in result.stderr


@pytest.mark.parametrize("option", ["--grace", "--stall"])
@pytest.mark.parametrize("value", ["nan", "inf", "-inf", "0", "soon"])
def test_a_time_that_is_no_number_of_seconds_is_wrong_use(run, option, value):
    """No worker could count with it, and none is started."""
    result = run("serve", "--host", "203.0.113.7", option, value)

    assert result.exit_code == 2
    assert f"Invalid value for '{option}'" in result.stderr


@pytest.mark.parametrize("name", ["uvicorn", "starlette", "orjson", "httptools"])
def test_without_the_extra_it_says_what_to_install(name):
    """The other commands do without it."""
    code = f"import sys; sys.modules[{name!r}] = None; sys.argv = ['pinterest-destination', 'serve']; from pinterest_destination.cli import main; main()"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)

    assert done.returncode == 2
    assert done.stderr.endswith("pip install 'pinterest-destination[server]'\n")
    assert f"The service needs {name}" in done.stderr


def test_where_nothing_can_be_forked_one_process_does_it_all(tmp_path):
    """As on Windows: it answers, shows its numbers, and ends with Ctrl-C."""
    code = "import os, signal, sys; signal.signal(signal.SIGINT, signal.default_int_handler); del os.fork; sys.argv = ['pinterest-destination', 'serve', '--port', '0', '--metrics-port', '0', '--workers', '4']; from pinterest_destination.cli import main; main()"
    environment = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[2])}
    process = subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=environment)
    try:
        assert process.stdout
        hello = process.stdout.readline().decode()
        port, page = re.findall(r"http://127\.0\.0\.1:(\d+)", hello)
        running = Running(process, int(port), int(page), hello)
        assert "with 1 worker," in hello
        assert running.ask("GET", "/health")[0] == 200
        assert running.number("pinterest_http_requests_total", route="/health") == 1
        code, lines = running.end(signal.SIGINT)
    finally:
        process.kill()
        process.wait()

    assert code == 0
    assert [line["message"] for line in lines] == ["listening", "request"]


def test_the_other_commands_do_not_load_it():
    """Starting the command line costs nothing for the service."""
    code = "import sys, pinterest_destination.cli.app; print({'uvicorn', 'starlette', 'orjson', 'pinterest_destination.hosts.http'} & set(sys.modules))"

    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout == "set()\n"
